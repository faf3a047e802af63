"""Which ports an app may get. Pure: the free ones are tried in an order that chance decides.

The order is random at first so that two homes on one machine rarely meet; once given, ports are stored and
stay the same for an app's life.
"""

from collections.abc import Collection, Iterator
from itertools import chain

import msgspec

BLOCKED = frozenset(
    (
        1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
        103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
        512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
        995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
        6669, 6679, 6697, 10080,
    )
)  # fmt: skip
"""Ports that no browser opens a page on: the `bad ports` of the Fetch standard."""


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

    @property
    def usable(self) -> int:
        """How many of them a browser opens."""
        return self.size - sum(port in self for port in BLOCKED)


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
    """Yield every usable port of `span` not `taken`, beginning at a place that `chance` (0..1) picks."""
    return _around(span, taken, span.first + min(int(chance * span.size), span.size - 1))


def next_free(span: PortSpan, taken: Collection[int], port: int) -> Iterator[int]:
    """Yield every usable port of `span` that is not `taken` and not `port`, beginning after it: for a move.

    A port outside the span, of before the span was changed, is followed by the first one.
    """
    beyond = {port, *taken}
    return _around(span, beyond, port + 1 if port in span and port + 1 in span else span.first)


def free_count(span: PortSpan, taken: Collection[int]) -> int:
    """Return how many usable ports of `span` belong to nobody that we know of."""
    return span.usable - sum(port in span for port in {*taken} - BLOCKED)


def _around(span: PortSpan, taken: Collection[int], start: int) -> Iterator[int]:
    for port in chain(range(start, span.last + 1), range(span.first, start)):
        if port not in taken and port not in BLOCKED:
            yield port
