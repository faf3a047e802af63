"""Commands that are no app of ours: adopted, kept up by policy, stopped with all that they started."""

import os
import signal
import socket
import sys
from pathlib import Path

import psutil
import pytest

from protoddfd.errors import ProtoddfError
from testbed import Daemon, runs, wait_for

pytestmark = pytest.mark.e2e

FAMILY = """
import os, subprocess, sys, time
own = subprocess.Popen(["sleep", "1000"])
away = subprocess.Popen(["setsid", "sleep", "1000"])
print(own.pid, away.pid, flush=True)
time.sleep(1000)
"""


def refused(daemon: Daemon, method: str, **params: object) -> ProtoddfError:
    """Return the error that a call is refused with."""
    with pytest.raises(ProtoddfError) as caught:
        daemon.call(method, **params)
    return caught.value


def lines(daemon: Daemon, name: str) -> list[str]:
    records = daemon.call("app.logs", name=name, lines=1000)["records"]
    return [each["text"] for each in records if each["stream"] != "log"]


def test_a_command_runs_in_its_folder_with_its_environment(shared: Daemon, tmp_path: Path) -> None:
    script = 'pwd; echo "$COLOUR $PORT $PROTODDF_APP"; exec sleep 1000'
    app = shared.adopt("teller", "/bin/sh", "-c", script, cwd=str(tmp_path), env={"COLOUR": "blue"}, ports=1)
    assert (app.state, app.served_by, app.ports.backend) == ("ready", "command", None)
    assert wait_for(lambda: lines(shared, "teller")) == [str(tmp_path), f"blue {app.ports.frontend} teller"]


def test_a_command_that_is_killed_is_replaced_at_once(shared: Daemon) -> None:
    shared.adopt("phoenix", "sleep", "1000")
    (first,) = shared.pids("phoenix")
    os.kill(first, signal.SIGKILL)
    assert wait_for(lambda: [pid for pid in shared.pids("phoenix") if pid != first])
    assert shared.app("phoenix").instances[0].restarts == 1


def test_a_stop_stays_a_stop_and_leaves_nothing_behind(shared: Daemon) -> None:
    shared.adopt("family", sys.executable, "-c", FAMILY)
    kin = [psutil.Process(int(pid)) for pid in wait_for(lambda: lines(shared, "family"))[0].split()]
    leader = psutil.Process(shared.pids("family")[0])
    assert shared.call("app.stop", name="family")["state"] == "down"
    assert not [each for each in (leader, *kin) if runs(each)]
    assert shared.app("family").instances == ()


def test_a_crash_takes_down_what_the_crashed_one_had_started(shared: Daemon) -> None:
    shared.adopt("orphans", sys.executable, "-c", FAMILY)
    kin = [psutil.Process(int(pid)) for pid in wait_for(lambda: lines(shared, "orphans"))[0].split()]
    os.kill(shared.pids("orphans")[0], signal.SIGKILL)
    wait_for(lambda: not [each for each in kin if runs(each)])
    wait_for(lambda: [each.life for each in shared.app("orphans").instances if each.state == "ready"] == [2])


def test_one_that_ignores_the_stop_signal_is_killed_after_its_grace(shared: Daemon) -> None:
    shared.adopt("stubborn", "/bin/sh", "-c", "trap '' TERM; echo set; while :; do sleep 0.1; done")
    wait_for(lambda: lines(shared, "stubborn"))
    shared.call("app.set", name="stubborn", stop_grace_s=0.3)
    assert shared.call("app.stop", name="stubborn")["state"] == "down"


def test_the_stop_signal_can_be_chosen(shared: Daemon) -> None:
    shared.adopt(
        "polite", "/bin/sh", "-c", "trap 'echo got it; exit 0' USR1; echo set; while :; do sleep 0.05; done"
    )
    wait_for(lambda: lines(shared, "polite"))
    shared.call("app.set", name="polite", stop_signal="USR1")
    shared.call("app.stop", name="polite")
    assert "got it" in lines(shared, "polite")


@pytest.mark.parametrize(
    ("policy", "status", "state"),
    [("never", 0, "down"), ("never", 3, "failed"), ("on-failure", 0, "down")],
)
def test_a_policy_lets_an_end_be_an_end(shared: Daemon, policy: str, status: int, state: str) -> None:
    name = f"once_{policy.replace('-', '_')}_{status}"
    shared.adopt(name, "/bin/sh", "-c", f"echo ran; exit {status}", restart=policy, wait_s=0)
    app = shared.wait_state(name, state)
    assert app.wanted == "down"
    assert lines(shared, name) == ["ran"]


