"""What apps that nobody uses cost in processor time, with all that keeps them running."""

import subprocess
import sys
import time
from contextlib import ExitStack

from benchmarks.bench import Bench, Fleet, say
from benchmarks.figures import Figure
from benchmarks.goals import goal
from benchmarks.http import first_answer, free_port
from benchmarks.processes import cpu_used, end_tree

STOCK = 10
SETTLE_S = 5.0


def measure(bench: Bench, fleet: Fleet, size: int) -> list[Figure]:
    """Return the share of one core that `size` idle apps use; told once, for the largest number."""
    if size != max(bench.sizes):
        return []
    seconds = bench.often(30, 10)
    say(f"idle: {size} apps for {seconds} s")
    time.sleep(SETTLE_S)
    daemon = fleet.daemon
    keepers = {"daemon": daemon.process.pid, "zygote": daemon.zygote, "logger": daemon.logger}
    apps = list(fleet.pids().values())
    used = cpu_used([*apps, *keepers.values(), *daemon.workers], seconds)
    note = f"stock uvicorn: {STOCK} servers measured, scaled to {size}"
    whole = Figure(
        row="idle", what=f"CPU of {size} idle apps and all that keeps them, of one core", unit="%",
        value=100 * sum(used.values()) / seconds, goal=goal("idle.cpu"),
        baselines=bench.beside("stock uvicorn", lambda: _stock_percent(seconds) * size / STOCK), note=note,
    )  # fmt: skip
    parts = {name: used[pid] for name, pid in keepers.items()} | {"apps": sum(used[pid] for pid in apps)}
    return [
        whole,
        *(
            Figure(row="idle", what=f"  of it {name}", unit="%", value=100 * spent / seconds)
            for name, spent in parts.items()
        ),
    ]


def _stock_percent(seconds: float) -> float:
    say(f"baseline: {STOCK} stock uvicorn servers for {seconds} s")
    with ExitStack() as stack:
        pids = []
        for _ in range(STOCK):
            port = free_port()
            program = [
                "-m",
                "uvicorn",
                "--log-level",
                "error",
                "--port",
                str(port),
                "benchmarks.baselines.hello:app",
            ]
            process = subprocess.Popen([sys.executable, *program])
            stack.callback(end_tree, process.pid)
            first_answer(port, "/")
            pids.append(process.pid)
        time.sleep(1)
        return 100 * sum(cpu_used(pids, seconds).values()) / seconds
