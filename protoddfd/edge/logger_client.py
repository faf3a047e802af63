"""The daemon's end of the logger's socket: which programs' output is drained, and how that goes."""

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from protoddfd.edge.detached import ControlSocket, start_detached
from protoddfd.edge.process import ProcessGone, ProcessRef, start_time
from protoddfd.logger.messages import MIB, PROTOCOL, Limits
from protoddfd.logger.names import instance_name

DEFAULT_LIMITS = Limits()
ANSWER_MAX = 4 * 1024 * 1024
_HEAP = {"MALLOC_TRIM_THRESHOLD_": str(2 * MIB), "MALLOC_MMAP_THRESHOLD_": str(MIB)}
"""Has glibc keep the memory of one chunk for the next: giving it back each time halves the logger's speed."""


class LoggerUnavailable(Exception):
    """The logger does not run, does not answer in time, or refused; the text says which."""


class Fifos(msgspec.Struct, frozen=True, kw_only=True):
    """Where a program's output goes; it has to open them read-write."""

    stdout: Path
    stderr: Path


class StreamStats(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes taken from a FIFO and written to its instance's log since the logger started.

    Lines `dropped` (the disk refused them) and `discarded` (in files that were removed) are those that the
    instance has lost since its log was begun.
    """

    name: str
    bytes: int
    written: int
    dropped: int
    discarded: int = 0


class LoggerStats(msgspec.Struct, frozen=True, kw_only=True):
    """The logger's process and its streams."""

    pid: int
    protocol: int = 1
    streams: list[StreamStats]


class LogCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of an app that are missing from its logs: the disk refused them, or they were removed later."""

    dropped: int = 0
    discarded: int = 0


class LoggerClient:
    """A connection to the logger, made when needed; `on_lost` is called when it ends by itself.

    `on_refused` is told why the output of an instance is not drained.
    """

    def __init__(
        self,
        home: Path,
        on_lost: Callable[[], None] = lambda: None,
        *,
        limits: Limits = DEFAULT_LIMITS,
        on_refused: Callable[[str], None] = lambda _reason: None,
        limit_s: float = 10.0,
    ) -> None:
        self._home = home
        self._folder = home / "run" / "log"
        self._on_lost = on_lost
        self._on_refused = on_refused
        self._limits = limits
        self._limit_s = limit_s
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: deque[asyncio.Future[bytes]] = deque()
        self._reading: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()
        self._fifos: dict[str, Fifos] = {}
        self._to_add: dict[str, tuple[str, int]] = {}
        """Instances that no logger has said yet it drains."""
        self._unsent: set[str] = set()
        """Those of them that this logger was not told of."""

    async def connect(self) -> None:
        """Connect, starting the logger if none runs; nothing happens when connected already.

        Raises LoggerUnavailable or OSError.
        """
        async with self._connecting:
            if self._writer is not None:
                return
            await self._open()
            stats = await self._stats()
            if stats.protocol != PROTOCOL:
                await self._replace(stats.pid)
            self._unsent.update(self._to_add)
            self._post({"do": "configure", "limits": self._limits._asdict()})
            self._send_adds()

    def fifos(self, app: str, slot: int) -> Fifos:
        """Return the paths of an instance's FIFOs; raises ValueError for a name that cannot be a file's."""
        name = instance_name(app, slot)
        return Fifos(stdout=self._folder / f"{name}.out", stderr=self._folder / f"{name}.err")

    def drain_soon(self, app: str, slot: int) -> Fifos:
        """Have an instance's output drained; return its FIFOs, which exist from now on. May be repeated.

        The logger is told soon, without a wait; one that cannot be reached finds the FIFOs when it starts.
        Raises ValueError for a name that cannot be a file's, or OSError.
        """
        name = instance_name(app, slot)
        fifos = self._fifos.get(name)
        if fifos is not None and fifos.stdout.exists() and fifos.stderr.exists():
            return fifos
        fifos = self.fifos(app, slot)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in (fifos.stdout, fifos.stderr):
            with contextlib.suppress(FileExistsError):
                os.mkfifo(path, 0o600)
        self._fifos[name] = fifos
        self._to_add[name] = (app, slot)
        if not self._unsent:
            asyncio.get_running_loop().call_soon(self._send_adds)
        self._unsent.add(name)
        return fifos

    async def add(self, app: str, slot: int) -> Fifos:
        """Have an instance's output drained by the time this returns; else as `drain_soon`.

        Raises also LoggerUnavailable.
        """
        fifos = self.drain_soon(app, slot)
        await self._ask({"do": "add", "instances": [[app, slot]]})
        return fifos

    async def remove(self, app: str, slot: int) -> None:
        """Take what is left of an instance's output and delete its FIFOs; the logs stay."""
        name = instance_name(app, slot)
        self._fifos.pop(name, None)
        self._to_add.pop(name, None)
        await self._ask({"do": "remove", "app": app, "slot": slot})

    def end_line_soon(self, app: str, slot: int) -> None:
        """Tell that an instance's program has ended: what it wrote last is a line, newline or not.

        Its next program's output is not appended to that. Nothing happens without a connection.
        """
        self._send_adds()
        if self._writer is not None:
            self._post({"do": "end", "app": app, "slot": slot})

    async def flush(self, app: str | None = None) -> None:
        """Have all that an app (or, without a name, anyone) wrote in the log files when this returns."""
        await self._ask({"do": "flush", "app": app})

    async def configure(self, limits: Limits) -> None:
        """Have other limits, now and after any restart of the logger."""
        self._limits = limits
        await self._ask({"do": "configure", "limits": limits._asdict()})

    async def sweep(self, app: str) -> None:
        """Have the files of an app that are too old or too many removed when this returns."""
        await self._ask({"do": "sweep", "app": app})

    async def reopen(self) -> None:
        """Have the log files opened anew, after something moved them."""
        await self._ask({"do": "reopen"})

    async def counts(self, app: str) -> LogCounts:
        """Return how many lines of an app are missing."""
        return msgspec.json.decode(await self._ask({"do": "counts", "app": app}), type=LogCounts)

    async def stats(self) -> LoggerStats:
        """Return what the logger has done."""
        await self.connect()
        return await self._stats()

    async def close(self) -> None:
        """End the connection; the logger goes on."""
        if self._writer is None or self._reading is None:
            return
        self._on_lost = _ignore
        self._writer.close()
        await self._reading

    # The connection ------------------------------------------------------------------------------------

    async def _open(self) -> None:
        control = ControlSocket(self._home / "run" / "logger.sock", socket.SOCK_STREAM)
        connection = control.connect()
        if connection is None:
            with control.listen() as listener:
                arguments = ["--home", str(self._home), "--limits", json.dumps(self._limits._asdict())]
                log = self._home / "logs" / "logger.log"
                start_detached("protoddfd.logger", arguments, listener, log, {**os.environ, **_HEAP})
                connection = control.connect()
        if connection is None:
            raise LoggerUnavailable("the logger's socket vanished while it was started")
        reader, self._writer = await asyncio.open_unix_connection(sock=connection, limit=ANSWER_MAX)
        self._reading = asyncio.create_task(self._read(reader))

    async def _replace(self, pid: int) -> None:
        """End a logger of another version, which writes all that it has taken, and start one of ours."""
        on_lost, self._on_lost = self._on_lost, _ignore
        with contextlib.suppress(ProcessGone):
            process = ProcessRef(pid, start_time(pid) or -1)
            try:
                process.send(signal.SIGTERM)
                async with asyncio.timeout(self._limit_s):
                    await process.exited()
            except TimeoutError:
                raise LoggerUnavailable("a logger of another version does not end") from None
            finally:
                process.close()
        if self._reading is not None:
            await self._reading
        self._on_lost = on_lost
        await self._open()

    async def _stats(self) -> LoggerStats:
        return msgspec.json.decode(await self._answer({"do": "stats"}), type=LoggerStats)

    async def _ask(self, request: dict[str, Any]) -> bytes:
        await self.connect()
        self._send_adds()
        return await self._answer(request)

    async def _answer(self, request: dict[str, Any]) -> bytes:
        try:
            line = await asyncio.wait_for(asyncio.shield(self._post(request)), self._limit_s)
        except TimeoutError:
            raise LoggerUnavailable(f"the logger did not answer within {self._limit_s:g} s") from None
        reply = msgspec.json.decode(line)
        if not reply["ok"]:
            raise LoggerUnavailable(f"the logger refused: {reply['error']}")
        if reply.get("failed"):
            raise LoggerUnavailable(f"the logger could not: {reply['failed']}")
        return line

    def _post(self, request: dict[str, Any]) -> asyncio.Future[bytes]:
        """Send a request and return what its answer will be in."""
        if self._writer is None:
            raise LoggerUnavailable("the logger ended")
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(_look)
        self._waiting.append(answer)
        self._writer.write(msgspec.json.encode(request) + b"\n")
        return answer

    def _send_adds(self) -> None:
        """Tell the logger of all instances that it may not know; without one, the next is told."""
        names = [name for name in self._unsent if name in self._to_add]
        self._unsent.clear()
        if self._writer is not None and names:
            answer = self._post({"do": "add", "instances": [self._to_add[name] for name in names]})
            answer.add_done_callback(partial(self._added, names))

    def _added(self, names: list[str], answer: asyncio.Future[bytes]) -> None:
        if answer.cancelled() or answer.exception() is not None:
            return
        reply = msgspec.json.decode(answer.result())
        failed = reply.get("failed", {}) if reply["ok"] else dict.fromkeys(names, reply["error"])
        for name in names:
            self._to_add.pop(name, None)
            if name in failed:
                self._fifos.pop(name, None)
                self._on_refused(f"the output of {name} is not drained: {failed[name]}")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError, ValueError):
            while line := await reader.readline():
                answer = self._waiting.popleft()
                if not answer.done():
                    answer.set_result(line)
        writer, self._writer = self._writer, None
        while self._waiting:
            answer = self._waiting.popleft()
            if not answer.done():
                answer.set_exception(LoggerUnavailable("the logger ended before it answered"))
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        self._on_lost()


def _look(answer: asyncio.Future[bytes]) -> None:
    """Look at the outcome, so that one that nobody waits for is no unhandled exception."""
    if not answer.cancelled():
        answer.exception()


def _ignore() -> None:
    return
