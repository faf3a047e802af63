"""The server over real sockets: bounds, streams, refusals, beginnings and ends."""
# ruff: noqa: ASYNC240  # a test may look at a file while its loop waits

import asyncio
import contextlib
import json
import os
import socket
import stat
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfd.core.access import Access, Caller
from protoddfd.errors import DaemonRunning
from protoddfd.rpc.connection import IN_FLIGHT_LIMIT, STREAMS_LIMIT
from protoddfd.rpc.router import Router
from protoddfd.rpc.server import RpcServer
from protoddfd.wire.envelope import REQUEST_LIMIT_BYTES
from protoddfd.wire.methods import Role

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

SUM = b'{"jsonrpc":"2.0","method":"sum","params":[1,2],"id":7}'


async def test_a_call_is_answered(connect: Any) -> None:
    client = await connect()
    client.call("subtract", [42, 23], id_="a")
    assert await client.answer() == {"jsonrpc": "2.0", "result": 19, "id": "a"}


async def test_many_calls_in_one_piece_are_all_answered(connect: Any) -> None:
    client = await connect()
    line = b'{"jsonrpc":"2.0","method":"sum","params":[%d],"id":1}\n'
    client.send(b"".join(line % number for number in range(5000)))
    assert [(await client.answer())["result"] for _ in range(5000)] == list(range(5000))


async def test_a_request_may_come_byte_by_byte(connect: Any) -> None:
    client = await connect()
    for byte in SUM + b"\n":
        client.send(bytes([byte]))
        await client.writer.drain()
        await asyncio.sleep(0)
    assert (await client.answer())["result"] == 3


async def test_carriage_returns_and_blank_lines_are_tolerated(connect: Any) -> None:
    client = await connect()
    client.send(b"\r\n\n  \n", SUM + b"\r\n")
    assert (await client.answer())["result"] == 3


async def test_the_last_line_is_answered_without_a_newline_and_then_the_connection_ends(connect: Any) -> None:
    client = await connect()
    client.send(SUM)
    client.writer.write_eof()
    assert (await client.answer())["result"] == 3
    assert await client.ended()


async def test_a_call_under_way_is_answered_after_the_client_has_sent_its_last(
    connect: Any, recorder: Any
) -> None:
    client = await connect()
    client.call("wait", ["done"])
    client.writer.write_eof()
    watcher = await connect()
    watcher.call("sum")
    await watcher.answer()
    recorder.gate.set()
    assert (await client.answer())["result"] == "done"
    assert await client.ended()


async def test_an_oversized_line_is_refused_and_the_next_one_answered(connect: Any) -> None:
    client = await connect()
    client.send(b"x" * (3 * REQUEST_LIMIT_BYTES) + b"\n", SUM + b"\n")
    refusal = await client.answer()
    assert (refusal["error"]["code"], refusal["id"]) == (1603, None)
    assert (await client.answer())["result"] == 3


async def test_a_request_of_the_full_length_is_taken(connect: Any) -> None:
    client = await connect()
    frame = len(b'{"jsonrpc":"2.0","method":"echo","params":[""],"id":1}')
    text = "x" * (REQUEST_LIMIT_BYTES - frame)
    client.send(b'{"jsonrpc":"2.0","method":"echo","params":["%b"],"id":1}\n' % text.encode())
    assert (await client.answer())["result"] == text


async def test_a_quick_answer_overtakes_a_slow_one(connect: Any, recorder: Any) -> None:
    client = await connect()
    client.call("wait", ["slow"], id_=1)
    client.call("sum", id_=2)
    assert (await client.answer())["id"] == 2
    recorder.gate.set()
    assert (await client.answer())["id"] == 1


async def test_more_calls_than_may_be_under_way_wait_their_turn(connect: Any, recorder: Any) -> None:
    client = await connect()
    count = 3 * IN_FLIGHT_LIMIT
    for number in range(count):
        client.call("wait", [number], id_=number)
    other = await connect()
    other.call("sum")
    assert (await other.answer())["result"] == 0
    recorder.gate.set()
    assert sorted([(await client.answer())["id"] for _ in range(count)]) == list(range(count))


async def test_a_client_that_never_reads_is_read_no_further(connect: Any) -> None:
    client = await connect()
    request = b'{"jsonrpc":"2.0","method":"big","params":[200000],"id":1}\n'
    for _ in range(200):
        client.send(request * 100)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.writer.drain(), 0.5)
    other = await connect()
    began = time.monotonic()
    other.call("sum")
    await other.answer()
    assert time.monotonic() - began < 0.5
    assert len((await client.answer())["result"]) == 200_000
    client.writer.transport.abort()


