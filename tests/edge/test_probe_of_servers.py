"""Servers of every manner, good and bad, and what a check by HTTP or by connection says of each."""

import asyncio
import resource
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from protoddfd.core.health import Outcome
from protoddfd.edge import probe
from protoddfd.wire.options import Check

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LIMIT_S = 0.3
PLENTY_S = 20.0


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[int]:
    """Yield the port of a server whose connections `handler` serves; all are closed at the end."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def request_of(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def answering(*parts: bytes) -> Handler:
    """Return a handler that reads the request, writes `parts` one by one and closes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        for part in parts:
            writer.write(part)
            await writer.drain()

    return handle


def answer(status: int = 200, body: bytes = b"pong", *more: str) -> bytes:
    head = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close", *more, "", ""]
    return "\r\n".join(head).encode() + body


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    await asyncio.Event().wait()


async def ask(port: int, **fields: Any) -> Outcome:
    return await probe.http(
        Check(kind="http", port=port, **{"path": "/ping", "timeout_s": PLENTY_S, **fields})
    )


async def outcome_of(handler: Handler, **fields: Any) -> Outcome:
    async with served(handler) as port:
        outcome = await ask(port, **fields)
    prefix = f"GET http://127.0.0.1:{port}{fields.get('path', '/ping')} "
    assert outcome.detail.startswith(prefix), outcome.detail
    assert outcome.check == "http"
    return Outcome(
        check=outcome.check,
        ok=outcome.ok,
        detail=outcome.detail.removeprefix(prefix),
        took_s=outcome.took_s,
        asked=outcome.asked,
    )


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


# Answers -------------------------------------------------------------------------------------------------


async def test_an_answer_below_500_is_good() -> None:
    outcome = await outcome_of(answering(answer(404)))
    assert outcome.ok
    assert outcome.asked
    assert outcome.detail.startswith("answered 404 in ")
    assert 0 < outcome.took_s < PLENTY_S


async def test_an_answer_of_500_and_above_is_not() -> None:
    outcome = await outcome_of(answering(answer(503)))
    assert not outcome.ok
    assert outcome.asked
    assert outcome.detail.endswith(" ms, expected below 500")


async def test_only_the_wanted_statuses_are_good_where_some_are_wanted() -> None:
    assert (await outcome_of(answering(answer(503)), status=(200, 503))).ok
    outcome = await outcome_of(answering(answer(404)), status=(200, 204))
    assert not outcome.ok
    assert outcome.detail.endswith(", expected 200 or 204")


async def test_a_redirect_is_not_followed_and_said_without_what_it_carries() -> None:
    redirect = answer(302, b"", "Location: http://127.0.0.1:1/login?token=hush#part")
    assert (await outcome_of(answering(redirect))).ok
    outcome = await outcome_of(answering(redirect), status=(200,))
    assert not outcome.ok
    assert "(to http://127.0.0.1:1/login), expected 200" in outcome.detail
    assert "hush" not in outcome.detail


async def test_the_request_says_who_asks_and_that_it_asks_once() -> None:
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await request_of(reader))
        writer.write(answer())

    async with served(handle) as port:
        assert (await ask(port, path="/a b?c=d\r\nX: y#z\u00e9")).ok
    lines = seen[0].decode("ascii").split("\r\n")
    assert lines[0] == "GET /a%20b?c=d%0D%0AX:%20y%23z%C3%A9 HTTP/1.1"
    assert {"User-Agent: protoddfd", "Connection: close", f"Host: 127.0.0.1:{port}"} <= set(lines)
    assert not any(line.startswith("X:") for line in lines)


async def test_an_answer_in_chunks_and_after_an_interim_one_is_understood() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\npo\r\n"
    rest = b"2\r\nng\r\n0\r\n\r\n"
    outcome = await outcome_of(answering(b"HTTP/1.1 103 Early Hints\r\n\r\n", chunked, rest), contains="pong")
    assert outcome.ok
    assert outcome.detail.startswith("answered 200")


