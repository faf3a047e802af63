"""Starting one more app while others run: the call's time, and from the fork to the first answer."""

import time
from functools import partial

from benchmarks.bench import Bench, Fleet, say
from benchmarks.figures import Figure, p50, p95
from benchmarks.goals import goal
from benchmarks.http import answered_at, connect
from benchmarks.line import Events, Line
from benchmarks.reflex_run import start_s

WARM_UP = 1


def measure(bench: Bench, fleet: Fleet, size: int) -> list[Figure]:
    """Return the figures of starting an app that has never run, beside `size` running ones."""
    say(f"start: one more app beside {size}")
    calls: list[float] = []
    forks: list[float] = []
    with Events(fleet.daemon.socket) as events, Line(fleet.daemon.socket) as line:
        for number in range(WARM_UP + bench.often(20, 6)):
            name = f"more_{size}_{number}"
            port = fleet.daemon.create(name, start=False)["ports"]["backend"]
            call, fork = _start(line, events, name, port)
            calls.append(call)
            forks.append(fork)
            line.call("app.delete", name=name)
    calls, forks = calls[WARM_UP:], forks[WARM_UP:]
    what = f"with {size} running: fork -> first 200"
    baselines = bench.beside("reflex run --backend-only", partial(_reflex_ms, bench))
    return [
        Figure(
            row="start", what=f"{what}, p50", unit="ms", value=p50(forks), samples=len(forks),
            goal=goal("start.p50"), baselines=baselines,
        ),
        Figure(
            row="start", what=f"{what}, p95", unit="ms", value=p95(forks), samples=len(forks),
            goal=goal("start.p95"),
        ),
        Figure(
            row="start", what=f"with {size} running: app.start, p50", unit="ms", value=p50(calls),
            samples=len(calls), baselines=baselines,
        ),
        Figure(
            row="start", what=f"with {size} running: app.start, p95", unit="ms", value=p95(calls),
            samples=len(calls),
        ),
    ]  # fmt: skip


def _start(line: Line, events: Events, name: str, port: int) -> tuple[float, float]:
    """Start an app; return the call's milliseconds, and those from its process to its first answer.

    The asking connection is open before the process is there: it waits in the backlog of the held socket.
    """
    begun = time.time()
    clock = time.perf_counter()
    line.send("app.start", name=name)
    events.wait(name, lambda data: data.get("state") == "starting", begun)
    with connect(port) as connection:
        answered = answered_at(connection)
    line.receive()
    call = time.perf_counter() - clock
    forked = events.wait(name, lambda data: "pid" in data, begun)
    events.forget()
    return call * 1000, (answered - forked) * 1000


def _reflex_ms(bench: Bench) -> float:
    samples = [start_s(bench) * 1000 for _ in range(bench.often(3, 1))]
    return p50(samples)
