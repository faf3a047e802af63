"""The least that answering in Python takes: a bare asyncio server of JSON lines, asked by our client."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import p50
from benchmarks.line import Line
from benchmarks.processes import end_tree
from benchmarks.supervisors.adapter import wait_for
from benchmarks.supervisors.results import StatusFloor, spread
from benchmarks.supervisors.stream import listens

_CALLS = 50
_RATE_CALLS = 5000


def floors(sizes: Sequence[int]) -> list[StatusFloor]:
    """Return what the server does with each number of records."""
    return [_floor(size) for size in sizes]


def _floor(size: int) -> StatusFloor:
    with tempfile.TemporaryDirectory(prefix="sup") as folder:
        path = Path(folder) / "s"
        server = subprocess.Popen([sys.executable, "-m", "benchmarks.baselines.echo", str(path), str(size)])
        try:
            wait_for(lambda: listens(path))
            with Line(path) as line:
                times = [_asked(line, "app.list") for _ in range(_CALLS)]
                one = p50([_asked(line, "app.show", name="app_0") for _ in range(_RATE_CALLS)])
        finally:
            end_tree(server.pid)
    return StatusFloor(programs=size, status_all_s=spread(times), status_one_per_s=1 / one)


def _asked(line: Line, method: str, **params: str) -> float:
    begun = time.perf_counter()
    line.call(method, **params)
    return time.perf_counter() - begun
