"""The logger's control connections: one JSON value a line in, one answer a line out, in order."""

import json
import os
import select
import socket
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

from protoddfd.logger.messages import Limits, limits_from
from protoddfd.logger.names import instance_name

_REQUEST_MAX = 1024 * 1024
_BLOCK = 64 * 1024


class RequestRefused(Exception):
    """A request that makes no sense; the text is the answer."""


class Instance(NamedTuple):
    """An app's slot, and the two as the name of its FIFOs."""

    app: str
    slot: int
    name: str


class Request:
    """One of those that `Service` knows; each accessor raises RequestRefused when it makes no sense."""

    def __init__(self, line: bytes) -> None:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            raise RequestRefused("not JSON") from None
        if not isinstance(value, dict):
            raise RequestRefused("not an object")
        self._value = value
        self.do = value.get("do")

    def instance(self) -> Instance:
        """Return the instance that `app` and `slot` name; it can be a file's name."""
        return _instance(self._value.get("app"), self._value.get("slot"))

    def instances(self) -> list[Instance]:
        """Return the instances that the pairs in `instances` name, all or none."""
        pairs = self._value.get("instances")
        if not isinstance(pairs, list):
            raise RequestRefused("instances are a list of pairs")
        return [_instance(*pair) if _is_pair(pair) else _instance(None, None) for pair in pairs]

    def app_name(self) -> str:
        """Return the app; it can be a folder's name."""
        return _instance(self._value.get("app"), 0).app

    def app_or_none(self) -> str | None:
        """Return the app if there is one."""
        return self.app_name() if self._value.get("app") is not None else None

    def limits(self) -> Limits:
        """Return the limits."""
        try:
            return limits_from(self._value.get("limits"))
        except ValueError as error:
            raise RequestRefused(str(error)) from None


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2


def _instance(app: object, slot: object) -> Instance:
    if not isinstance(app, str) or not isinstance(slot, int):
        raise RequestRefused("an app's name and a slot are needed")
    try:
        return Instance(app, slot, instance_name(app, slot))
    except ValueError as error:
        raise RequestRefused(str(error)) from None


class Client:
    """One connection."""

    def __init__(self, connection: socket.socket, answer: Callable[[Request], dict[str, Any]]) -> None:
        self._socket = connection
        self._answer = answer
        self._in = b""
        self._out = b""
        self.descriptor = connection.fileno()
        connection.setblocking(False)

    @property
    def wants_to_write(self) -> bool:
        """Whether an answer waits for room."""
        return bool(self._out)

    def handle(self, events: int) -> bool:
        """Read, answer, write; return whether the connection goes on."""
        try:
            if events & ~select.EPOLLOUT and not self._read():
                return False
            self._write()
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _read(self) -> bool:
        arrived = self._socket.recv(_BLOCK)
        if not arrived or len(self._in) > _REQUEST_MAX:
            return False
        *lines, self._in = (self._in + arrived).split(b"\n")
        for line in lines:
            self._out += json.dumps(self._reply(line)).encode() + b"\n"
        return True

    def _reply(self, line: bytes) -> dict[str, Any]:
        try:
            return {"ok": True, **self._answer(Request(line))}
        except (RequestRefused, OSError) as error:
            return {"ok": False, "error": str(error)}

    def _write(self) -> None:
        while self._out:
            self._out = self._out[self._socket.send(self._out) :]


def accept(listener: socket.socket, answer: Callable[[Request], dict[str, Any]]) -> Client | None:
    """Accept a connection of this user or root; None when there is none or it is somebody else's."""
    try:
        connection, _ = listener.accept()
    except OSError:
        return None
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    if struct.unpack("iII", raw)[1] not in (0, os.geteuid()):
        connection.close()
        return None
    return Client(connection, answer)
