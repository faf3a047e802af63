"""A server that is told to end answers what it has accepted, closes without a reset, and leaves in time."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest
from draining import LIMIT_S, App, Visitor
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from protoddfd.zygote import http_connection, http_line
from protoddfd.zygote.http_server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

T = TypeVar("T")


class Served:
    """A server in this process, and how to end it."""

    def __init__(self) -> None:
        self.app = App()
        self.server = Server(self.app)
        self._listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.held = [each.dup() for each in self._listeners]  # as the daemon and other servers hold them
        self.port: int = self.held[0].getsockname()[1]
        self._serving = asyncio.create_task(self.server.serve(sockets=self._listeners))
        self._begun = 0.0

    def end(self) -> None:
        self.server.stop()
        self._begun = self._begun or time.monotonic()

    async def ended(self) -> float:
        """Return the seconds that the end took."""
        async with asyncio.timeout(LIMIT_S):
            await asyncio.wait({self._serving})
        return time.monotonic() - self._begun


@asynccontextmanager
async def served() -> AsyncIterator[Served]:
    started = Served()
    try:
        visitor = await Visitor.arrive(started.port)
        await visitor.ask("/first", b"", "Connection: close")
        await visitor.leave()
        yield started
    finally:
        started.end()
        started.end()
        await started.ended()
        for each in started.held:
            each.close()


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less than in earnest."""
    monkeypatch.setattr(http_connection, "QUIET_S", 0.05)
    monkeypatch.setattr(http_line, "LINGER_S", 0.05)


async def soon(work: Awaitable[T]) -> T:
    async with asyncio.timeout(LIMIT_S):
        return await work


async def test_a_server_without_connections_ends_in_milliseconds() -> None:
    async with served() as it:
        it.end()
        assert await it.ended() < 0.3
        assert it.app.news[-1] == "lifespan.shutdown"


async def test_what_is_not_accepted_yet_is_left_to_others() -> None:
    async with served() as it:
        it.end()
        late = await Visitor.arrive(it.port)
        await it.ended()
        it.held[0].setblocking(False)
        taken, _ = it.held[0].accept()
        taken.close()
        await late.leave()


async def test_a_request_on_an_idle_connection_is_answered_and_closes_it() -> None:
    async with served() as it:
        visitor = await Visitor.arrive(it.port)
        head, _ = await visitor.ask("/before")
        assert "connection: close" not in head
        it.end()
        head, body = await visitor.ask("/after", b"text")
        assert "connection: close" in head
        assert body.endswith(b"/after text")
        assert await visitor.ended() == b""
        await visitor.leave()
        assert await it.ended() < http_connection.QUIET_S


async def test_idle_connections_end_in_about_a_second() -> None:
    async with served() as it:
        visitors = [await Visitor.arrive(it.port) for _ in range(5)]
        for visitor in visitors[1:]:  # the first one never asks
            await visitor.ask("/before")
        it.end()
        assert [await visitor.ended() for visitor in visitors] == [b""] * 5
        assert await it.ended() < 1.5
        for visitor in visitors:
            await visitor.leave()


async def test_a_client_that_never_looks_delays_the_end_by_no_more() -> None:
    async with served() as it:
        with socket.create_connection(("127.0.0.1", it.port)) as careless:
            await asyncio.get_running_loop().sock_sendall(
                careless, b"GET /before HTTP/1.1\r\nHost: x\r\n\r\n"
            )
            await it.app.until("/before")
            it.end()
            assert await it.ended() < 1.5


async def test_a_connection_that_was_accepted_but_not_read_is_answered() -> None:
    async with served() as it:
        silent = await Visitor.arrive(it.port)
        other = await Visitor.arrive(it.port)
        await other.ask("/accepted-behind-it", b"", "Connection: close")
        it.end()
        head, body = await silent.ask("/after")
        assert "connection: close" in head
        assert body.endswith(b"/after ")
        for visitor in (silent, other):
            await visitor.leave()


