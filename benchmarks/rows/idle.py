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
GROWN_S = 75.0
"""After so long without a failure, checks are as seldom as they get."""


def measure(bench: Bench, fleet: Fleet, size: int) -> list[Figure]:
    """Return the share of one core that `size` idle apps use; told once, for the largest number."""
    if size != max(bench.sizes):
        return []
    seconds = bench.often(30, 10)
    say(f"idle: {size} apps for {seconds} s")
    time.sleep(SETTLE_S)
    time.sleep(bench.often(int(GROWN_S), int(SETTLE_S)))
    checked = _used(fleet, bench.often(60, 10))
    (fleet.daemon.home / "config.toml").write_text('[apps]\nhealth = "process"\n')
    fleet.daemon.call("daemon.reload")
    time.sleep(SETTLE_S)
    unchecked = _used(fleet, seconds)
    (fleet.daemon.home / "config.toml").unlink()
    fleet.daemon.call("daemon.reload")
    note = f"stock uvicorn: {STOCK} servers measured, scaled to {size}"
    beside = bench.beside("stock uvicorn", lambda: _stock_percent(seconds) * size / STOCK)
    what = f"CPU of {size} idle apps and all that keeps them, of one core"
    return [
        Figure(
            row="idle", what=f"{what}, checked by HTTP", unit="%", value=sum(checked.values()),
            goal=goal("idle.checked"), baselines=beside, note=note,
        ),
        *_parts(checked),
        Figure(
            row="idle", what=f"{what}, not checked", unit="%", value=sum(unchecked.values()),
            goal=goal("idle.cpu"), baselines=beside, note=note,
        ),
        *_parts(unchecked),
    ]  # fmt: skip


def _parts(used: dict[str, float]) -> list[Figure]:
    return [
        Figure(row="idle", what=f"  of it {name}", unit="%", value=percent) for name, percent in used.items()
    ]


def _used(fleet: Fleet, seconds: float) -> dict[str, float]:
    """Return the percentage of a core that each part uses while nobody asks for anything."""
    daemon = fleet.daemon
    keepers = {"daemon": daemon.process.pid, "zygote": daemon.zygote, "logger": daemon.logger}
    apps = list(fleet.pids().values())
    used = cpu_used([*apps, *keepers.values(), *daemon.workers], seconds)
    parts = {name: used[pid] for name, pid in keepers.items()}
    parts["workers"] = sum(used[pid] for pid in daemon.workers if pid in used)
    parts["apps"] = sum(used[pid] for pid in apps)
    return {name: 100 * spent / seconds for name, spent in parts.items()}


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
