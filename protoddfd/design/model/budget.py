"""What a call may cost and how long it may take. Pure, but for the clock that it is given."""

from collections.abc import Callable

import msgspec

from protoddfd.design.model.asking import Asked, Reply
from protoddfd.settings.model import ModelSettings

_BYTES_PER_TOKEN = 2
"""Fewer than any tokenizer needs for JSON and words, so that a cost is never guessed too low."""
_MILLION = 1_000_000


def most(settings: ModelSettings, asked: Asked) -> float:
    """Return what a request can cost at most."""
    size = len(msgspec.json.encode(asked))
    return (
        size / _BYTES_PER_TOKEN * settings.input_price + asked.output_tokens * settings.output_price
    ) / _MILLION


def cost(settings: ModelSettings, asked: Asked, reply: Reply) -> float:
    """Return what a reply costs; where the server counts no tokens, what it can at most."""
    if not reply.input_tokens and not reply.output_tokens:
        return most(settings, asked)
    spent = reply.input_tokens * settings.input_price + reply.output_tokens * settings.output_price
    return spent / _MILLION


class Clock:
    """The time that is left of a design's."""

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self._now = now
        self._end = now() + seconds

    @property
    def left_s(self) -> float:
        """Return the seconds that are left, none below zero."""
        return max(0.0, self._end - self._now())
