"""A file that a thread writes and a request sends meanwhile: whoever writes never waits for a slow reader.

So the database is held no longer than the writing takes, and memory has a chunk, whatever the file's size.
"""

import asyncio
import os
import tempfile
import threading
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import suppress
from typing import BinaryIO, TypeVar

from anyio import CapacityLimiter, to_thread

T = TypeVar("T")
CHUNK_BYTES = 262_144
Write = Callable[[BinaryIO, Callable[[Iterable[T]], Iterator[T]]], None]
"""Writes a file from parts that it passes through its second argument."""


class Abandoned(Exception):
    """Nobody waits for the file any more."""


async def spooled(write: "Write[T]", limiter: CapacityLimiter, *, grows: bool) -> AsyncGenerator[bytes, None]:
    """Yield what `write` writes into a temporary file, as one of the threads that `limiter` allows.

    With `grows` what is written stays as it is and is sent part by part; else the file is sent when it is
    whole. Closing the iterator ends the writing at the next part.

    Raises:
        Exception: what `write` raises, after what it wrote before.
    """
    spool = _Spool(asyncio.get_running_loop(), grows=grows)
    writing = asyncio.create_task(to_thread.run_sync(spool.run, write, limiter=limiter))
    writing.add_done_callback(lambda _: spool.grown.set())
    try:
        sent = 0
        while True:
            is_whole = writing.done()
            spool.grown.clear()
            while sent < spool.ready:
                chunk = await to_thread.run_sync(spool.read, sent)
                sent += len(chunk)
                yield chunk
            if is_whole:
                writing.result()
                return
            if not writing.done():
                await spool.grown.wait()
    finally:
        spool.is_abandoned.set()
        writing.add_done_callback(lambda done: spool.close(done))


class _Spool:
    """The temporary file; `ready` bytes of it may be sent."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, grows: bool) -> None:
        self._loop = loop
        self._grows = grows
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when both sides are done with it
        self.ready = 0
        self.grown = asyncio.Event()
        self.is_abandoned = threading.Event()

    def run(self, write: "Write[T]") -> None:
        write(self._file, self._watched)
        self._announce()

    def read(self, start: int) -> bytes:
        return os.pread(self._file.fileno(), min(CHUNK_BYTES, self.ready - start), start)

    def close(self, done: "asyncio.Task[None]") -> None:
        self._file.close()
        if not done.cancelled():
            done.exception()  # it was told to who waited, or nobody waits

    def _watched(self, parts: Iterable[T]) -> Iterator[T]:
        for part in parts:
            if self.is_abandoned.is_set():
                raise Abandoned
            yield part
            if self._grows:
                self._announce()

    def _announce(self) -> None:
        self._file.flush()
        self.ready = os.fstat(self._file.fileno()).st_size
        with suppress(RuntimeError):  # the loop has ended, and nobody waits
            self._loop.call_soon_threadsafe(self.grown.set)
