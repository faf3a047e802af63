"""Every restart policy against every kind of end and every way in which the daemon may come back."""

import signal
from functools import partial

import pytest

from crowd import Teller, kill_verified
from testbed import Daemon, wait_for

pytestmark = pytest.mark.e2e

RUNS_AGAIN = {
    ("always", "ends well"), ("always", "fails"), ("always", "is killed"), ("on-failure", "fails"),
    ("on-failure", "is killed"),
}  # fmt: skip
POLICIES = ("always", "on-failure", "never")
ENDS = ("ends well", "fails", "is killed", "is stopped")
RETURNS = {"stopped": signal.SIGTERM, "killed": signal.SIGKILL, "upgraded": signal.SIGUSR2}


def crowd(daemon: Daemon) -> dict[tuple[str, str], Teller]:
    """Start one program for each policy and end."""
    found = {}
    for policy in POLICIES:
        for end in ENDS:
            name = f"{policy}_{end}".replace(" ", "_").replace("-", "_")
            found[policy, end] = Teller(daemon, name, rate=20)
            found[policy, end].adopt(policy)
    for teller in found.values():
        wait_for(partial(getattr, teller, "written"))
    return found


def end(daemon: Daemon, teller: Teller, how: str) -> None:
    """Bring about one end."""
    if how == "is killed":
        kill_verified(teller.runs[-1], "teller.py", signal.SIGKILL)
    elif how == "is stopped":
        daemon.call("app.stop", name=teller.name)
    else:
        teller.order_exit(0 if how == "ends well" else 3)
        wait_for(teller.is_over)
        teller.withdraw_order()


def check(daemon: Daemon, crowd: dict[tuple[str, str], Teller], *, started_again: bool) -> None:
    """Fail unless each is as its policy says, and was started as often as that takes."""
    for (policy, how), teller in crowd.items():
        if (policy, how) in RUNS_AGAIN:
            wait_for(partial(teller.ran, 2 + started_again))
            assert daemon.wait_state(teller.name, "ready").wanted == "up"
            continue
        expected = "failed" if policy == "never" and how in ("fails", "is killed") else "down"
        app = daemon.wait_state(teller.name, "failed", "down")
        assert (policy, how, app.wanted) == (policy, how, "down")
        assert (policy, how, len(teller.runs)) == (policy, how, 1)
        assert (policy, how, app.state) == (policy, how, expected)


@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=() if way == "killed" else pytest.mark.long) for way in RETURNS]
)
def test_a_policy_means_the_same_whatever_becomes_of_the_daemon(daemon: Daemon, way: str) -> None:
    tellers = crowd(daemon)
    for (_, how), teller in tellers.items():
        end(daemon, teller, how)
    check(daemon, tellers, started_again=False)
    assert daemon.process is not None
    daemon.process.send_signal(RETURNS[way])
    daemon.process.wait(60)
    daemon.start()
    check(daemon, tellers, started_again=way == "stopped")
