"""How fast the daemon answers: on the socket, and on the command line."""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.bench import Bench, Fleet, say
from benchmarks.figures import Baseline, Figure, p50
from benchmarks.goals import goal
from benchmarks.line import Line, encoded
from benchmarks.processes import end_tree

FIELDS = ["name", "state", "instances.pid"]
ROUNDS = 3


def measure(bench: Bench, fleet: Fleet, size: int) -> list[Figure]:
    """Return the figures of `app.show`, `app.list` and `protoddfctl list` with `size` apps."""
    say(f"rpc: with {size} apps")
    show, listing = encoded("app.show", name="app_0"), encoded("app.list", fields=FIELDS)
    often = bench.often(4000, 1000)
    ours = _both(fleet.daemon.socket, show, listing, often)
    echo = _echo(bench, size, show, listing, often)
    socket = str(fleet.daemon.socket)
    command = _runs_ms([sys.executable, "-m", "protoddfctl", "--socket", socket, "list"], bench.often(20, 5))
    python = bench.once("python", lambda: p50(_runs_ms([sys.executable, "-c", "pass"], bench.often(20, 5))))
    name = "bare asyncio and JSON"
    return [
        Figure(
            row="rpc", what=f"app.show with {size}, one connection, back to back", unit="calls/s",
            value=ours[0], samples=often * ROUNDS, goal=goal("rpc.rate"), more_is_better=True, 
            baselines=(Baseline(name, echo[0]),),
        ),
        Figure(
            row="rpc", what=f"app.show with {size}, p50", unit="ms", value=ours[1], samples=often * ROUNDS,
            baselines=(Baseline(name, echo[1]),),
        ),
        Figure(
            row="rpc", what=f"app.list of {size}: name, state, instances, p50", unit="ms", value=ours[2],
            samples=often // 10, goal=goal("rpc.list"), baselines=(Baseline(name, echo[2]),),
        ),
        Figure(
            row="rpc", what=f"protoddfctl list of {size}, p50", unit="ms", value=p50(command),
            samples=len(command), goal=goal("rpc.command"), baselines=(Baseline("Python starting", python),),
        ),
    ]  # fmt: skip


def _both(path: Path, show: bytes, listing: bytes, often: int) -> tuple[float, float, float]:
    """Return calls a second of `show` in the median round, its median, and that of `listing`."""
    rates: list[float] = []
    samples: list[float] = []
    with Line(path) as line:
        _asks(line, show, 200)
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            samples += _asks(line, show, often)
            rates.append(often / (time.perf_counter() - begun))
        return p50(rates), p50(samples), p50(_asks(line, listing, often // 10))


def _asks(line: Line, request: bytes, often: int) -> list[float]:
    """Return the milliseconds of each of many calls."""
    samples: list[float] = []
    for _ in range(often):
        begun = time.perf_counter()
        answer = line.ask(request)
        samples.append((time.perf_counter() - begun) * 1000)
        if b'"result"' not in answer:
            raise RuntimeError(f"refused: {answer[:200]!r}")
    return samples


def _echo(bench: Bench, size: int, show: bytes, listing: bytes, often: int) -> tuple[float, float, float]:
    path = bench.scratch / f"echo-{size}"
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.baselines.echo", str(path), str(size)])
    try:
        end = time.monotonic() + 20
        while not path.exists() and time.monotonic() < end:
            time.sleep(0.01)
        return _both(path, show, listing, often)
    finally:
        end_tree(process.pid)


def _runs_ms(program: list[str], often: int) -> list[float]:
    samples: list[float] = []
    for _ in range(often + 1):
        begun = time.perf_counter()
        subprocess.run(program, check=True, capture_output=True, timeout=60)
        samples.append((time.perf_counter() - begun) * 1000)
    return samples[1:]
