"""The sampler over real processes and folders; the apps are as bare as its contract allows."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dataforms.meter import Metered
from protoddfd.core import facts
from protoddfd.edge import stats
from protoddfd.edge.meter import Meter
from protoddfd.runtime.places import Places
from protoddfd.runtime.record import AppRecord
from protoddfd.runtime.sampled import CHUNK
from protoddfd.runtime.sampler import Sampler
from protoddfd.settings import Settings
from protoddfd.settings.model import PortSettings

pytestmark = pytest.mark.anyio

LIMIT_S = 10.0
PERIOD_S = 0.02
MIB = 1 << 20

HOLDS = "import sys; kept = bytearray({mib} << 20); print(flush=True); input()"
SHARES = """
import os, signal, sys
kept = bytearray(b"x") * (80 << 20)
for _ in range(7):
    if os.fork() == 0:
        signal.pause()
print(flush=True)
input()
"""


class OneSlot:
    """An instance."""

    def __init__(self, pid: int | None) -> None:
        self.pid = pid
        self.cpu_percent = 0.0
        self.pss_bytes: int | None = None
        self.open_files: int | None = None
        self.meter: Meter | None = None


class OneApp:
    """An app that takes down what it is told."""

    def __init__(self, folder: Path, *pids: int, served_by: Any = "zygote", port: int | None = None) -> None:
        self.name = folder.name
        self.record = AppRecord(
            name=folder.name, title="", template="data_app", path=str(folder), frontend=port, backend=None,
            wanted="up", created_at=0.0, served_by=served_by,
        )  # fmt: skip
        self.slots = {number: OneSlot(pid) for number, pid in enumerate(pids)}
        self.vanished_at: float | None = None
        self.disk_bytes: int | None = None
        self.watched_memory_bytes: int | None = None
        self.told: list[facts.Fact] = []
        self.over: list[tuple[int, int]] = []
        self.refreshed = 0
        self.fails = 0

    def over_memory(self, number: int, used_bytes: int) -> None:
        if self.fails:
            self.fails -= 1
            raise RuntimeError("this once")
        self.over.append((number, used_bytes))

    def feed(self, fact: facts.Fact) -> None:
        self.told.append(fact)

    def refresh(self) -> None:
        self.refreshed += 1


class OneKeeper:
    """The zygote, or the logger."""

    def __init__(self, pid: int | None) -> None:
        self.pid = pid
        self.pss_bytes: int | None = None


class OneDaemon:
    """A daemon with a few apps."""

    def __init__(self, home: Path, grace_s: float = 600.0) -> None:
        self.apps: dict[str, OneApp] = {}
        self.pending: set[str] = set()
        self.places = Places(
            home=home, generated=home / "generated", templates=home, cache=home, socket=home / "socket"
        )
        self.places.generated.mkdir()
        self.settings = Settings(ports=PortSettings(vanished_grace_s=grace_s))
        self.keepers = (OneKeeper(os.getpid()), OneKeeper(None))
        self.forgotten: list[str] = []

    def add(self, name: str, *pids: int, at: Path | None = None, **options: Any) -> OneApp:
        folder = (at or self.places.generated) / name
        folder.mkdir(parents=True)
        app = self.apps[name] = OneApp(folder, *pids, **options)
        return app

    def meter_path(self, app: str, slot: int) -> Path:
        return self.places.run / f"{app}.{slot}"

    async def forget(self, app: OneApp) -> None:
        self.forgotten.append(app.name)
        del self.apps[app.name]


@pytest.fixture
def daemon(tmp_path: Path) -> OneDaemon:
    return OneDaemon(tmp_path)


@contextlib.asynccontextmanager
async def running(daemon: OneDaemon) -> AsyncIterator[Sampler[OneApp]]:
    sampler = Sampler[OneApp](daemon, daemon.forget, period_s=PERIOD_S)
    task = asyncio.create_task(sampler.run())
    try:
        yield sampler
    finally:
        task.cancel()
        await asyncio.wait([task])


@contextlib.contextmanager
def program(text: str) -> Iterator[int]:
    """Run a Python program, and what it starts, until it is done with; yield its number when it is set up."""
    with subprocess.Popen(
        [sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process.pid
        finally:
            os.killpg(process.pid, signal.SIGKILL)


async def until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not what():  # noqa: ASYNC110 -- what it waits for is found out only by looking
            await asyncio.sleep(PERIOD_S)


# When somebody asks


async def test_who_asks_sees_what_is_used_now(daemon: OneDaemon) -> None:
    app = daemon.add("crm", os.getpid())
    sampler = Sampler[OneApp](daemon, daemon.forget)
    await sampler.refresh(weigh=1)
    gauge = sampler.gauge("crm", 0)
    assert gauge is not None
    assert gauge.usage is not None
    assert gauge.usage.rss_bytes > 0
    assert gauge.cpu_total_s <= time.process_time()
    assert app.slots[0].open_files == gauge.usage.open_files
    assert app.slots[0].pss_bytes is not None
    assert app.refreshed > 0


async def test_figures_of_a_moment_ago_are_not_taken_again(daemon: OneDaemon) -> None:
    app = daemon.add("crm", os.getpid())
    sampler = Sampler[OneApp](daemon, daemon.forget)
    await sampler.refresh(weigh=1)
    gauge, seen = sampler.gauge("crm", 0), app.refreshed
    assert gauge is not None
    first = (gauge.looked_at, gauge.weighed_at)
    await sampler.refresh(weigh=1)
    assert (gauge.looked_at, gauge.weighed_at) == first
    assert app.refreshed == seen


async def test_no_more_is_weighed_than_was_asked_for_and_the_unknown_first(daemon: OneDaemon) -> None:
    apps = [daemon.add(f"app{number}", os.getpid()) for number in range(5)]
    sampler = Sampler[OneApp](daemon, daemon.forget)

    def weighed() -> int:
        return sum(app.slots[0].pss_bytes is not None for app in apps)

    await sampler.refresh(weigh=0)
    assert weighed() == 0
    await sampler.refresh(weigh=2)
    assert weighed() == 2
    await sampler.refresh(weigh=2)
    assert weighed() == 4
    await sampler.refresh([apps[4]], weigh=2)
    assert weighed() == 5


async def test_only_the_apps_that_are_asked_for_are_looked_at(daemon: OneDaemon) -> None:
    app = daemon.add("crm", os.getpid())
    daemon.add("other", os.getpid())
    sampler = Sampler[OneApp](daemon, daemon.forget)
    await sampler.refresh([app])
    assert sampler.gauge("crm", 0) is not None
    assert sampler.gauge("other", 0) is None


async def test_what_an_ended_process_used_is_forgotten(daemon: OneDaemon) -> None:
    app = daemon.add("crm", os.getpid())
    sampler = Sampler[OneApp](daemon, daemon.forget)
    await sampler.refresh(weigh=1)
    app.slots[0].pid = None
    await sampler.refresh(weigh=1)
    assert app.slots[0].pss_bytes is None
    assert app.slots[0].open_files is None
    assert app.slots[0].cpu_percent == 0.0


async def test_an_adopted_command_is_counted_with_its_descendants(daemon: OneDaemon) -> None:
    with program(SHARES) as pid:
        daemon.add("command", pid, served_by="command")
        daemon.add("forked", pid)
        sampler = Sampler[OneApp](daemon, daemon.forget)
        await sampler.refresh(weigh=2)
        whole, alone = sampler.gauge("command", 0), sampler.gauge("forked", 0)
        assert whole is not None
        assert whole.usage is not None
        assert alone is not None
        assert alone.usage is not None
        assert (whole.usage.processes, alone.usage.processes) == (8, 1)
        pss = [daemon.apps[name].slots[0].pss_bytes or 0 for name in ("command", "forked")]
        assert pss[0] > 80 * MIB > 20 * MIB > pss[1] > 0


async def test_connections_to_an_apps_ports_are_counted(daemon: OneDaemon) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, contextlib.ExitStack() as clients:
        port = listening.getsockname()[1]
        daemon.add("crm", os.getpid(), port=port)
        daemon.add("quiet", os.getpid())
        for _ in range(3):
            clients.enter_context(socket.create_connection(("127.0.0.1", port)))
        sampler = Sampler[OneApp](daemon, daemon.forget)
        assert sampler.connections("crm") is None
        await sampler.refresh()
        assert sampler.connections("crm") == 3
        assert sampler.connections("quiet") is None


async def test_hundreds_of_apps_let_others_run_meanwhile(daemon: OneDaemon) -> None:
    for number in range(200):
        daemon.add(f"app{number}", os.getpid())
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(others())
    await Sampler[OneApp](daemon, daemon.forget).refresh()
    beside.cancel()
    assert turns >= 200 // CHUNK


async def test_what_an_app_counts_itself_is_read_whether_it_runs_or_not(daemon: OneDaemon) -> None:
    app = daemon.add("crm", os.getpid())
    daemon.places.run.mkdir()
    await answer_once(daemon.meter_path("crm", 0))
    app.slots[0].pid = None
    sampler = Sampler[OneApp](daemon, daemon.forget)
    await sampler.refresh()
    gauge = sampler.gauge("crm", 0)
    assert gauge is not None
    assert gauge.meter is not None
    assert (gauge.meter.requests, gauge.meter.errors) == (1, 0)


async def answer_once(counted_in: Path) -> None:
    """Answer a request of nobody, and count it in a file."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def nothing(*_: Any) -> Any:
        return {"type": "http.request"}

    await Metered(app, str(counted_in))({"type": "http", "headers": []}, nothing, nothing)


