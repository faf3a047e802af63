"""Which ports an app may get. Pure: the free ones are tried in an order that chance decides.

The order is random at first so that two homes on one machine rarely meet; once given, ports are stored and
stay the same for an app's life.
"""

from collections.abc import Iterator

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


def candidates(span: PortSpan, taken: frozenset[int] | set[int], chance: float) -> Iterator[int]:
    """Yield every port of `span` that is not `taken`, beginning at a place that `chance` (0..1) picks."""
    start = min(int(chance * span.size), span.size - 1)
    for offset in range(span.size):
        port = span.first + (start + offset) % span.size
        if port not in taken:
            yield port
