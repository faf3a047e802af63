"""A zygote answers and starts commands while it warms up; forks wait until it has."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from zygote_harness import LIMIT_S, House, ask, fork, pair, spawn

from protoddfd.edge.process import ProcessRef
from protoddfd.edge.zygote_client import Handover

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]


class Gate:
    """What the tiny server's preloading waits for."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> None:
        self.path.touch()


def close(handover: Handover) -> None:
    for sockets in handover.sockets.values():
        for each in sockets:
            each.close()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "gate")


async def test_commands_run_before_it_is_preloaded_and_forks_after(house: House, gate: Gate) -> None:
    controller, handover = await house.enter(TINY_PRELOAD_WAITS=str(gate.path))
    assert not handover.preloaded
    front, back = pair()
    with front, back:
        controller.client.hold("crm", [front, back])
        controller.client.fork(fork("crm"))
        controller.client.spawn(spawn("true"))
        assert (await controller.started()).app == "cmd"
        assert (await controller.exited()).app == "cmd"
        assert not controller.preloaded.is_set()
        gate.open()
        started = await controller.started()
        assert started.app == "crm"
        assert controller.preloaded.is_set()
        assert controller.preload_error is None
        assert await ask(front.getsockname()[1]) == (started.pid, "front")
    controller.client.close()
    _, handover = await house.enter(2)
    assert handover.preloaded
    close(handover)


async def test_a_newer_controller_is_not_surprised_by_forks_of_the_older(house: House, gate: Gate) -> None:
    first, _ = await house.enter(1, TINY_PRELOAD_WAITS=str(gate.path))
    front, back = pair()
    with front, back:
        first.client.hold("crm", [front, back])
        first.client.fork(fork("crm"))
        first.client.spawn(spawn("true"))
        await first.started()
        await first.exited()
        second, handover = await house.enter(2)
        assert handover.children == []
        second.client.fork(fork("crm", life=2))
        gate.open()
        assert (await second.started()).life == 2
    close(handover)


async def test_a_server_that_fails_later_is_told_later(house: House, gate: Gate) -> None:
    controller, handover = await house.enter(TINY_PRELOAD_WAITS=str(gate.path), TINY_PRELOAD_FAILS="1")
    assert (handover.preloaded, handover.preload_error) == (False, None)
    controller.client.fork(fork("crm"))
    gate.open()
    assert (await controller.failed()).kind == "not_served"
    assert controller.preload_error == "RuntimeError: no such version"
    controller.client.close()
    _, handover = await house.enter(2)
    assert (handover.preloaded, handover.preload_error) == (True, "RuntimeError: no such version")


async def test_threads_that_preloading_leaves_forbid_forks(house: House) -> None:
    controller, _ = await house.enter(TINY_PRELOAD_LEAVES_A_THREAD="1")
    controller.client.fork(fork("crm"))
    assert (await controller.failed()).kind == "not_served"
    assert controller.preload_error == "preloading left 1 threads, which a fork would lose"


async def test_a_preloading_that_takes_over_the_signals_does_not_keep_them(house: House) -> None:
    controller, handover = await house.enter(TINY_PRELOAD_GRABS_SIGNALS="1")
    async with asyncio.timeout(LIMIT_S):
        await controller.preloaded.wait()
    controller.client.spawn(spawn("true"))
    await controller.started()
    assert (await controller.exited()).status == 0
    zygote = ProcessRef(handover.pid, handover.start_time)
    zygote.send(signal.SIGTERM)
    async with asyncio.timeout(LIMIT_S):
        await zygote.exited()
    zygote.close()


async def test_it_ends_when_it_is_told_to_though_it_is_not_preloaded(house: House, gate: Gate) -> None:
    controller, handover = await house.enter(TINY_PRELOAD_WAITS=str(gate.path))
    zygote = ProcessRef(handover.pid, handover.start_time)
    os.kill(handover.pid, signal.SIGTERM)
    async with asyncio.timeout(LIMIT_S):
        await zygote.exited()
        await controller.lost.wait()
    zygote.close()


async def test_the_real_server_is_preloaded_in_steps(house: House) -> None:
    controller, handover = await house.enter(serve_with=None)
    assert not handover.preloaded
    controller.client.spawn(spawn("true"))
    await controller.started()
    assert (await controller.exited()).status == 0
    assert not controller.preloaded.is_set()
    async with asyncio.timeout(LIMIT_S * 4):
        await controller.preloaded.wait()
    assert controller.preload_error is None
