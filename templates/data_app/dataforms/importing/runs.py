"""Imports under way in an app: each in a process of its own, ended when nobody wants it any more."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec

from dataforms.importing.messages import Message, Refused, Request

LINE_BYTES = 1 << 24
_BROKEN = "The import ended before it was done; nothing of it was kept."


async def messages(request: Request) -> AsyncIterator[Message]:
    """Yield what the process says; closing the iterator ends it, and takes back what it did so far."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dataforms.importing.job",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE_BYTES,
    )  # fmt: skip
    assert process.stdin is not None  # noqa: S101 - it was asked for
    assert process.stdout is not None  # noqa: S101 - likewise
    try:
        process.stdin.write(msgspec.json.encode(request))
        process.stdin.write_eof()
        async for line in process.stdout:
            yield msgspec.json.decode(line, type=Message)
        if await process.wait():
            yield Refused(message=_BROKEN, hint="The app's log says why.")
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
