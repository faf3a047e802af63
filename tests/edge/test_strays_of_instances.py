"""What belongs to an instance is found, and ended with nothing beside it, when its parent is gone."""

import os
import select
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from protoddfd.edge.instances import Slot
from protoddfd.edge.process import ProcessGone, ProcessRef, start_time
from protoddfd.edge.strays import Ended, Root, Stray, clear, find
from protoddfd.zygote.instance_lock import lock_path, take
from protoddfd.zygote.messages import MARKER

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

CRM = ("crm", 0)
GRACE_S = 5.0


def reference(pid: int) -> ProcessRef:
    started = start_time(pid)
    assert started is not None
    return ProcessRef(pid, started)


Orphan = Callable[..., list[ProcessRef]]


@pytest.fixture
def orphan() -> Iterator[Orphan]:
    """Run a shell script in the background, without parents; it says which processes are ours."""
    with ExitStack() as living:

        def run(script: str, env: dict[str, str] | None = None, *passed: int) -> list[ProcessRef]:
            environment = {"PATH": os.environ["PATH"], **(env or {})}
            command = ["sh", "-c", 'sh -c "$0" &', script]
            with subprocess.Popen(
                command, env=environment, pass_fds=passed, stdout=subprocess.PIPE, text=True
            ) as shell:
                assert shell.stdout is not None
                told = list(iter(shell.stdout.readline, "\n"))
            refs = [living.enter_context(closing(reference(int(line)))) for line in told]
            for ref in refs:
                living.callback(put_an_end_to, ref)
            return refs

        yield run


def put_an_end_to(ref: ProcessRef) -> None:
    with suppress(ProcessGone):
        ref.send(signal.SIGKILL)


SLEEPER = "echo $$; echo; exec sleep 1000 >/dev/null"
FAMILY = "sleep 1000 >/dev/null & echo $!; echo $$; echo; exec sleep 1000 >/dev/null"
SHY = "sleep 1000 >/dev/null & echo $!; echo $$; echo $TOP; echo; wait"
LEADER = f"exec setsid sh -c '{FAMILY}'"


def belongs(home: Path, slot: Slot = CRM, life: int = 1) -> dict[str, str]:
    return {"PROTODDF_HOME": str(home), MARKER: f"{slot[0]}.{slot[1]}.{life}"}


def pids(found: list[Stray]) -> dict[int, str]:
    """Return what was found: pid -> by what; and let go of it."""
    for each in found:
        each.ref.close()
    return {each.ref.pid: each.by for each in found}


def test_a_process_is_known_by_its_environment(orphan: Orphan, tmp_path: Path) -> None:
    (mine,) = orphan(SLEEPER, belongs(tmp_path, ("my.crm", 2)))
    orphan(SLEEPER, belongs(tmp_path, ("my.crm", 3)))
    orphan(SLEEPER, belongs(tmp_path / "elsewhere", ("my.crm", 2)))
    orphan(SLEEPER, {MARKER: "my.crm.2.1"})
    assert pids(find(tmp_path, {("my.crm", 2): 1})) == {mine.pid: "environment"}


def test_a_home_is_the_same_by_another_path(orphan: Orphan, tmp_path: Path) -> None:
    home, link = tmp_path / "home", tmp_path / "link"
    home.mkdir()
    link.symlink_to(home)
    (mine,) = orphan(SLEEPER, belongs(link))
    assert pids(find(home, {CRM: 1})) == {mine.pid: "environment"}


def test_a_newer_life_is_left_alone(orphan: Orphan, tmp_path: Path) -> None:
    (older,) = orphan(SLEEPER, belongs(tmp_path, life=1))
    orphan(SLEEPER, belongs(tmp_path, life=2))
    assert pids(find(tmp_path, {CRM: 1})) == {older.pid: "environment"}


def test_a_process_is_known_by_the_lock_that_it_has_open(orphan: Orphan, tmp_path: Path) -> None:
    lock = take(lock_path(tmp_path, *CRM))
    (mine,) = orphan(SLEEPER, {}, lock)
    os.close(lock)
    assert pids(find(tmp_path, {CRM: 1})) == {mine.pid: "lock"}
    assert pids(find(tmp_path, {("crm", 1): 1})) == {}


def test_what_it_started_without_a_word_of_it_belongs_to_it_too(orphan: Orphan, tmp_path: Path) -> None:
    first, second, top = orphan(
        f"export TOP=$$; env -u {MARKER} setsid sh -c '{SHY}' & exec sleep 1000 >/dev/null",
        belongs(tmp_path),
    )
    found = pids(find(tmp_path, {CRM: 1}))
    assert found == {top.pid: "environment", first.pid: "descent", second.pid: "descent"}


def test_what_is_left_of_a_session_belongs_to_the_instance_that_led_it(
    orphan: Orphan, tmp_path: Path
) -> None:
    member, leader = orphan(LEADER)
    root = Root(slot=CRM, pid=leader.pid, start_time=leader.start_time)
    assert pids(find(tmp_path, {CRM: 1}, [root])) == {leader.pid: "descent", member.pid: "descent"}
    leader.send(signal.SIGKILL)
    assert_gone(leader)
    assert pids(find(tmp_path, {CRM: 1}, [root])) == {member.pid: "descent"}
    assert pids(find(tmp_path, {("other", 0): 1}, [root])) == {}
    (newcomer,) = orphan(SLEEPER)
    reused = Root(slot=CRM, pid=newcomer.pid, start_time=newcomer.start_time - 1)
    assert pids(find(tmp_path, {CRM: 1}, [reused])) == {}


def assert_gone(ref: ProcessRef) -> None:
    poll = select.poll()
    poll.register(ref.fileno(), select.POLLIN)
    assert poll.poll(GRACE_S * 1000)


def test_what_is_to_be_spared_is_spared_with_all_its_own(orphan: Orphan, tmp_path: Path) -> None:
    member, leader = orphan(LEADER, belongs(tmp_path))
    assert pids(find(tmp_path, {CRM: 1}, spare=[leader.pid])) == {}
    assert pids(find(tmp_path, {CRM: 1}, spare=[member.pid])) == {leader.pid: "environment"}


async def test_the_willing_end_when_asked_and_the_rest_are_killed(orphan: Orphan, tmp_path: Path) -> None:
    (willing,) = orphan(SLEEPER, belongs(tmp_path))
    (deaf,) = orphan(f"trap '' TERM; {SLEEPER}", belongs(tmp_path))
    (stopped,) = orphan(SLEEPER, belongs(tmp_path))
    (stranger,) = orphan(SLEEPER)
    stopped.send(signal.SIGSTOP)
    assert await clear(tmp_path, {CRM: 1}, grace_s=0.3) == Ended(asked=2, killed=1)
    assert not any(each.alive for each in (willing, deaf, stopped))
    assert stranger.alive
    assert find(tmp_path, {CRM: 1}) == []


async def test_what_forks_while_it_is_ended_is_found_again(orphan: Orphan, tmp_path: Path) -> None:
    (forking,) = orphan(
        "trap 'setsid sleep 1000 >/dev/null & exit' TERM; echo $$; echo; exec >/dev/null;"
        " while :; do sleep 1000 & wait; done",
        belongs(tmp_path),
    )
    ended = await clear(tmp_path, {CRM: 1}, grace_s=GRACE_S)
    assert not forking.alive
    assert ended.left == ()
    assert ended.asked + ended.killed >= 2
    assert find(tmp_path, {CRM: 1}) == []


async def test_nothing_to_end_is_no_error(tmp_path: Path) -> None:
    assert await clear(tmp_path, {CRM: 1}, grace_s=0.0) == Ended()
