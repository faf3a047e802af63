"""What several instances of one app add up to. Pure."""

from collections.abc import Sequence

from protoddfd.core.lifecycle import State

_RANKS: tuple[State, ...] = (
    "ready", "starting", "unhealthy", "stopping", "backoff", "listening", "failed", "down",
)  # fmt: skip
"""An app is in the first of these states that one of its instances is in."""


def overall(states: Sequence[State]) -> State:
    """Return the state of an app whose instances are in `states`; without any it is `down`."""
    if len(states) == 1:
        return states[0]
    return next((state for state in _RANKS if state in states), "down")


def reason(instances: Sequence[tuple[State, str | None]]) -> str | None:
    """Return why an app is as it is, from its instances' states and reasons; None when there is nothing to say."""
    told = [(state, text) for state, text in instances if text]
    if not told:
        return None
    state, text = told[0]
    if len(instances) == 1:
        return text
    same = sum(other == state for other, _ in told)
    return f"{same} of {len(instances)} instances {'is' if same == 1 else 'are'} {state}: {text}"
