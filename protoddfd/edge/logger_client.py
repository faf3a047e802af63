"""The daemon's end of the logger's socket: which programs' output is drained, and how that goes."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from protoddfd.edge.detached import ControlSocket, start_detached
from protoddfd.logger.names import instance_name

ANSWER_MAX = 4 * 1024 * 1024


class LoggerUnavailable(Exception):
    """The logger does not run, does not answer in time, or refused; the text says which."""


class Fifos(msgspec.Struct, frozen=True, kw_only=True):
    """Where a program's output goes; it has to open them read-write."""

    stdout: Path
    stderr: Path


class StreamStats(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes taken from a FIFO; bytes written to and lines dropped from its log; since the logger started."""

    name: str
    bytes: int
    written: int
    dropped: int


class LoggerStats(msgspec.Struct, frozen=True, kw_only=True):
    """The logger's process and its streams."""

    pid: int
    streams: list[StreamStats]


class LoggerClient:
    """A connection to the logger, made when needed; `on_lost` is called when it ends by itself."""

    def __init__(
        self,
        home: Path,
        on_lost: Callable[[], None] = lambda: None,
        *,
        max_bytes: int = 10 * 1024 * 1024,
        kept: int = 5,
        limit_s: float = 10.0,
    ) -> None:
        self._home = home
        self._on_lost = on_lost
        self._limit_s = limit_s
        self._arguments = ["--home", str(home), "--max-bytes", str(max_bytes), "--kept", str(kept)]
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: list[asyncio.Future[bytes]] = []
        self._reading: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()

    async def connect(self) -> None:
        """Connect, starting the logger if none runs; nothing happens when connected already.

        Raises LoggerUnavailable or OSError.
        """
        async with self._connecting:
            if self._writer is not None:
                return
            control = ControlSocket(self._home / "run" / "logger.sock", socket.SOCK_STREAM)
            connection = control.connect()
            if connection is None:
                with control.listen() as listener:
                    log = self._home / "logs" / "logger.log"
                    start_detached("protoddfd.logger", self._arguments, listener, log, os.environ)
                    connection = control.connect()
            if connection is None:
                raise LoggerUnavailable("the logger's socket vanished while it was started")
            reader, self._writer = await asyncio.open_unix_connection(sock=connection, limit=ANSWER_MAX)
            self._reading = asyncio.create_task(self._read(reader))

    def fifos(self, app: str, slot: int) -> Fifos:
        """Return the paths of an instance's FIFOs; raises ValueError for a name that cannot be a file's."""
        folder = self._home / "run" / "log"
        name = instance_name(app, slot)
        return Fifos(stdout=folder / f"{name}.out", stderr=folder / f"{name}.err")

    async def add(self, app: str, slot: int) -> Fifos:
        """Have an instance's output drained; return its FIFOs, which exist from now on. May be repeated.

        They are made even when the logger cannot be reached: the next one finds them. Raises
        LoggerUnavailable, ValueError or OSError.
        """
        paths = self.fifos(app, slot)
        paths.stdout.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (paths.stdout, paths.stderr):
            with contextlib.suppress(FileExistsError):
                os.mkfifo(path, 0o600)
        await self._ask({"do": "add", "app": app, "slot": slot})
        return paths

    async def remove(self, app: str, slot: int) -> None:
        """Take what is left of an instance's output and delete its FIFOs; the logs stay."""
        await self._ask({"do": "remove", "app": app, "slot": slot})

    async def flush(self, app: str | None = None, slot: int = 0) -> None:
        """Have all that an instance (or, without a name, anyone) wrote in the log files when this returns."""
        await self._ask({"do": "flush"} if app is None else {"do": "flush", "app": app, "slot": slot})

    async def reopen(self) -> None:
        """Have the log files opened anew, after something moved them."""
        await self._ask({"do": "reopen"})

    async def stats(self) -> LoggerStats:
        """Return what the logger has done since it started."""
        return msgspec.json.decode(await self._ask({"do": "stats"}), type=LoggerStats)

    async def close(self) -> None:
        """End the connection; the logger goes on."""
        if self._writer is None or self._reading is None:
            return
        self._on_lost = _ignore
        self._writer.close()
        await self._reading

    async def _ask(self, request: dict[str, Any]) -> bytes:
        await self.connect()
        if self._writer is None:
            raise LoggerUnavailable("the logger ended")
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        self._writer.write(msgspec.json.encode(request) + b"\n")
        try:
            line = await asyncio.wait_for(asyncio.shield(answer), self._limit_s)
        except TimeoutError:
            raise LoggerUnavailable(f"the logger did not answer within {self._limit_s:g} s") from None
        reply = msgspec.json.decode(line)
        if not reply["ok"]:
            raise LoggerUnavailable(f"the logger refused: {reply['error']}")
        return line

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError, ValueError):
            while line := await reader.readline():
                answer = self._waiting.pop(0)
                if not answer.done():
                    answer.set_result(line)
        waiting, self._waiting = self._waiting, []
        for answer in waiting:
            if not answer.done():
                answer.set_exception(LoggerUnavailable("the logger ended before it answered"))
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        self._writer = None
        self._on_lost()


def _ignore() -> None:
    return