async def test_connections_that_arrive_with_the_end_are_answered() -> None:
    async with served() as it:
        sockets = [socket.create_connection(("127.0.0.1", it.port)) for _ in range(20)]
        for each in sockets:
            each.sendall(b"POST /at-once HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        await asyncio.sleep(
            0
        )  # one turn of the loop: some are accepted, and nothing more has happened to them
        await asyncio.sleep(0)
        it.end()
        await it.ended()
        accepted = it.app.news.count("/at-once")
        it.held[0].setblocking(False)
        left = 0
        while True:
            try:
                it.held[0].accept()[0].close()
            except BlockingIOError:
                break
            left += 1
        assert accepted + left == 20
        for each in sockets[:accepted]:
            assert each.recv(4096).startswith(b"HTTP/1.1 200")
        for each in sockets:
            each.close()


async def test_a_request_under_way_is_finished_and_says_that_it_is_the_last() -> None:
    async with served() as it:
        visitor = await Visitor.arrive(it.port)
        visitor.send("/slow/0.2")
        await it.app.until("/slow/0.2")
        it.end()
        head, body = await visitor.answer()
        assert "connection: close" in head
        assert body.endswith(b"/slow/0.2 ")
        await visitor.leave()
        assert await it.ended() < 0.5


async def test_after_an_answer_that_had_begun_one_more_request_is_answered() -> None:
    async with served() as it:
        visitor = await Visitor.arrive(it.port)
        visitor.send("/begun/0.1")
        await visitor.reader.readuntil(b"\r\n\r\n")
        it.end()
        visitor.send("/next")
        async with asyncio.timeout(LIMIT_S):
            await visitor.reader.readuntil(b"/begun/0.1 ")
        head, body = await visitor.answer()
        assert "connection: close" in head
        assert body.endswith(b"/next ")
        await visitor.leave()


async def test_a_request_that_is_still_arriving_is_answered() -> None:
    async with served() as it:
        visitor = await Visitor.arrive(it.port)
        visitor.writer.write(b"POST /slowly HTTP/1.1\r\nHost: x\r\nContent-")
        other = await Visitor.arrive(it.port)
        await other.ask("/read-behind-it", b"", "Connection: close")
        it.end()
        await asyncio.sleep(http_connection.QUIET_S + 0.1)  # longer than an idle connection is left open
        visitor.writer.write(b"Length: 4\r\n\r\nbo")
        await asyncio.sleep(0.01)
        visitor.writer.write(b"dy")
        head, body = await visitor.answer()
        assert "connection: close" in head
        assert body.endswith(b"/slowly body")
        for each in (visitor, other):
            await each.leave()


async def test_an_answer_before_the_whole_request_was_read_is_not_destroyed() -> None:
    async with served() as it:
        visitor = await Visitor.arrive(it.port)
        await visitor.ask("/before")
        it.end()
        visitor.writer.write(
            b"POST /hasty HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000
        )
        await it.app.until("/hasty")
        for _ in range(10):
            visitor.writer.write(b"x" * 50_000)
            await asyncio.sleep(0.005)
        _, body = await visitor.answer()
        assert body.endswith(b"/hasty ")
        assert await visitor.ended() == b""
        await visitor.leave()


