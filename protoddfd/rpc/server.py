"""The daemon's socket: who may connect, how many, and how it ends."""

import asyncio
import contextlib
import os
import socket
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import structlog

from protoddfd.core.access import Access, Caller, role_of
from protoddfd.errors import DaemonRunning, NotAllowed, ProtoddfError, TooLarge
from protoddfd.rpc.connection import Connection
from protoddfd.rpc.faults import failure
from protoddfd.rpc.peer import peer_of
from protoddfd.rpc.router import Router
from protoddfd.wire.address import address

CONNECTIONS_LIMIT = 1000
"""Clients at once. Beyond it, the one that has owed us a request for the longest time has to go."""

_MODE = 0o660
_BACKLOG = 1024
_ACCEPTED_AT_ONCE = 16
_ACCEPT_RETRY_S = 1.0
_TURNED_AWAY_S = 1.0
_WARN_EVERY_S = 1.0
_TURNED_AWAY_LIMIT = 64

log = structlog.get_logger()


class RpcServer:
    """Serves a router on a unix socket, and on connected sockets that are handed to it."""

    def __init__(
        self,
        path: Path,
        router: Router,
        access: Access,
        is_app_process: Callable[[int], bool],
        *,
        inherited: socket.socket | None = None,
        group: int | None = None,
        connections_limit: int = CONNECTIONS_LIMIT,
    ) -> None:
        """Prepare to serve at `path`, or on `inherited`, which listens (or can) and stays as it is.

        `is_app_process` tells of a pid whether it belongs to an app, which may not call. `group` is the
        number of the group that may connect, beside the daemon's own user.
        """
        self._path = path
        self._router = router
        self._access = access
        self._is_app_process = is_app_process
        self._inherited = inherited
        self._group = group
        self._limit = connections_limit
        self._connections: set[Connection] = set()
        self._owing: dict[Connection, None] = {}
        self._idle = asyncio.Event()
        self._warned_at = -_WARN_EVERY_S
        self._unwarned = 0
        self._turned_away: deque[socket.socket] = deque()
        self._greetings: set[asyncio.Task[object]] = set()
        self._listener: socket.socket | None = None
        self._inode: int | None = None

    async def start(self) -> None:
        """Listen.

        Raises:
            DaemonRunning: another daemon answers at the path.
            OSError: the socket cannot be made there.
        """
        self._listener = self._inherited or self._bind()
        self._listener.setblocking(False)
        self._listener.listen(_BACKLOG)
        self._set_accepting()
        log.info("rpc.listening", path=str(self._path), inherited=self._inherited is not None)

    async def adopt(self, sock: socket.socket, caller: Caller) -> None:
        """Serve `caller` on an already connected socket."""
        sock.setblocking(False)
        connection = self._admit(caller)
        await asyncio.get_running_loop().connect_accepted_socket(lambda: connection, sock)

    async def close(self, grace_s: float = 5.0) -> None:
        """Accept nobody any more, send the answers that are under way, close every connection.

        What is not done after `grace_s` seconds is cut off.
        """
        self._stop_listening()
        for sock in self._turned_away:
            sock.close()
        for connection in tuple(self._connections):
            connection.finish()
        try:
            async with asyncio.timeout(grace_s):
                await self._wait_for_all()
        except TimeoutError:
            for connection in tuple(self._connections):
                connection.abort()
            await self._wait_for_all()

    # What connections tell

    def began(self, connection: Connection) -> None:
        """Note that the client owes us a request, or the rest of one."""
        self._owing[connection] = None

    def spoke(self, connection: Connection) -> None:
        """Note that the client owes us nothing."""
        self._owing.pop(connection, None)

    def ended(self, connection: Connection) -> None:
        """Forget a connection."""
        self._owing.pop(connection, None)
        self._connections.discard(connection)
        if not self._connections:
            self._idle.set()

    # The socket

    def _bind(self) -> socket.socket:
        """Return a socket that listens at the path, which appears there complete with its rights."""
        if _answers(self._path):
            raise DaemonRunning(f"a daemon answers at {self._path} already", hint="protoddfctl status")
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            with address(str(fresh)) as name:
                listener.bind(name)
            fresh.chmod(_MODE)
            if self._group is not None:
                os.chown(fresh, -1, self._group)
            listener.listen(_BACKLOG)
            self._inode = fresh.stat().st_ino
            fresh.rename(self._path)
        except OSError:
            listener.close()
            fresh.unlink(missing_ok=True)
            raise
        return listener

    def _stop_listening(self) -> None:
        """Close our socket and remove it from the file system; one that another daemon put there stays."""
        if self._listener is None:
            return
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        self._listener = None
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()
        self._inode = None

    # Clients

    def _set_accepting(self) -> None:
        if self._listener is not None:
            asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        """Accept some of the clients that wait; the others follow after the loop's other work."""
        assert self._listener is not None  # noqa: S101  # for the type checker: the reader is removed first
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                sock, _address = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                log.error("rpc.accept_failed", error=str(error), retry_s=_ACCEPT_RETRY_S)  # noqa: TRY400
                loop = asyncio.get_running_loop()
                loop.remove_reader(self._listener)
                loop.call_later(_ACCEPT_RETRY_S, self._set_accepting)
                return
            self._greet(sock)

    def _greet(self, sock: socket.socket) -> None:
        """Serve the client behind `sock`, or tell it why not and close."""
        sock.setblocking(False)
        try:
            connection = self._admit(self._caller(sock))
        except ProtoddfError as refusal:
            self._warn("rpc.client_refused", reason=refusal.message)
            self._turn_away(sock, failure(refusal, None) + b"\n")
        except OSError:
            sock.close()
        else:
            loop = asyncio.get_running_loop()
            task: asyncio.Task[object] = loop.create_task(
                loop.connect_accepted_socket(lambda: connection, sock)
            )
            self._greetings.add(task)
            task.add_done_callback(self._greetings.discard)

    def _turn_away(self, sock: socket.socket, text: bytes) -> None:
        """Tell the client why not, and close a little later: one that is about to send can still read why."""
        with contextlib.suppress(OSError):
            sock.send(text)
            sock.shutdown(socket.SHUT_WR)
        self._turned_away.append(sock)
        if len(self._turned_away) > _TURNED_AWAY_LIMIT:
            self._turned_away.popleft().close()
        asyncio.get_running_loop().call_later(_TURNED_AWAY_S, sock.close)

    def _caller(self, sock: socket.socket) -> Caller:
        """Return who is behind `sock`; raise NotAllowed when it may not call at all."""
        peer = peer_of(sock)
        if self._is_app_process(peer.pid):
            raise NotAllowed("generated apps may not call the daemon", hint="call it from outside the app")
        own = os.geteuid()
        role = role_of(peer.uid, peer.groups, own, self._access)
        if role is None:
            raise NotAllowed(
                f"user {peer.uid} may not call the daemon of user {own}",
                hint="ask its administrator, who sets the groups of each role under access in config.toml",
            )
        return Caller(uid=peer.uid, gid=peer.gid, pid=peer.pid, role=role, same_uid=peer.uid == own)

    def _admit(self, caller: Caller) -> Connection:
        """Return a new connection; raise TooLarge when there are too many and none can be sent away."""
        if len(self._connections) >= self._limit:
            self._make_room()
        connection = Connection(self._router, caller, self)
        self._connections.add(connection)
        self._idle.clear()
        return connection

    def _make_room(self) -> None:
        """Send away the client that has owed us a request for the longest time."""
        owing = next(iter(self._owing), None)
        if owing is None:
            raise TooLarge(f"there are {self._limit} clients already", hint="close one, and try again")
        del self._owing[owing]
        self._connections.discard(owing)
        owing.abort()
        self._warn("rpc.client_sent_away", clients=self._limit)

    def _warn(self, event: str, **facts: object) -> None:
        """Log a warning, at most one a second: a flood of clients must not become a flood of lines."""
        now = time.monotonic()
        if now - self._warned_at < _WARN_EVERY_S:
            self._unwarned += 1
            return
        log.warning(event, **facts, others=self._unwarned)
        self._warned_at, self._unwarned = now, 0

    async def _wait_for_all(self) -> None:
        while self._connections:
            self._idle.clear()
            await self._idle.wait()


def _answers(path: Path) -> bool:
    """Return whether a program listens at `path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            with address(str(path)) as name:
                probe.connect(name)
        except BlockingIOError:
            return True
        except OSError:
            return False
    return True
