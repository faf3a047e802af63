"""Limits of instances: what enforces them is said, and reaching one is a failure with its reason."""

import resource
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from protoddfctl.client import Client
from protoddfd.wire import results
from protoddfd.wire.options import AppOptions
from testbed import Daemon, wait_for

pytestmark = pytest.mark.e2e

GREEDY = """
import sys, time
kept = bytearray(int(sys.argv[1]) << 20)
print("has it", flush=True)
time.sleep(1000)
"""


def lines(daemon: Daemon, name: str) -> list[str]:
    records = daemon.call("app.logs", name=name, lines=100)["records"]
    return [each["text"] for each in records if each["stream"] != "log"]


def test_more_memory_than_allowed_is_a_failure_with_its_reason(shared: Daemon) -> None:
    shared.adopt("greedy", sys.executable, "-c", GREEDY, "300", start=False, restart="never")
    app = shared.call("app.set", name="greedy", limits={"memory_mib": 64})
    assert app["limits_by"]["memory_mib"] in ("cgroup", "sampling")
    shared.call("app.start", name="greedy", wait_s=0)
    failed = shared.wait_state("greedy", "failed", seconds=30)
    assert failed.reason is not None
    assert "more memory than its limit of 64" in failed.reason


def test_within_its_limit_it_goes_on(shared: Daemon) -> None:
    shared.adopt("modest", sys.executable, "-c", GREEDY, "8", start=False)
    shared.call("app.set", name="modest", limits={"memory_mib": 200, "open_files": 64, "cpu_percent": 50})
    shared.call("app.start", name="modest")
    wait_for(lambda: lines(shared, "modest") == ["has it"])
    assert shared.app("modest").instances[0].restarts == 0


def test_the_limit_of_open_files_holds(shared: Daemon) -> None:
    shared.adopt("files", "/bin/sh", "-c", "ulimit -n; exec sleep 1000", start=False)
    shared.call("app.set", name="files", limits={"open_files": 77})
    shared.call("app.start", name="files")
    assert wait_for(lambda: lines(shared, "files")) == ["77"]
    assert shared.app("files").limits_by == {"open_files": "rlimit"}


def test_options_that_make_no_sense_are_all_told_and_change_nothing(shared: Daemon) -> None:
    shared.adopt("sane", "sleep", "1000", start=False)
    with pytest.raises(Exception, match="options are not possible") as refused:
        shared.call(
            "app.set", name="sane", after=["nobody", "sane"], env={"A=B": "x"}, idle_stop_s=5, on_demand=True
        )
    paths = {problem.path for problem in refused.value.problems}  # type: ignore[attr-defined]  # it is ours
    assert {"after", "on_demand"} <= {path.partition("[")[0].partition(".")[0] for path in paths}
    assert shared.app("sane").options == AppOptions()


@contextmanager
def no_descriptor_left(daemon: Daemon) -> Iterator[None]:
    """Let the daemon open nothing more."""
    assert daemon.process is not None
    pid = daemon.process.pid
    used = max(int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir())
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 1, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def test_a_daemon_without_descriptors_says_so_and_recovers_by_itself(daemon: Daemon) -> None:
    daemon.adopt("bystander", "sleep", "1000")
    before = daemon.pids("bystander")
    with ExitStack() as stack:
        client = stack.enter_context(Client(str(daemon.socket), timeout_s=10))
        follower = stack.enter_context(Client(str(daemon.socket), timeout_s=10))
        client.call("daemon.status", type=results.DaemonStatus)
        follower.call_raw("events.subscribe", {"kinds": ["daemon.degraded", "daemon.recovered"]})
        told = follower.notifications(10)
        with no_descriptor_left(daemon):
            assert b"descriptor" in next(told)[1]
            status = client.call("daemon.status", type=results.DaemonStatus)
            assert any("descriptor" in reason for reason in status.degraded)
        assert b"daemon.recovered" in next(told)[1]
        assert client.call("daemon.status", type=results.DaemonStatus).degraded == ()
    assert daemon.pids("bystander") == before
