"""Limits through the cgroups of this machine: the kernel's own answers, nothing imitated."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from protoddfd.edge import cgroup
from protoddfd.edge.cgroup import Cgroups, detect
from protoddfd.edge.cgroup_mounts import Hierarchy
from protoddfd.wire.options import Limits

pytestmark = pytest.mark.e2e

EVERY = Limits(memory_mib=64, cpu_percent=20, processes=10, open_files=100)


class Owned:
    """The cgroups of a home, and all that the kernel refused."""

    def __init__(self, home: Path) -> None:
        self.said: list[str] = []
        self.groups = detect(home, self.said.append)
        self.made: list[str] = []

    def make(self, limits: Limits, slot: int = 0) -> list[str]:
        folders = self.groups.make("crm", slot, limits)
        self.made += folders
        return folders


@pytest.fixture
def owned(tmp_path: Path) -> Iterator[Owned]:
    owned = Owned(tmp_path)
    yield owned
    cgroup.kill(owned.made)
    assert cgroup.remove(owned.made), "a test left something in a cgroup"
    assert owned.said == []


def needs(owned: Owned, controller: str) -> None:
    if controller not in owned.groups.controllers:
        pytest.skip(f"no {controller} cgroup can be made here")


def run_in(folders: Sequence[str], program: str) -> subprocess.Popen[bytes]:
    enter = 'for g; do echo 0 >$g/cgroup.procs; done; exec "$0" -c "$PROGRAM"'
    return subprocess.Popen(
        ["sh", "-c", enter, sys.executable, *folders],
        env={**os.environ, "PROGRAM": program},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.PIPE,
    )


def test_too_much_memory_ends_a_process_and_is_counted(owned: Owned) -> None:
    needs(owned, "memory")
    folders = owned.make(Limits(memory_mib=32))
    with run_in(folders, "print(len(bytearray(8 << 20)))") as modest:
        assert modest.wait() == 0
    assert cgroup.oom_kills(folders) == 0
    with run_in(folders, "print(len(bytearray(256 << 20)))") as greedy:
        assert greedy.wait() == -9
    assert cgroup.oom_kills(folders) == 1


def test_a_bound_on_processes_refuses_more(owned: Owned) -> None:
    needs(owned, "pids")
    folders = owned.make(Limits(processes=3))
    program = (
        "import os, sys\n"
        "made = 0\n"
        "try:\n"
        "    while made < 20:\n"
        "        if os.fork() == 0: sys.stdin.read(); os._exit(0)\n"
        "        made += 1\n"
        "except BlockingIOError: print(made, flush=True)\n"
    )
    with run_in(folders, program) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"2\n"
        process.stdin.close()


def test_a_bound_on_processor_time_holds_a_busy_process_back(owned: Owned) -> None:
    needs(owned, "cpu")
    folders = owned.make(Limits(cpu_percent=10))
    program = "import time\nend = time.process_time() + 0.05\nwhile time.process_time() < end: pass"
    with run_in(folders, program) as process:
        assert process.wait() == 0
    said = "".join((Path(each) / "cpu.stat").read_text() for each in folders if "cpu" in each)
    throttled = [int(line.split()[1]) for line in said.splitlines() if line.startswith("nr_throttled")]
    assert throttled[0] > 0


def test_limits_of_a_running_instance_are_changed_in_both_directions(owned: Owned) -> None:
    needs(owned, "memory")
    for memory_mib in (64, 128, 32):
        (folder,) = owned.make(Limits(memory_mib=memory_mib))
        shown = {path.read_text().strip() for path in Path(folder).glob("memory.*") if "max" in path.name}
        shown |= {path.read_text().strip() for path in Path(folder).glob("memory.limit_in_bytes")}
        assert str(memory_mib << 20) in shown


def test_all_in_the_cgroups_are_found_and_killed(owned: Owned) -> None:
    if not owned.groups.controllers:
        pytest.skip("no cgroup can be made here")
    folders = owned.make(EVERY)
    program = "import os, sys\nos.fork(); os.fork(); print('x', flush=True); sys.stdin.read()"
    with run_in(folders, program) as process:
        assert process.stdout is not None
        for _ in range(4):
            process.stdout.readline()
        assert len(cgroup.processes(folders)) == 4
        assert not cgroup.remove(folders)
        assert cgroup.kill(folders) == 4
        assert process.wait() == -9
        process.stdout.read()  # until the last of them has gone
    while cgroup.kill(folders):
        continue
    assert cgroup.remove(folders)
    assert cgroup.processes(folders) == set()
    assert cgroup.oom_kills(folders) == 0


def test_two_homes_and_two_slots_have_cgroups_of_their_own(owned: Owned, tmp_path: Path) -> None:
    if not owned.groups.controllers:
        pytest.skip("no cgroup can be made here")
    other = detect(tmp_path / "other", owned.said.append).make("crm", 0, EVERY)
    owned.made += other
    here = [set(owned.make(EVERY, slot)) for slot in (0, 1)]
    assert not here[0] & here[1]
    assert not here[0] & set(other)


def test_what_an_earlier_daemon_left_is_removed_unless_somebody_is_in_it(
    owned: Owned, tmp_path: Path
) -> None:
    if not owned.groups.controllers:
        pytest.skip("no cgroup can be made here")
    busy, idle = owned.make(EVERY, 0), owned.make(EVERY, 1)
    with run_in(busy, "import sys; print('x', flush=True); sys.stdin.read()") as process:
        assert process.stdout is not None
        process.stdout.readline()
        detect(tmp_path, owned.said.append).clean()
        assert all(Path(each).is_dir() for each in busy)
        assert not any(Path(each).is_dir() for each in idle)
        process.kill()


def test_an_instance_without_limits_has_no_cgroup(owned: Owned) -> None:
    assert owned.make(Limits(open_files=64)) == []


def test_each_limit_says_what_enforces_it(owned: Owned) -> None:
    enforced = owned.groups.enforced(EVERY)
    assert set(enforced) == {"memory_mib", "cpu_percent", "processes", "open_files"}
    assert enforced["open_files"] == "rlimit"
    for field, controller in {"memory_mib": "memory", "cpu_percent": "cpu", "processes": "pids"}.items():
        assert (enforced[field] == "cgroup") == (controller in owned.groups.controllers)
    assert owned.groups.enforced(Limits()) == {}


def test_where_no_cgroup_is_ours_nothing_fails_and_something_else_enforces(tmp_path: Path) -> None:
    said: list[str] = []
    nowhere = Hierarchy(1, frozenset({"memory", "cpu", "pids"}), tmp_path / "not" / "there")
    groups = Cgroups(tmp_path, [nowhere], said.append)
    assert groups.controllers == frozenset()
    assert groups.make("crm", 0, EVERY) == []
    processes = "rlimit" if os.geteuid() else "nothing"
    assert groups.enforced(EVERY) == {
        "memory_mib": "sampling",
        "cpu_percent": "nothing",
        "processes": processes,
        "open_files": "rlimit",
    }
    groups.clean()
    assert said == []


def test_a_folder_that_is_no_cgroup_is_not_taken_for_one(tmp_path: Path) -> None:
    plain = Hierarchy(1, frozenset({"memory", "pids"}), tmp_path)
    assert Cgroups(tmp_path, [plain], pytest.fail).controllers == frozenset()
    assert list(tmp_path.iterdir()) == []
