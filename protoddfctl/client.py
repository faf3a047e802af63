"""A synchronous client of the daemon's socket: typed results, the daemon's own exceptions.

with Client("/run/protoddf/protoddfd.sock") as client:
    app = client.call("app.show", {"name": "crm"}, type=results.App)
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from sys import byteorder
from time import monotonic
from typing import Any, Self, TypeVar

import msgspec

from protoddfd.errors import from_wire
from protoddfd.wire.address import address

T = TypeVar("T")

_CHUNK_BYTES = 256 * 1024


class ClientFault(Exception):
    """The daemon could not be asked, or did not answer."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class NoDaemon(ClientFault):
    """No daemon answers at the socket."""


class SocketDenied(ClientFault):
    """The socket is there, and this user may not use it."""


class ConnectionLost(ClientFault):
    """The daemon closed the connection before it answered."""


class TimedOut(ClientFault):
    """The daemon did not answer in time."""


class AnswerOdd(ClientFault):
    """What came back is not what this client knows: another program, or another version."""


class _Message(msgspec.Struct, frozen=True):
    """An answer or a notification, whichever came."""

    result: msgspec.Raw = msgspec.Raw(b"")
    error: msgspec.Raw = msgspec.Raw(b"")
    id: str | int | float | None = None
    method: str | None = None
    params: msgspec.Raw = msgspec.Raw(b"")


def decode(text: bytes, type: type[T]) -> T:
    """Return the JSON in `text` as `type`; raise AnswerOdd when it is something else."""
    try:
        return msgspec.json.decode(text, type=type)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AnswerOdd(
            f"the daemon's answer is not understood: {error}",
            hint="protoddfctl version tells whether client and daemon are of one version",
        ) from None


class Client:
    """One connection. It is made at the first call, and is not to be shared between threads."""

    def __init__(self, path: str, *, timeout_s: float = 60.0, start_command: str = "protoddfd") -> None:
        """Call the daemon at `path`; a call waits `timeout_s` unless it says otherwise.

        `start_command` is what NoDaemon's hint tells to run.
        """
        self.path = path
        self._timeout_s = timeout_s
        self._start_command = start_command
        self._socket: socket.socket | None = None
        self._received = bytearray()
        self._scanned = 0
        self._last_id = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection, and with it its streams."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            self._received.clear()
            self._scanned = 0

    def call(
        self,
        method: str,
        params: msgspec.Struct | Mapping[str, Any] | None = None,
        *,
        type: type[T],  # reads as it is called
        timeout_s: float | None = None,
    ) -> T:
        """Return the result of `method` as `type`.

        Raises:
            ProtoddfError: the daemon refused; the very class that it raised.
            ClientFault: there is no daemon, or no answer from it within `timeout_s`.
        """
        return decode(self.call_raw(method, params, timeout_s=timeout_s), type)

    def call_raw(
        self,
        method: str,
        params: msgspec.Struct | Mapping[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> bytes:
        """Return the result of `method` as the JSON that the daemon sent. Raises what `call` raises."""
        deadline = monotonic() + (self._timeout_s if timeout_s is None else timeout_s)
        self._last_id += 1
        request: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "id": self._last_id}
        if params is not None:
            request["params"] = params
        self._send(msgspec.json.encode(request) + b"\n", deadline)
        while True:
            message = decode(self._line(deadline), _Message)
            if message.error and message.id in (self._last_id, None):
                raise _exception(message.error)
            if message.method is None and message.id == self._last_id:
                return bytes(message.result)

    def notifications(self, timeout_s: float | None = None) -> Iterator[tuple[str, bytes]]:
        """Yield each notification's method and JSON parameters, until the daemon ends the stream.

        Raises:
            TimedOut: none came for `timeout_s` seconds; without it the wait has no end.
            ProtoddfError: the daemon ended the stream with an error.
        """
        while True:
            deadline = None if timeout_s is None else monotonic() + timeout_s
            try:
                line = self._line(deadline)
            except ConnectionLost:
                return
            message = decode(line, _Message)
            if message.error:
                raise _exception(message.error)
            if message.method is not None:
                yield message.method, bytes(message.params)

    def peer_uid(self) -> int:
        """Return the user that the daemon runs as; raise ClientFault when it cannot be reached."""
        raw = self._connect().getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return int.from_bytes(raw[4:8], byteorder)

    def interrupt(self) -> None:
        """End `notifications`, which another thread waits in."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _send(self, line: bytes, deadline: float) -> None:
        connection = self._connect()
        connection.settimeout(max(deadline - monotonic(), 0.001))
        try:
            connection.sendall(line)
        except TimeoutError:
            raise self._timed_out() from None
        except (BrokenPipeError, ConnectionResetError):
            # The daemon may have said why before it closed: reading finds out.
            return

    def _line(self, deadline: float | None) -> bytes:
        connection = self._connect()
        while (end := self._received.find(b"\n", self._scanned)) < 0:
            self._scanned = len(self._received)
            connection.settimeout(None if deadline is None else max(deadline - monotonic(), 0.001))
            try:
                data = connection.recv(_CHUNK_BYTES)
            except TimeoutError:
                raise self._timed_out() from None
            except ConnectionResetError:
                data = b""
            if not data:
                self.close()
                raise ConnectionLost(
                    f"the daemon at {self.path} closed the connection", hint="protoddfctl status"
                )
            self._received += data
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        self._scanned = 0
        return line

    def _timed_out(self) -> TimedOut:
        self.close()
        return TimedOut(f"the daemon at {self.path} did not answer in time", hint="protoddfctl doctor")

    def _connect(self) -> socket.socket:
        if self._socket is not None:
            return self._socket
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self._timeout_s)
        try:
            with address(self.path) as name:
                connection.connect(name)
        except PermissionError:
            connection.close()
            raise SocketDenied(
                f"you may not use the socket {self.path}",
                hint="protoddfctl doctor tells who may, and how to become one of them",
            ) from None
        except OSError:
            connection.close()
            raise NoDaemon(
                f"no protoddfd answers at {self.path}", hint=f"start it: {self._start_command}"
            ) from None
        self._socket = connection
        return connection


def _exception(raw: msgspec.Raw) -> Exception:
    from protoddfd.wire.envelope import ErrorObject  # what only a refusal needs

    error = decode(bytes(raw), ErrorObject)
    data = error.data
    if data is None:
        return from_wire(error.code, error.message)
    return from_wire(error.code, error.message, kind=data.kind, hint=data.hint, problems=data.problems)
