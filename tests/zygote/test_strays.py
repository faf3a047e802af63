"""When an instance's leader ends, all that it started ends too before its exit is told, and nothing else."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from zygote_harness import HERE, LIMIT_S, Controller, House, first_line, fork, pair, spawn

from protoddfd.edge import cgroup
from protoddfd.edge.process import ProcessGone, ProcessRef, start_time
from protoddfd.wire.options import Limits
from protoddfd.zygote import processes
from protoddfd.zygote.messages import MARKER, Exited, Spawn, Started
from protoddfd.zygote.strays import GIVE_UP_S

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

GRACE_S = 0.2


class Nest:
    """A home in which programs leave strays; those that outlive the test are killed at its end."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.folder = house.home.resolve()
        self.refs: list[ProcessRef] = []
        for name in ("say", "go", "say2"):
            os.mkfifo(self.folder / name)

    def request(self, *argv: str, app: str = "cmd", grace_s: float = GRACE_S) -> Spawn:
        plain = spawn(*argv, app=app, cwd=str(self.folder))
        return msgspec.structs.replace(plain, strays_grace_s=grace_s)

    def daemon(self, *flags: str, app: str = "cmd", grace_s: float = GRACE_S, say: str = "say") -> Spawn:
        argv = (sys.executable, "-ISE", str(HERE / "daemon.py"), str(self.folder / say), *flags)
        return self.request(*argv, app=app, grace_s=grace_s)

    async def said(self, name: str = "say") -> int:
        """Return the pid that a program says, which is ended with the test if not before."""
        pid = int((await first_line(self.folder / name)).split()[0])
        born = start_time(pid)
        assert born is not None
        self.refs.append(ProcessRef(pid, born))
        return pid

    async def go(self) -> None:
        await asyncio.to_thread((self.folder / "go").write_text, "\n")

    async def leave(self) -> None:
        for ref in self.refs:
            with contextlib.suppress(ProcessGone):
                ref.send(signal.SIGKILL)
            ref.close()


@pytest.fixture
async def nest(house: House) -> AsyncIterator[Nest]:
    nest = Nest(house)
    yield nest
    await nest.leave()


async def ended(process: Started) -> None:
    """Return when a process has ended, whether or not that was told."""
    ref = ProcessRef(process.pid, process.start_time)
    async with asyncio.timeout(LIMIT_S):
        await ref.exited()
    ref.close()


async def lines(descriptor: int, count: int) -> None:
    """Return when so many lines have arrived."""
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    loop.add_reader(descriptor, arrived.set)
    try:
        async with asyncio.timeout(LIMIT_S):
            while count > 0:
                await arrived.wait()
                arrived.clear()
                with contextlib.suppress(BlockingIOError):  # what arrived was read already
                    count -= os.read(descriptor, count).count(b"\n")
    finally:
        loop.remove_reader(descriptor)


def living(home: Path) -> dict[str, int]:
    """Return how many processes each instance of a home has, by what they show of their environment."""
    shown = [processes.environment(int(each.name)) for each in Path("/proc").iterdir() if each.name.isdigit()]
    return dict(
        Counter(each[MARKER] for each in shown if each.get("PROTODDF_HOME") == str(home) and MARKER in each)
    )


async def end_another(controller: Controller) -> None:
    """Have some other instance end, at which the zygote looks for strays."""
    controller.client.spawn(spawn("true", app="other"))
    assert (await controller.started()).app == "other"
    assert (await controller.exited()).app == "other"


