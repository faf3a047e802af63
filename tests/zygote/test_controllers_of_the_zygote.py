"""Controllers of the zygote: they come, go, die and stall, and nothing is lost."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from zygote_harness import (
    HERE,
    LIMIT_S,
    MODULES,
    Controller,
    House,
    ask,
    fork,
    pair,
    spawn,
)

from protoddfd.edge.detached import ControlSocket
from protoddfd.edge.process import ProcessRef
from protoddfd.edge.zygote_client import ControllerRefused, ZygoteClient, ZygoteUnavailable
from protoddfd.zygote.messages import (
    PACKET_MAX,
    Exited,
    Hello,
    Refused,
    Started,
    decode_reply,
    encode,
)

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]


async def test_all_outlives_a_killed_controller(house: House) -> None:
    front, back = pair()
    os.mkfifo(house.home / "wait")
    arguments = [str(HERE / "doomed_controller.py"), str(house.home), str(front.fileno()), str(back.fileno())]
    with subprocess.Popen(  # noqa: ASYNC220  the test waits for its two lines and nothing else
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        pass_fds=[front.fileno(), back.fileno()],
        env={**os.environ, "PYTHONPATH": MODULES},
        text=True,
    ) as doomed:
        assert doomed.stdout is not None
        pids = dict(doomed.stdout.readline().split() for _ in range(2))
        doomed.kill()
    port = front.getsockname()[1]
    front.close()
    back.close()
    controller, handover = await house.enter(2)
    assert not handover.spawned
    assert {child.app: str(child.pid) for child in handover.children} == pids
    assert (await ask(port))[0] == int(pids["crm"])
    os.kill(int(pids["crm"]), signal.SIGTERM)
    ended = await controller.exited()
    assert ended.status == 0
    held_front, held_back = handover.sockets["crm"]
    controller.client.fork(fork("crm", life=2))
    replacement = await controller.started()
    assert await ask(port) == (replacement.pid, "front")
    assert held_front.getsockname()[1] == port
    held_front.close()
    held_back.close()


async def test_exits_are_kept_across_controllers_until_acknowledged(house: House) -> None:
    first, _ = await house.enter(1)
    first.client.spawn(spawn("sh", "-c", "exit 9"))
    started = await first.started()
    await first.exited()
    first.client.close()
    second, handover = await house.enter(2)
    assert [(kept.pid, kept.status) for kept in handover.exits] == [(started.pid, 9)]
    for generation in range(3, 10):  # one that is left at once may not be heard: then it is told again
        second.client.ack([kept.id for kept in handover.exits])
        second.client.close()
        second, handover = await house.enter(generation)
        if not handover.exits:
            break
    assert handover.exits == []


async def test_an_exit_without_any_controller_is_kept(house: House) -> None:
    os.mkfifo(house.home / "wait")
    first, _ = await house.enter(1)
    first.client.spawn(spawn("sh", "-c", "read line < wait; exit 7", cwd=str(house.home)))
    started = await first.started()
    first.client.close()
    process = ProcessRef(started.pid, started.start_time)
    await asyncio.to_thread((house.home / "wait").write_text, "go\n")
    async with asyncio.timeout(LIMIT_S):
        await process.exited()
    process.close()
    _, handover = await house.enter(1)  # the same generation may come again when nobody else has come
    assert [(kept.pid, kept.status) for kept in handover.exits] == [(started.pid, 7)]
    assert handover.children == []


async def test_a_lower_generation_is_refused_and_a_higher_one_takes_over(house: House) -> None:
    current, _ = await house.enter(5)
    with pytest.raises(ControllerRefused):
        await Controller(house.home, 4).client.connect(LIMIT_S)
    with pytest.raises(ControllerRefused):
        await Controller(house.home, 5).client.connect(LIMIT_S)
    assert current.client.connected
    await house.enter(6)
    assert isinstance(await current.next(), Refused)
    async with asyncio.timeout(LIMIT_S):
        await current.lost.wait()
    with pytest.raises(ZygoteUnavailable):
        current.client.spawn(spawn("true"))


async def test_a_zygote_that_is_just_ending_is_replaced(house: House) -> None:
    first, old = await house.enter(1)
    first.client.shutdown()
    _, new = await house.enter(2)
    assert new.spawned
    assert new.pid != old.pid


async def test_more_descriptors_than_one_packet_carries_are_handed_back(house: House) -> None:
    first, _ = await house.enter(1)
    ports = {}
    for number in range(300):
        front, back = pair()
        with front, back:
            first.client.hold(f"app{number}", [front, back])
            ports[f"app{number}"] = (front.getsockname()[1], back.getsockname()[1])
    first.client.spawn(spawn("true"))  # requests are carried out in order
    await first.started()
    await first.exited()
    first.client.close()
    _, handover = await house.enter(2)
    back_again = {
        key: tuple(each.getsockname()[1] for each in held) for key, held in handover.sockets.items()
    }
    assert back_again == ports
    for sockets in handover.sockets.values():
        for each in sockets:
            assert not each.get_inheritable()
            each.close()


async def test_a_stopped_zygote_times_out_and_goes_on_afterwards(house: House) -> None:
    controller, handover = await house.enter(1)
    controller.client.close()
    zygote = ProcessRef(handover.pid, handover.start_time)
    zygote.send(signal.SIGSTOP)
    try:
        with pytest.raises(ZygoteUnavailable):
            await Controller(house.home, 2).client.connect(0.2)
    finally:
        zygote.send(signal.SIGCONT)
        zygote.close()
    again, handover = await house.enter(3)
    assert not handover.spawned
    again.client.spawn(spawn("true"))
    await again.started()


async def test_requests_beyond_what_the_socket_takes_are_queued(house: House) -> None:
    controller, handover = await house.enter(1)
    zygote = ProcessRef(handover.pid, handover.start_time)
    zygote.send(signal.SIGSTOP)
    try:
        for number in range(200):
            front, back = pair()
            with front, back:  # closed at once: what waits must have duplicates
                controller.client.hold(f"app{number}", [front, back])
    finally:
        zygote.send(signal.SIGCONT)
        zygote.close()
    controller.client.fork(fork("app199"))
    await controller.started()


async def test_a_zygote_that_cannot_start_is_an_error_at_once(tmp_path: Path) -> None:
    client = ZygoteClient(tmp_path, 1, lambda _message: None, serve_with="no_such_module_anywhere")
    with pytest.raises(ZygoteUnavailable, match=r"zygote\.log"):
        await client.connect(LIMIT_S)
    assert "no_such_module_anywhere" in (tmp_path / "logs" / "zygote.log").read_text()


async def test_a_controller_that_does_not_read_holds_nothing_up_and_misses_nothing(house: House) -> None:
    await house.enter(1)
    connection = ControlSocket(house.home / "run" / "zygote.sock", socket.SOCK_SEQPACKET).connect()
    assert connection is not None
    connection.setblocking(True)
    connection.settimeout(LIMIT_S)
    lives = range(1, 61)
    connection.send(encode(Hello(generation=2)))
    for life in lives:  # each is answered by two packets, and the socket takes about ten
        connection.send(encode(spawn("true", app=f"app{life}", life=life)))
    started: list[int] = []
    exited: list[int] = []
    while len(exited) < len(lives):
        reply = decode_reply(connection.recv(PACKET_MAX))
        if isinstance(reply, Started):
            started.append(reply.life)
        elif isinstance(reply, Exited):
            assert reply.life in started
            exited.append(reply.status)
    assert started == list(lives)
    assert exited == [0] * len(lives)
    connection.close()


async def test_nonsense_from_a_stranger_or_the_controller_harms_nobody(house: House) -> None:
    controller, _ = await house.enter(1)
    strangers = []
    for packet in (b"", b"nonsense", encode(spawn("true")), encode(Hello(generation=0))):
        stranger = ControlSocket(house.home / "run" / "zygote.sock", socket.SOCK_SEQPACKET).connect()
        assert stranger is not None
        stranger.send(packet)
        strangers.append(stranger)
    controller.client.spawn(spawn("true"))
    assert (await controller.started()).app == "cmd"
    await controller.exited()
    for stranger in strangers:
        stranger.close()
