"""A program or an app is killed: how soon its replacement runs, and how soon that answers."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from typing import Any

from benchmarks.bench import Bench, Fleet, say
from benchmarks.figures import Figure, p50, p95
from benchmarks.goals import goal
from benchmarks.http import answered_at, connect
from benchmarks.line import Events
from benchmarks.processes import end_tree


def measure(bench: Bench, fleet: Fleet, size: int) -> list[Figure]:
    """Return the figures of SIGKILL with the largest number of apps running."""
    if size != max(bench.sizes):
        return []
    say(f"restart: killing apps, one at a time, with {size} running")
    runs: list[float] = []
    answers: list[float] = []
    names = list(fleet.ports)
    with Events(fleet.daemon.socket) as events:
        for number in range(bench.often(25, 20)):
            name = names[number % len(names)]
            if number >= len(names):  # so that this is a first failure again, which is not delayed
                fleet.daemon.call("app.restart", name=name)
            run, answer = _kill(fleet, events, name)
            runs.append(run)
            answers.append(answer)
    plain = _plain(bench, fleet)
    bare = bench.beside("bare loop in Python", lambda: p50(_bare(bench.often(25, 20))))
    what = "kill -9 -> replacement"
    return [
        Figure(
            row="restart", what=f"program: {what} runs, p50", unit="ms", value=p50(plain),
            samples=len(plain), goal=goal("restart.p50"), baselines=bare,
        ),
        Figure(row="restart", what=f"program: {what} runs, p95", unit="ms", value=p95(plain)),
        Figure(
            row="restart", what=f"app: {what} runs, p50", unit="ms", value=p50(runs), samples=len(runs)
        ),
        Figure(row="restart", what=f"app: {what} runs, p95", unit="ms", value=p95(runs)),
        Figure(row="restart", what=f"app: {what} answers, p50", unit="ms", value=p50(answers)),
        Figure(row="restart", what=f"app: {what} answers, p95", unit="ms", value=p95(answers)),
    ]  # fmt: skip


def _plain(bench: Bench, fleet: Fleet) -> list[float]:
    """Kill adopted commands, each its first failure; return the milliseconds to news of the next process."""
    samples: list[float] = []
    daemon = fleet.daemon
    names = [f"plain_{number}" for number in range(bench.often(25, 20))]
    for name in names:
        daemon.call("app.adopt", name=name, command=["sleep", "100000"], ports=0)
    with Events(daemon.socket) as events:
        for name in names:
            (instance,) = daemon.call("app.show", name=name)["instances"]
            events.forget()
            killed = time.time()
            os.kill(instance["pid"], signal.SIGKILL)
            told = events.wait(name, partial(_is_another, instance["pid"]), killed)
            samples.append((told - killed) * 1000)
    for name in names:
        daemon.call("app.delete", name=name)
    return samples


def _is_another(old: int, data: dict[str, Any]) -> bool:
    return data.get("pid") not in (None, old)


def _kill(fleet: Fleet, events: Events, name: str) -> tuple[float, float]:
    """Kill an app; return the milliseconds to the news of its next process, and to an answer of that."""
    old = fleet.pids()[name]
    events.forget()
    killed = time.time()
    os.kill(old, signal.SIGKILL)
    with connect(fleet.ports[name]) as connection:
        answered = answered_at(connection)
    forked = events.wait(name, lambda data: data.get("pid") not in (None, old), killed)
    events.wait(name, lambda data: data.get("state") == "ready", killed)
    fleet.visited.discard(name)
    return (forked - killed) * 1000, (answered - killed) * 1000


def _bare(often: int) -> list[float]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.baselines.respawn"], stdout=subprocess.PIPE, text=True
    )
    samples: list[float] = []
    try:
        if process.stdout is None:
            raise RuntimeError("no pipe")
        pid = int(process.stdout.readline())
        for _ in range(often):
            time.sleep(0.02)
            begun = time.perf_counter()
            os.kill(pid, signal.SIGKILL)
            pid = int(process.stdout.readline())
            samples.append((time.perf_counter() - begun) * 1000)
    finally:
        end_tree(process.pid)
        if process.stdout is not None:
            process.stdout.close()
    return samples
