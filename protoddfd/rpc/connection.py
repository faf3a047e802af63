"""One client: lines in, answers out, bounded both ways. Knows no listening socket and no method."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from time import monotonic
from typing import Any, Protocol

import msgspec
import structlog

from protoddfd.core.access import Caller
from protoddfd.errors import TooLarge
from protoddfd.rpc.faults import failure
from protoddfd.rpc.framing import Lines
from protoddfd.rpc.router import Answer, Reply, Router
from protoddfd.runtime.stream import Stream
from protoddfd.wire.envelope import Notification

IN_FLIGHT_LIMIT = 64
"""Calls of one connection that may wait for their outcome at once; reading pauses at this number."""

STREAMS_LIMIT = 16
"""Streams that one connection may carry."""

_WRITE_HIGH_BYTES = 256 * 1024
_JOIN_BYTES = 64 * 1024
_SLICE_S = 0.002
_LAST_WORDS_S = 0.05

log = structlog.get_logger()


class Registry(Protocol):
    """What a connection tells the server about itself."""

    def began(self, connection: "Connection") -> None:
        """Note that a request has begun, or that the client is new: it owes us the rest."""

    def spoke(self, connection: "Connection") -> None:
        """Note that the client owes nothing."""

    def ended(self, connection: "Connection") -> None:
        """Forget the connection: it is closed and nothing of it runs any more."""


class Connection(asyncio.Protocol):
    """The protocol of one client. Reading stops while answers are not fetched or too much is under way."""

    __slots__ = (
        "_answers", "_answers_bytes", "_caller", "_closing", "_half_sent", "_lines", "_lost",
        "_pending", "_reading", "_registry", "_router", "_scheduled", "_streams", "_tasks", "_transport",
        "_writable",
    )  # fmt: skip

    def __init__(self, router: Router, caller: Caller, registry: Registry) -> None:
        self._router = router
        self._caller = caller
        self._registry = registry
        self._lines = Lines()
        self._pending: deque[bytes | None] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams: set[asyncio.Task[None]] = set()
        self._answers: list[bytes] = []
        self._answers_bytes = 0
        self._transport: asyncio.Transport | None = None
        self._writable: asyncio.Event | None = None
        self._reading = True
        self._half_sent = False
        self._scheduled = False
        self._closing = False
        self._lost = False

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: the client owes a request from now on."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for the type checker: a socket's is
        self._transport = transport
        transport.set_write_buffer_limits(high=_WRITE_HIGH_BYTES)
        self._half_sent = True
        self._registry.began(self)
        if self._closing:
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Take bytes, carry out the requests that they complete."""
        if self._closing:
            return
        self._pending += self._lines.feed(data)
        self._work()
        unfinished = self._lines.unfinished
        if unfinished != self._half_sent:
            self._half_sent = unfinished
            (self._registry.began if unfinished else self._registry.spoke)(self)

    def eof_received(self) -> bool:
        """Answer what is under way, the last line included, and then close. Streams end now."""
        self._pending += self._lines.end()
        self._closing = True
        self._end_streams()
        self._work()
        return True

    def pause_writing(self) -> None:
        """Stop: the client does not fetch its answers."""
        self._writable = asyncio.Event()

    def resume_writing(self) -> None:
        """Go on: the client has fetched most of its answers."""
        if self._writable is not None:
            self._writable.set()
            self._writable = None
        self._schedule()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the streams; calls under way run to their end, because what they do is done for good."""
        self._lost = self._closing = True
        self._pending.clear()
        self._end_streams()
        if self._writable is not None:
            self._writable.set()
        self._close_when_done()

    # What the server calls

    def finish(self) -> None:
        """Read no more, answer what is under way, close; streams get a moment to send their last."""
        self._closing = True
        self._pending.clear()
        self._set_reading(wanted=False)
        self._end_streams(after_s=_LAST_WORDS_S)
        self._close_when_done()

    def abort(self) -> None:
        """Close now; whatever runs is cancelled."""
        self._closing = True
        self._pending.clear()
        for task in self._tasks:
            task.cancel()
        self._end_streams()
        if self._transport is not None:
            self._transport.abort()

    # Requests

    def _work(self) -> None:
        """Carry out requests until there is none, or it is someone else's turn, or answers pile up."""
        began = monotonic()
        while self._pending and self._may_work():
            self._take(self._reply(self._pending.popleft()))
            if monotonic() - began > _SLICE_S:
                self._schedule()
                break
        self._flush()
        self._set_reading(wanted=not self._closing and not self._pending and self._may_work())
        self._close_when_done()

    def _may_work(self) -> bool:
        return self._writable is None and len(self._tasks) < IN_FLIGHT_LIMIT

    def _reply(self, line: bytes | None) -> Reply:
        if line is None:
            return self._router.refuse_oversized()
        return self._router.handle(line, self._caller)

    def _schedule(self) -> None:
        """Go on with the requests that wait, after the others had their turn."""
        if not self._scheduled and not self._lost:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._continue)

    def _continue(self) -> None:
        self._scheduled = False
        if not self._lost:
            self._work()

    def _start(self, reply: Coroutine[Any, Any, Answer]) -> None:
        task = asyncio.get_running_loop().create_task(self._await(reply))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def _await(self, reply: Coroutine[Any, Any, Answer]) -> None:
        self._take(await reply)
        self._flush()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("rpc.answer_lost", exc_info=task.exception())
        if not self._reading:
            self._schedule()
        self._close_when_done()

    # Answers

    def _take(self, reply: Reply) -> None:
        """Note an answer for the next flush, or begin what will give one."""
        if not isinstance(reply, Answer):
            self._start(reply)
            return
        if reply.text:
            self._answers.append(reply.text)
            self._answers_bytes += len(reply.text)
        if reply.streams or self._answers_bytes > _JOIN_BYTES:
            self._flush()
        for stream in reply.streams:
            self._open(stream)

    def _flush(self) -> None:
        if self._answers:
            self._answers.append(b"")
            self._send(b"\n".join(self._answers))
            self._answers = []
            self._answers_bytes = 0

    def _send(self, text: bytes) -> None:
        if not self._lost and self._transport is not None:
            self._transport.write(text)

    def _open(self, stream: Stream) -> None:
        task = asyncio.get_running_loop().create_task(self._pump(stream))
        self._streams.add(task)
        task.add_done_callback(self._stream_done)
        if len(self._streams) > STREAMS_LIMIT:
            refusal = TooLarge(f"a connection carries at most {STREAMS_LIMIT} streams", hint="open another")
            self._send(failure(refusal, None) + b"\n")
            self._end_streams()
        elif self._closing:
            self._end_streams()

    async def _pump(self, stream: Stream) -> None:
        """Send a stream's notifications, as fast as the client fetches them."""
        began = monotonic()
        try:
            async for method, params in stream.items:
                self._send(msgspec.json.encode(Notification(method=method, params=params)) + b"\n")
                if self._writable is not None:
                    await self._writable.wait()
                elif monotonic() - began > _SLICE_S:
                    await asyncio.sleep(0)
                    began = monotonic()
        finally:
            close = getattr(stream.items, "aclose", None)
            if close is not None:
                await close()

    def _stream_done(self, task: asyncio.Task[None]) -> None:
        self._streams.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("rpc.stream_failed", exc_info=task.exception())
        if not self._streams:
            self._closing = True
            self._close_when_done()

    def _end_streams(self, after_s: float = 0.0) -> None:
        """Cancel the streams, a turn later: one that has not begun yet would never close its iterator."""
        loop = asyncio.get_running_loop()
        for task in self._streams:
            loop.call_later(after_s, task.cancel)

    # The end

    def _set_reading(self, *, wanted: bool) -> None:
        if wanted is self._reading or self._transport is None or self._transport.is_closing():
            return
        self._reading = wanted
        if wanted:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _close_when_done(self) -> None:
        if not self._closing or self._pending or self._tasks or self._streams:
            return
        if self._lost:
            self._registry.ended(self)
        elif self._transport is not None:
            self._transport.close()
