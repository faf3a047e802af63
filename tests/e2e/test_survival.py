"""Whatever is killed: programs go on, no line or request is lost, ends are told apart, nothing runs twice.

What happened is counted against what the programs recorded themselves.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import psutil
import pytest

from crowd import Teller, alive, kill_verified
from load import Load
from testbed import Daemon, wait_for

pytestmark = pytest.mark.e2e

VICTIMS = {
    "daemon": ("daemon",),
    "zygote": ("zygote",),
    "logger": ("logger",),
    "daemon and zygote": ("daemon", "zygote"),
    "all three": ("daemon", "zygote", "logger"),
}
FEW = ("daemon", "all three")
"""Those that are tried every time."""


class Scene:
    """A daemon with apps that serve and programs that write."""

    def __init__(self, daemon: Daemon, *, tellers: int, rate: int) -> None:
        self.daemon = daemon
        self.apps = [daemon.create(f"app{number}") for number in range(2)]
        self.tellers = [Teller(daemon, f"teller{number}", rate=rate) for number in range(tellers)]
        self.enders = {
            "always": Teller(daemon, "again", rate=10),
            "on-failure": Teller(daemon, "mended", rate=10),
            "never": Teller(daemon, "once", rate=10),
        }
        for teller in self.tellers:
            teller.adopt()
        for policy, teller in self.enders.items():
            teller.adopt(policy)
        for teller in (*self.tellers, *self.enders.values()):
            wait_for(partial(getattr, teller, "written"))
        self.pids = self.pids_now()

    def pids_now(self) -> dict[str, list[int]]:
        """Return the processes of what is to live through everything."""
        names = [app.name for app in self.apps] + [teller.name for teller in self.tellers]
        return {name: self.daemon.pids(name) for name in names}

    def kill(self, victims: tuple[str, ...], number: int = signal.SIGKILL) -> None:
        """Signal daemon, zygote or logger."""
        status = self.daemon.call("daemon.status")
        for name in victims:
            pid = status["pid"] if name == "daemon" else status[name]["pid"]
            kill_verified(pid, "protoddfd.main" if name == "daemon" else "proto", number)

    @contextmanager
    def under_load(self) -> Iterator[None]:
        """Ask every app all the while, and fail when one request does."""
        loads = [Load(app.ports.backend, clients=2) for app in self.apps]
        with ExitStack() as stack:
            for load in loads:
                stack.enter_context(load)
            wait_for(lambda: all(load.answered > 20 for load in loads))
            yield
            reached = [load.answered for load in loads]
            wait_for(
                lambda: all(load.answered > before + 20 for load, before in zip(loads, reached, strict=True))
            )
        for load in loads:
            assert not load.failures, f"{load.failures} of {load.answered} requests failed"

    def end_some(self) -> None:
        """Have some programs end by themselves, and wait until they say so."""
        self.enders["always"].order_exit(1)
        self.enders["on-failure"].order_exit(3)
        self.enders["never"].order_exit(0)
        for teller in self.enders.values():
            wait_for(teller.is_over)
        for teller in self.enders.values():
            teller.withdraw_order()

    def check(self) -> None:
        """Fail unless everything that was to live lives, once, and has lost nothing."""
        assert self.pids_now() == self.pids
        for teller in self.tellers:
            assert teller.runs == self.pids[teller.name]
            teller.check_lines()


@pytest.fixture
def daemon(home: Path) -> Iterator[Daemon]:
    """Return a running daemon that keeps all that is written, on a slow machine too: it is counted."""
    daemon = Daemon(home, env={"PROTODDF_LOGS_KEEP": "100", "PROTODDF_LOGS_QUOTA_MIB": "0"})
    try:
        yield daemon.start()
    finally:
        daemon.clean_up()


def restart(daemon: Daemon) -> float:
    """Start the daemon anew; return the seconds until it answers."""
    assert daemon.process is not None
    daemon.process.wait(30)
    began = time.monotonic()
    daemon.start()
    return time.monotonic() - began


@pytest.mark.parametrize(
    "victims",
    [pytest.param(parts, marks=() if name in FEW else pytest.mark.long) for name, parts in VICTIMS.items()],
    ids=VICTIMS.keys(),
)
def test_nothing_is_lost_when_it_is_killed(daemon: Daemon, victims: tuple[str, ...]) -> None:
    live_through(daemon, victims, tellers=4, rate=2_000, down_s=1.0)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("victims", VICTIMS.values(), ids=VICTIMS.keys())
def test_nothing_is_lost_at_a_megabyte_a_second_over_half_a_minute(
    daemon: Daemon, victims: tuple[str, ...]
) -> None:
    live_through(daemon, victims, tellers=20, rate=10_000, down_s=30.0)


def live_through(daemon: Daemon, victims: tuple[str, ...], *, tellers: int, rate: int, down_s: float) -> None:
    """Kill `victims`, have some programs end in the meantime, start the daemon again and count."""
    scene = Scene(daemon, tellers=tellers, rate=rate)
    with scene.under_load():
        scene.kill(victims)
        if "daemon" in victims:
            scene.end_some()
            end = time.monotonic() + down_s
            wait_for(lambda: time.monotonic() > end, down_s + 5)
            took_s = restart(daemon)
            print(f"{' and '.join(victims)} killed: adopted and answering after {took_s:.2f} s")  # noqa: T201
        else:
            wait_for(lambda: not daemon.call("daemon.status")["degraded"])
            scene.end_some()
        check_ends(scene, seen="zygote" not in victims)
    scene.check()


def check_ends(scene: Scene, *, seen: bool) -> None:
    """Fail unless each policy was applied once to the end that came while nobody looked."""
    daemon, enders = scene.daemon, scene.enders
    for policy in ("always", "on-failure"):
        teller = enders[policy]
        wait_for(partial(teller.ran, 2))
        assert daemon.wait_state(teller.name, "ready").instances[0].pid == teller.runs[-1]
    once = daemon.wait_state("once", "down", "failed")
    assert enders["never"].runs == enders["never"].runs[:1], "what is to run once ran again"
    if seen:
        assert (once.state, once.reason) == ("down", "exited with status 0")
    else:
        assert once.state == "failed"
        assert "nobody saw how" in (once.reason or "")


@pytest.mark.long
def test_a_pause_of_daemon_zygote_and_logger_loses_nothing(daemon: Daemon) -> None:
    pause(daemon, tellers=3, rate=1_000, pause_s=2.0)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_pause_of_half_a_minute_loses_nothing(daemon: Daemon) -> None:
    pause(daemon, tellers=20, rate=2_000, pause_s=30.0)


def pause(daemon: Daemon, *, tellers: int, rate: int, pause_s: float) -> None:
    """Stop all three for a while and let them go on."""
    scene = Scene(daemon, tellers=tellers, rate=rate)
    status = daemon.call("daemon.status")
    with scene.under_load():
        for pid in (status["pid"], status["zygote"]["pid"], status["logger"]["pid"]):
            os.kill(pid, signal.SIGSTOP)
        end = time.monotonic() + pause_s
        try:
            wait_for(lambda: time.monotonic() > end, pause_s + 5)
        finally:
            for pid in (status["pid"], status["zygote"]["pid"], status["logger"]["pid"]):
                os.kill(pid, signal.SIGCONT)
        assert daemon.call("daemon.status")["degraded"] == []
    scene.check()


def test_an_upgrade_is_a_restart_that_no_app_notices(daemon: Daemon) -> None:
    scene = Scene(daemon, tellers=3, rate=1_000)
    with scene.under_load():
        for _ in range(2):
            assert daemon.stop(signal.SIGUSR2) == 0
            daemon.start()
    scene.check()


def test_after_a_reboot_what_was_wanted_up_is_up_on_its_ports(daemon: Daemon) -> None:
    app, teller = daemon.create("kept"), Teller(daemon, "worker", rate=10)
    teller.adopt()
    down = daemon.create("asleep", start=False)
    before = [each.pid for each in daemon.kin()]
    assert daemon.process is not None
    for process in daemon.kin():
        with suppress(psutil.Error):
            process.kill()
    daemon.process.wait(30)
    wait_for(lambda: not [pid for pid in before if alive(pid)])
    for path in sorted((daemon.home / "run").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    daemon.start()
    assert daemon.wait_state("kept", "ready").ports == app.ports
    daemon.wait_state("worker", "ready")
    assert wait_for(lambda: len(teller.runs) == 2)
    assert daemon.app("asleep").state == "down"
    assert daemon.app("asleep").ports == down.ports


def test_what_came_from_the_time_before_is_dealt_with_once(daemon: Daemon) -> None:
    teller = Teller(daemon, "again", rate=10)
    teller.adopt()
    assert daemon.process is not None
    daemon.process.kill()
    daemon.process.wait(30)
    teller.order_exit(1)
    wait_for(lambda: teller.has_ended)
    teller.withdraw_order()
    for _ in range(3):
        daemon.start()
        wait_for(lambda: len(teller.runs) == 2)
        daemon.wait_state("again", "ready")
        daemon.process.kill()
        daemon.process.wait(30)
    daemon.start()
    assert daemon.pids("again") == teller.runs[-1:]
    assert len(teller.runs) == 2


@pytest.mark.long
def test_programs_of_a_zygote_before_the_last_are_adopted_and_their_ends_are_noticed(daemon: Daemon) -> None:
    app = daemon.create("old")
    stays, ends = Teller(daemon, "stays", rate=10), Teller(daemon, "ends", rate=10)
    stays.adopt()
    ends.adopt()
    wait_for(lambda: stays.written and ends.written)
    before = [daemon.pids(name) for name in ("old", "stays")]
    kill_verified(daemon.call("daemon.status")["zygote"]["pid"], "proto", signal.SIGKILL)
    wait_for(lambda: not daemon.call("daemon.status")["degraded"])
    assert daemon.stop(signal.SIGUSR2) == 0
    ends.order_exit(1)
    wait_for(ends.is_over)
    ends.withdraw_order()
    daemon.start()
    assert [daemon.pids(name) for name in ("old", "stays")] == before
    assert daemon.app("old").ports == app.ports
    wait_for(partial(ends.ran, 2))
    assert daemon.wait_state("ends", "ready").instances[0].pid == ends.runs[-1]
    kill_verified(before[1][0], "teller.py", signal.SIGKILL)
    wait_for(partial(stays.ran, 2))
    assert daemon.stop() == 0
    assert not [pid for pid in (*stays.runs, *ends.runs, *before[0]) if alive(pid)]
