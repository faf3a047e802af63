"""What a designer with a language model did, as clients see it."""

from typing import Literal

from protoddfd.wire.base import Result


class ModelUse(Result, frozen=True, kw_only=True):
    """What was asked of a language model for one design, what left this machine for it, and what it cost."""

    provider: str
    endpoint: str
    """Where it is; `cassette` when recorded answers were replayed, so that nothing left."""
    name: str
    outcome: Literal["changed", "unchanged", "draft_stands"]
    """The draft was changed; it was found right; the model was of no help, and the rules' draft stands."""
    reason: str = ""
    """Why the draft stands."""
    calls: int = 0
    rounds: int = 0
    """How often it answered: more than once when an answer had to be mended."""
    sent: tuple[str, ...] = ()
    """What kinds of things left: `description`, `entities and fields`, `choices`, `row counts`."""
    sent_characters: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    """In the currency of the settings' prices; what is not known counts as the most that it can be."""
    record: str = ""
    """The file that has every word that was sent and answered."""
