"""Commands that the zygote starts, and what they leave behind."""

import os
import signal
from pathlib import Path

import msgspec
import pytest
from locks import read_holder
from zygote_harness import (
    House,
    pair,
    spawn,
)

from protoddfd.zygote.instance_lock import lock_path

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
