"""The daemon is killed with apps running: how soon the next one has them all and answers."""

import time

from benchmarks.bench import Bench, Fleet, say
from benchmarks.figures import Figure
from benchmarks.goals import goal
from benchmarks.http import answered_at, connect
from benchmarks.line import Refused

LIMIT_S = 60.0


def measure(bench: Bench, fleet: Fleet, size: int) -> list[Figure]:
    """Return the figures of adoption with the largest number of apps running."""
    if size != max(bench.sizes):
        return []
    say(f"adopt: SIGKILL of the daemon with {size} apps")
    before = fleet.pids()
    begun = time.monotonic()
    fleet.daemon.kill_and_start_again()
    answers_s = _first_answer_s(fleet, begun)
    ready_s = _all_ready_s(fleet, size, begun)
    after = fleet.pids()
    lost = sum(after.get(name) != pid for name, pid in before.items())
    silent = 0
    for port in fleet.ports.values():
        with connect(port) as connection:
            try:
                answered_at(connection)
            except OSError:
                silent += 1
    what = f"SIGKILL of the daemon with {size} apps"
    return [
        Figure(
            row="adopt", what=f"{what}: it answers", unit="s", value=answers_s, goal=goal("adopt.answers")
        ),
        Figure(row="adopt", what=f"{what}: and has found all of them ready", unit="s", value=ready_s),
        Figure(
            row="adopt", what=f"{what}: not the same process", unit="", value=lost, goal=goal("adopt.lost")
        ),
        Figure(row="adopt", what=f"{what}: do not answer", unit="", value=silent, goal=goal("adopt.lost")),
    ]


def _first_answer_s(fleet: Fleet, begun: float) -> float:
    while time.monotonic() - begun < LIMIT_S:
        try:
            fleet.daemon.call("daemon.status")
        except (OSError, EOFError, Refused):
            time.sleep(0.005)
            continue
        return time.monotonic() - begun
    raise TimeoutError(f"the daemon did not answer within {LIMIT_S} s")


def _all_ready_s(fleet: Fleet, size: int, begun: float) -> float:
    while time.monotonic() - begun < LIMIT_S:
        if fleet.daemon.call("daemon.status")["apps"].get("ready", 0) >= size:
            return time.monotonic() - begun
        time.sleep(0.01)
    raise TimeoutError(f"not all apps were ready within {LIMIT_S} s")