def test_flapping_ends_in_failed_with_the_last_lines_as_the_reason(shared: Daemon) -> None:
    shared.adopt("flapper", "/bin/sh", "-c", "echo the disk is made of cheese; exit 7", start=False)
    # the waits before the restarts: 0, 0.5, 1, 2, 4 s
    shared.call("app.start", name="flapper", wait_s=0)
    app = shared.wait_state("flapper", "failed", seconds=40)
    told = wait_for(lambda: "made of cheese" in (shared.app("flapper").reason or ""))
    assert told
    assert app.reason is not None
    assert "exited with status 7; 6 exits in 180 s" in app.reason
    assert len(lines(shared, "flapper")) == 6


def test_an_adopted_folder_is_never_removed(shared: Daemon, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    shared.adopt("guest", "sleep", "1000", cwd=str(tmp_path))
    gone = shared.call("app.delete", name="guest")
    assert gone["kept"] == str(tmp_path)
    assert (tmp_path / "precious").read_text() == "mine"


def test_the_same_name_twice_is_refused(shared: Daemon) -> None:
    shared.adopt("single", "sleep", "1000")
    error = refused(shared, "app.adopt", name="single", command=["sleep", "1"], ports=0)
    assert (error.code, "already" in error.message) == (1002, True)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "either the folder of a Reflex app or a command"),
        ({"command": ["sleep", "1"], "path": "/tmp"}, "either the folder of a Reflex app or a command"),
        ({"command": []}, "the command is empty"),
        ({"command": ["no-such-program-anywhere"]}, "no command 'no-such-program-anywhere'"),
        ({"command": ["sleep", "1"], "cwd": "/no/such/folder"}, "there is no folder"),
        ({"command": ["sleep", "1"], "cwd": "here"}, "is not absolute"),
        ({"path": "/tmp"}, "rxconfig.py"),
        ({"command": ["sleep", "1"], "env": {"A=B": "x"}}, "A=B"),
    ],
)
def test_what_cannot_be_adopted_says_why_and_leaves_nothing(
    shared: Daemon, asked: dict[str, object], says: str
) -> None:
    error = refused(shared, "app.adopt", name="nothing", **asked)
    assert says in error.message
    assert error.hint
    assert "nothing" not in [app["name"] for app in shared.call("app.list")["apps"]]


def test_commands_without_ports_can_be_scaled_and_go_when_they_are_too_many(shared: Daemon) -> None:
    shared.adopt("crew", "sleep", "1000")
    shared.call("app.scale", name="crew", instances=4)
    pids = shared.pids("crew")
    assert len(set(pids)) == 4
    shared.call("app.scale", name="crew", instances=1)
    assert shared.pids("crew") == pids[:1]
    assert not [pid for pid in pids[1:] if psutil.pid_exists(pid) and runs(psutil.Process(pid))]


@pytest.mark.parametrize("instances", [0, -1, 65])
def test_a_scale_that_makes_no_sense_is_refused(shared: Daemon, instances: int) -> None:
    with pytest.raises(Exception, match=r"instances"):
        shared.call("app.scale", name="crew", instances=instances)


def test_a_program_that_binds_its_port_itself_cannot_be_scaled(shared: Daemon) -> None:
    shared.adopt("binder", "sleep", "1000", ports=1)
    error = refused(shared, "app.scale", name="binder", instances=2)
    assert error.code == 1009
    error = refused(shared, "app.set", name="binder", on_demand=True)
    assert "no first request can wake it" in error.message


def test_a_program_that_serves_on_its_reserved_port_is_reached_there(shared: Daemon) -> None:
    serve = f'exec {sys.executable} -m http.server --bind 127.0.0.1 "$PORT"'
    shared.adopt("server", "/bin/sh", "-c", serve, ports=1, start=False)
    shared.call("app.set", name="server", health={"checks": [{"kind": "http", "path": "/"}]})
    app = shared.call("app.start", name="server")
    assert app["state"] == "ready"
    (row,) = [row for row in shared.call("port.list")["ports"] if row["app"] == "server"]
    assert row["held"] is False