# By itself


async def test_memory_and_folders_are_weighed_one_after_the_other(daemon: OneDaemon) -> None:
    apps = [daemon.add(f"app{number}", os.getpid()) for number in range(3)]
    (daemon.places.generated / "app0" / "data").write_bytes(b"x" * 100_000)
    async with running(daemon) as sampler:
        await until(lambda: all(app.disk_bytes and app.slots[0].pss_bytes for app in apps))
        await until(lambda: sampler.gauge("app0", 0))
    sizes = [app.disk_bytes or 0 for app in apps]
    assert sizes[0] >= sizes[1] + 100_000
    assert daemon.keepers[0].pss_bytes
    assert daemon.keepers[1].pss_bytes is None


async def test_figures_of_apps_that_are_gone_are_dropped(daemon: OneDaemon) -> None:
    daemon.add("crm", os.getpid())
    async with running(daemon) as sampler:
        await until(lambda: sampler.gauge("crm", 0))
        del daemon.apps["crm"]
        await until(lambda: sampler.gauge("crm", 0) is None)


async def test_an_instance_that_uses_more_memory_than_it_may_is_told_of(daemon: OneDaemon) -> None:
    with program(HOLDS.format(mib=1)) as small, program(HOLDS.format(mib=100)) as large:
        app = daemon.add("crm", small, large)
        app.watched_memory_bytes = 64 * MIB
        free = daemon.add("free", large)
        async with running(daemon):
            await until(lambda: app.over)
    assert {number for number, _ in app.over} == {1}
    assert all(used >= 100 * MIB for _, used in app.over)
    assert free.over == []