async def test_a_request_that_arrives_at_the_moment_of_the_time_out_is_answered() -> None:
    async with served() as it:
        visitor = await Visitor.arrive(it.port)
        await visitor.ask("/before")
        it.end()
        await asyncio.sleep(0.01)
        (connection,) = it.server.server_state.connections
        assert isinstance(connection, http_connection.Http)
        raw: socket.socket = visitor.writer.get_extra_info("socket")
        with socket.socket(fileno=raw.fileno()) as same:
            same.send(b"POST /just-now HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            same.detach()
        connection.timeout_keep_alive_handler()
        _, body = await visitor.answer()
        assert body.endswith(b"/just-now ")
        await visitor.leave()


async def test_a_request_beyond_the_grace_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTODDF_STOP_GRACE_S", "0.4")
    async with served() as it:
        visitor = await Visitor.arrive(it.port)
        visitor.send("/slow/30")
        await it.app.until("/slow/30")
        it.end()
        assert await visitor.ended() == b""
        assert 0.25 < await it.ended() < 0.6
        assert it.app.news[-1] == "lifespan.shutdown"
        await visitor.leave()


async def test_the_second_signal_ends_it_at_once() -> None:
    async with served() as it:
        visitor = await Visitor.arrive(it.port)
        visitor.send("/slow/30")
        await it.app.until("/slow/30")
        it.end()
        await asyncio.sleep(0.05)
        it.end()
        assert await it.ended() < 0.3
        await visitor.leave()


async def test_a_connection_that_the_client_resets_meanwhile_does_no_harm(hurry: None) -> None:
    async with served() as it:
        visitor = await Visitor.arrive(it.port)
        await visitor.ask("/before")
        it.end()
        raw = visitor.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        visitor.writer.close()
        assert await it.ended() < 0.3


async def closing(websocket: ClientConnection) -> int | None:
    """Read to the end; return the code that the server closed with."""
    try:
        while True:
            await soon(websocket.recv())
    except ConnectionClosed as end:
        return end.rcvd.code if end.rcvd else None


async def test_a_websocket_is_closed_as_a_service_restart() -> None:
    async with served() as it, connect(f"ws://127.0.0.1:{it.port}/") as websocket:
        await websocket.send("hello")
        assert await websocket.recv() == "hello"
        it.end()
        assert await closing(websocket) == 1012
        assert await it.ended() < 0.4
        assert it.app.news[-3:] == ["disconnect 1012", "put away", "lifespan.shutdown"]


async def test_what_was_sent_over_a_websocket_before_its_end_is_answered() -> None:
    async with served() as it, connect(f"ws://127.0.0.1:{it.port}/") as websocket:
        await websocket.send("just before")
        it.end()
        assert await soon(websocket.recv()) == "just before"
        assert await closing(websocket) == 1012


async def test_the_client_sees_the_end_of_a_websocket_when_the_app_has_put_it_away() -> None:
    async with served() as it, connect(f"ws://127.0.0.1:{it.port}/") as websocket:
        await websocket.send("mute")
        await it.app.until("mute")
        it.end()
        await soon(websocket.wait_closed())
        assert it.app.news[-2:] == ["disconnect 1012", "put away"]


async def test_what_is_sent_over_a_websocket_until_the_client_agrees_to_its_end_reaches_the_app() -> None:
    async with served() as it:
        visitor = await Visitor.arrive(it.port)
        visitor.writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await visitor.reader.readuntil(b"\r\n\r\n")
        it.end()
        assert await soon(visitor.reader.readexactly(4)) == b"\x88\x02" + struct.pack("!H", 1012)
        visitor.writer.write(b"\x81\x84\0\0\0\0late" + b"\x88\x82\0\0\0\0" + struct.pack("!H", 1012))
        assert await visitor.ended() == b""
        assert it.app.news[-3:] == ["late", "disconnect 1012", "put away"]
        await visitor.leave()


async def test_a_client_that_does_not_agree_to_the_end_of_its_websocket_is_not_waited_for() -> None:
    async with served() as it:
        visitor = await Visitor.arrive(it.port)
        visitor.writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await visitor.reader.readuntil(b"\r\n\r\n")
        it.end()
        assert await it.ended() < 2.0
        assert it.app.news[-3:] == ["disconnect 1012", "put away", "lifespan.shutdown"]
        await visitor.leave()


async def test_a_websocket_that_is_opened_meanwhile_is_closed_as_a_service_restart_too() -> None:
    async with served() as it:
        visitor = await Visitor.arrive(it.port)
        await visitor.ask("/before")
        it.end()
        visitor.writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        head = await soon(visitor.reader.readuntil(b"\r\n\r\n"))
        assert head.startswith(b"HTTP/1.1 101")
        assert b"connection: upgrade" in head.lower()
        assert await soon(visitor.reader.readexactly(4)) == b"\x88\x02" + struct.pack("!H", 1012)
        await visitor.leave()
