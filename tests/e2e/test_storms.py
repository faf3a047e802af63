"""Random kills in the middle of starts and stops: afterwards all is as wanted, once, and no line is lost.

The seeds are fixed; what a seed does depends on the machine's timing all the same, so more of them find more.
"""

import os
import random
import signal
from collections import Counter
from contextlib import suppress
from functools import partial

import pytest

from crowd import Teller, alive, kill_verified
from protoddfd.errors import ProtoddfError
from testbed import Daemon, wait_for

pytestmark = pytest.mark.e2e

TELLERS = 6
STEPS = (
    *("kill a program",) * 12, *("start",) * 4, *("stop",) * 4, *("restart",) * 4, "kill the zygote",
    "kill the logger", "kill the daemon",
)  # fmt: skip


class Storm:
    """A daemon and programs that get into trouble in an order that `seed` decides."""

    def __init__(self, daemon: Daemon, seed: int) -> None:
        self.daemon = daemon
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.tellers = [Teller(daemon, f"teller{number}", rate=100) for number in range(TELLERS)]
        for teller in self.tellers:
            teller.adopt()
            daemon.call("app.set", name=teller.name, stop_grace_s=2.0)

    def rage(self, kills: int) -> None:
        """Take steps until so many processes were killed."""
        while sum(count for step, count in self.done.items() if step.startswith("kill")) < kills:
            step = self.chance.choice(STEPS)
            if self._take(step, self.chance.choice(self.tellers)):
                self.done[step] += 1

    def _take(self, step: str, teller: Teller) -> bool:
        if step == "kill a program":
            return self._kill(teller)
        if step.startswith("kill"):
            return self._kill_helper(step.removeprefix("kill the "))
        with suppress(ProtoddfError):  # refused or not ready in time: that is weather
            self.daemon.call(f"app.{step}", name=teller.name, wait_s=self.chance.choice([0, 0, 0.05]))
        return True

    def _kill(self, teller: Teller) -> bool:
        pid = next((pid for pid in reversed(teller.runs) if alive(pid)), None)
        return pid is not None and self._kill_process(pid, "teller.py")

    @staticmethod
    def _kill_process(pid: int, command: str) -> bool:
        try:
            kill_verified(pid, command, signal.SIGKILL)
        except OSError:
            return False
        return True

    def _kill_helper(self, name: str) -> bool:
        """Kill daemon, zygote or logger, once the others have recovered: what is written with all three dead
        by a program that dies, too, can be kept by nobody."""
        wait_for(lambda: not self.daemon.call("daemon.status")["degraded"])
        if name == "daemon":
            assert self.daemon.process is not None
            self.daemon.process.kill()
            self.daemon.process.wait(30)
            self.daemon.start()
            return True
        pid = self.daemon.call("daemon.status")[name]["pid"]
        return pid is not None and self._kill_process(pid, "proto")

    def check(self) -> None:
        """Let the storm pass; fail unless each program runs once, has lost no line, and can be stopped."""
        wait_for(lambda: not self.daemon.call("daemon.status")["degraded"])
        for teller in self.tellers:
            with suppress(ProtoddfError):
                self.daemon.call("app.stop", name=teller.name)
            self.daemon.wait_state(teller.name, "down", "failed")
            assert not [pid for pid in teller.runs if alive(pid)], f"{teller.name} runs, though stopped"
            self.daemon.call("app.start", name=teller.name)
        for teller in self.tellers:
            before = teller.written
            wait_for(partial(teller.has_more_than, before))
            running = [pid for pid in teller.runs if alive(pid)]
            assert running == self.daemon.pids(teller.name), f"{teller.name} runs {len(running)} times"
            teller.check_lines(was_killed=True)


def weather(daemon: Daemon, seed: int, kills: int) -> None:
    """Live through one storm and tell what it was."""
    storm = Storm(daemon, seed)
    storm.rage(kills)
    storm.check()
    lines = sum(teller.written for teller in storm.tellers)
    runs = sum(len(teller.runs) for teller in storm.tellers)
    print(f"seed {seed}: {dict(storm.done)}; {runs} runs, {lines} lines, 0 lost, 0 doubles")  # noqa: T201


@pytest.mark.long
@pytest.mark.parametrize("seed", [1])
def test_a_storm_of_kills_leaves_everything_as_wanted(daemon: Daemon, seed: int) -> None:
    weather(daemon, seed, kills=40)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [int(seed) for seed in os.environ.get("STORM_SEEDS", "2 3").split()])
def test_a_long_storm_of_kills_leaves_everything_as_wanted(daemon: Daemon, seed: int) -> None:
    weather(daemon, seed, kills=300)
