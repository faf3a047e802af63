"""The memory of apps that have been visited, and of what keeps them running."""

import time
from functools import partial

from benchmarks.bench import Bench, Fleet, say
from benchmarks.figures import Figure
from benchmarks.goals import goal
from benchmarks.http import visit
from benchmarks.processes import pss_mib, tree
from benchmarks.reflex_run import ReflexRun, prepared_app
from benchmarks.specs import SEEN

MANY = 20
"""From so many apps on, the goal for each holds: with fewer, what all share weighs on few."""
SETTLE_S = 2.0


def measure(bench: Bench, fleet: Fleet, size: int) -> list[Figure]:
    """Return the proportional set sizes, after a page and a state over the websocket from every app."""
    say(f"memory: visiting and weighing {size} apps")
    for name in fleet.ports.keys() - fleet.visited:
        visit(fleet.ports[name], SEEN)
        fleet.visited.add(name)
    time.sleep(SETTLE_S)
    apps = [pss_mib(pid) for pid in fleet.pids().values()]
    daemon = fleet.daemon
    figures = [
        Figure(
            row="memory", what=f"PSS of an app with {size} running, mean", unit="MiB",
            value=sum(apps) / len(apps), samples=len(apps), goal=goal("memory.app") if size >= MANY else None,
            baselines=bench.beside("reflex run --env prod, all its processes", partial(_reflex_mib, bench)),
        ),
        Figure(row="memory", what=f"PSS of the largest of {size}", unit="MiB", value=max(apps)),
    ]  # fmt: skip
    for name, pid in (("daemon", daemon.process.pid), ("zygote", daemon.zygote), ("logger", daemon.logger)):
        figures.append(
            Figure(
                row="memory", what=f"PSS of the {name} with {size}", unit="MiB", value=pss_mib(pid),
                goal=None if name == "logger" else goal(f"memory.{name}"),
            )
        )  # fmt: skip
    workers = [pss_mib(pid) for pid in daemon.workers]
    figures.append(
        Figure(
            row="memory", what=f"PSS of {len(workers)} workers together with {size}", unit="MiB",
            value=sum(workers), samples=len(workers),
        )
    )  # fmt: skip
    return figures


def _reflex_mib(bench: Bench) -> float:
    folder = prepared_app(bench)
    say("baseline: memory of reflex run --env prod")
    with ReflexRun(bench, folder) as run:
        visit(run.port, SEEN)
        time.sleep(SETTLE_S)
        return sum(pss_mib(pid) for pid in tree(run.process.pid))