async def test_half_sent_requests_in_number_hold_nobody_up(connect: Any, socket_file: Path) -> None:
    honest = await connect()
    half_sent = []
    for _ in range(300):
        sock = socket.socket(socket.AF_UNIX)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, str(socket_file))
        with contextlib.suppress(OSError):
            sock.send(SUM[:20])
        half_sent.append(sock)
        honest.call("sum")
        assert (await honest.answer())["result"] == 0
    newcomer = await connect()
    newcomer.call("sum")
    assert (await newcomer.answer())["result"] == 0
    for sock in half_sent:
        sock.close()


async def test_a_full_house_refuses_politely(connect: Any) -> None:
    clients = [await connect() for _ in range(20)]
    for client in clients:
        client.call("sum")
        await client.answer()
    late = await connect()
    assert (await late.answer())["error"]["code"] == 1603
    assert await late.ended()
    clients[0].writer.write_eof()
    assert await clients[0].ended()
    newcomer = await connect()
    newcomer.call("sum")
    assert (await newcomer.answer())["result"] == 0


async def test_a_stream_answers_first_and_then_notifies(connect: Any) -> None:
    client = await connect()
    client.call("follow", [3])
    assert (await client.answer())["result"] == {"seq": 3}
    assert [await client.answer() for _ in range(3)] == [
        {"jsonrpc": "2.0", "method": "event", "params": {"seq": number}} for number in range(3)
    ]


async def test_a_stream_is_closed_when_its_client_goes(connect: Any, recorder: Any) -> None:
    client = await connect()
    client.call("follow", [1])
    await client.line()
    await client.line()
    await client.close()
    async with asyncio.timeout(10):
        await recorder.stream_closed.wait()


async def test_a_stream_whose_client_goes_at_once_is_closed_too(connect: Any, recorder: Any) -> None:
    client = await connect()
    client.call("follow", [1])
    await client.close()
    async with asyncio.timeout(10):
        await recorder.stream_closed.wait()


async def test_a_stream_that_ends_ends_its_connection(connect: Any, recorder: Any) -> None:
    recorder.gate.set()
    client = await connect()
    client.call("follow", [2])
    assert [len(await client.line()) > 0 for _ in range(3)] == [True] * 3
    assert await client.ended()


async def test_a_stream_goes_as_fast_as_its_client_reads(connect: Any) -> None:
    client = await connect()
    client.call("follow", [200_000])
    await client.line()
    other = await connect()
    other.call("sum")
    assert (await other.answer())["result"] == 0
    for number in range(200_000):
        line = await client.reader.readline()
        assert json.loads(line)["params"]["seq"] == number


async def test_a_connection_carries_a_bounded_number_of_streams(connect: Any, recorder: Any) -> None:
    client = await connect()
    for number in range(STREAMS_LIMIT + 1):
        client.call("follow", [0], id_=number)
    answers = [await client.answer() for _ in range(STREAMS_LIMIT + 2)]
    assert answers[-1]["error"]["code"] == 1603
    assert await client.ended()
    assert recorder.streams_closed == STREAMS_LIMIT + 1


async def test_a_batch_with_streams_answers_together_and_then_streams(connect: Any) -> None:
    client = await connect()
    client.send([{"jsonrpc": "2.0", "method": "follow", "params": [1], "id": 1},
                 {"jsonrpc": "2.0", "method": "sum", "id": 2}])  # fmt: skip
    assert [answer["id"] for answer in await client.answer()] == [1, 2]
    assert (await client.answer())["method"] == "event"


async def test_a_client_that_goes_away_does_not_stop_what_it_asked_for(connect: Any, recorder: Any) -> None:
    client = await connect()
    client.call("wait")
    client.call("sum")
    await client.line()
    client.writer.transport.abort()
    recorder.gate.set()
    other = await connect()
    other.call("sum")
    assert (await other.answer())["result"] == 0


@given(st.lists(st.binary(max_size=200), max_size=20))
async def test_random_bytes_never_cost_others_their_answers(connect: Any, pieces: list[bytes]) -> None:
    client = await connect()
    client.send(*pieces, b"\n" + SUM + b"\n")
    client.writer.write_eof()
    answers = [json.loads(line) for line in (await client.reader.read()).splitlines()]
    assert {"jsonrpc": "2.0", "result": 3, "id": 7} in answers
    await client.close()


# Beginnings and ends


def new_server(path: Path, router: Router, **options: Any) -> RpcServer:
    return RpcServer(path, router, options.pop("access", Access()), lambda _pid: False, **options)


@contextlib.asynccontextmanager
async def serving(server: RpcServer) -> AsyncIterator[RpcServer]:
    await server.start()
    try:
        yield server
    finally:
        await server.close(grace_s=0.2)


async def roundtrip(path: Path) -> Any:
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(SUM + b"\n")
    line = await reader.readline()
    writer.close()
    return json.loads(line)


