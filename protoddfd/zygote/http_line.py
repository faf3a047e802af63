"""One accepted connection's transport, and what the connections of a server share.

When the server ends, no request that was sent is answered by a reset.
"""

import asyncio
import fcntl
import struct
import termios
from collections.abc import Awaitable, Callable
from typing import Any, cast

from uvicorn.server import ServerState

LINGER_S = 0.2
"""So long we go on reading, and forgetting, from a client to whom we have said our last word."""
EXTENSION = "protoddf.connection"
"""In `scope["extensions"]`: the `Connection` that a request came on."""

AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]


class Watched(set[Any]):
    """A set that calls `lost` whenever something may have left it."""

    def __init__(self, lost: Callable[[], None]) -> None:
        super().__init__()
        self._lost = lost

    def remove(self, item: object) -> None:
        """Take `item` out; raise KeyError if it is not there."""
        super().remove(item)
        self._lost()

    def discard(self, item: object) -> None:
        """Take `item` out if it is there."""
        super().discard(item)
        self._lost()


class State(ServerState):
    """What the connections of a server share; `lost` is called when a connection or a task has ended."""

    def __init__(self, lost: Callable[[], None]) -> None:
        super().__init__()
        self.connections = Watched(lost)
        self.tasks = Watched(lost)
        self.is_ending = False

    def end(self) -> None:
        """Have every answer that has not begun say that its connection closes; tell the connections."""
        self.is_ending = True
        self.default_headers.append((b"connection", b"close"))
        for connection in list(self.connections):
            connection.shutdown()


class Connection:
    """What an app may know of a TCP connection: that requests came on the same one, and when it is gone."""

    def __init__(self) -> None:
        self.marks: set[object] = set()
        """For the app's own use: it lives as long as the connection."""
        self._waiting: list[Callable[[], None]] = []
        self._is_gone = False

    def when_closed(self, call: Callable[[], None]) -> None:
        """Call once the connection is gone; at once if it has gone, as a request can begin behind its end."""
        if self._is_gone:
            call()
        else:
            self._waiting.append(call)

    def gone(self) -> None:
        """Tell those who wanted to know."""
        self._is_gone = True
        while self._waiting:
            self._waiting.pop()()


class Line:
    """The transport of one connection. Once the server is ending, it closes without a reset.

    To close a socket with unread bytes resets the connection, and a reset can destroy an answer that the
    client has not read yet. So we say that nothing more will come, and read on until the client has left.
    """

    def __init__(self, transport: asyncio.Transport, protocol: asyncio.Protocol, state: State) -> None:
        self._transport = transport
        self._protocol = protocol
        self._state = state
        self._is_lingering = False
        self._connection = Connection()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def marked(self, app: AsgiApp) -> AsgiApp:
        """Return `app` with what it may know of its connection in every scope."""

        connection = self._connection

        def with_connection(scope: Any, receive: Any, send: Any) -> Awaitable[None]:
            scope.setdefault("extensions", {})[EXTENSION] = connection
            return app(scope, receive, send)

        return with_connection

    def has_unread(self) -> bool:
        """Return whether bytes have arrived that the event loop has not seen."""
        waiting = fcntl.ioctl(self._transport.get_extra_info("socket").fileno(), termios.FIONREAD, bytes(4))
        return bool(struct.unpack("i", waiting)[0])

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Have another protocol told what arrives."""
        self._protocol = cast("asyncio.Protocol", protocol)
        self._transport.set_protocol(protocol)

    def is_closing(self) -> bool:
        """Return whether our last word has been said."""
        return self._is_lingering or self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Send `data`, unless our last word has been said."""
        if not self._is_lingering:
            self._transport.write(data)

    def close(self) -> None:
        """Send what was written and end the connection."""
        if self._is_lingering:
            return
        if not self._state.is_ending or self._transport.is_closing():
            self._transport.close()
            return
        self._is_lingering = True
        self._transport.set_protocol(_Rest(self._protocol))
        try:
            self._transport.write_eof()
        except OSError:  # the client was faster
            self._transport.abort()
            return
        self._transport.resume_reading()
        asyncio.get_running_loop().call_later(LINGER_S, self._leave)

    def gone(self) -> None:
        """Forget the protocol, which knows us, and tell those who wanted to know."""
        self._protocol = _NOBODY
        self._connection.gone()

    def _leave(self) -> None:
        if self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size():  # a slow reader: the server's grace bounds this
            asyncio.get_running_loop().call_later(LINGER_S, self._leave)
        else:
            self._transport.close()


_NOBODY = asyncio.Protocol()


class _Rest(asyncio.Protocol):
    """Forgets what arrives after our last word, and tells the `speaker` when the connection is gone."""

    def __init__(self, speaker: asyncio.Protocol) -> None:
        self._speaker = speaker

    def pause_writing(self) -> None:
        self._speaker.pause_writing()

    def resume_writing(self) -> None:
        self._speaker.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._speaker.connection_lost(exc)
