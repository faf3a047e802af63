"""The logger is killed before each of its system calls in turn: no line is lost, repeated or miscounted."""

import asyncio
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from logger_harness import LIMIT_S, Logger, program, running, texts

from protoddfd.edge.logger_client import LoggerUnavailable
from protoddfd.logger.messages import Limits

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]

LIMITS = Limits(max_bytes=1_500, kept=1, max_age_s=0, quota_bytes=0)
LINE = b"%03d" + b"x" * 80 + b"\n"
BURSTS = 4
LINES_A_BURST = 15


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_killed_before_every_system_call(tmp_path: Path) -> None:
    calls = await system_calls(tmp_path)
    killed = [await run(tmp_path / str(place), call) for place, call in enumerate(calls)]
    print(f"{sum(killed)} kills before {len(calls)} system calls: nothing lost")  # noqa: T201 -- a count to see
    assert sum(killed) > len(calls) * 0.9 > 200


async def test_killed_before_some_system_calls(tmp_path: Path) -> None:
    calls = (await system_calls(tmp_path))[7::31]
    killed = [await run(tmp_path / str(place), call) for place, call in enumerate(calls)]
    assert sum(killed) >= len(calls) - 1


async def system_calls(home: Path) -> list[str]:
    """Return what the logger calls when nobody kills it, each as strace is told of it: name and number."""
    await run(home / "calls", None)
    seen: Counter[str] = Counter()
    found: list[str] = []
    for name in re.findall(r"^(\w+)\(", (home / "calls.strace").read_text(), re.MULTILINE):
        seen[name] += 1
        found.append(f"{name}:signal=SIGKILL:when={seen[name]}")
    return found


async def run(home: Path, call: str | None) -> bool:
    """Write bursts of lines while the logger is killed before one call; return whether it was."""
    async with running(home, LIMITS) as logger:
        fifos = await logger.client.add("crm", 0)
        pid = (await logger.client.stats()).pid
        strace = await watch(pid, call, home.with_suffix(".strace"))
        with program(fifos) as (out, _):
            for burst in range(BURSTS):
                start = burst * LINES_A_BURST
                text = b"".join(LINE % number for number in range(start, start + LINES_A_BURST))
                cut = 500 * (burst + 1) % len(text)
                os.write(out, text[:cut])
                await settled(logger)
                os.write(out, text[cut:])
                await settled(logger)
        if strace.returncode is None:
            strace.terminate()
        await strace.wait()
        await logger.client.flush()
        await logger.client.sweep("crm")
        counts = await logger.client.counts("crm")
        killed = (await logger.client.stats()).pid != pid
    found = b"".join(text + b"\n" for text in texts(home))
    everything = b"".join(LINE % number for number in range(BURSTS * LINES_A_BURST))
    left = joined(found)
    assert everything.endswith(left), call
    assert (counts.dropped, counts.discarded + left.count(b"\n")) == (0, BURSTS * LINES_A_BURST), call
    return killed


def joined(found: bytes) -> bytes:
    """Return whole lines; the pieces that a flush cut them into are put together."""
    flat = found.replace(b"\n", b"")
    size = len(LINE % 0) - 1
    flat = flat[len(flat) % size :]  # a line of which a piece was removed is counted with its end
    return b"".join(flat[start : start + size] + b"\n" for start in range(0, len(flat), size))


async def settled(logger: Logger) -> None:
    """Have the logger take what there is; one that is killed meanwhile is replaced and asked again."""
    async with asyncio.timeout(LIMIT_S):
        for _ in range(3):
            try:
                await logger.client.flush()
                await logger.client.sweep("crm")
            except (LoggerUnavailable, OSError):  # it was killed before it answered
                logger.client = logger.fresh()
            else:
                return


async def watch(pid: int, call: str | None, log: Path) -> asyncio.subprocess.Process:
    """Return a strace that kills a process before a system call, or notes them all."""
    inject = ["-o", os.devnull, "-e", f"inject={call}"] if call is not None else ["-o", str(log)]
    strace = await asyncio.create_subprocess_exec("strace", *inject, "-p", str(pid), stderr=subprocess.PIPE)
    assert strace.stderr is not None
    assert b"attached" in await strace.stderr.readline()
    return strace
