"""One daemon at a time has a home, whatever happens to the one before."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from protoddfd.edge.lock import HomeLock, HomeLocked

ROOT = Path(__file__).parents[2]
LIMIT_S = 20.0

HOLD = """
import sys
from pathlib import Path
from protoddfd.edge.lock import HomeLock, HomeLocked
try:
    lock = HomeLock(Path(sys.argv[1]))
except HomeLocked as error:
    print("locked", error.pid, flush=True)
else:
    print("mine", flush=True)
    sys.stdin.read()
"""

FULL = """
import resource, signal, sys
from pathlib import Path
from protoddfd.edge.lock import HomeLock, HomeLocked
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
first = HomeLock(Path(sys.argv[1]))
try:
    HomeLock(Path(sys.argv[1]))
except HomeLocked as error:
    print("locked", error.pid)
first.release()
HomeLock(Path(sys.argv[1])).release()
"""


def contender(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_of_daemons_started_at_once_one_has_the_home(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    contenders = [contender(path) for _ in range(4)]
    words = [said(each) for each in contenders]
    for each in contenders:
        each.communicate(timeout=LIMIT_S)
    assert words.count("mine") == 1
    assert all(word == "mine" or word.startswith("locked") for word in words)


def test_the_holder_is_named_and_the_home_is_free_once_it_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with contender(path) as holder:
        assert said(holder) == "mine"
        with pytest.raises(HomeLocked) as caught:
            HomeLock(path)
        assert caught.value.pid == holder.pid
        holder.send_signal(signal.SIGKILL)
        holder.wait(LIMIT_S)
        HomeLock(path).release()


def test_a_released_home_can_be_had_again(tmp_path: Path) -> None:
    HomeLock(tmp_path / "lock").release()
    second = HomeLock(tmp_path / "lock")
    assert (tmp_path / "lock").read_text(encoding="ascii") == f"{os.getpid()}\n"
    second.release()


def test_a_full_disk_keeps_nobody_from_a_home(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "lock")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "locked None\n"