async def test_memory_that_is_shared_with_others_is_no_reason(daemon: OneDaemon) -> None:
    with program(SHARES) as pid:
        rss = stats.rss_bytes(pid)
        assert rss is not None
        assert rss > 64 * MIB
        app = daemon.add("crm", pid)
        app.watched_memory_bytes = 64 * MIB
        async with running(daemon) as sampler:
            await until(lambda: (gauge := sampler.gauge("crm", 0)) and gauge.confirmed)
    assert app.over == []


async def test_a_family_shares_one_limit(daemon: OneDaemon) -> None:
    with program(SHARES) as pid:
        app = daemon.add("crm", pid, served_by="command")
        app.watched_memory_bytes = 64 * MIB
        async with running(daemon):
            await until(lambda: app.over)


async def test_one_bad_turn_is_not_the_last(daemon: OneDaemon) -> None:
    with program(HOLDS.format(mib=50)) as pid:
        app = daemon.add("crm", pid)
        app.watched_memory_bytes, app.fails = MIB, 1
        async with running(daemon):
            await until(lambda: app.over)


# Folders


async def test_a_folder_that_vanished_is_told_of_once(daemon: OneDaemon, tmp_path: Path) -> None:
    ours, adopted = daemon.add("ours"), daemon.add("adopted", at=tmp_path / "elsewhere")
    stays = daemon.add("stays")
    async with running(daemon):
        shutil.rmtree(daemon.places.generated / "ours")
        shutil.rmtree(tmp_path / "elsewhere")
        await until(lambda: ours.vanished_at and adopted.vanished_at)
        await until(lambda: stays.disk_bytes)
    reason = f"its folder {ours.record.path} has vanished"
    assert ours.told == [facts.Broken(reason=reason)]
    assert len(adopted.told) == 1
    assert stays.told == []
    assert daemon.forgotten == []


async def test_a_folder_that_comes_back_is_there_again(daemon: OneDaemon) -> None:
    app = daemon.add("crm")
    async with running(daemon):
        (daemon.places.generated / "crm").rename(daemon.places.generated / "away")
        await until(lambda: app.vanished_at)
        (daemon.places.generated / "away").rename(daemon.places.generated / "crm")
        await until(lambda: app.vanished_at is None)


async def test_a_folder_behind_a_link_is_there(daemon: OneDaemon, tmp_path: Path) -> None:
    app = daemon.add("crm")
    (daemon.places.generated / "crm").rename(tmp_path / "moved")
    (daemon.places.generated / "crm").symlink_to(tmp_path / "moved")
    last = daemon.add("last")
    async with running(daemon):
        await until(lambda: last.disk_bytes)
    assert app.told == []


async def test_an_app_whose_folder_stays_away_is_forgotten(tmp_path: Path) -> None:
    daemon = OneDaemon(tmp_path, grace_s=0.05)
    daemon.add("crm")
    shutil.rmtree(daemon.places.generated / "crm")
    async with running(daemon):
        await until(lambda: daemon.forgotten)
    assert daemon.forgotten == ["crm"]


async def test_all_folders_gone_with_the_one_that_they_were_in_are_told_of(daemon: OneDaemon) -> None:
    apps = [daemon.add("crm"), daemon.add("shop")]
    shutil.rmtree(daemon.places.generated)
    async with running(daemon):
        await until(lambda: all(app.told for app in apps))


async def test_a_folder_of_which_nothing_can_be_found_out_has_not_vanished(daemon: OneDaemon) -> None:
    app, other = daemon.add("crm"), daemon.add("other")
    folder = daemon.places.generated / "crm"
    folder.rmdir()
    folder.symlink_to(folder)
    async with running(daemon):
        await until(lambda: other.disk_bytes)
    assert app.told == []


async def test_an_app_that_is_being_made_or_deleted_is_left_alone(daemon: OneDaemon) -> None:
    app, other = daemon.add("crm"), daemon.add("other")
    daemon.pending.add("crm")
    shutil.rmtree(daemon.places.generated / "crm")
    async with running(daemon):
        await until(lambda: other.disk_bytes)
    assert app.told == []
    assert app.disk_bytes is None
