"""The first request to a stopped app: from the connection to the answer."""

import time

from benchmarks.bench import Bench, Fleet, say
from benchmarks.figures import Figure, p50, p95
from benchmarks.goals import goal
from benchmarks.http import answered_at, connect

NAME = "waked"


def measure(bench: Bench, fleet: Fleet, size: int) -> list[Figure]:
    """Return how long the first request takes beside `size` running apps."""
    say(f"wake: a stopped app beside {size}")
    daemon = fleet.daemon
    port = daemon.create(NAME, start=False)["ports"]["backend"]
    daemon.call("app.set", name=NAME, on_demand=True)
    samples: list[float] = []
    for _ in range(bench.often(25, 10)):
        daemon.call("app.stop", name=NAME)
        daemon.call("app.start", name=NAME)
        time.sleep(0.05)
        begun = time.time()
        with connect(port) as connection:
            samples.append((answered_at(connection) - begun) * 1000)
    daemon.call("app.delete", name=NAME)
    what = f"with {size} running: first request to a stopped app"
    return [
        Figure(
            row="wake",
            what=f"{what}, p50",
            unit="ms",
            value=p50(samples),
            samples=len(samples),
            goal=goal("wake.p50"),
        ),
        Figure(row="wake", what=f"{what}, p95", unit="ms", value=p95(samples)),
    ]
