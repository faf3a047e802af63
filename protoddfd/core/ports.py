"""Which ports an app may get. Pure: the free ones are tried in an order that chance decides.

The order is random at first so that two homes on one machine rarely meet; once given, ports are stored and
stay the same for an app's life.
"""

from collections.abc import Collection, Iterator
from itertools import chain

import msgspec


class PortSpan(msgspec.Struct, frozen=True):
    """The first and the last port that apps may get, both included."""

    first: int
    last: int

    def __contains__(self, port: int) -> bool:
        return self.first <= port <= self.last

    @property
    def size(self) -> int:
        """How many ports there are."""
        return self.last - self.first + 1


def parse_span(text: str) -> PortSpan:
    """Return the span that `3000-5000` means; raise ValueError with what is wrong."""
    first_text, dash, last_text = text.partition("-")
    if not dash or not first_text.strip().isdigit() or not last_text.strip().isdigit():
        raise ValueError(f"{text!r} is not a range such as 3000-5000")
    span = PortSpan(int(first_text), int(last_text))
    if not (1 <= span.first <= span.last <= 65535):
        raise ValueError(f"{text!r} does not lie between 1 and 65535, first port first")
    return span


def candidates(span: PortSpan, taken: Collection[int], chance: float) -> Iterator[int]:
    """Yield every port of `span` that is not `taken`, beginning at a place that `chance` (0..1) picks."""
    return _around(span, taken, span.first + min(int(chance * span.size), span.size - 1))


def next_free(span: PortSpan, taken: Collection[int], port: int) -> Iterator[int]:
    """Yield every port of `span` that is not `taken` and not `port`, beginning after it: for a move.

    A port outside the span, of before the span was changed, is followed by the first one.
    """
    beyond = {port, *taken}
    return _around(span, beyond, port + 1 if port in span and port + 1 in span else span.first)


def free_count(span: PortSpan, taken: Collection[int]) -> int:
    """Return how many ports of `span` belong to nobody that we know of."""
    return span.size - sum(port in span for port in set(taken))


def _around(span: PortSpan, taken: Collection[int], start: int) -> Iterator[int]:
    for port in chain(range(start, span.last + 1), range(span.first, start)):
        if port not in taken:
            yield port
