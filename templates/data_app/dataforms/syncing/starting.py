"""Starts runs of syncs from an app that serves: each in a process of its own, which tells how it goes."""

import asyncio
import sys
from contextlib import suppress

import msgspec

from dataforms.syncing.job import Began, Request

LINE_BYTES = 1 << 20
_running: set[asyncio.Task[None]] = set()
_processes: set[asyncio.subprocess.Process] = set()


async def start(request: Request) -> Began:
    """Start a run; return its number once it has begun, 0 of one that was not due, or why there is none."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dataforms.syncing.job",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE_BYTES,
    )  # fmt: skip
    _processes.add(process)
    task = asyncio.create_task(_reaped(process))
    _running.add(task)
    task.add_done_callback(_running.discard)
    assert process.stdin is not None  # noqa: S101 - it was asked for
    assert process.stdout is not None  # noqa: S101 - likewise
    process.stdin.write(msgspec.json.encode(request))
    process.stdin.write_eof()
    line = await process.stdout.readline()
    return msgspec.json.decode(line, type=Began) if line else Began()


async def settled() -> None:
    """Wait until every run that was started here has ended."""
    while _running:
        await asyncio.wait(set(_running))


async def end_all() -> None:
    """End the runs that were started here; nothing of them is kept."""
    for process in list(_processes):
        with suppress(ProcessLookupError):
            process.terminate()
    await settled()


async def _reaped(process: asyncio.subprocess.Process) -> None:
    try:
        await process.wait()
    finally:
        _processes.discard(process)
    from dataforms.rest.outbox import MARK  # what needs it is asked for by now

    if MARK.exists():
        from dataforms.rest.delivery import look_again

        look_again()