async def test_the_socket_is_for_its_owner_and_group(server: RpcServer, socket_file: Path) -> None:
    del server
    assert stat.S_IMODE(socket_file.stat().st_mode) == 0o660
    assert [path.name for path in socket_file.parent.iterdir()] == [socket_file.name]


async def test_a_second_daemon_is_refused_and_the_first_stays(
    server: RpcServer, socket_file: Path, router: Router
) -> None:
    del server
    with pytest.raises(DaemonRunning):
        await new_server(socket_file, router).start()
    assert (await roundtrip(socket_file))["result"] == 3


@pytest.mark.parametrize("kind", ["socket", "file"])
async def test_what_a_dead_daemon_left_is_replaced(socket_file: Path, router: Router, kind: str) -> None:
    if kind == "socket":
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(socket_file))
    else:
        socket_file.write_text("left over")
    async with serving(new_server(socket_file, router)):
        assert (await roundtrip(socket_file))["result"] == 3


async def test_the_socket_goes_with_its_daemon(socket_file: Path, router: Router) -> None:
    async with serving(new_server(socket_file, router)):
        pass
    assert not socket_file.exists()


async def test_the_socket_of_a_successor_stays(socket_file: Path, router: Router) -> None:
    async with serving(new_server(socket_file, router)):
        socket_file.unlink()
        successor = new_server(socket_file, router)
        await successor.start()
    assert (await roundtrip(socket_file))["result"] == 3
    await successor.close()


async def test_a_path_longer_than_the_kernel_takes_works(tmp_path: Path, router: Router) -> None:
    folder = tmp_path / ("d" * 120)
    folder.mkdir()
    async with serving(new_server(folder / "rpc.sock", router)):
        assert (folder / "rpc.sock").is_socket()


async def test_an_inherited_socket_is_served_and_left_in_place(socket_file: Path, router: Router) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(socket_file))
        listener.listen()
        inherited = listener.dup()
    async with serving(new_server(socket_file, router, inherited=inherited)):
        assert (await roundtrip(socket_file))["result"] == 3
    assert socket_file.exists()


async def test_a_connected_socket_is_served_with_the_role_it_was_given(
    server: RpcServer, caller: Caller
) -> None:
    ours, theirs = socket.socketpair()
    await server.adopt(theirs, caller)
    reader, writer = await asyncio.open_connection(sock=ours)
    writer.write(b'{"jsonrpc":"2.0","method":"admin.only","id":1}\n')
    assert json.loads(await reader.readline())["error"]["code"] == 1602
    writer.close()


async def test_a_process_of_an_app_is_refused(socket_file: Path, router: Router) -> None:
    server = RpcServer(socket_file, router, Access(), lambda pid: pid == os.getpid())
    async with serving(server):
        answer = await roundtrip(socket_file)
    assert (answer["error"]["code"], answer["id"]) == (1602, None)


async def test_closing_sends_the_answers_that_are_under_way(
    socket_file: Path, router: Router, recorder: Any
) -> None:
    server = new_server(socket_file, router)
    await server.start()
    reader, writer = await asyncio.open_unix_connection(str(socket_file))
    writer.write(b'{"jsonrpc":"2.0","method":"wait","params":["x"],"id":1}\n' + SUM + b"\n")
    await reader.readline()
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(server.close())
        await asyncio.sleep(0)
        recorder.gate.set()
    assert json.loads(await reader.readline())["result"] == "x"
    assert await reader.read() == b""
    writer.close()


async def test_closing_waits_no_longer_than_its_grace(
    socket_file: Path, router: Router, recorder: Any
) -> None:
    server = new_server(socket_file, router)
    await server.start()
    reader, writer = await asyncio.open_unix_connection(str(socket_file))
    writer.write(b'{"jsonrpc":"2.0","method":"wait","id":1}\n' + SUM + b"\n")
    await reader.readline()
    async with asyncio.timeout(5):
        await server.close(grace_s=0.05)
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    assert not recorder.gate.is_set()


async def test_closing_ends_streams(socket_file: Path, router: Router, recorder: Any) -> None:
    server = new_server(socket_file, router)
    await server.start()
    reader, writer = await asyncio.open_unix_connection(str(socket_file))
    writer.write(b'{"jsonrpc":"2.0","method":"follow","params":[0],"id":1}\n')
    await reader.readline()
    await server.close()
    assert recorder.streams_closed == 1
    assert await reader.read() == b""
    writer.close()


async def test_the_callers_role_comes_from_the_kernels_word(socket_file: Path, router: Router) -> None:
    async with serving(new_server(socket_file, router)):
        reader, writer = await asyncio.open_unix_connection(str(socket_file))
        writer.write(b'{"jsonrpc":"2.0","method":"admin.only","params":["yes"],"id":1}\n')
        assert json.loads(await reader.readline())["result"] == "yes"
        writer.close()
    assert Role.ADMIN > Role.OPERATOR > Role.READ
