"""How fast one program's output gets into rotated files, what that costs, and what many quiet ones cost."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from benchmarks.baselines.logpump import LINE_BYTES, line
from benchmarks.bench import Bench, say
from benchmarks.figures import Figure, p50
from benchmarks.goals import goal
from benchmarks.processes import MIB, cpu_s, pss_mib
from protoddfd.edge.logger_client import LoggerClient
from protoddfd.edge.process import ProcessRef, start_time
from protoddfd.logger.messages import Limits

LIMITS = Limits(max_bytes=16 * MIB, kept=20, max_age_s=0, quota_bytes=0)
LIMIT_S = 60.0
STAMP_BYTES = 27
INSTANCES = 500
PUMP = [sys.executable, "-m", "benchmarks.baselines.logpump"]


class Flood(NamedTuple):
    """What came of a program that wrote as fast as it could."""

    mb_s: float
    cpu_s: float
    wrong: int
    """Lines that are missing, in two, or out of their place."""


def measure(bench: Bench) -> list[Figure]:
    """Return the figures of a flood, beside pumps that do nothing else, and of many quiet instances."""
    lines = bench.often(2_000_000, 1_000_000)
    compiled = bench.once("logpump.c", lambda: _compiled(bench.scratch / "logpump"))
    ours: list[Flood] = []
    python: list[float] = []
    c: list[float] = []
    for _ in range(bench.often(7, 3)):  # in turns, because the machine is not the same all the time
        say(f"log: {lines} lines through the logger, and through bare pumps")
        ours.append(asyncio.run(_flood(bench.scratch / "log", lines)))
        python.append(_pumped(bench.scratch / "log", [*PUMP, "pump"], lines))
        if compiled is not None:
            c.append(_pumped(bench.scratch / "log", [str(compiled)], lines))
    baselines = bench.beside("bare pump in Python", lambda: p50(python))
    if compiled is not None:
        baselines += bench.beside("bare pump in C", lambda: p50(c))
    add_us, idle_mib = asyncio.run(_quiet(bench.scratch / "log"))
    size = lines * LINE_BYTES
    return [
        Figure(
            row="log", what="one program's output into rotated files, p50", unit="MB/s",
            value=p50([flood.mb_s for flood in ours]), samples=len(ours), goal=goal("log.rate"),
            more_is_better=True, baselines=baselines, note="stamped; the pumps do not stamp and cut lines",
        ),
        Figure(
            row="log", what="  lines lost or split", unit="lines", value=sum(flood.wrong for flood in ours),
            samples=len(ours) * lines, goal=goal("log.wrong"),
        ),
        Figure(
            row="log", what="  CPU of the logger, p50", unit="s/GB",
            value=p50([flood.cpu_s * 1e9 / size for flood in ours]), samples=len(ours),
        ),
        Figure(
            row="log", what="daemon's CPU to have one more instance drained", unit="us", value=add_us,
            samples=INSTANCES,
        ),
        Figure(
            row="log", what=f"memory of the logger with {INSTANCES} quiet instances", unit="MiB",
            value=idle_mib,
        ),
    ]  # fmt: skip


async def _flood(home: Path, lines: int) -> Flood:
    client, pid = await _logger(home)
    try:
        fifos = await client.add("flood", 0)
        used = cpu_s(pid)
        out = os.open(fifos.stdout, os.O_RDWR)  # held until all is taken: a pipe that nobody holds is emptied
        with _spew(lines, out) as program:
            began = await asyncio.to_thread(_written, program)
            await client.flush("flood")
            took_s = (time.monotonic_ns() - began) / 1e9
        os.close(out)
        used = cpu_s(pid) - used
    finally:
        await _end(client, pid)
    wrong = _wrong(home / "logs" / "flood", lines)
    shutil.rmtree(home)
    return Flood(lines * LINE_BYTES / 1e6 / took_s, used, wrong)


def _spew(lines: int, out: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*PUMP, "spew", str(lines)], stdout=out, stderr=subprocess.PIPE)


def _written(program: subprocess.Popen[bytes]) -> int:
    """Return when a program began (monotonic nanoseconds), once it has written everything."""
    if program.stderr is None:
        raise RuntimeError("no pipe")
    began = int(program.stderr.readline())
    program.stderr.readline()
    return began


def _wrong(folder: Path, lines: int) -> int:
    found = 0
    number = 0
    for path in [*sorted(folder.glob("0.*.log")), folder / "0.log"]:
        for record in path.read_bytes().splitlines(keepends=True):
            found += record[STAMP_BYTES:] != line(number)
            number += 1
    return found + abs(lines - number)


def _pumped(folder: Path, pump: list[str], lines: int) -> float:
    """Return the megabytes a second of another pump."""
    folder.mkdir()
    words = [*pump, str(folder / "log"), str(LIMITS.max_bytes)]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        if process.stdin is None:
            raise RuntimeError("no pipe")
        with _spew(lines, process.stdin.fileno()) as program:
            process.stdin.close()
            began = _written(program)
            process.wait(LIMIT_S)
            took_s = (time.monotonic_ns() - began) / 1e9
    shutil.rmtree(folder)
    return lines * LINE_BYTES / 1e6 / took_s


def _compiled(program: Path) -> Path | None:
    source = Path(__file__).parent.parent / "baselines" / "logpump.c"
    with suppress(OSError, subprocess.CalledProcessError):
        subprocess.run(["cc", "-O2", "-o", str(program), str(source)], check=True, capture_output=True)
        return program
    say("NO BASELINE: no C compiler")
    return None


async def _quiet(home: Path) -> tuple[float, float]:
    """Return microseconds of our processor time for each instance added, and the logger's memory then."""
    client, pid = await _logger(home)
    try:
        began = time.process_time()
        for number in range(INSTANCES):
            client.drain_soon(f"app_{number}", 0)
        await client.flush("app_0")
        used_s = time.process_time() - began
        memory = pss_mib(pid)
    finally:
        await _end(client, pid)
    shutil.rmtree(home)
    return used_s * 1e6 / INSTANCES, memory


async def _logger(home: Path) -> tuple[LoggerClient, int]:
    client = LoggerClient(home, limits=LIMITS, limit_s=LIMIT_S)
    return client, (await client.stats()).pid


async def _end(client: LoggerClient, pid: int) -> None:
    process = ProcessRef(pid, start_time(pid) or -1)
    process.send(signal.SIGTERM)
    async with asyncio.timeout(LIMIT_S):
        await process.exited()
    process.close()
    await client.close()
