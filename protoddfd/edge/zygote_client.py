"""The daemon's end of the zygote's socket: requests out, notifications in, descriptors beside them.

Nothing here blocks the loop. asyncio's streams drop descriptors, so the socket is read and written by
`loop.add_reader` and `loop.add_writer`.
"""

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from protoddfd.edge.detached import ControlSocket, start_detached
from protoddfd.zygote.channel import Channel, Packet
from protoddfd.zygote.messages import (
    Ack,
    Child,
    Exited,
    Fork,
    Hello,
    Hold,
    Keep,
    Message,
    Notification,
    Refused,
    Release,
    Reply,
    Shutdown,
    Spawn,
    Welcome,
    decode_reply,
    encode,
)

KEEP_AT_ONCE = 100
_TURN = 64
"""Packets that are dealt with in one turn of the loop."""


class ZygoteUnavailable(Exception):
    """The zygote did not start, does not answer in time, or the connection to it is lost."""


class _EndedWhileConnecting(Exception):
    """The connection ended before the welcome was complete."""


class ControllerRefused(Exception):
    """A daemon of a higher generation controls, or controlled, this zygote."""


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """What a zygote had when we connected. The sockets are ours now, beside the zygote's own."""

    pid: int
    start_time: int
    version: str
    spawned: bool
    """Whether this call started the zygote: then nothing can have been handed over."""
    preloaded: bool
    """Whether it is known if apps can be forked; until then they wait, and Preloaded follows."""
    preload_error: str | None
    children: list[Child]
    exits: list[Exited]
    sockets: dict[str, list[socket.socket]]