async def test_an_exit_that_leaves_nothing_is_told_with_no_strays(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    controller.client.spawn(nest.request("sh", "-c", "true; exit 4"))
    await controller.started()
    exited = await controller.exited()
    assert (exited.status, exited.strays) == (4, 0)


async def test_what_a_shell_left_in_the_background_ends(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    script = "sleep 1000 & echo $! > say; sleep 1000 & sleep 1000 & read line < go; exit 3"
    controller.client.spawn(nest.request("sh", "-c", script))
    await controller.started()
    left = await nest.said()
    await nest.go()
    exited = await controller.exited()
    assert (exited.status, exited.strays) == (3, 3)
    assert start_time(left) is None


@pytest.mark.parametrize(
    "flags",
    [(), ("bare", "locked"), ("bare", "near"), ("near",), ("locked",)],
    ids=["by its environment", "by its lock", "by its session", "near", "locked"],
)
async def test_a_daemon_that_was_forked_twice_ends(nest: Nest, flags: tuple[str, ...]) -> None:
    controller, _ = await nest.house.enter()
    controller.client.spawn(nest.daemon(*flags))
    await controller.started()
    daemon = await nest.said()
    await nest.go()
    exited = await controller.exited()
    assert (exited.status, exited.strays) == (3, 1)
    assert start_time(daemon) is None


async def test_a_leader_that_is_killed_takes_its_daemon_with_it(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    controller.client.spawn(nest.daemon())
    leader = await controller.started()
    daemon = await nest.said()
    os.kill(leader.pid, signal.SIGKILL)
    assert (await controller.exited()).status == -signal.SIGKILL
    assert start_time(daemon) is None


async def test_a_daemon_of_a_forked_app_that_ran_no_other_program_ends(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    front, back = pair()
    with front, back:
        controller.client.hold("crm", [front, back])
        controller.client.fork(fork("crm", f"daemon:{nest.folder}/say"))
        leader = await controller.started()
        daemon = await nest.said()
        os.kill(leader.pid, signal.SIGKILL)
        assert (await controller.exited()).strays == 1
    assert start_time(daemon) is None


async def test_a_stray_is_asked_to_end_before_it_is_killed(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    (nest.folder / "polite").write_text(
        "trap 'echo bye > farewell; exit 0' TERM; echo $$ > say; while :; do sleep 0.01; done"
    )
    request = nest.request("sh", "-c", "setsid sh ./polite & read line < go", grace_s=LIMIT_S)
    controller.client.spawn(request)
    await controller.started()
    await nest.said()
    await nest.go()
    assert (await controller.exited()).strays >= 1
    assert (nest.folder / "farewell").read_text() == "bye\n"


async def test_a_stopped_stray_ends(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    controller.client.spawn(nest.daemon(grace_s=LIMIT_S * 2))
    await controller.started()
    daemon = await nest.said()
    os.kill(daemon, signal.SIGSTOP)
    await nest.go()
    assert (await controller.exited()).strays == 1
    assert start_time(daemon) is None


async def test_a_stray_that_ignores_the_request_is_killed_after_its_grace(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    controller.client.spawn(nest.daemon("deaf"))
    await controller.started()
    daemon = await nest.said()
    begun = time.monotonic()
    await nest.go()
    exited = await controller.exited()
    assert (exited.status, exited.strays) == (3, 1)
    assert time.monotonic() - begun >= GRACE_S
    assert start_time(daemon) is None


async def test_without_a_grace_strays_are_killed_at_once(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    controller.client.spawn(nest.daemon("deaf", grace_s=0.0))
    await controller.started()
    daemon = await nest.said()
    await nest.go()
    await controller.exited()
    assert start_time(daemon) is None


async def test_what_a_deaf_stray_started_is_asked_too(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    (nest.folder / "below").write_text("echo $$ > say; exec sleep 1000")
    (nest.folder / "deaf").write_text("trap : TERM; sh ./below & while :; do wait; done")
    request = nest.request("sh", "-c", "setsid sh ./deaf & read line < go", grace_s=LIMIT_S * 2)
    controller.client.spawn(request)
    await controller.started()
    below = await nest.said()
    await nest.go()
    async with asyncio.timeout(LIMIT_S):
        await nest.refs[0].exited()
    assert below == nest.refs[0].pid


async def test_the_zygote_works_on_while_a_stray_has_its_grace(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    controller.client.spawn(nest.daemon("deaf", grace_s=LIMIT_S * 2))
    leader = await controller.started()
    daemon = await nest.said()
    going = asyncio.create_task(nest.go())
    await ended(leader)
    await going
    await end_another(controller)
    assert start_time(daemon) is not None
    controller.client.close()
    second, handover = await nest.house.enter(2)
    assert [(each.app, each.ending) for each in handover.children] == [("cmd", True)]
    os.kill(daemon, signal.SIGKILL)
    exited = await second.exited()
    assert (exited.app, exited.status, exited.strays) == ("cmd", 3, 1)


async def test_an_ending_zygote_kills_what_dead_leaders_left(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    controller.client.spawn(nest.daemon("deaf", grace_s=LIMIT_S * 2))
    leader = await controller.started()
    await nest.said()
    going = asyncio.create_task(nest.go())
    await ended(leader)
    await going
    await end_another(controller)
    async with asyncio.timeout(LIMIT_S):
        controller.client.shutdown()
        await nest.refs[0].exited()


async def test_a_stray_of_an_app_that_lives_is_left_alone(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    controller.client.spawn(nest.daemon(app="living"))
    await controller.started()
    daemon = await nest.said()
    controller.client.spawn(nest.daemon(say="say2", app="dying"))
    dying = await controller.started()
    other = await nest.said("say2")
    os.kill(dying.pid, signal.SIGKILL)
    assert (await controller.exited()).app == "dying"
    assert start_time(other) is None
    assert start_time(daemon) is not None
    await nest.go()
    assert (await controller.exited()).app == "living"
    assert start_time(daemon) is None


async def test_a_process_of_which_nobody_can_tell_whose_it_is_is_left_alone(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    controller.client.spawn(nest.daemon("bare"))
    await controller.started()
    daemon = await nest.said()
    await nest.go()
    assert (await controller.exited()).strays == 0
    assert start_time(daemon) is not None


async def test_in_a_cgroup_even_such_a_process_ends(nest: Nest) -> None:
    groups = cgroup.detect(nest.folder, pytest.fail)
    if not groups.controllers:
        pytest.skip("no cgroup can be made here")
    folders = groups.make("cmd", 0, Limits(memory_mib=512, processes=20, cpu_percent=200))
    try:
        controller, _ = await nest.house.enter()
        request = msgspec.structs.replace(nest.daemon("bare", "deaf"), cgroups=folders)
        controller.client.spawn(request)
        await controller.started()
        daemon = await nest.said()
        assert daemon in cgroup.processes(folders)
        await nest.go()
        exited = await controller.exited()
        assert (exited.status, exited.strays) == (3, 1)
        assert start_time(daemon) is None
    finally:
        cgroup.kill(folders)
    assert cgroup.remove(folders)


async def test_an_app_that_dies_with_fifty_children_takes_all_of_them_along(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    (nest.folder / "below").write_text("sleep 1000 & echo > there; wait")
    below = "sleep 1000 & setsid sh ./below & read line <&3;"
    os.mkfifo(nest.folder / "there")
    script = f"exec 3<>there; for i in $(seq 25); do {below} done; echo $! > say; read line < go"
    controller.client.spawn(nest.request("sh", "-c", script))
    leader = await controller.started()
    await nest.said()
    started = [pid for pid, _ in processes.descendants(leader.pid)]
    os.kill(leader.pid, signal.SIGKILL)
    assert len(started) == 75
    assert (await controller.exited()).strays == 75
    assert [pid for pid in started if start_time(pid) is not None] == []


async def test_a_second_life_for_a_held_slot_harms_nothing_of_the_first(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    front, back = pair()
    with front, back:
        controller.client.hold("crm", [front, back])
        controller.client.spawn(nest.daemon(app="crm"))
        await controller.started()
        daemon = await nest.said()
        controller.client.fork(fork("crm", life=2))
        assert isinstance(await controller.next(), Started)
        assert (await controller.exited()).life == 2
        assert start_time(daemon) is not None


async def test_many_that_die_at_once_take_theirs_along_and_nobody_else_s(nest: Nest) -> None:
    controller, _ = await nest.house.enter()
    (nest.folder / "below").write_text("echo >&3; exec sleep 1000")
    os.mkfifo(nest.folder / "there")
    script = "exec 3<>there; sh ./below & setsid sh ./below & (setsid sh ./below &); wait"
    there = os.open(nest.folder / "there", os.O_RDWR | os.O_NONBLOCK)
    leaders: list[int] = []
    for number in range(20):
        controller.client.spawn(nest.request("sh", "-c", script, app=f"app{number}"))
        leaders.append((await controller.started()).pid)
    await lines(there, 60)
    os.close(there)
    for leader in leaders[:10]:
        os.kill(leader, signal.SIGKILL)
    assert {(await controller.exited()).strays for _ in range(10)} == {3}
    assert living(nest.folder) == {f"app{number}.0.1": 4 for number in range(10, 20)}
    for leader in leaders[10:]:
        os.kill(leader, signal.SIGKILL)
    assert {(await controller.exited()).strays for _ in range(10)} == {3}
    assert living(nest.folder) == {}


@pytest.mark.long
async def test_an_exit_is_told_in_the_end_though_a_stray_cannot_be_killed(nest: Nest) -> None:
    frozen = Path("/sys/fs/cgroup/freezer") / f"protoddf-test-{os.getpid()}"
    try:
        frozen.mkdir()
    except OSError as error:
        pytest.skip(f"nothing can be frozen here: {error}")
    controller, _ = await nest.house.enter()
    controller.client.spawn(nest.daemon(grace_s=0.0))
    await controller.started()
    daemon = await nest.said()
    try:
        (frozen / "cgroup.procs").write_text(str(daemon))
        (frozen / "freezer.state").write_text("FROZEN")
        begun = time.monotonic()
        await nest.go()
        async with asyncio.timeout(GIVE_UP_S * 3):
            exited = await controller.news.get()
        assert isinstance(exited, Exited)
        assert (exited.status, exited.strays) == (3, 1)
        assert time.monotonic() - begun >= GIVE_UP_S
        assert start_time(daemon) is not None
    finally:
        (frozen / "freezer.state").write_text("THAWED")
    async with asyncio.timeout(LIMIT_S):
        await nest.refs[0].exited()
    frozen.rmdir()


def test_children_are_found_without_the_kernel_s_list() -> None:
    found = processes.children_by_scan(os.getppid())
    assert os.getpid() in found
    assert set(processes.children(os.getppid())) <= set(found) | set(processes.children_by_scan(os.getppid()))


def test_a_process_that_is_gone_shows_nothing() -> None:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    assert processes.look(pid) is None
    assert processes.children(pid) == []
    assert processes.environment(pid) == {}
    assert list(processes.open_files(pid)) == []
    assert processes.signal_child(pid, [signal.SIGTERM])
    processes.signal_kin(pid, os.getpid(), [signal.SIGTERM])


def test_a_number_that_belongs_to_another_family_is_not_signalled() -> None:
    pid = os.posix_spawn("/bin/sleep", ["sleep", "1000"], {})
    processes.signal_kin(pid, os.getpid() + 1, [signal.SIGKILL])
    assert os.waitpid(pid, os.WNOHANG) == (0, 0)
    processes.signal_kin(pid, os.getpid(), [signal.SIGKILL])
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
