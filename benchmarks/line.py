"""The least client of a socket that speaks JSON lines: ours and a baseline are asked with the same."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from protoddfd.wire.address import address


class Refused(Exception):
    """The other side answered with an error."""


class Line:
    """One connection. `timeout_s` bounds every wait."""

    def __init__(self, path: Path, timeout_s: float = 600.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        try:
            with address(str(path)) as name:
                self._socket.connect(name)
        except OSError:
            self._socket.close()
            raise
        self._rest = b""
        self._last_id = 0

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def end(self) -> None:
        """End the connection, and the wait of a thread that reads from it."""
        self._socket.shutdown(socket.SHUT_RDWR)

    def ask(self, request: bytes) -> bytes:
        """Send one line and return the line that comes back."""
        self._socket.sendall(request)
        return self.read()

    def read(self) -> bytes:
        """Return the next line; raise EOFError at the end."""
        blocks = [self._rest]
        while b"\n" not in blocks[-1]:
            block = self._socket.recv(262144)
            if not block:
                raise EOFError("the connection has ended")
            blocks.append(block)
        line, _, self._rest = b"".join(blocks).partition(b"\n")
        return line

    def send(self, method: str, **params: Any) -> None:
        """Send a call; `receive` returns its result."""
        self._last_id += 1
        self._socket.sendall(encoded(method, self._last_id, **params))

    def receive(self) -> Any:
        """Return the result of the call that was sent.

        Raises:
            Refused: it is an error.
        """
        answer = msgspec.json.decode(self.read())
        if "error" in answer:
            raise Refused(str(answer["error"]))
        return answer["result"]

    def call(self, method: str, **params: Any) -> Any:
        """Call a method and return its result; raise Refused."""
        self.send(method, **params)
        return self.receive()


def encoded(method: str, number: int = 1, **params: Any) -> bytes:
    """Return the line that calls `method`."""
    request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return msgspec.json.encode(request) + b"\n"


class Events:
    """The daemon's events, read by a thread as they come; `wait` returns the first that fits."""

    def __init__(self, path: Path) -> None:
        self._line = Line(path, timeout_s=3600.0)
        self._line.call("events.subscribe", kinds=["app.created", "app.changed"])
        self._heard: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Events":
        return self

    def __exit__(self, *_: object) -> None:
        self._line.end()
        self._reader.join(10)
        self._line.__exit__()

    def _read(self) -> None:
        while True:
            try:
                event = msgspec.json.decode(self._line.read())["params"]
            except (EOFError, OSError):
                return
            with self._news:
                self._heard.append(event)
                self._news.notify_all()

    def wait(
        self, app: str, fits: Callable[[dict[str, Any]], bool], since: float, limit_s: float = 60.0
    ) -> float:
        """Return when, in Unix time, the first event about `app` after `since` happened whose data `fits`.

        Raises:
            TimeoutError: none came within `limit_s`.
        """
        end = time.monotonic() + limit_s
        with self._news:
            while True:
                for event in self._heard:
                    if event.get("app") == app and event["time"] >= since and fits(event.get("data", {})):
                        return float(event["time"])
                if not self._news.wait(end - time.monotonic()):
                    raise TimeoutError(f"no such event about {app} within {limit_s} s")

    def forget(self) -> None:
        """Drop what was heard."""
        with self._news:
            self._heard.clear()
