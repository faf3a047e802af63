"""Programs as they are found: what they write, how they end, what they expect around them."""

import json
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from testbed import Daemon, runs, wait_for

pytestmark = pytest.mark.e2e


def lines(daemon: Daemon, name: str) -> list[str]:
    records = daemon.call("app.logs", name=name, lines=1000)["records"]
    return [each["text"] for each in records if each["stream"] != "log"]


def once(daemon: Daemon, name: str, *command: str, **params: object) -> list[str]:
    """Run a command that ends, and return what it wrote."""
    daemon.adopt(name, *command, restart="never", wait_s=0, **params)
    daemon.wait_state(name, "down", "failed")
    return lines(daemon, name)


@pytest.mark.parametrize(
    ("name", "script", "written"),
    [
        ("no_newline", "printf 'last words'", ["last words"]),
        ("both", "echo out; echo err >&2", ["out", "err"]),
        ("nothing", "true", []),
        ("percent", "echo '100%(x)s %% {y} $HOME'", ["100%(x)s %% {y} $HOME"]),
        ("accents", "echo 'grüße, 世界'", ["grüße, 世界"]),
        ("empty_lines", "echo; echo a; echo", ["", "a", ""]),
        ("stdin", "cat; echo done", ["done"]),
    ],
)
def test_what_a_program_writes_is_kept_as_it_is(
    shared: Daemon, name: str, script: str, written: list[str]
) -> None:
    assert sorted(once(shared, name, "/bin/sh", "-c", script)) == sorted(written)


def test_bytes_that_are_no_text_do_no_harm(shared: Daemon) -> None:
    (line,) = once(shared, "bytes", "/bin/sh", "-c", r"printf 'a\377\376b\0c\n'")
    assert line.startswith("a") and line.endswith("c")  # noqa: PT018 -- the middle is anybody's guess


def test_a_line_of_a_megabyte_is_whole(shared: Daemon) -> None:
    program = "import sys; sys.stdout.write('x' * 1_000_000 + '\\n'); sys.stdout.flush()"
    (line,) = once(shared, "long_line", sys.executable, "-c", program)
    assert line == "x" * 1_000_000


def test_arguments_arrive_as_they_were_given(shared: Daemon) -> None:
    odd = [
        "a b",
        "$HOME",
        "`id`",
        "'quoted'",
        '"double"',
        "new\nline",
        "ünïcödé",
        "",
        "--",
        "-x",
        "{{ 7 * 7 }}",
    ]
    program = "import sys, json; print(json.dumps(sys.argv[1:]))"
    (line,) = once(shared, "arguments", sys.executable, "-c", program, *odd)
    assert json.loads(line) == odd


def test_a_program_that_closes_its_output_is_none_the_worse(shared: Daemon) -> None:
    shared.adopt("closed", "/bin/sh", "-c", "exec >&- 2>&-; exec sleep 1000")
    assert shared.app("closed").state == "ready"


@pytest.mark.long
def test_a_program_that_fails_for_good_disturbs_no_other(shared: Daemon) -> None:
    shared.adopt("calm", "sleep", "1000")
    before = shared.pids("calm")
    shared.adopt("hopeless", "/bin/false", restart="always", wait_s=0)
    shared.wait_state("hopeless", "failed", seconds=40)
    assert shared.pids("calm") == before


def test_one_that_daemonises_itself_has_ended_and_so_does_its_daemon(shared: Daemon, tmp_path: Path) -> None:
    away = tmp_path / "pid"
    script = (
        f"(setsid sh -c 'echo $$ > {away}; exec sleep 1000' &) ; while [ ! -s {away} ]; do sleep 0.01; done"
    )
    once(shared, "daemonises", "/bin/sh", "-c", script)
    pid = int(away.read_text())
    wait_for(lambda: not (psutil.pid_exists(pid) and runs(psutil.Process(pid))))


def test_a_stop_of_what_never_ran_and_a_restart_of_what_is_down_are_no_errors(shared: Daemon) -> None:
    shared.adopt("lazy", "sleep", "1000", start=False)
    assert shared.call("app.stop", name="lazy")["state"] == "down"
    assert shared.call("app.restart", name="lazy")["state"] == "ready"


def test_a_program_that_was_frozen_can_be_stopped(shared: Daemon) -> None:
    shared.adopt("frozen", "sleep", "1000")
    shared.call("app.set", name="frozen", stop_grace_s=0.3)
    (pid,) = shared.pids("frozen")
    os.kill(pid, signal.SIGSTOP)
    assert shared.call("app.stop", name="frozen")["state"] == "down"


def test_a_program_that_vanished_from_the_disk_says_so(shared: Daemon, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexec sleep 1000\n")
    program.chmod(0o755)
    shared.adopt("gone", str(program))
    program.unlink()
    os.kill(shared.pids("gone")[0], signal.SIGKILL)
    app = shared.wait_state("gone", "backoff", "failed")
    assert "program" in (app.reason or "")


def test_unhealthy_is_told_then_restarted_by_policy(shared: Daemon, tmp_path: Path) -> None:
    well = tmp_path / "well"
    well.touch()
    shared.adopt("patient", "sleep", "1000", start=False)
    check = {"kind": "command", "argv": ["test", "-e", str(well)]}
    health = {"checks": [check], "failures": 2, "period_min_s": 0.1, "period_max_s": 0.2, "grace_s": 0.5}
    shared.call("app.set", name="patient", health=health)
    shared.call("app.start", name="patient")
    (first,) = shared.pids("patient")
    well.unlink()
    sick = shared.wait_state("patient", "unhealthy")
    assert "2 times in a row" in (sick.reason or "")
    wait_for(lambda: shared.pids("patient") not in ([], [first]))
    well.touch()
    assert shared.wait_state("patient", "ready").instances[0].restarts >= 1
