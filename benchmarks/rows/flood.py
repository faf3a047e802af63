"""A program writes as fast as it can: how long callers of the daemon wait meanwhile."""

import sys
import time

from benchmarks.bench import Bench, Fleet, say
from benchmarks.figures import Figure, p50
from benchmarks.goals import goal
from benchmarks.line import Line

NAME = "flood"
PROGRAM = "import os\nblock = (b'x' * 99 + b'\\n') * 655\nwhile True: os.write(1, block)"


def measure(bench: Bench, fleet: Fleet, size: int) -> list[Figure]:
    """Return how long `app.show` takes during a flood, beside the largest number of apps."""
    if size != max(bench.sizes):
        return []
    seconds = bench.often(10, 4)
    say(f"flood: calls for {seconds} s while one program writes all it can, beside {size} apps")
    fleet.daemon.call("app.adopt", name=NAME, command=[sys.executable, "-S", "-c", PROGRAM], ports=0)
    samples: list[float] = []
    try:
        with Line(fleet.daemon.socket) as line:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                begun = time.perf_counter()
                line.call("app.show", name=next(iter(fleet.ports)))
                samples.append((time.perf_counter() - begun) * 1000)
                time.sleep(0.005)
    finally:
        fleet.daemon.call("app.delete", name=NAME)
    worst = sorted(samples)[min(len(samples) - 1, int(0.99 * len(samples)))]
    return [
        Figure(row="flood", what="a call during a flood of output, p50", unit="ms", value=p50(samples)),
        Figure(
            row="flood", what="a call during a flood of output, p99", unit="ms", value=worst,
            samples=len(samples), goal=goal("flood.p99"),
        ),
    ]  # fmt: skip
