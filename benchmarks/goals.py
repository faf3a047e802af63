"""The goals, by figure; where they differ by version of Python: up to 3.12, and from 3.13 on."""

import sys
from collections.abc import Sequence

from benchmarks.figures import Goal

_GOALS: dict[str, tuple[Goal, Goal]] = {
    "create.p50": (Goal(40.0), Goal(40.0)),
    "page.p50": (Goal(300.0), Goal(250.0)),
    "start.p50": (Goal(80.0), Goal(50.0)),
    "start.p95": (Goal(150.0), Goal(100.0)),
    "memory.app": (Goal(25.0), Goal(12.0)),
    "memory.daemon": (Goal(40.0), Goal(40.0)),
    "memory.zygote": (Goal(110.0), Goal(110.0)),
    "idle.cpu": (Goal(0.5), Goal(0.5)),
    "idle.checked": (Goal(2.5), Goal(2.5)),
    "flood.p99": (Goal(50.0), Goal(50.0)),
    "wake.p50": (Goal(60.0), Goal(60.0)),
    "adopt.answers": (Goal(1.0), Goal(1.0)),
    "adopt.lost": (Goal(0.0), Goal(0.0)),
    "rpc.rate": (Goal(8000.0, at_least=True), Goal(8000.0, at_least=True)),
    "rpc.list": (Goal(1.5), Goal(1.5)),
    "rpc.command": (Goal(80.0), Goal(80.0)),
    "log.rate": (Goal(250.0, at_least=True), Goal(250.0, at_least=True)),
    "log.wrong": (Goal(0.0), Goal(0.0)),
    "table.p50": (Goal(150.0), Goal(150.0)),
    "restart.p50": (Goal(5.0), Goal(5.0)),
}
NAMES = frozenset(_GOALS)


def goal(name: str, version: Sequence[int] = sys.version_info[:2]) -> Goal:
    """Return the goal called `name` for a Python of `version`."""
    older, newer = _GOALS[name]
    return newer if tuple(version[:2]) >= (3, 13) else older
