"""What several instances of one app add up to. Pure."""

from collections.abc import Collection, Sequence

from protoddfd.core.lifecycle import State

_SEVERITY: tuple[State, ...] = (
    "failed", "backoff", "unhealthy", "stopping", "starting", "down", "listening", "ready",
)  # fmt: skip
"""The reason of an app is that of the instance whose state comes first here."""

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
    """Return why an app is as it is, from its instances' states and reasons; None when nothing is to be said.

    Of several reasons the gravest is told, and of those the first.
    """
    told = [(state, text) for state, text in instances if text]
    if not told:
        return None
    state, text = min(told, key=lambda each: _SEVERITY.index(each[0]))
    if len(instances) == 1:
        return text
    same = sum(other == state for other, _ in told)
    return f"{same} of {len(instances)} instances {'is' if same == 1 else 'are'} {state}: {text}"


def slots_to_add(current: Collection[int], wanted: int) -> tuple[int, ...]:
    """Return the numbers of the slots that an app lacks that is to have `wanted`: 0, 1, 2 and so on."""
    return tuple(number for number in range(wanted) if number not in current)


def slots_to_remove(current: Collection[int], wanted: int) -> tuple[int, ...]:
    """Return the numbers of the slots that are too many, the last first."""
    return tuple(sorted((number for number in current if number >= wanted), reverse=True))
