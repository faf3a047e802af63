"""What one instance uses: its last figures, and its processor time over all the processes that it has had."""

import msgspec

from protoddfd.edge.meter import Meter
from protoddfd.edge.stats import Usage

LEAST_SPAN_S = 1.0
"""A percentage of less time than that says nothing."""
CONFIRM_EVERY_S = 300.0
"""A weight that was well below the limit is taken again after so long, however little has changed."""


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """Proportional memory at one moment of the monotonic clock, and the resident memory beside it."""

    at: float
    pss_bytes: int
    rss_bytes: int


class Gauge:
    """The figures of one instance. It looks at nothing: what was seen is handed in, with the time."""

    def __init__(self) -> None:
        self.pid: int | None = None
        self.usage: Usage | None = None
        self.meter: Meter | None = None
        """What the app counts itself, over all of its processes."""
        self.looked_at: float | None = None
        """When both were looked at."""
        self.cpu_total_s = 0.0
        self.cpu_percent = 0.0
        self.weighed_at: float | None = None
        """When its memory was weighed for clients."""
        self.confirmed: Weight | None = None
        """Its memory when it was weighed because of its limit."""
        self._cpu_s = 0.0
        self._cpu_at: float | None = None

    def attend(self, pid: int | None) -> None:
        """Turn to the process of number `pid`: what was seen of another one is of no use any more."""
        if pid == self.pid:
            return
        self.pid = pid
        self.looked_at = self.weighed_at = self._cpu_at = None
        self.usage = self.confirmed = None
        self.cpu_percent = self._cpu_s = 0.0

    def take(self, usage: Usage | None, now: float) -> None:
        """Take in all figures at once; None: it has ended."""
        if usage is not None:
            self.usage = usage
            self.take_cpu(usage.cpu_s, now)

    def take_cpu(self, cpu_s: float | None, now: float) -> None:
        """Take in how much processor time the process has used since its start; None: it has ended."""
        span_s = None if self._cpu_at is None else now - self._cpu_at
        if cpu_s is None or (span_s is not None and span_s < LEAST_SPAN_S):
            return
        used = max(cpu_s - self._cpu_s, 0.0)  # a family's falls when a child ends that nobody waits for
        self.cpu_total_s += used
        if span_s is not None:
            self.cpu_percent = round(100.0 * used / span_s, 1)
        self._cpu_s, self._cpu_at = cpu_s, now

    def may_be_over(self, rss_bytes: int, limit_bytes: int, now: float) -> bool:
        """Tell whether it is worth a millisecond to find out if it uses more than its limit.

        Resident memory is read in a moment and is the most that it can be, but a process shares much of it
        with the one that it was forked from. Weighed once, it can only have grown by as much as its resident
        memory has, or by what it wrote to of what was shared: that is found within CONFIRM_EVERY_S.
        """
        if rss_bytes <= limit_bytes:
            return False
        known = self.confirmed
        if known is None or now - known.at >= CONFIRM_EVERY_S:
            return True
        return (rss_bytes - known.rss_bytes) * 2 >= limit_bytes - known.pss_bytes
