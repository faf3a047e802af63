"""Apps served by several processes, restarted under load, started by the first request, stopped when idle."""

import os
import signal
import statistics
import time

import psutil
import pytest

from load import Load
from testbed import Daemon, http, runs, wait_for

pytestmark = pytest.mark.e2e


def test_instances_share_the_ports_and_each_is_a_process_of_its_own(shared: Daemon) -> None:
    app = shared.create("trio")
    scaled = shared.call("app.scale", name="trio", instances=3)
    assert (scaled["state"], scaled["scale"], scaled["sessions"]) == ("ready", 3, "sticky")
    assert len({each["pid"] for each in scaled["instances"]}) == 3
    assert {each["state"] for each in scaled["instances"]} == {"ready"}
    one, two, three = shared.pids("trio")
    os.kill(one, signal.SIGSTOP)
    os.kill(two, signal.SIGSTOP)
    try:
        assert http(app.ports.backend, "/ping")[0] == 200  # answered by the third
    finally:
        os.kill(one, signal.SIGCONT)
        os.kill(two, signal.SIGCONT)
    shared.call("app.scale", name="trio", instances=1)
    assert shared.pids("trio") == [one]
    wait_for(lambda: not any(psutil.pid_exists(pid) and runs(psutil.Process(pid)) for pid in (two, three)))
    assert http(app.ports.backend, "/ping")[0] == 200


@pytest.mark.parametrize("keep_alive", [False, True], ids=["new connections", "kept connections"])
@pytest.mark.parametrize("instances", [pytest.param(1, marks=pytest.mark.long), 3])
def test_a_restart_under_load_refuses_and_fails_nobody(
    shared: Daemon, instances: int, keep_alive: bool
) -> None:
    name = f"rolling_{instances}_{int(keep_alive)}"
    app = shared.create(name)
    shared.call("app.scale", name=name, instances=instances)
    before = shared.pids(name)
    with Load(app.ports.backend, keep_alive=keep_alive) as load:
        wait_for(lambda: load.answered > 50)
        for _ in range(3):
            shared.call("app.restart", name=name)
        reached = load.answered
        wait_for(lambda: load.answered > reached + 50)
    assert not load.failures
    assert not set(before) & set(shared.pids(name))
    shared.call("app.stop", name=name)


def test_one_of_several_that_is_killed_is_replaced_while_the_others_serve(shared: Daemon) -> None:
    app = shared.create("pair")
    shared.call("app.scale", name="pair", instances=2)
    first, second = shared.pids("pair")
    os.kill(first, signal.SIGKILL)
    assert http(app.ports.backend, "/ping")[0] == 200
    wait_for(lambda: len(shared.pids("pair")) == 2 and first not in shared.pids("pair"))
    assert second in shared.pids("pair")
    shared.call("app.stop", name="pair")


def test_the_first_request_starts_an_app_and_a_pause_stops_it(shared: Daemon) -> None:
    app = shared.create("sleepy", start=False)
    shared.call("app.set", name="sleepy", on_demand=True, idle_stop_s=1.0)
    assert shared.call("app.start", name="sleepy")["state"] == "listening"
    assert shared.pids("sleepy") == []
    for _ in range(2):
        assert http(app.ports.frontend, "/")[0] == 200
        assert shared.wait_state("sleepy", "ready").instances
        assert shared.wait_state("sleepy", "listening").instances == ()
    shared.call("app.stop", name="sleepy")
    with pytest.raises(ConnectionRefusedError):
        http(app.ports.frontend, "/")


def test_an_open_connection_or_a_request_keeps_it_up_and_a_check_does_not(shared: Daemon) -> None:
    app = shared.create("busy", start=False)
    health = {"checks": [{"kind": "http", "path": "/ping"}], "period_min_s": 0.1, "period_max_s": 0.1}
    shared.call("app.set", name="busy", on_demand=True, idle_stop_s=1.0, health=health)
    shared.call("app.start", name="busy")
    with Load(app.ports.backend, clients=1, keep_alive=True) as load:
        wait_for(lambda: load.answered > 10)
        (pid,) = shared.pids("busy")
        end = time.monotonic() + 2.5
        wait_for(lambda: time.monotonic() > end or shared.pids("busy") != [pid])
        assert shared.pids("busy") == [pid]
    shared.wait_state("busy", "listening", seconds=10)


def test_a_crash_of_an_app_on_demand_waits_for_the_next_request(shared: Daemon) -> None:
    app = shared.create("fragile", start=False)
    shared.call("app.set", name="fragile", on_demand=True)
    shared.call("app.start", name="fragile")
    http(app.ports.backend, "/ping")
    (pid,) = wait_for(lambda: shared.pids("fragile"))
    os.kill(pid, signal.SIGKILL)
    shared.wait_state("fragile", "listening")
    assert http(app.ports.backend, "/ping")[0] == 200
    assert shared.wait_state("fragile", "ready").instances[0].life == 2


def test_waking_takes_a_moment(shared: Daemon) -> None:
    app = shared.create("quick", start=False)
    shared.call("app.set", name="quick", on_demand=True)
    took_s = []
    for _ in range(3):
        shared.call("app.stop", name="quick")
        shared.call("app.start", name="quick")
        began = time.monotonic()
        assert http(app.ports.backend, "/ping")[0] == 200
        took_s.append(time.monotonic() - began)
    assert statistics.median(took_s) < 5.0, "far from a moment: the figure itself is in the benchmarks"
