"""Apps in forked children: served on held sockets, clean, locked, with true exit statuses."""

import asyncio
import os
import signal

import pytest
from locks import holders, read_holder
from zygote_harness import (
    LIMIT_S,
    House,
    ask,
    descriptors,
    fork,
    pair,
    proc,
    spawn,
    threads,
)

from protoddfd.edge.process import ProcessRef, start_time
from protoddfd.zygote.instance_lock import lock_path
from protoddfd.zygote.messages import (
    EXIT_LOCKED,
    Spawn,
)

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]


async def test_a_forked_app_answers_on_both_held_sockets(house: House) -> None:
    controller, _ = await house.enter()
    front, back = pair()
    with front, back:
        controller.client.hold("crm", [front, back])
        controller.client.fork(fork("crm", title="proto-ddf: crm 0"))
        started = await controller.started()
        assert await ask(front.getsockname()[1]) == (started.pid, "front")
        assert await ask(back.getsockname()[1]) == (started.pid, "back")
    assert start_time(started.pid) == started.start_time
    assert proc(started.pid, "cmdline").strip(b"\0 ") == b"proto-ddf: crm 0"
    assert os.getsid(started.pid) == started.pid
    holder = read_holder(lock_path(house.home, "crm", 0))
    assert holder is not None
    assert (holder.pid, holder.start_time, holder.life) == (started.pid, started.start_time, 1)


async def test_a_child_keeps_no_descriptor_of_the_zygote_with_100_apps(house: House) -> None:
    controller, _ = await house.enter()
    pids = []
    for number in range(100):
        front, back = pair()
        with front, back:
            controller.client.hold(f"app{number}", [front, back])
            controller.client.fork(fork(f"app{number}"))
            pids.append((await controller.started()).pid)
            await ask(front.getsockname()[1])  # it serves: all that it closes is closed
    for pid in (pids[0], pids[50], pids[-1]):
        targets = descriptors(pid)
        sockets = [each for each in targets.values() if each.startswith("socket:")]
        locks = [each for each in targets.values() if "/run/instances/" in each]
        assert len(sockets) == 2, targets
        assert len(locks) == 1, targets
        assert len(targets) == 3 + 2 + 1 + 2, targets  # standard, sockets, lock, the server's own pipe
    assert threads(house.zygote_pid) == 1


@pytest.mark.parametrize(
    ("module", "status"), [("exit:0", 0), ("exit:7", 7), ("raise:oh", 1), ("system_exit:bye", 1)]
)
async def test_exit_statuses_of_apps_are_true(house: House, module: str, status: int) -> None:
    controller, _ = await house.enter()
    front, back = pair()
    with front, back:
        controller.client.hold("crm", [front, back])
        controller.client.fork(fork("crm", module, life=4))
        started = await controller.started()
        ended = await controller.exited()
    assert (ended.pid, ended.life, ended.status) == (started.pid, 4, status)


async def test_a_traceback_reaches_the_app_s_own_output(house: House) -> None:
    controller, _ = await house.enter()
    os.mkfifo(house.home / "out")
    os.mkfifo(house.home / "err")
    out = os.open(house.home / "out", os.O_RDWR | os.O_NONBLOCK)
    err = os.open(house.home / "err", os.O_RDWR | os.O_NONBLOCK)
    front, back = pair()
    with front, back:
        controller.client.hold("crm", [front, back])
        for life, module in enumerate(("print:hello", "raise:it broke"), start=1):
            controller.client.fork(
                fork("crm", module, life=life, stdout=str(house.home / "out"), stderr=str(house.home / "err"))
            )
            await controller.started()
            await controller.exited()
    assert os.read(out, 4096) == b"hello\n"
    text = os.read(err, 65536)
    assert text.startswith(b"/ /bundle\n")
    assert text.endswith(b"ValueError: it broke\n")
    os.close(out)
    os.close(err)


async def test_a_second_process_for_the_same_slot_ends_with_the_lock_status(house: House) -> None:
    controller, _ = await house.enter()
    front, back = pair()
    with front, back:
        controller.client.hold("crm", [front, back])
        controller.client.fork(fork("crm"))
        first = await controller.started()
        await ask(front.getsockname()[1])
        controller.client.fork(fork("crm", life=2))
        second = await controller.started()
        ended = await controller.exited()
        assert (ended.pid, ended.status) == (second.pid, EXIT_LOCKED)
        controller.client.spawn(Spawn(app="crm", slot=0, life=3, argv=["true"], cwd="/"))
        failed = await controller.failed()
        assert (failed.kind, failed.life) == ("locked", 3)
        assert (await ask(back.getsockname()[1]))[0] == first.pid
    holder = read_holder(lock_path(house.home, "crm", 0))
    assert holder is not None
    assert holder.pid == first.pid


async def test_an_app_whose_sockets_are_not_held_is_not_forked(house: House) -> None:
    controller, _ = await house.enter()
    front, back = pair()
    with front, back:
        controller.client.hold("crm", [front, back])
        controller.client.release("crm")
    controller.client.fork(fork("crm"))
    assert (await controller.failed()).kind == "not_held"


async def test_a_server_that_cannot_be_loaded_leaves_commands_possible(house: House) -> None:
    controller, _ = await house.enter(TINY_PRELOAD_FAILS="1")
    controller.client.fork(fork("crm"))
    assert (await controller.failed()).kind == "not_served"
    assert controller.preload_error == "RuntimeError: no such version"
    controller.client.spawn(spawn("true"))
    await controller.started()


async def test_after_the_zygote_died_too_its_children_are_found_by_their_locks(house: House) -> None:
    controller, handover = await house.enter(1)
    front, back = pair()
    with front, back:
        controller.client.hold("crm", [front, back])
        controller.client.fork(fork("crm"))
        app = await controller.started()
        await ask(front.getsockname()[1])
        controller.client.spawn(spawn("sleep", "1000", app="a.b"))
        command = await controller.started()
        zygote = ProcessRef(handover.pid, handover.start_time)
        zygote.send(signal.SIGKILL)
        async with asyncio.timeout(LIMIT_S):
            await zygote.exited()
            await controller.lost.wait()
        zygote.close()
        found = holders(house.home)
        assert {key: (one.pid, one.start_time) for key, one in found.items()} == {
            ("crm", 0): (app.pid, app.start_time),
            ("a.b", 0): (command.pid, command.start_time),
        }
        assert await ask(back.getsockname()[1]) == (app.pid, "back")
        second, _ = await house.enter(2)
        second.client.hold("crm", [front, back])
        second.client.fork(fork("crm", life=2))
        await second.started()
        assert (await second.exited()).status == EXIT_LOCKED
    for holder in found.values():
        ref = ProcessRef(holder.pid, holder.start_time)
        ref.send(signal.SIGKILL)
        async with asyncio.timeout(LIMIT_S):
            await ref.exited()
        ref.close()
    assert holders(house.home) == {}
