"""Uvicorn on sockets that somebody else bound, asleep while nobody asks for anything."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any

import uvicorn

GRACE_S = 3
"""Seconds that requests get to finish in after the signal to stop."""


class Server(uvicorn.Server):
    """Stock uvicorn wakes ten times a second to look at a flag; this one waits for the signal."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        config = uvicorn.Config(
            Dated(app),
            access_log=False,
            date_header=False,
            http="h11",
            lifespan="on",
            log_config=None,
            loop="asyncio",
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
            ws="websockets-sansio",
        )
        super().__init__(config)
        self._stop = asyncio.Event()

    async def run_on(self, sockets: list[socket.socket]) -> int:
        """Serve on `sockets` until SIGTERM or SIGINT; return the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        await self.serve(sockets=sockets)
        return 0

    def stop(self) -> None:
        """Stop accepting, and let what is under way finish."""
        self.should_exit = True
        self._stop.set()

    async def main_loop(self) -> None:
        """Wait for the end."""
        await self._stop.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the event loop, which they wake."""
        yield


class Dated:
    """Adds the Date header that HTTP asks for, when an answer leaves rather than on a timer."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        """Pass the request on and date the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_dated(message: Any) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(usegmt=True).encode()
                message = {**message, "headers": [*message.get("headers", ()), (b"date", date)]}
            await send(message)

        await self._app(scope, receive, send_dated)
