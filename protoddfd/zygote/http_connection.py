"""Uvicorn's protocols, HTTP and websocket, with an end that fails no request."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from protoddfd.zygote.http_line import Line, State

QUIET_S = 0.7
"""An open connection on which nothing was sent for so long is closed while the server ends, and no sooner."""
EVENT_QUIET_S = 0.05
"""A websocket on which something passed within this time may have an answer under way."""
EVENT_WAIT_S = 1.0
"""A websocket on which something passes all the time is closed after this while all the same."""
REPLY_S = 0.5
"""So long a client may take to agree to the end of its websocket."""


class Http(H11Protocol):
    """HTTP. While the server ends, a connection closes with its next answer or after `QUIET_S` of silence."""

    server_state: State
    line: Line

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take on a connection that was just accepted."""
        self.line = Line(transport, self, self.server_state)
        super().connection_made(cast("asyncio.Transport", self.line))
        self.app = cast("Any", self.line.marked(cast("Any", self.app)))
        if self.server_state.is_ending:
            self.shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self.line.gone()

    def shutdown(self) -> None:
        """End when what is under way is done, or when nothing was asked for during `QUIET_S`."""
        self.timeout_keep_alive = cast("Any", QUIET_S)
        cycle: Any = self.cycle  # None before the first request
        if (cycle is None or cycle.response_complete) and not self.conn.trailing_data[0]:
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(QUIET_S, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection on which nothing was asked for, unless a request has arrived this moment."""
        if self.transport.is_closing() or not self.line.has_unread():
            super().timeout_keep_alive_handler()


class WebSocket(WebSocketsSansIOProtocol):
    """Websocket. While the server ends, it is closed as a service restart: the client comes back at once.

    What the client sent before it agreed still reaches the app. Then the app is told, and only when it has
    finished with the connection the client sees that closed: who takes it on next finds all put away.
    """

    transport: asyncio.Transport

    def __init__(
        self, config: Any, server_state: State, app_state: dict[str, Any], _loop: Any = None
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.default_headers = []  # a handshake has a Connection header of its own
        self._state = server_state
        self._active_at = self.loop.time()
        self._end_by = 0.0
        self._is_ending = False
        self._is_app_told = False
        self._reply_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the connection of an HTTP request that asked for it."""
        super().connection_made(transport)
        self.app = cast("Any", cast("Line", transport).marked(cast("Any", self.app)))
        if self._state.is_ending:
            self.shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self._cancel_reply_timer()
        cast("Line", self.transport).gone()

    def data_received(self, data: bytes) -> None:
        """Take in what the client sent."""
        self._active_at = self.loop.time()
        super().data_received(data)

    async def receive(self) -> Any:
        """Return what came from the client, in its order, and at last that there is none any more."""
        message = await super().receive()
        self._is_app_told = message["type"] == "websocket.disconnect"
        return message

    async def send(self, message: Any) -> None:
        """Send what the app has for the client; raise ClientDisconnected if it knows that there is none."""
        self._active_at = self.loop.time()
        if not self._is_ending:
            await super().send(message)
        elif self._is_app_told:
            raise ClientDisconnected

    def shutdown(self) -> None:
        """End the websocket as soon as no answer is under way."""
        self.stop_keepalive()
        self._end_by = self.loop.time() + EVENT_WAIT_S
        self._end_when_quiet()

    def handle_close(self, event: Any) -> None:
        """Finish when the client agrees; agree when it was first."""
        if self._is_ending:
            self._finish()
        else:
            super().handle_close(event)

    def _end_when_quiet(self) -> None:
        if self.transport.is_closing() or self._is_ending:
            return
        if self.close_sent:  # by the app, and the client has not answered
            self.transport.close()
            return
        wait_s = min(self._active_at + EVENT_QUIET_S, self._end_by) - self.loop.time()
        if wait_s > 0 or not self.handshake_complete:
            self.loop.call_later(max(wait_s, EVENT_QUIET_S / 5), self._end_when_quiet)
            return
        self._is_ending = True
        self.conn.send_close(CloseCode.SERVICE_RESTART)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self._reply_timer = self.loop.call_later(REPLY_S, self._finish)

    def _finish(self) -> None:
        """Tell the app; when it has returned, uvicorn closes the connection."""
        self._cancel_reply_timer()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": int(CloseCode.SERVICE_RESTART)})

    def _cancel_reply_timer(self) -> None:
        if self._reply_timer is not None:
            self._reply_timer.cancel()
            self._reply_timer = None