async def test_an_answer_that_ends_with_the_connection_is_understood() -> None:
    assert (await outcome_of(answering(b"HTTP/1.0 200 OK\r\n\r\npo", b"ng"), contains="pong")).ok


async def test_a_server_that_keeps_the_connection_is_not_waited_for() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npong")
        assert await reader.read() == b""

    assert (await outcome_of(handle)).ok


async def test_a_body_that_lacks_what_it_should_contain_is_said() -> None:
    assert (await outcome_of(answering(answer(200, "caf\u00e9".encode())), contains="f\u00e9")).ok
    outcome = await outcome_of(answering(answer()), contains="ping")
    assert not outcome.ok
    assert outcome.detail.endswith(" ms, without 'ping' in its body")


async def test_of_a_long_body_only_the_beginning_is_read() -> None:
    sent = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await request_of(reader)
        block = b"." * 100_000
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        while sent < 100_000_000:
            writer.write(block)
            await writer.drain()
            sent += len(block)

    outcome = await outcome_of(handle)
    assert outcome.ok
    assert sent < 50_000_000
    outcome = await outcome_of(handle, contains="the end")
    assert not outcome.ok
    assert "without 'the end' in the first " in outcome.detail


# No good answers -----------------------------------------------------------------------------------------


async def test_a_late_answer_is_none() -> None:
    outcome = await outcome_of(silent, timeout_s=LIMIT_S)
    assert not outcome.ok
    assert outcome.asked
    assert outcome.detail == f"got no answer within {LIMIT_S} s"
    assert LIMIT_S <= outcome.took_s < PLENTY_S


async def test_half_an_answer_is_late_too_and_its_status_is_said() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await asyncio.Event().wait()

    outcome = await outcome_of(handle, timeout_s=LIMIT_S)
    assert not outcome.ok
    assert outcome.detail == f"answered 200, but not to the end within {LIMIT_S} s"


async def test_a_drop_at_a_time_is_late_too() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        while True:
            writer.write(b"H")
            await asyncio.sleep(LIMIT_S / 10)

    assert not (await outcome_of(handle, timeout_s=LIMIT_S)).ok


async def test_half_an_answer_and_the_end_is_said_with_how_much_there_was() -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    outcome = await outcome_of(answering(half))
    assert not outcome.ok
    assert outcome.detail == "saw the connection end after 4 bytes of the body of an answer 200"


async def test_a_connection_that_is_closed_at_once_is_said() -> None:
    outcome = await outcome_of(answering())
    assert not outcome.ok
    assert outcome.detail == "saw the connection end without an answer"


async def test_a_connection_that_is_reset_is_said() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    outcome = await outcome_of(handle)
    assert not outcome.ok
    assert outcome.asked
    assert outcome.detail == "failed: Connection reset by peer"


@pytest.mark.parametrize(
    "line", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01\x02\x00\r\n\r\n", b"\x00" * 30_000]
)
async def test_what_is_no_http_is_said_with_how_it_began(line: bytes) -> None:
    outcome = await outcome_of(answering(line))
    assert not outcome.ok
    assert outcome.detail.startswith("was not answered in HTTP: it began '")
    assert outcome.detail.isprintable()
    assert len(outcome.detail) < 300


async def test_a_head_without_end_is_not_read_for_ever() -> None:
    outcome = await outcome_of(answering(b"HTTP/1.1 200 OK\r\n", *[b"X: " + b"y" * 8000 + b"\r\n"] * 200))
    assert not outcome.ok
    assert outcome.detail.startswith("was not answered in HTTP")


async def test_a_port_nobody_listens_on_is_said() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        outcome = await ask(held.getsockname()[1])
    assert not outcome.ok
    assert outcome.asked
    assert outcome.detail.endswith("/ping found nobody listening")


