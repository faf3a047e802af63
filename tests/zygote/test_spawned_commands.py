"""Commands that the zygote starts, and what they leave behind."""

import asyncio
import os
import signal
from pathlib import Path

import msgspec
import pytest
from zygote_harness import (
    LIMIT_S,
    House,
    first_line,
    pair,
    proc,
    spawn,
)

from protoddfd.edge.process import ProcessRef, start_time
from protoddfd.zygote.instance_lock import lock_path, read_holder

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]


async def test_a_command_inherits_only_its_output_and_its_lock(house: House) -> None:
    controller, _ = await house.enter()
    front, back = pair()
    with front, back:
        controller.client.hold("crm", [front, back])
        (house.home / "listing").touch()
        request = spawn("ls", "-l", "/proc/self/fd")
        controller.client.spawn(msgspec.structs.replace(request, stdout=str(house.home / "listing")))
        started = await controller.started()
        assert (await controller.exited()).status == 0
    lines = (house.home / "listing").read_text().splitlines()[1:]
    targets = [line.split()[-1] for line in lines]
    assert sorted(Path(target).name for target in targets if target != f"/proc/{started.pid}/fd") == [
        "cmd.0",
        "listing",
        "null",
        "zygote.log",
    ]


async def test_a_killed_child_is_reported_with_its_signal(house: House) -> None:
    controller, _ = await house.enter()
    controller.client.spawn(spawn("sleep", "1000"))
    started = await controller.started()
    os.kill(started.pid, signal.SIGKILL)
    assert (await controller.exited()).status == -signal.SIGKILL


async def test_a_command_holds_its_slot_until_it_ends(house: House) -> None:
    controller, _ = await house.enter()
    controller.client.spawn(spawn("sleep", "1000"))
    first = await controller.started()
    controller.client.spawn(spawn("true", life=2))
    assert (await controller.failed()).kind == "locked"
    os.kill(first.pid, signal.SIGTERM)
    await controller.exited()
    assert read_holder(lock_path(house.home, "cmd", 0)) is None
    controller.client.spawn(spawn("true", life=3))
    assert (await controller.started()).life == 3
    assert (await controller.exited()).status == 0


async def test_a_command_s_environment_has_no_switches_of_the_server(house: House) -> None:
    controller, _ = await house.enter()
    script = 'test "$TINY_SWITCH" = "" && test "$EXTRA" = 1 && test "$PROTODDF_HOME" = "$PWD"'
    request = spawn("sh", "-c", script, cwd=str(house.home.resolve()), env={"EXTRA": "1"})
    controller.client.spawn(request)
    await controller.started()
    assert (await controller.exited()).status == 0


@pytest.mark.parametrize(
    ("argv", "cwd"),
    [(["no-such-command-here"], "/"), (["true"], "/no/such/folder"), ([], "/"), (["a\0b"], "/")],
)
async def test_a_command_that_cannot_run_is_reported(house: House, argv: list[str], cwd: str) -> None:
    controller, _ = await house.enter()
    controller.client.spawn(spawn(*argv, cwd=cwd))
    assert (await controller.failed()).kind == "os"
    assert read_holder(lock_path(house.home, "cmd", 0)) is None


async def test_a_grandchild_is_adopted_and_reaped_and_reported_to_nobody(house: House) -> None:
    controller, _ = await house.enter()
    os.mkfifo(house.home / "stray")
    os.mkfifo(house.home / "go")
    orphan = "setsid sh -c 'echo $$ > stray; read line < stray' & read line < go; exit 3"
    controller.client.spawn(spawn("sh", "-c", orphan, cwd=str(house.home)))
    await controller.started()
    stray = int(await first_line(house.home / "stray"))
    await asyncio.to_thread((house.home / "go").write_text, "\n")
    assert (await controller.exited()).status == 3
    born = start_time(stray)
    assert born is not None
    ref = ProcessRef(stray, born)
    parent = proc(stray, "stat").rpartition(b")")[2].split()[1]
    assert int(parent) == house.zygote_pid
    ref.send(signal.SIGKILL)
    async with asyncio.timeout(LIMIT_S):
        await ref.exited()
    ref.close()
    controller.client.spawn(spawn("true", life=2, app="other"))
    await controller.started()
    assert (await controller.exited()).app == "other"
    assert start_time(stray) is None


async def test_what_a_dead_leader_leaves_in_its_group_is_ended(house: House) -> None:
    controller, _ = await house.enter()
    os.mkfifo(house.home / "child")
    controller.client.spawn(spawn("sh", "-c", "sleep 1000 & echo $! > child; wait", cwd=str(house.home)))
    leader = await controller.started()
    left = int(await first_line(house.home / "child"))
    born = start_time(left)
    assert born is not None
    ref = ProcessRef(left, born)
    os.kill(leader.pid, signal.SIGKILL)
    assert (await controller.exited()).status == -signal.SIGKILL
    async with asyncio.timeout(LIMIT_S):
        await ref.exited()
    ref.close()
