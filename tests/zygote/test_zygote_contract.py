"""The zygote as the daemon sees it: real processes, a tiny server in Reflex's place."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from protoddfd.edge.process import ProcessRef, start_time
from protoddfd.edge.zygote_client import ControllerRefused, Handover, ZygoteClient, ZygoteUnavailable
from protoddfd.zygote.instance_lock import lock_path, read_holder
from protoddfd.zygote.messages import (
    EXIT_LOCKED,
    Exited,
    Fork,
    Notification,
    Refused,
    Spawn,
    Started,
    StartFailed,
)

HERE = Path(__file__).parent
LIMIT_S = 5.0

pytestmark = pytest.mark.anyio


class Controller:
    """A client with its notifications in a queue."""

    def __init__(self, home: Path, generation: int, **env: str) -> None:
        self.lost = asyncio.Event()
        self.news: asyncio.Queue[Notification] = asyncio.Queue()
        self.client = ZygoteClient(
            home,
            generation,
            self.news.put_nowait,
            self.lost.set,
            serve_with="tiny_server",
            env={**os.environ, "PYTHONPATH": str(HERE), **env},
        )

    async def next(self) -> Notification:
        async with asyncio.timeout(LIMIT_S):
            return await self.news.get()

    async def started(self) -> Started:
        message = await self.next()
        assert isinstance(message, Started), message
        return message

    async def exited(self) -> Exited:
        message = await self.next()
        assert isinstance(message, Exited), message
        return message

    async def failed(self) -> StartFailed:
        message = await self.next()
        assert isinstance(message, StartFailed), message
        return message


class House:
    """A home with a zygote; ends it and all that it started when the test is over."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.controllers: list[Controller] = []
        self.zygote_pid = 0

    async def enter(self, generation: int = 1, **env: str) -> tuple[Controller, Handover]:
        controller = Controller(self.home, generation, **env)
        handover = await controller.client.connect(LIMIT_S)
        self.zygote_pid = handover.pid
        self.controllers.append(controller)
        return controller, handover

    async def leave(self) -> None:
        with contextlib.suppress(ZygoteUnavailable):
            last, handover = await self.enter(1 << 40)
            for child in handover.children:
                ref = ProcessRef(child.pid, child.start_time)
                ref.send(signal.SIGKILL)
                ref.close()
            for sockets in handover.sockets.values():
                for each in sockets:
                    each.close()
            last.client.shutdown()
            async with asyncio.timeout(LIMIT_S):
                await last.lost.wait()
        for controller in self.controllers:
            controller.client.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    yield house
    await house.leave()


async def first_line(fifo: Path) -> bytes:
    """What arrives first in a FIFO; no thread, so that the time limit holds."""
    descriptor = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, arrived.set)
    try:
        async with asyncio.timeout(LIMIT_S):
            await arrived.wait()
        return os.read(descriptor, 4096)
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def proc(pid: int, name: str) -> bytes:
    return Path(f"/proc/{pid}/{name}").read_bytes()


def descriptors(pid: int) -> dict[int, str]:
    return {int(entry.name): str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def listening() -> socket.socket:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen()
    bound.setblocking(False)
    return bound


def pair() -> tuple[socket.socket, socket.socket]:
    return listening(), listening()


async def ask(port: int) -> tuple[int, str]:
    async with asyncio.timeout(LIMIT_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        pid, side = (await reader.read()).decode().split()
        writer.close()
        await writer.wait_closed()
    return int(pid), side


def fork(app: str, module: str = "serve", slot: int = 0, life: int = 1, **more: str) -> Fork:
    return Fork(
        app=app,
        slot=slot,
        life=life,
        folder="/",
        module=module,
        bundle="/bundle",
        stdout=more.get("stdout"),
        stderr=more.get("stderr"),
        title=more.get("title", ""),
    )


def spawn(
    *argv: str, app: str = "cmd", life: int = 1, cwd: str = "/", env: dict[str, str] | None = None
) -> Spawn:
    return Spawn(app=app, slot=0, life=life, argv=list(argv), cwd=cwd, env=env or {})


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


async def test_a_killed_child_is_reported_with_its_signal(house: House) -> None:
    controller, _ = await house.enter()
    controller.client.spawn(spawn("sleep", "1000"))
    started = await controller.started()
    os.kill(started.pid, signal.SIGKILL)
    assert (await controller.exited()).status == -signal.SIGKILL


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


async def test_an_app_whose_sockets_are_not_held_is_not_forked(house: House) -> None:
    controller, _ = await house.enter()
    front, back = pair()
    with front, back:
        controller.client.hold("crm", [front, back])
        controller.client.release("crm")
    controller.client.fork(fork("crm"))
    assert (await controller.failed()).kind == "not_held"


async def test_a_server_that_cannot_be_loaded_leaves_commands_possible(house: House) -> None:
    controller, handover = await house.enter(TINY_PRELOAD_FAILS="1")
    assert handover.preload_error == "RuntimeError: no such version"
    controller.client.fork(fork("crm"))
    assert (await controller.failed()).kind == "not_served"
    controller.client.spawn(spawn("true"))
    await controller.started()


async def test_all_outlives_a_killed_controller(house: House) -> None:
    front, back = pair()
    os.mkfifo(house.home / "wait")
    arguments = [str(HERE / "doomed_controller.py"), str(house.home), str(front.fileno()), str(back.fileno())]
    with subprocess.Popen(  # noqa: ASYNC220  the test waits for its two lines and nothing else
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        pass_fds=[front.fileno(), back.fileno()],
        env={**os.environ, "PYTHONPATH": str(HERE)},
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
    second.client.ack([kept.id for kept in handover.exits])
    second.client.close()
    _, handover = await house.enter(3)
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
