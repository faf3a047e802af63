"""The configuration of a running daemon: shown, checked, and read again without a restart of any app."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from protoddfctl.client import Client, decode
from protoddfd.errors import ConfigInvalid
from protoddfd.wire import results
from protoddfd.wire.events import Event
from testbed import Daemon, http, wait_for

pytestmark = pytest.mark.e2e


@pytest.fixture
def configured(home: Path) -> Iterator[Daemon]:
    """Return a daemon with a setting from each layer."""
    (home / "config.toml").write_text("[apps]\nstop_grace_s = 1\n[worker]\nprocesses = 1\n")
    daemon = Daemon(
        home, "--log-level", "warning", env={"PROTODDF_APPS_REDIS_URL": "", "PROTODDF_PORTS_RANGE": None}
    )
    try:
        yield daemon.start()
    finally:
        daemon.clean_up()


def shown(daemon: Daemon) -> dict[str, tuple[Any, str, bool]]:
    rows = daemon.call("config.show")["settings"]
    return {row["key"]: (row["value"], row["source"], row["reloads"]) for row in rows}


def test_every_value_is_shown_with_its_source(configured: Daemon) -> None:
    file = configured.home / "config.toml"
    found = shown(configured)
    assert found["apps.stop_grace_s"] == (1.0, f"{file}:2", True)
    assert found["worker.processes"] == (1, f"{file}:4", False)
    assert found["log.level"] == ("warning", "command line", True)
    assert found["apps.redis_url"] == ("", "$PROTODDF_APPS_REDIS_URL", True)
    assert found["ports.range"] == ("3000-5000", "default", True)


def test_a_reload_changes_what_it_can_and_no_app(configured: Daemon) -> None:
    app = configured.create("crm")
    (configured.home / "config.toml").write_text(
        "[apps]\nstop_grace_s = 2\n[worker]\nprocesses = 2\n[ports]\nrange = '47100-47200'\n"
    )
    done = configured.call("daemon.reload")
    assert done == {"changed": ["ports.range", "apps.stop_grace_s"], "needs_restart": ["worker.processes"]}
    assert shown(configured)["worker.processes"][0] == 1
    assert configured.app("crm").instances[0].pid == app.instances[0].pid
    assert http(app.ports.frontend)[0] == 200
    frontend = configured.create("second", start=False).ports.frontend
    assert frontend is not None
    assert 47100 <= frontend <= 47200


def test_a_wrong_configuration_changes_nothing(configured: Daemon) -> None:
    before = shown(configured)
    (configured.home / "config.toml").write_text("[apps]\nstop_grace_s = 5\n[wroker]\n[ports]\nrange = 'all'")
    with pytest.raises(ConfigInvalid) as refused:
        configured.call("daemon.reload")
    assert [problem.path for problem in refused.value.problems] == ["wroker", "ports.range"]
    assert shown(configured) == before
    checked = configured.call("config.check")["problems"]
    assert [problem["path"] for problem in checked] == ["wroker", "ports.range"]
    assert configured.call("config.check", text="[log]\nlevel = 'info'\n") == {"problems": []}


def test_a_hang_up_reads_the_configuration_again(configured: Daemon) -> None:
    file = configured.home / "config.toml"
    file.write_text("[apps]\nstop_grace_s = 3\n")
    assert configured.process is not None
    configured.process.send_signal(signal.SIGHUP)
    wait_for(lambda: shown(configured)["apps.stop_grace_s"][0] == 3)
    file.write_text("[apps]\nstop_grace_s = 'long'\n")
    configured.process.send_signal(signal.SIGHUP)
    log = configured.home / "logs" / "protoddfd.log"
    wait_for(lambda: '"config.refused"' in log.read_text())
    assert shown(configured)["apps.stop_grace_s"][0] == 3


def test_a_reload_is_an_event(configured: Daemon) -> None:
    seq = configured.call("app.list")["seq"]
    (configured.home / "config.toml").write_text("[logs]\nkeep = 2\n[worker]\nprocesses = 1\n")
    configured.call("daemon.reload")
    with Client(str(configured.socket)) as client:
        client.call("events.subscribe", {"since": seq, "kinds": ["daemon.reloaded"]}, type=results.Subscribed)
        _, text = next(client.notifications(timeout_s=30))
    assert decode(text, Event).data == {"changed": ["apps.stop_grace_s", "logs.keep"], "needs_restart": []}


def test_check_config_says_everything_and_starts_nothing(home: Path) -> None:
    def check() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "protoddfd.main", "--home", str(home), "--check-config"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert (check().returncode, check().stdout) == (0, "the configuration has no faults\n")
    (home / "config.toml").write_text("[log]\nlevel = 'loud'\nkeep = -1\n")
    ran = check()
    assert ran.returncode == 1
    assert f"  log.level: {home}/config.toml:2: 'loud' is not debug, info, warning or error\n" in ran.stderr
    assert f"  log.keep: {home}/config.toml:3: -1 is not a whole number" in ran.stderr
    assert not (home / "run").exists()
