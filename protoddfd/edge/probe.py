"""Asks an app on loopback whether it is there: by a connection, or by one HTTP request. Keeps no state.

Works on bare sockets: transports and streams take twice the time, and five hundred apps are asked a minute.
"""

import asyncio
import errno
import os
import socket
import time
from collections.abc import Callable

from protoddfd.core.health import Outcome, printable, subject
from protoddfd.edge.http_answer import BrokeOff, HttpAnswer, NotHttp
from protoddfd.wire.options import Check

LOOPBACK = "127.0.0.1"
_BLOCK = 64 * 1024
_OURS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}
"""Failures that are not the app's: here there is no descriptor, memory or port left."""


class _Trouble(Exception):
    """Why there is no answer, as the end of a sentence; `asked` is false if the app was never asked."""

    def __init__(self, text: str, *, asked: bool = True) -> None:
        super().__init__(text)
        self.asked = asked


def process(check: Check, *, alive: bool) -> Outcome:
    """Return whether the process runs."""
    detail = "its process runs" if alive else "its process does not run"
    return Outcome(check=check.kind, ok=alive, detail=detail, took_s=0.0)


async def port(check: Check, via: str | None = None) -> Outcome:
    """Return whether `check.port`, or the unix socket `via`, accepts a connection; it is closed at once."""
    began = time.perf_counter()
    try:
        with _Exchange(check, via=via) as exchange:
            await exchange.run()
    except _Trouble as trouble:
        return _outcome(check, began, str(trouble), ok=False, asked=trouble.asked)
    return _outcome(check, began, f"was accepted in {_took(began)}", ok=True)


async def http(check: Check, via: str | None = None) -> Outcome:
    """Return whether a GET of `check.path` is answered as `check` wants it. Redirects are not followed.

    It is asked at `check.port`, or at the unix socket `via` in its stead.

    A socket that listens and is not served yet keeps the request waiting, so that the answer comes at the
    very moment the app serves. The answer is read to its end, or the first 64 KiB of its body.
    """
    began = time.perf_counter()
    answer = HttpAnswer(f"{LOOPBACK}:{check.port}", check.path, keep_body=check.contains is not None)
    try:
        with _Exchange(check, answer, via) as exchange:
            await exchange.run()
    except _Trouble as trouble:
        return _outcome(check, began, str(trouble), ok=False, asked=trouble.asked)
    missed = _missed(check, answer)
    text = f"answered {answer.status} in {_took(began)}{_leads(answer)}"
    return _outcome(check, began, f"{text}, {missed}" if missed else text, ok=not missed)


def _missed(check: Check, answer: HttpAnswer) -> str:
    """Return what the answer lacks, empty if nothing."""
    status = answer.status or 0
    if check.status and status not in check.status:
        return f"expected {' or '.join(str(each) for each in check.status)}"
    if not check.status and status >= 500:
        return "expected below 500"
    if check.contains is not None and check.contains.encode() not in answer.body:
        where = f"the first {len(answer.body)} bytes of its body" if answer.is_cut else "its body"
        return f"without {check.contains!r} in {where}"
    return ""


def _leads(answer: HttpAnswer) -> str:
    return f" (to {printable(answer.location)})" if answer.location else ""


def _took(began: float) -> str:
    return f"{(time.perf_counter() - began) * 1000:.0f} ms"


def _outcome(check: Check, began: float, text: str, *, ok: bool, asked: bool = True) -> Outcome:
    detail = f"{subject(check)} {text}"
    return Outcome(check=check.kind, ok=ok, detail=detail, took_s=time.perf_counter() - began, asked=asked)


class _Exchange:
    """One connection to the port of `check`, within its time limit; a context that leaves nothing open."""

    def __init__(self, check: Check, answer: HttpAnswer | None = None, via: str | None = None) -> None:
        self._via = via
        self._check = check
        self._answer = answer
        self._request = b"" if answer is None else answer.request()
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._socket: socket.socket | None = None
        self._descriptor = -1

    def __enter__(self) -> "_Exchange":
        return self

    def __exit__(self, *error: object) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
            self._socket.close()
            self._socket = None

    async def run(self) -> None:
        """Return when the connection is there, or the answer long enough. Raises _Trouble."""
        connection = self._connect()
        limit = self._loop.call_later(self._check.timeout_s, self._too_late)
        if self._answer is None:
            self._loop.add_writer(self._descriptor, self._guarded, self._connected, connection)
        else:
            self._loop.add_reader(self._descriptor, self._guarded, self._receive, connection)
            self._guarded(self._send, connection)
        try:
            await self._done
        finally:
            limit.cancel()

    def _connect(self) -> socket.socket:
        number = self._check.port
        if not isinstance(number, int):
            raise _Trouble(f"is not possible: the app has no {number or 'such'} port", asked=False)
        family = socket.AF_INET if self._via is None else socket.AF_UNIX
        try:
            self._socket = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        except OSError as error:
            raise _trouble(error) from error
        self._descriptor = self._socket.fileno()
        code = self._socket.connect_ex((LOOPBACK, number) if self._via is None else self._via)
        if code not in (0, errno.EINPROGRESS):
            raise _trouble(OSError(code, os.strerror(code)))
        met_itself = self._via is None and self._socket.getsockname()[1] == number
        if met_itself:  # which is possible where nobody listens
            raise _Trouble("found nobody listening")
        return self._socket

    def _guarded(self, step: Callable[[socket.socket], None], connection: socket.socket) -> None:
        """Carry out one step; what it raises is the end of the exchange."""
        if self._done.done():
            return
        try:
            step(connection)
        except BlockingIOError:
            return
        except OSError as error:
            self._done.set_exception(_trouble(error))
        except NotHttp as error:
            self._done.set_exception(_Trouble(f"was not answered in HTTP: {error}"))
        except BrokeOff as error:
            self._done.set_exception(_Trouble(f"saw the connection end {error}"))

    def _connected(self, connection: socket.socket) -> None:
        if code := connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(code, os.strerror(code))
        self._done.set_result(None)

    def _send(self, connection: socket.socket) -> None:
        """Send the request: on loopback at once, else as soon as the connection is there."""
        try:
            connection.send(self._request)  # far less than an empty buffer takes
        except BlockingIOError:
            self._loop.add_writer(self._descriptor, self._guarded, self._send, connection)
            return
        self._loop.remove_writer(self._descriptor)

    def _receive(self, connection: socket.socket) -> None:
        received = connection.recv(_BLOCK)
        if self._answer is not None and self._answer.feed(received):
            self._done.set_result(None)

    def _too_late(self) -> None:
        if self._done.done():
            return
        limit = f"within {self._check.timeout_s:g} s"
        status = self._answer.status if self._answer is not None else None
        text = (
            f"got no answer {limit}" if status is None else f"answered {status}, but not to the end {limit}"
        )
        self._done.set_exception(_Trouble(text))


def _trouble(error: OSError) -> _Trouble:
    if error.errno in _OURS:
        return _Trouble(f"is not possible: {error.strerror or error}", asked=False)
    if error.errno in (errno.ECONNREFUSED, errno.ENOENT):
        return _Trouble("found nobody listening")
    return _Trouble(f"failed: {error.strerror}")
