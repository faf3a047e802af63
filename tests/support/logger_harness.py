"""A logger of a test's own, programs that write to it, and what is in its files."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

from protoddfd.edge.logger_client import Fifos, LoggerClient
from protoddfd.edge.process import ProcessRef, start_time
from protoddfd.logger.messages import Limits

LIMIT_S = 20.0
FREE = Limits(max_bytes=200_000, kept=1000, max_age_s=0, quota_bytes=0)
RECORD = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [OELoe][ +].*\n")
_SPEW = """
import sys
lines, tag = int(sys.argv[1]), sys.argv[2]
for i in range(lines):
    sys.stdout.write(f"{tag}{i:010d}" + "x" * (i % 200) + "\\n")
"""


class Logger:
    """A logger of a home; killed and started as the test likes."""

    def __init__(self, home: Path, limits: Limits = FREE) -> None:
        self.home = home
        self.limits = limits
        self.client = self.fresh()

    def fresh(self) -> LoggerClient:
        return LoggerClient(self.home, limits=self.limits, limit_s=LIMIT_S)

    async def process(self) -> ProcessRef:
        pid = (await self.client.stats()).pid
        born = start_time(pid)
        assert born is not None
        return ProcessRef(pid, born)

    async def end(self, number: signal.Signals) -> None:
        """Signal the logger and wait until it has ended; the client is a new one then."""
        process = await self.process()
        process.send(signal.SIGCONT)
        process.send(number)
        async with asyncio.timeout(LIMIT_S):
            await process.exited()
        process.close()
        await self.client.close()
        self.client = self.fresh()

    async def kill(self) -> None:
        """Kill the logger and have another one."""
        await self.end(signal.SIGKILL)
        await self.client.connect()


@contextlib.asynccontextmanager
async def running(home: Path, limits: Limits = FREE) -> AsyncIterator[Logger]:
    """A logger that is ended with the block."""
    logger = Logger(home, limits)
    await logger.client.connect()
    try:
        yield logger
    finally:
        await logger.end(signal.SIGKILL)


@contextlib.contextmanager
def program(fifos: Fifos) -> Iterator[tuple[int, int]]:
    """The two ends that a program would have as its output."""
    out = os.open(fifos.stdout, os.O_RDWR)
    err = os.open(fifos.stderr, os.O_RDWR)
    try:
        yield out, err
    finally:
        os.close(out)
        os.close(err)


async def spew(fifos: Fifos, lines: int, tag: str) -> asyncio.subprocess.Process:
    """Start a program that writes numbered lines as fast as it can."""
    with program(fifos) as (out, err):
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", _SPEW, str(lines), tag, stdout=out, stderr=err
        )


def spewed(lines: int, tag: str) -> list[bytes]:
    """Return what `spew` writes."""
    return [f"{tag}{i:010d}".encode() + b"x" * (i % 200) for i in range(lines)]


async def ended(writer: asyncio.subprocess.Process) -> int:
    """Return a program's exit status."""
    async with asyncio.timeout(LIMIT_S):
        return await writer.wait()


async def taken(logger: Logger, count: int, writer: asyncio.subprocess.Process | None = None) -> None:
    """Return when this logger has taken `count` bytes since it started, or the writer has ended."""

    async def enough() -> bool:
        taken = sum(stream.bytes for stream in (await logger.client.stats()).streams)
        return taken >= count or (writer is not None and writer.returncode is not None)

    await until(enough)


async def until(what: Callable[[], Awaitable[object]]) -> None:
    """Return when `what` gives something true."""
    async with asyncio.timeout(LIMIT_S):
        while not await what():
            continue


def files(home: Path, app: str = "crm", slot: int = 0) -> list[Path]:
    """Return the files of an instance's log, the oldest first."""
    folder = home / "logs" / app
    current = folder / f"{slot}.log"
    return [*sorted(folder.glob(f"{slot}.*.log")), *([current] if current.exists() else [])]


def _read(parts: list[Path]) -> bytes | None:
    try:
        return b"".join(part.read_bytes() for part in parts)
    except FileNotFoundError:
        return None


def raw(home: Path, app: str = "crm", slot: int = 0) -> list[bytes]:
    """Return every record of an instance, oldest first; each must be whole."""
    while (whole := _read(files(home, app, slot))) is None:
        continue  # one was rotated away meanwhile
    records = whole.splitlines(keepends=True)
    assert all(RECORD.fullmatch(record) for record in records)
    return records


def texts(home: Path, app: str = "crm", slot: int = 0) -> list[bytes]:
    """Return the text of every record of an instance."""
    return [record[27:-1] for record in raw(home, app, slot)]