def test_apps_that_come_after_another_wait_until_it_is_ready(shared: Daemon, tmp_path: Path) -> None:
    gate = tmp_path / "open"
    shared.adopt("base", "sleep", "1000", start=False)
    check = {"kind": "command", "argv": ["test", "-e", str(gate)]}
    shared.call("app.set", name="base", health={"checks": [check]})
    shared.adopt("later", "sleep", "1000", start=False)
    shared.call("app.set", name="later", after=["base"])
    shared.call("app.start", name="base", wait_s=0)
    error = refused(shared, "app.start", name="later", wait_s=0.2)
    assert (error.code, "waits for base" in error.message) == (1201, True)
    assert (shared.app("later").state, shared.app("later").reason) == ("down", "waits for base")
    gate.touch()
    shared.wait_state("later", "ready")
    assert shared.app("base").state == "ready"


def test_apps_that_would_wait_for_each_other_are_refused_with_the_circle(shared: Daemon) -> None:
    shared.adopt("egg", "sleep", "1000", start=False)
    shared.adopt("hen", "sleep", "1000", start=False)
    shared.call("app.set", name="hen", after=["egg"])
    error = refused(shared, "app.set", name="egg", after=["hen"])
    assert "egg" in error.message
    assert "hen" in error.message
    assert shared.app("egg").options.after == ()


def test_starting_all_keeps_to_the_order(shared: Daemon, tmp_path: Path) -> None:
    gate = tmp_path / "open"
    shared.adopt("first", "sleep", "1000", start=False)
    check = {"kind": "command", "argv": ["test", "-e", str(gate)]}
    shared.call("app.set", name="first", health={"checks": [check]})
    shared.adopt("earlier_by_name", "sleep", "1000", start=False)
    shared.call("app.set", name="earlier_by_name", after=["first"])
    with pytest.raises(ProtoddfError):
        shared.call("app.start", all=True, wait_s=0.5)
    assert shared.app("earlier_by_name").reason == "waits for first"
    gate.touch()
    shared.wait_state("earlier_by_name", "ready")


def test_a_stranger_on_a_reserved_port_is_moved_away_from(shared: Daemon) -> None:
    app = shared.adopt("walker", "sleep", "1000", ports=1)
    shared.call("app.stop", name="walker")
    assert app.ports.frontend is not None
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", app.ports.frontend))
        stranger.listen()
        (row,) = [row for row in shared.call("port.list")["ports"] if row["app"] == "walker"]
        assert row["foreign"]["pid"] == os.getpid()
        shared.call("app.start", name="walker")
        assert shared.app("walker").ports.frontend != app.ports.frontend


def test_a_secret_that_cannot_be_read_does_not_cost_the_running_process(
    shared: Daemon, tmp_path: Path
) -> None:
    shared.adopt("keeper", "sleep", "1000")
    before = shared.pids("keeper")
    shared.call("app.set", name="keeper", secrets={"TOKEN": str(tmp_path / "nowhere")})
    error = refused(shared, "app.restart", name="keeper")
    assert error.code == 1012
    assert shared.pids("keeper") == before


def test_a_list_has_the_fields_that_are_asked_for_and_the_parts_of_instances(shared: Daemon) -> None:
    app = shared.adopt("listed", "sleep", "1000")
    asked = ["state", "instances.pid", "instances.slot"]
    found = {each["name"]: each for each in shared.call("app.list", fields=asked)["apps"]}
    pid = app.instances[0].pid
    assert found["listed"] == {"name": "listed", "state": "ready", "instances": [{"pid": pid, "slot": 0}]}
    assert "an app has no field 'pid'" in str(refused(shared, "app.list", fields=["pid"]))
    assert "no field 'ports.web'" in str(refused(shared, "app.list", fields=["ports.web"]))
    error = refused(shared, "app.list", fields=["instances.cpu"])
    assert "an instance has no field 'cpu'" in str(error)
    assert "cpu_percent" in error.hint


def test_a_command_that_waits_to_be_tried_again_is_tried_at_once_with_a_change(shared: Daemon) -> None:
    script = 'test -n "$GO" && exec sleep 1000'
    shared.adopt("mended", "sh", "-c", script, wait_s=0)
    wait_for(lambda: shared.app("mended").state == "backoff")
    shared.call("app.set", name="mended", env={"GO": "1"}, restart_now=True)
    assert shared.app("mended").state == "ready"
