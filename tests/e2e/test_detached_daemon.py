"""`protoddfd --daemon`: it returns when the daemon answers, or says why not; the daemon is on its own."""

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from protoddfctl.client import Client
from protoddfd.wire import results
from testbed import Daemon, cache, port_range, wait_for

pytestmark = pytest.mark.e2e

PROGRAM = (sys.executable, "-m", "protoddfd.main", "--daemon")
CARELESS = ("sh", "-c", 'trap "" HUP INT TERM; umask 077; exec "$@" <&-', "sh")
"""A caller that ignores signals, hides what it makes, and has no standard input."""


class Background:
    """Daemons of one home that run in the background."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home / "logs" / "protoddfd.log"

    def run(
        self, *options: str, before: Sequence[str] = (), files: Sequence[int] = (), **environ: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run `protoddfd --daemon` with a relative home, and return when it does."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PROTODDF_")}
        return subprocess.run(
            [*before, *PROGRAM, "--home", self.home.name, *options],
            env={**kept, "PROTODDF_CACHE": str(cache()), "PROTODDF_PORTS_RANGE": port_range(), **environ},
            cwd=self.home.parent, pass_fds=files, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def status(self) -> results.DaemonStatus:
        with Client(str(self.home / "run" / "protoddfd.sock")) as client:
            return client.call("daemon.status", type=results.DaemonStatus)

    def end(self) -> None:
        """End the daemon that has the home, if one has, and wait until it is gone."""
        with suppress(FileNotFoundError, ValueError, ProcessLookupError, psutil.Error):
            pid = int((self.home / "run" / "protoddfd.lock").read_text())
            process = os.pidfd_open(pid)
            try:
                if self.home.name in psutil.Process(pid).cmdline():
                    signal.pidfd_send_signal(process, signal.SIGTERM)
                    assert select.select([process], [], [], 30)[0], "it does not end"
            finally:
                os.close(process)


@pytest.fixture
def background(home: Path) -> Iterator[Background]:
    started = Background(home)
    try:
        yield started
        started.end()
    finally:
        Daemon(home).clean_up()


def test_the_daemon_is_on_its_own(background: Background) -> None:
    with (background.home / "callers-file").open("w") as file:
        ran = background.run(files=[file.fileno()], before=CARELESS)
    assert (ran.returncode, ran.stderr) == (0, "")
    pid = background.status().pid
    socket = background.home / "run" / "protoddfd.sock"
    assert ran.stdout == f"protoddfd runs in the background: process {pid}, socket {socket}\n"

    process = psutil.Process(pid)
    assert process.ppid() in {1, *(parent.pid for parent in psutil.Process().parents())}
    assert os.getsid(pid) not in {os.getsid(0), pid}, "the leader of a session can get a terminal"
    assert process.terminal() is None
    assert process.cwd() == "/"

    files = {int(link.name): str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    assert (files[0], files[1], files[2]) == (os.devnull, str(background.log), str(background.log))
    assert str(background.home / "callers-file") not in files.values()

    said = Path(f"/proc/{pid}/status").read_text()
    assert "Umask:\t0077\n" in said
    ignored = int(re.findall(r"SigIgn:\t(\w+)", said)[0], 16)
    assert not [
        number for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM) if ignored >> number - 1 & 1
    ]


def test_what_it_says_is_in_the_log_once(background: Background) -> None:
    assert background.run().returncode == 0
    background.end()
    text = background.log.read_text()
    assert text.count('"daemon.ready"') == text.count('"daemon.stopped"') == 1


def test_a_second_one_says_who_runs(background: Background) -> None:
    assert background.run().returncode == 0
    pid = background.status().pid
    second = background.run()
    assert (second.returncode, second.stdout) == (1, "")
    assert f"a protoddfd (process {pid}) already serves {background.home}\n" in second.stderr
    assert "protoddfctl status" in second.stderr
    assert background.status().pid == pid


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--set", "worker.processes=0"], "worker.processes: command line: '0' is not a whole number"),
        (["--home", "/proc/nowhere"], "cannot write to /proc/nowhere"),
    ],
)
def test_what_is_wrong_before_it_detaches_is_told(
    background: Background, options: list[str], said: str
) -> None:
    ran = background.run(*options)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert said in ran.stderr
    assert Daemon(background.home).kin() == []


def test_what_is_wrong_after_it_detached_is_told_too(background: Background) -> None:
    (background.home / "state" / "protoddf.json").mkdir(parents=True)
    ran = background.run()
    assert (ran.returncode, ran.stdout) == (1, "")
    assert f"cannot read {background.home}/state/protoddf.json: Is a directory" in ran.stderr
    wait_for(lambda: Daemon(background.home).kin() == [])


def test_a_daemon_that_dies_without_a_word_is_told_with_the_place_of_its_log(background: Background) -> None:
    (background.home / "run").mkdir()
    (background.home / "run" / "protoddfd.sock").mkdir()
    ran = background.run()
    assert (ran.returncode, ran.stdout) == (1, "")
    assert f"{background.log}" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_systemd_is_not_left_with_a_dead_program(background: Background) -> None:
    ran = background.run(NOTIFY_SOCKET="/run/systemd/notify")
    assert ran.returncode == 1
    assert "leave --daemon out of ExecStart" in ran.stderr
    assert Daemon(background.home).kin() == []
