"""Imports under way in an app: each in a process of its own, ended when nobody wants it any more."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec

from dataforms.importing.messages import Message, Refused, Request
from dataforms.words import say

LINE_BYTES = 1 << 24
_running: dict[str, asyncio.subprocess.Process | None] = {}
"""The processes by the paths of the files that they read; None for one that is about to be started."""
_cancelled: set[str] = set()


def cancel(path: str) -> None:
    """End the import of a file at once, if there is one; nothing is kept unless it was done already."""
    if path in _running:
        _cancelled.add(path)
        _end(_running[path])


def _end(process: asyncio.subprocess.Process | None) -> None:
    if process is not None and process.returncode is None:
        with suppress(ProcessLookupError):
            process.terminate()


async def messages(request: Request) -> AsyncIterator[Message]:
    """Yield what the process says; closing the iterator ends it, and takes back what it did so far."""
    _running[request.path] = process = None
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "dataforms.importing.job",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE_BYTES,
        )  # fmt: skip
        _running[request.path] = process
        if request.path in _cancelled:
            _end(process)
        assert process.stdin is not None  # noqa: S101 - it was asked for
        assert process.stdout is not None  # noqa: S101 - likewise
        process.stdin.write(msgspec.json.encode(request))
        process.stdin.write_eof()
        async for line in process.stdout:
            yield msgspec.json.decode(line, type=Message)
        ended = await process.wait()
        if ended and request.path in _cancelled:
            yield Refused(message=say("The import was cancelled; nothing of it was kept."))
        elif ended:
            yield Refused(
                message=say("The import ended before it was done; nothing of it was kept."),
                hint=say("The app's log says why."),
            )
    finally:
        _running.pop(request.path, None)
        _cancelled.discard(request.path)
        _end(process)
        if process is not None:
            await process.wait()