async def test_a_port_that_the_app_has_not_cannot_be_asked() -> None:
    outcome = await probe.http(Check(kind="http", port="backend"))
    assert not outcome.ok
    assert not outcome.asked
    assert outcome.detail.endswith("is not possible: the app has no backend port")


@contextmanager
def no_descriptors_left() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_that_there_are_no_descriptors_left_here_is_no_fault_of_the_app() -> None:
    async with served(answering(answer())) as port:
        with no_descriptors_left():
            outcomes = [await ask(port), await probe.port(Check(kind="port", port=port))]
    assert [(each.ok, each.asked) for each in outcomes] == [(False, False)] * 2
    assert all("Too many open files" in each.detail for each in outcomes)


async def test_a_socket_that_is_not_served_yet_answers_the_moment_it_is() -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as held:
        held.setblocking(False)
        asked = asyncio.create_task(ask(held.getsockname()[1]))
        connection, _ = await loop.sock_accept(held)
        with connection:
            connection.setblocking(False)
            assert b"GET /ping" in await loop.sock_recv(connection, 4096)
            assert not asked.done()
            await loop.sock_sendall(connection, answer())
            assert (await asked).ok


async def test_a_full_backlog_is_waited_for() -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0), backlog=0) as held, socket.socket() as first:
        held.setblocking(False)
        first.connect(held.getsockname())
        asked = asyncio.create_task(ask(held.getsockname()[1]))
        await asyncio.sleep(0)
        assert not asked.done()
        for _ in range(2):
            connection, _ = await loop.sock_accept(held)
            with connection:
                connection.setblocking(False)
                if connection.getpeername() != first.getsockname():
                    await loop.sock_recv(connection, 4096)
                    await loop.sock_sendall(connection, answer())
        assert (await asked).ok


async def test_an_answer_that_came_while_we_were_not_looking_is_not_late() -> None:
    """Whoever was stopped or busy for longer than the limit finds the answer before the alarm."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as held:
        asked = asyncio.create_task(ask(held.getsockname()[1], timeout_s=0.05))
        await asyncio.sleep(0)  # the request is sent
        connection, _ = held.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(answer())
            until = loop.time() + 0.1
            while loop.time() < until:
                pass
            assert (await asked).ok


async def test_nothing_stays_open_however_it_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held, socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        number = held.getsockname()[1]
        before = descriptors()
        await ask(bound.getsockname()[1])
        await ask(number, timeout_s=0.01)
        await probe.port(Check(kind="port", port=number))
        asked = asyncio.create_task(ask(number))
        await asyncio.sleep(0)
        assert descriptors() == before + 1
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert descriptors() == before


# Connections ---------------------------------------------------------------------------------------------


async def test_a_port_that_accepts_is_good_without_being_asked_anything() -> None:
    closed: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        closed.set_result(await reader.read())

    async with served(handle) as port:
        outcome = await probe.port(Check(kind="port", port=port))
        assert await asyncio.wait_for(closed, PLENTY_S) == b""
    assert outcome.ok
    assert outcome.detail.startswith(f"connecting to 127.0.0.1:{port} was accepted in ")


async def test_a_port_that_refuses_is_not() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        outcome = await probe.port(Check(kind="port", port=held.getsockname()[1]))
    assert not outcome.ok
    assert outcome.asked
    assert outcome.detail.endswith("found nobody listening")


async def test_a_port_whose_backlog_is_full_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as held, socket.socket() as first:
        first.connect(held.getsockname())
        outcome = await probe.port(Check(kind="port", port=held.getsockname()[1], timeout_s=LIMIT_S))
    assert not outcome.ok
    assert outcome.detail.endswith(f"got no answer within {LIMIT_S} s")


async def test_a_process_runs_or_not() -> None:
    check = Check(kind="process")
    assert probe.process(check, alive=True).ok
    outcome = probe.process(check, alive=False)
    assert (outcome.ok, outcome.detail) == (False, "its process does not run")
