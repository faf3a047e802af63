"""Where a process stands in the cgroups, from what real machines say, and what of that is ours."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from protoddfd.edge.cgroup_mounts import (
    OWN_LEAF,
    Hierarchy,
    _move_into_leaf,
    divisible,
    own_cgroups,
)

UNIFIED = "30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"
SPLIT = (
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "38 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
)


def test_a_unified_machine_has_one_cgroup_of_version_2() -> None:
    found = own_cgroups(UNIFIED, "0::/system.slice/protoddfd.service\n")
    assert found == [Hierarchy(2, frozenset(), Path("/sys/fs/cgroup/system.slice/protoddfd.service"))]


def test_a_split_machine_has_one_cgroup_for_each_controller_that_limits() -> None:
    membership = "9:name=systemd:/\n6:freezer:/\n4:memory:/jobs/one\n2:cpu,cpuacct:/\n0::/\n"
    found = own_cgroups(SPLIT, membership)
    assert set(found) == {
        Hierarchy(2, frozenset(), Path("/sys/fs/cgroup/unified")),
        Hierarchy(1, frozenset({"memory"}), Path("/sys/fs/cgroup/memory/jobs/one")),
        Hierarchy(1, frozenset({"cpu"}), Path("/sys/fs/cgroup/cpu,cpuacct")),
    }
    assert found[0].version == 2


def test_a_container_sees_its_part_of_a_hierarchy_only() -> None:
    mounts = "35 31 0:32 /docker/ab /sys/fs/cgroup/memory ro,relatime - cgroup cgroup rw,memory\n"
    assert own_cgroups(mounts, "4:memory:/docker/ab/app\n")[0].folder == Path("/sys/fs/cgroup/memory/app")
    assert own_cgroups(mounts, "4:memory:/docker/ab\n")[0].folder == Path("/sys/fs/cgroup/memory")
    assert own_cgroups(mounts, "4:memory:/docker/abc\n") == []
    assert own_cgroups(UNIFIED, "0::/../elsewhere\n") == []


def test_a_mount_point_with_a_space_is_understood() -> None:
    mounts = "30 24 0:26 / /my\\040groups rw - cgroup2 none rw\n"
    assert own_cgroups(mounts, "0::/\n")[0].folder == Path("/my groups")


def version_2(folder: Path, *, controllers: str, enabled: str, delegated: bool) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cgroup.type").write_text("domain\n")
    (folder / "cgroup.controllers").write_text(controllers)
    (folder / "cgroup.subtree_control").write_text(enabled)
    if delegated:
        try:
            os.setxattr(folder, "user.delegate", b"1")
        except OSError as error:
            pytest.skip(f"the file system of the tests keeps no attributes: {error}")
    return folder


def own(folder: Path) -> Hierarchy:
    return Hierarchy(2, frozenset(), folder)


def test_a_cgroup_that_was_not_left_to_us_is_not_divided(tmp_path: Path) -> None:
    folder = version_2(tmp_path, controllers="cpu memory pids", enabled="cpu memory pids", delegated=False)
    assert divisible(own(folder)) is None


def test_a_delegated_cgroup_is_divided_by_the_controllers_it_has(tmp_path: Path) -> None:
    folder = version_2(tmp_path, controllers="cpuset memory pids", enabled="memory pids", delegated=True)
    assert divisible(own(folder)) == Hierarchy(2, frozenset({"memory", "pids"}), folder)


@pytest.mark.parametrize("leaf", [OWN_LEAF, "daemon"])
def test_from_a_leaf_the_cgroup_above_is_divided(tmp_path: Path, leaf: str) -> None:
    folder = version_2(tmp_path / "service", controllers="memory", enabled="memory", delegated=True)
    below = version_2(folder / leaf, controllers="memory", enabled="", delegated=False)
    assert divisible(own(below)) == Hierarchy(2, frozenset({"memory"}), folder)


def test_without_controllers_there_is_nothing_to_divide(tmp_path: Path) -> None:
    folder = version_2(tmp_path, controllers="", enabled="", delegated=True)
    assert divisible(own(folder)) is None


@pytest.fixture
def real_version_2() -> Iterator[Path]:
    mounts = Path("/proc/self/mountinfo").read_text()
    for each in own_cgroups(mounts, Path("/proc/self/cgroup").read_text()):
        folder = each.folder / f"protoddf-test-{os.getpid()}"
        with suppress(OSError):
            if each.version == 2:
                folder.mkdir()
                yield folder
                (folder / OWN_LEAF).rmdir()
                folder.rmdir()
                return
    pytest.skip("no cgroup of version 2 can be made here")


def test_the_processes_of_a_cgroup_move_into_its_leaf(real_version_2: Path) -> None:
    with subprocess.Popen(["sleep", "1000"]) as process:
        try:
            (real_version_2 / "cgroup.procs").write_text(str(process.pid))
            _move_into_leaf(real_version_2)
            assert (real_version_2 / "cgroup.procs").read_text() == ""
            assert (real_version_2 / OWN_LEAF / "cgroup.procs").read_text() == f"{process.pid}\n"
        finally:
            process.kill()
