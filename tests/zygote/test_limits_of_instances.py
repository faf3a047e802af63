"""Limits and cgroups are there before an instance runs anything, and what is refused fails no start."""

import ctypes
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
from zygote_harness import Controller, House, ask, fork, pair, proc, spawn

from protoddfd.edge import cgroup
from protoddfd.wire import options
from protoddfd.zygote import rlimits
from protoddfd.zygote.messages import Fork, Limits, Spawn

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

HOSTILE = ["$(touch owned)", "`touch owned`", "a b", "--", "-n", "'\";", "", "*", "é\n"]


class Stage:
    """A zygote, a place for output, and cgroups where there are any."""

    def __init__(self, controller: Controller, home: Path, port: int) -> None:
        self.controller = controller
        self.home = home
        self.port = port
        self.out, self.err = home / "out", home / "err"

    async def said_by(self, request: Spawn | Fork) -> str:
        """Start an instance, wait for its end, and return what it wrote; `err` has the rest."""
        self.out.write_text("")
        self.err.write_text("")
        request = msgspec.structs.replace(request, stdout=str(self.out), stderr=str(self.err))
        if isinstance(request, Spawn):
            self.controller.client.spawn(request)
        else:
            self.controller.client.fork(request)
        await self.controller.started()
        assert (await self.controller.exited()).status == 0
        return self.out.read_text()


@pytest.fixture
async def stage(house: House) -> AsyncIterator[Stage]:
    controller, _ = await house.enter()
    front, back = pair()
    with front, back:
        controller.client.hold("crm", [front, back])
        yield Stage(controller, house.home.resolve(), front.getsockname()[1])


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[list[str]]:
    groups = cgroup.detect(tmp_path, pytest.fail)
    if not groups.controllers:
        pytest.skip("no cgroup can be made here")
    made = groups.make("crm", 0, options.Limits(memory_mib=512, cpu_percent=200, processes=50))
    yield made
    cgroup.kill(made)
    assert cgroup.remove(made)


def within(request: Spawn, limits: Limits | None = None, folders: list[str] | None = None) -> Spawn:
    return msgspec.structs.replace(request, limits=limits, cgroups=folders or [])


async def test_a_command_can_neither_open_more_files_nor_raise_the_bound(stage: Stage) -> None:
    request = spawn("sh", "-c", "ulimit -Sn; ulimit -Hn")
    assert await stage.said_by(within(request, Limits(open_files=64))) == "64\n64\n"


async def test_a_forked_app_can_neither_open_more_files_nor_raise_the_bound(stage: Stage) -> None:
    request = msgspec.structs.replace(fork("crm", "limits"), limits=Limits(open_files=64))
    assert (await stage.said_by(request)).startswith("(64, 64)\n")


async def test_without_limits_no_shell_comes_between(stage: Stage) -> None:
    request = spawn("cat", "/proc/self/stat", app="plain")
    plain = await stage.said_by(request)
    limited = await stage.said_by(within(request, Limits(open_files=64)))
    assert plain.split()[1] == limited.split()[1] == "(cat)"
    assert int(plain.split()[9]) < int(limited.split()[9])  # a shell has touched pages before


async def test_a_command_is_in_its_cgroups_before_it_runs(stage: Stage, folders: list[str]) -> None:
    said = await stage.said_by(within(spawn("cat", "/proc/self/cgroup"), folders=folders))
    assert said.count(Path(folders[0]).name) == len(folders)


async def test_a_forked_app_is_in_its_cgroups_before_it_serves(stage: Stage, folders: list[str]) -> None:
    request = msgspec.structs.replace(fork("crm", "limits"), cgroups=folders)
    assert (await stage.said_by(request)).count(Path(folders[0]).name) == len(folders)


async def test_arguments_and_folders_are_never_read_as_a_script(stage: Stage) -> None:
    strange = str(stage.home / "no such; touch owned; $(touch owned)")
    argv = ["printf", "[%s]", *HOSTILE]
    request = msgspec.structs.replace(spawn(*argv, cwd=str(stage.home)), env={"MINE": "$(touch owned)"})
    said = await stage.said_by(within(request, Limits(open_files=100), [strange]))
    assert said == "".join(f"[{each}]" for each in HOSTILE)
    assert stage.err.read_text().startswith(f"this is not in the cgroup {strange}")
    assert not (stage.home / "owned").exists()


async def test_a_refused_limit_is_said_and_fails_no_start(stage: Stage) -> None:
    assert await stage.said_by(within(spawn("echo", "runs"), Limits(open_files=1 << 40))) == "runs\n"
    assert stage.err.read_text() == f"a limit of {1 << 40} open files is refused\n"
    request = msgspec.structs.replace(
        fork("crm", "limits"), limits=Limits(open_files=1 << 40), cgroups=["/not/there"]
    )
    await stage.said_by(request)
    said = stage.err.read_text()
    assert "it is not in the cgroup /not/there: No such file or directory" in said
    assert f"a limit of {1 << 40} was refused" in said


async def test_a_command_that_is_not_there_fails_though_it_has_limits(stage: Stage) -> None:
    for name in ("no-such-command-here", "./not-here"):
        stage.controller.client.spawn(within(spawn(name), Limits(open_files=64)))
        assert (await stage.controller.failed()).kind == "os"


async def test_every_instance_knows_its_name_and_so_does_what_it_starts(stage: Stage) -> None:
    assert await stage.said_by(spawn("sh", "-c", "echo $PROTODDF_INSTANCE", life=7)) == "cmd.0.7\n"
    stage.controller.client.fork(fork("crm", life=8))
    started = await stage.controller.started()
    assert await ask(stage.port) == (started.pid, "front")
    assert f"PROTODDF_HOME={stage.home}".encode() in proc(started.pid, "environ").split(b"\0")
    assert b"PROTODDF_INSTANCE=crm.0.8" in proc(started.pid, "environ").split(b"\0")


def test_a_bound_on_processes_is_above_those_that_the_user_has() -> None:
    if os.geteuid() != 0:
        pytest.skip("another user's rights are needed")
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setuid(65534)
            ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE: as a program that this user started
            os.write(writer, str(forks_within(3)).encode())
        finally:
            os._exit(0)
    os.close(writer)
    assert os.waitpid(pid, 0)[1] == 0
    assert os.read(reader, 100) == b"3"
    os.close(reader)
    assert rlimits.tasks_max(Limits(processes=3), []) is None


def forks_within(most: int) -> int:
    """Bound the processes of this user, and return how many more it can have."""
    rlimits.apply(Limits(processes=most), [])
    made: list[int] = []
    try:
        while len(made) < most + 5:
            if (pid := os.fork()) == 0:
                os.read(os.open("/proc/self/fd/0", os.O_RDONLY), 0)
                os._exit(0)
            made.append(pid)  # unreaped, so it counts
    except BlockingIOError:
        pass
    for pid in made:
        os.waitpid(pid, 0)
    return len(made)
