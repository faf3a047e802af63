"""Uvicorn on sockets that somebody else bound, asleep while nobody asks for anything.

It shares them with other processes, and ends without a failed request: from the signal on it accepts nothing
more (what waits in the backlog is for the others), answers what it has accepted, and leaves.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from functools import partial
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from protoddfd.zygote.http_connection import Http, WebSocket
from protoddfd.zygote.http_line import AsgiApp, State, Watched

STOP_GRACE_S = 10.0
"""Seconds between the signal to stop and SIGKILL, unless PROTODDF_STOP_GRACE_S says otherwise."""
REQUESTS_SHARE, ALL_SHARE = 0.7, 0.9
"""Of that time: when requests must have finished, and when the app must have put itself away too."""
ACCEPTS_AT_ONCE = 8
"""Connections taken from the backlog before others are served; the rest may be taken by another process."""
ACCEPT_AGAIN_S = 1.0
"""So long nothing is accepted after a failure, such as too many open files."""


class Server(uvicorn.Server):
    """Stock uvicorn wakes ten times a second to look at a flag; this one waits for the signal."""

    server_state: State

    def __init__(self, app: AsgiApp) -> None:
        config = uvicorn.Config(
            Dated(app),
            access_log=False,
            date_header=False,
            http=Http,
            lifespan="on",
            log_config=None,
            loop="asyncio",
            server_header=False,
            ws=WebSocket,
        )
        super().__init__(config)
        self._lost = asyncio.Event()
        self._stop = asyncio.Event()
        self._forced = asyncio.Event()
        self._listeners: list[socket.socket] = []
        self._arriving = Watched(self._lost.set)
        self.server_state = State(self._lost.set)

    async def run_on(self, sockets: list[socket.socket]) -> int:
        """Serve on `sockets`, which listen, until SIGTERM or SIGINT; return the exit status.

        A second signal ends it at once.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        await self.serve(sockets=sockets)
        return 0

    def stop(self) -> None:
        """Stop accepting, and let what is under way finish; the second time, let nothing."""
        if self._stop.is_set():
            self._forced.set()
        self.should_exit = True
        self._stop.set()
        self._stop_accepting()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the app, then accept."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(STARTUP_FAILURE)
        self._listeners = list(sockets or [])
        for listener in self._listeners:
            listener.setblocking(False)
            if listener.family != socket.AF_UNIX:
                # what is accepted inherits it
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            self._listen_to(listener)
        self.started = True

    async def main_loop(self) -> None:
        """Wait for the end."""
        await self._stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what was accepted, then put the app away."""
        begun = asyncio.get_running_loop().time()
        grace_s = _stop_grace_s()
        self._stop_accepting()
        self.server_state.end()
        await self._unless_forced(self._all_gone(), begun + grace_s * REQUESTS_SHARE)
        self._abort()
        await self._unless_forced(self.lifespan.shutdown(), begun + grace_s * ALL_SHARE)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the event loop, which they wake."""
        yield

    def _listen_to(self, listener: socket.socket) -> None:
        if listener in self._listeners:
            asyncio.get_running_loop().add_reader(listener, self._accept, listener)

    def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(ACCEPTS_AT_ONCE):
            try:
                connection, _address = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                sys.stderr.write(f"no connection is accepted for {ACCEPT_AGAIN_S:g} s: {error}\n")
                loop.remove_reader(listener)
                loop.call_later(ACCEPT_AGAIN_S, self._listen_to, listener)
                return
            protocol = partial(Http, self.config, self.server_state, self.lifespan.state)
            task = loop.create_task(_arrive(protocol, connection))
            self._arriving.add(task)
            task.add_done_callback(self._arriving.discard)

    def _stop_accepting(self) -> None:
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            asyncio.get_running_loop().remove_reader(listener)
            listener.close()

    async def _all_gone(self) -> None:
        while self._arriving or self.server_state.connections or self.server_state.tasks:
            self._lost.clear()
            await self._lost.wait()

    def _abort(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for task in list(self.server_state.tasks):
            task.cancel("the time to finish in is over")

    async def _unless_forced(self, work: Coroutine[Any, Any, None], end: float) -> None:
        loop = asyncio.get_running_loop()
        forced = loop.create_task(self._forced.wait())
        task = loop.create_task(work)
        await asyncio.wait({task, forced}, timeout=end - loop.time(), return_when=asyncio.FIRST_COMPLETED)
        forced.cancel()
        task.cancel()


async def _arrive(protocol: partial[Http], connection: socket.socket) -> None:
    try:
        await asyncio.get_running_loop().connect_accepted_socket(protocol, connection)
    except OSError:  # it has gone again
        connection.close()


def _stop_grace_s() -> float:
    try:
        return float(os.environ.get("PROTODDF_STOP_GRACE_S", STOP_GRACE_S))
    except ValueError:
        return STOP_GRACE_S


class Dated:
    """Adds the Date header that HTTP asks for, when an answer leaves rather than on a timer."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
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
