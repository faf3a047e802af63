"""What an app has been asked, counted in a small file that others may read at any moment without waking it.

The file is one page that the app maps: `BLOCKS` blocks of words, one for each process that counts in it. It
outlives the app. Its path is in the environment variable `PROTODDF_METER`; without, nothing is counted, at no
cost. It may be removed, and must not be cut short: a process that counts in one that was would be killed.
"""

import fcntl
import mmap
import os
import struct
import time
from bisect import bisect_left
from pathlib import Path

from dataforms.frontend import AsgiApp, Message, Receive, Scope, Send

VARIABLE = "PROTODDF_METER"
PROBER = b"protoddfd"
"""The user agent whose requests are no use of the app: the supervisor's checks."""
CONNECTION = "protoddf.connection"
"""The extension of a scope by which a server says which requests came on one connection, and when that ends:
an object with a set `marks`, which is the app's, and a method `when_closed` that takes a function to call."""

LATENCY_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The longest time that each bucket of the histogram takes; one more takes what was longer."""
MAGIC = 0x0001_6D66_6464_7470
"""The first word of a block that somebody has counted in; another layout has another."""
PID, REQUESTS, ERRORS, EVENTS, UNDER_WAY, WEBSOCKETS, CONNECTIONS, LAST_USED_NS, LATENCY_SUM_NS = range(1, 10)
"""The places of the words in a block, behind `MAGIC`. The times are `time.monotonic_ns`."""
LATENCY = 10
"""The place of the first bucket: how many requests took that long, the shorter ones not among them."""
GAUGES = (UNDER_WAY, WEBSOCKETS, CONNECTIONS)
"""What is true only while the process lives. The rest adds up over all that have used the block."""
WORD_BYTES = 8
BLOCK_WORDS = 32
BLOCK_BYTES = BLOCK_WORDS * WORD_BYTES
BLOCKS = 16
FILE_BYTES = BLOCKS * BLOCK_BYTES
FLOCK = struct.Struct("hhqqi4x")

_BOUNDS_NS = tuple(round(bound * 1e9) for bound in LATENCY_BOUNDS_S)


def metered(app: AsgiApp) -> AsgiApp:
    """Return `app`, counted in the file that the environment names, if it names one."""
    path = os.environ.get(VARIABLE)
    return Metered(app, path) if path else app


class Metered:
    """Counts what passes. The file is opened at the first request, in the process that answers it."""

    def __init__(self, app: AsgiApp, path: str) -> None:
        self._app = app
        self._path = path
        self._words: memoryview | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a request or a websocket and pass it on."""
        kind = scope["type"]
        if kind == "lifespan" and self._words is None:
            self._words = _open(self._path)  # an app that nobody ever asked is known to be idle
        if kind not in ("http", "websocket") or _is_probe(scope):
            await self._app(scope, receive, send)
            return
        words = self._words
        if words is None:
            words = self._words = _open(self._path)
        connection = scope.get("extensions", {}).get(CONNECTION)
        if connection is None:  # a server that does not say: what is under way is all that is known
            words[CONNECTIONS] += 1
        elif self not in connection.marks:
            connection.marks.add(self)
            words[CONNECTIONS] += 1
            connection.when_closed(self._connection_closed)
        try:
            if kind == "http":
                await self._count_request(words, scope, receive, send)
            else:
                await self._count_websocket(words, scope, receive, send)
        finally:
            if connection is None:
                words[CONNECTIONS] -= 1

    async def _count_request(self, words: memoryview, scope: Scope, receive: Receive, send: Send) -> None:
        status = 500

        async def send_seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        words[REQUESTS] += 1
        words[UNDER_WAY] += 1
        begun = words[LAST_USED_NS] = time.monotonic_ns()
        try:
            await self._app(scope, receive, send_seen)
        finally:
            now = words[LAST_USED_NS] = time.monotonic_ns()
            words[UNDER_WAY] -= 1
            words[LATENCY_SUM_NS] += now - begun
            words[LATENCY + bisect_left(_BOUNDS_NS, now - begun)] += 1
            if status >= 500:
                words[ERRORS] += 1

    async def _count_websocket(self, words: memoryview, scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_seen() -> Message:
            message = await receive()
            if _is_event(message):
                words[EVENTS] += 1
                words[LAST_USED_NS] = time.monotonic_ns()
            return message

        words[WEBSOCKETS] += 1
        words[LAST_USED_NS] = time.monotonic_ns()
        try:
            await self._app(scope, receive_seen, send)
        finally:
            words[WEBSOCKETS] -= 1
            words[LAST_USED_NS] = time.monotonic_ns()

    def _connection_closed(self) -> None:
        if self._words is not None:
            self._words[CONNECTIONS] -= 1
            self._words[LAST_USED_NS] = time.monotonic_ns()


def lock_of(number: int) -> bytes:
    """Return the `struct flock` of the claim on a block."""
    return FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, number * BLOCK_BYTES, BLOCK_BYTES, 0)


def _is_probe(scope: Scope) -> bool:
    return any(name == b"user-agent" and value == PROBER for name, value in scope["headers"])


def _is_event(message: Message) -> bool:
    """Return whether a message of a websocket is an event of the page, rather than the protocol's own."""
    text = message.get("text")
    return text is not None and text.startswith(
        ("42", "45")
    )  # engine.io's message, socket.io's (binary) event


def _open(path: str) -> memoryview:
    """Return the words of a block that is this process's as long as it lives, its gauges at zero.

    Counting must not break an app: if the file cannot be had, what is returned is read by nobody.
    """
    try:
        return _claim(path)
    except OSError:
        return memoryview(bytearray(BLOCK_BYTES)).cast("q")


def _claim(path: str) -> memoryview:
    Path(path).parent.mkdir(mode=0o700, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(
            file, 0, FILE_BYTES
        )  # to write to a hole of a full disk would be the end of the app
        number = _free_block(file)
        mapped = memoryview(mmap.mmap(file, FILE_BYTES)).cast("q")
    except OSError:
        os.close(file)
        raise
    words = mapped[number * BLOCK_WORDS : (number + 1) * BLOCK_WORDS]
    if words[0] != MAGIC:
        words[:] = memoryview(bytes(BLOCK_BYTES)).cast("q")
    for gauge in GAUGES:
        words[gauge] = 0
    words[PID] = os.getpid()
    words[0] = MAGIC
    return words


def _free_block(file: int) -> int:
    """Return the number of a block that no living process has; the open file keeps the claim on it."""
    for number in range(BLOCKS - 1):
        try:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, lock_of(number))
        except BlockingIOError:
            continue
        return number
    return BLOCKS - 1  # shared by all that come late: they may miscount each other