class ZygoteClient:
    """One controller's connection. `on_message` gets every notification, `on_lost` the connection's end."""

    def __init__(
        self,
        home: Path,
        generation: int,
        on_message: Callable[[Notification], None],
        on_lost: Callable[[], None] = lambda: None,
        *,
        serve_with: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._home = home
        self._generation = generation
        self._on_message = on_message
        self._on_lost = on_lost
        self._arguments = ["--home", str(home), *(["--serve-with", serve_with] if serve_with else [])]
        self._env = env
        self._channel: Channel | None = None
        self._welcome: asyncio.Future[None] | None = None
        self._parts: list[Welcome] = []
        self._sockets: dict[str, list[socket.socket]] = {}

    @property
    def connected(self) -> bool:
        """Whether requests can be sent."""
        return self._channel is not None

    async def connect(self, limit_s: float = 30.0) -> Handover:
        """Connect to the zygote of this home, start it if there is none, and take over what it holds.

        Raises ZygoteUnavailable, ControllerRefused, or OSError when it cannot be started.
        """
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    try:
                        return await self._connect_once()
                    except _EndedWhileConnecting:
                        await asyncio.sleep(0.01)  # it was shutting down: the next try starts another
        except TimeoutError:
            raise ZygoteUnavailable(f"the zygote did not answer within {limit_s:g} s") from None

    async def _connect_once(self) -> Handover:
        loop = asyncio.get_running_loop()
        connection, spawned = self._reach()
        self._parts, self._sockets = [], {}
        self._channel = Channel(connection)
        self._welcome = loop.create_future()
        loop.add_reader(connection.fileno(), self._readable)
        try:
            self._post(Hello(generation=self._generation))
            await self._welcome
        except _EndedWhileConnecting:
            self.close()
            if spawned:
                raise ZygoteUnavailable("the zygote ended while it started; see logs/zygote.log") from None
            raise
        except BaseException:
            self.close()
            raise
        finally:
            self._welcome = None
        return self._handover(spawned)

    def hold(self, key: str, sockets: Sequence[socket.socket]) -> None:
        """Have the zygote keep duplicates of `sockets` (the frontend's first) under `key`."""
        self._post(Hold(key=key), [each.fileno() for each in sockets])

    def release(self, key: str) -> None:
        """Have the zygote close what it holds under `key`."""
        self._post(Release(key=key))

    def keep(self, paths: Iterable[str]) -> None:
        """Have the zygote keep FIFOs open, as many as fit into each message."""
        for batch in _batches(list(paths), KEEP_AT_ONCE):
            self._post(Keep(paths=batch))

    def fork(self, request: Fork) -> None:
        """Ask for an app in a forked child; Started or StartFailed will follow."""
        self._post(request)

    def spawn(self, request: Spawn) -> None:
        """Ask for a command; Started or StartFailed will follow."""
        self._post(request)

    def ack(self, ids: Iterable[int]) -> None:
        """Let the zygote forget these exits."""
        self._post(Ack(ids=list(ids)))

    def shutdown(self) -> None:
        """End the zygote; its children live on."""
        self._post(Shutdown())

    def close(self) -> None:
        """End the connection; the zygote goes on with everything. `on_lost` is not called."""
        channel, self._channel = self._channel, None
        if channel is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(channel.socket.fileno())
        loop.remove_writer(channel.socket.fileno())
        channel.close()
        for sockets in self._sockets.values():
            for each in sockets:
                each.close()
        self._sockets = {}

    def _reach(self) -> tuple[socket.socket, bool]:
        control = ControlSocket(self._home / "run" / "zygote.sock", socket.SOCK_SEQPACKET)
        connection = control.connect()
        if connection is not None:
            return connection, False
        with control.listen() as listener:
            env = {**(os.environ if self._env is None else self._env), "PROTODDF_HOME": str(self._home)}
            log = self._home / "logs" / "zygote.log"
            start_detached("protoddfd.zygote", self._arguments, listener, log, env)
            connection = control.connect()
        if connection is None:
            raise ZygoteUnavailable("the zygote's socket vanished while it was started")
        return connection, True

    def _handover(self, spawned: bool) -> Handover:
        first = self._parts[0]
        sockets, self._sockets = self._sockets, {}
        return Handover(
            pid=first.pid,
            start_time=first.start_time,
            version=first.version,
            spawned=spawned,
            preloaded=first.preloaded,
            preload_error=first.preload_error,
            children=[child for part in self._parts for child in part.children],
            exits=[ended for part in self._parts for ended in part.exits],
            sockets=sockets,
        )

    def _post(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        """Send or queue a message; raises ZygoteUnavailable when the connection is lost, MessageTooLarge."""
        packet = encode(message)
        if self._channel is None:
            raise ZygoteUnavailable("the connection to the zygote is lost")
        try:
            self._channel.send(packet, descriptors)
        except OSError as error:
            if self._welcome is not None:
                raise _EndedWhileConnecting from error
            self._lose()
            raise ZygoteUnavailable(f"the connection to the zygote is lost: {error}") from error
        if self._channel.wants_to_write:
            asyncio.get_running_loop().add_writer(self._channel.socket.fileno(), self._writable)

    def _writable(self) -> None:
        if self._channel is None:
            return
        try:
            self._channel.flush()
        except OSError:
            self._lose()
            return
        if not self._channel.wants_to_write:
            asyncio.get_running_loop().remove_writer(self._channel.socket.fileno())

    def _readable(self) -> None:
        for _ in range(_TURN):
            if self._channel is None:
                return
            try:
                packet = self._channel.receive()
            except OSError:
                self._lose()
                return
            if packet is None:
                return
            if not packet.data:
                self._lose()
                return
            self._take(decode_reply(packet.data), packet)

    def _take(self, reply: Reply, packet: Packet) -> None:
        if isinstance(reply, Welcome):
            self._collect(reply, packet)
        elif isinstance(reply, Refused) and self._welcome is not None:
            if not self._welcome.done():
                self._welcome.set_exception(ControllerRefused(reply.reason))
        else:
            self._on_message(reply)

    def _collect(self, part: Welcome, packet: Packet) -> None:
        arrived = deque(socket.socket(fileno=number) for number in packet.descriptors)
        for held in part.held:
            self._sockets[held.key] = [arrived.popleft() for _ in range(min(held.count, len(arrived)))]
        self._parts.append(part)
        waiting = self._welcome
        if waiting is None or waiting.done():
            return
        if not packet.complete:
            waiting.set_exception(
                ZygoteUnavailable("descriptors were cut off: the limit of open files is reached")
            )
        elif not part.more:
            waiting.set_result(None)

    def _lose(self) -> None:
        waiting = self._welcome
        if waiting is None:
            self.close()
            self._on_lost()
        elif not waiting.done():
            waiting.set_exception(_EndedWhileConnecting())
            if self._channel is not None:
                asyncio.get_running_loop().remove_reader(self._channel.socket.fileno())


def _batches(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
