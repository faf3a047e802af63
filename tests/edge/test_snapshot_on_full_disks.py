"""A disk that is full or read-only, for real: a small file system of our own, made in a mount namespace."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROGRAM = """
import contextlib, errno, subprocess, sys
from pathlib import Path
from protoddfd.edge import snapshot
from protoddfd.edge.faults import explain

folder = Path(sys.argv[1])
path, filler = folder / "state.json", folder / "filler"
OLD, NEW = (b'"%s"' % (letter * 20_000) for letter in (b"o", b"n"))

def mount(options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True)

def refused(number):
    try:
        snapshot.write(path, NEW)
    except OSError as error:
        assert error.errno == number, error
        return explain(error, "store the state", str(folder)).text
    raise AssertionError("it was written")

mount("size=192k")
snapshot.write(path, OLD)
with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
    while True:
        file.write(b"x" * 4096)
print(refused(errno.ENOSPC))
assert sorted(each.name for each in folder.iterdir()) == ["filler", "state.json"]
assert snapshot.read(path) == snapshot.Found(data=OLD)
for _ in range(10):
    refused(errno.ENOSPC)
filler.unlink()
snapshot.write(path, NEW)
assert snapshot.read(path).data == NEW

mount("remount,ro")
print(refused(errno.EROFS))
assert snapshot.read(path).data == NEW
mount("remount,rw")
path.write_bytes(b"garbage")
mount("remount,ro")
found = snapshot.read(path)
assert found.data == OLD, found
assert found.quarantined == (str(path),)
mount("remount,rw")
assert snapshot.read(path).data == OLD
"""


@pytest.fixture
def in_a_mount_namespace() -> list[str]:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root, with util-linux, can make a file system of its own")
    command = ["unshare", "--mount", "--propagation", "private"]
    if subprocess.run([*command, "true"], capture_output=True).returncode != 0:
        pytest.skip("no mount namespace can be made here")
    return command


def test_full_and_read_only_disks_keep_the_state_and_are_recovered_from(
    tmp_path: Path, in_a_mount_namespace: list[str]
) -> None:
    done = subprocess.run(
        [*in_a_mount_namespace, sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "cannot store the state: the disk or the quota is full",
        "cannot store the state: the disk is read-only",
    ]
