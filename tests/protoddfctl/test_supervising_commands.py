"""The command line of what is adopted, scaled, set and configured, against a real socket."""

import json
import os
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from protoddfctl.commands.listing import _App, _Instance
from protoddfctl.show import STATE_COLOURS
from protoddfd.wire import results
from protoddfd.wire.options import AppOptions, Check, Health, Limits

pytestmark = pytest.mark.e2e

# adopt --------------------------------------------------------------------------------------------------


def test_a_command_is_adopted_where_the_person_is(daemon: Any, run: Any, tmp_path: Path) -> None:
    ran = run("adopt", "mailer", "--", sys.executable, "-m", "mailer", "--env", "x")
    assert (ran.returncode, ran.stdout) == (0, "mailer is ready: http://127.0.0.1:4001\n")
    asked = daemon.asked("app.adopt")
    assert asked.command == (sys.executable, "-m", "mailer", "--env", "x")
    assert (asked.cwd, asked.path, asked.env, asked.ports, asked.restart) == (
        str(tmp_path), None, {}, 2, "always",
    )  # fmt: skip


def test_options_may_stand_on_either_side_of_the_name(daemon: Any, run: Any, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    options = ["--cwd", "there", "--env", "A=b=c", "--ports", "0"]
    for words in (
        [*options, "one", "--", "./run.sh", "--cwd", "-x"],
        ["one", *options, "--", "./run.sh", "--cwd", "-x"],
        ["one", *options, "./run.sh", "--cwd", "-x"],
    ):
        assert run("adopt", *words).returncode == 0
        asked = daemon.asked("app.adopt")
        assert asked.command == (f"{tmp_path}/there/run.sh", "--cwd", "-x")
        assert (asked.cwd, asked.env, asked.ports) == (f"{tmp_path}/there", {"A": "b=c"}, 0)


def test_a_program_is_found_on_the_persons_own_path(daemon: Any, run: Any, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("#!/bin/sh\n")
    (tmp_path / "mine").chmod(0o755)
    assert run("adopt", "w", "--", "mine", PATH=f"{tmp_path}:{os.environ['PATH']}").returncode == 0
    assert daemon.asked("app.adopt").command == (f"{tmp_path}/mine",)
    assert run("adopt", "w", "--", "nowhere-to-be-found").returncode == 0
    assert daemon.asked("app.adopt").command == ("nowhere-to-be-found",)


def test_a_folder_is_adopted(daemon: Any, run: Any, tmp_path: Path) -> None:
    ran = run(
        "adopt",
        "shop",
        "--path",
        "shop",
        "--no-start",
        "--title",
        "My Shop",
        "--restart",
        "never",
        "--wait",
        "3",
    )
    assert ran.returncode == 0
    asked = daemon.asked("app.adopt")
    assert (asked.path, asked.command, asked.cwd) == (str(tmp_path / "shop"), None, None)
    assert (asked.start, asked.title, asked.restart, asked.wait_s) == (False, "My Shop", "never", 3)


# scale and set ------------------------------------------------------------------------------------------


def test_an_app_is_scaled(daemon: Any, run: Any) -> None:
    ran = run("scale", "crm", "3", "--wait", "9")
    assert ran.stdout == "crm is served by 3 processes (a session stays with its process); 1 run\n"
    assert (daemon.asked("app.scale").instances, daemon.asked("app.scale").wait_s) == (3, 9)
    assert run("scale", "crm", "0").returncode == 1


def test_options_are_set_by_words(daemon: Any, run: Any, tmp_path: Path) -> None:
    ran = run(
        "set", "crm", "--restart-now", "restart=never", "env.A=1 2", "secrets.KEY=key", "after=inventory"
    )
    assert (ran.returncode, ran.stdout) == (
        0, f"crm: restart=never after=inventory env.A=1 2 secrets.KEY={tmp_path}/key\n",
    )  # fmt: skip
    asked = daemon.asked("app.set")
    assert (asked.restart, asked.env, asked.after) == ("never", {"A": "1 2"}, ("inventory",))
    assert asked.restart_now
    assert not asked.watch


def test_what_is_not_named_is_not_sent(daemon: Any, run: Any) -> None:
    told = run("set", "crm", "env.A=1").stdout
    assert told.splitlines()[1].endswith("protoddfctl restart crm")
    asked = daemon.asked("app.set")
    given = {name for name in AppOptions.__struct_fields__ if getattr(asked, name) is not UNSET}
    assert given == {"env"}


def test_a_part_is_changed_and_reset_without_losing_the_rest(daemon: Any, run: Any) -> None:
    assert run("set", "crm", "env.A=1", "env.B=2", "limits.processes=5").returncode == 0
    assert run("set", "crm", "--reset", "env.A", "limits.memory_mib=512").returncode == 0
    options = daemon.apps["crm"].options
    assert options.env == {"B": "2"}
    assert options.limits == Limits(processes=5, memory_mib=512)
    assert run("set", "crm", "--reset", "env", "--reset", "limits").stdout.startswith(
        "crm: every option is what it is by default\n"
    )


def test_options_are_set_by_a_file(daemon: Any, run: Any, tmp_path: Path) -> None:
    (tmp_path / "o.json").write_text(
        '{"health": {"failures": 5, "checks": [{"kind": "port"}]},\n "env": {"A": "1"}}'
    )
    assert run("set", "crm", "--json-options", "o.json", "health.grace_s=1", "env.B=2").returncode == 0
    options = daemon.apps["crm"].options
    assert options.health == Health(failures=5, checks=(Check(kind="port"),), grace_s=1.0)
    assert options.env == {"A": "1", "B": "2"}


@pytest.mark.parametrize("text", ["{", "[]", '{"restrat": "never"}', '{"restart": "maybe"}', "[" * 9999])
def test_a_file_without_options_is_refused(daemon: Any, run: Any, tmp_path: Path, text: str) -> None:
    (tmp_path / "o.json").write_text(text)
    ran = run("set", "crm", "--json-options", "o.json")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "o.json has no options" in ran.stderr
    assert "cannot read nowhere.json" in run("set", "crm", "--json-options", "nowhere.json").stderr
    assert "app.set" not in [name for name, _ in daemon.calls]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("restrat=never", "there is no option 'restrat'; did you mean restart?"),
        ("restart=nver", "did you mean never?"),
        ("idle_stop_s=-1", "idle_stop_s: Expected `float` >= 0"),
    ],
)
def test_a_wrong_word_is_wrong_usage(daemon: Any, run: Any, word: str, said: str) -> None:
    ran = run("set", "crm", word)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr
    assert "app.set" not in [name for name, _ in daemon.calls]


def test_without_words_the_options_are_shown(daemon: Any, run: Any) -> None:
    run("set", "crm", "on_demand=yes", "idle_stop_s=60")
    shown = {line.split()[0]: line.split()[1:] for line in run("set", "crm").stdout.splitlines()}
    assert shown["on_demand"] == ["yes", "no"]
    assert shown["idle_stop_s"] == ["60", "0"]
    assert shown["restart"] == ["always"]
    assert json.loads(run("set", "crm", "--json").stdout)["on_demand"] is True
    assert [asked.on_demand for name, asked in daemon.calls if name == "app.set"] == [True]


# config -------------------------------------------------------------------------------------------------


def test_the_configuration_is_shown_with_its_sources(daemon: Any, run: Any) -> None:
    del daemon
    shown = [line.split() for line in run("config").stdout.splitlines()]
    assert shown[1:] == [
        ["log.level", "info", "/h/config.toml:3", "reload"], ["worker.processes", "2", "default", "restart"],
    ]  # fmt: skip
    assert len(json.loads(run("config", "show", "--json").stdout)["settings"]) == 2


def test_the_configuration_is_checked_by_the_daemon(daemon: Any, run: Any, tmp_path: Path) -> None:
    ran = run("config", "check")
    assert ran.returncode == 1
    assert "did you mean info?" in ran.stdout
    assert daemon.asked("config.check").text is None
    (tmp_path / "c.toml").write_text("[log]\n")
    ran = run("config", "check", "c.toml")
    assert (ran.returncode, ran.stdout) == (0, "c.toml has no faults\n")
    assert daemon.asked("config.check").text == "[log]\n"


def test_the_configuration_is_checked_without_a_daemon_too(run: Any, tmp_path: Path) -> None:
    assert run("config", "check", PROTODDF_HOME=str(tmp_path)).stdout == "the configuration has no faults\n"
    (tmp_path / "config.toml").write_text("[log]\nlevel = 'loud'\n")
    for words in (["config", "check"], ["config", "check", "config.toml"]):
        ran = run(*words, PROTODDF_HOME=str(tmp_path))
        assert ran.returncode == 1
        assert "'loud' is not debug, info, warning or error" in ran.stdout
    (problem,) = json.loads(run("config", "check", "config.toml", "--json").stdout)["problems"]
    assert problem["path"] == "log.level"
    assert run("config", "show").returncode == 3
    assert "cannot read nowhere" in run("config", "check", "nowhere").stderr


def test_a_reload_tells_what_changed_and_what_waits(daemon: Any, run: Any) -> None:
    del daemon
    assert run("reload").stdout.splitlines() == [
        "changed: log.level", "waiting for a restart of the daemon: worker.processes",
    ]  # fmt: skip
    assert json.loads(run("reload", "--json").stdout)["changed"] == ["log.level"]


# list and show ------------------------------------------------------------------------------------------


def change(daemon: Any, name: str, **changes: Any) -> None:
    daemon.apps[name] = replace(daemon.apps[name], **changes)


def test_the_list_has_columns_for_what_only_some_apps_have(daemon: Any, run: Any) -> None:
    change(daemon, "crm", scale=3)
    change(daemon, "inventory", state="failed", reason="it exited 1\nits last lines", instances=(), url="")
    head, crm, inventory = (line.split() for line in run("list").stdout.splitlines())
    assert head == [
        "NAME", "STATE", "ADDRESS", "RUNS", "PID", "CPU", "MEMORY", "FOR", "TITLE", "REASON",
    ]  # fmt: skip
    assert crm[3:6] == ["1", "of", "3"]
    assert inventory == [
        "inventory", "failed", "-", "0", "of", "1", "-", "-", "-", "-", "Inventory", "it", "exited", "1",
    ]  # fmt: skip


def test_the_list_asks_for_what_it_shows_and_for_everything_as_json(daemon: Any, run: Any) -> None:
    run("list")
    shown = {name for name in _App.__struct_fields__ if name != "instances"}
    inner = {f"instances.{name}" for name in _Instance.__struct_fields__}
    assert set(daemon.asked("app.list").fields) == shown | inner
    assert json.loads(run("list", "--json").stdout)["apps"][0]["options"]["restart"] == "always"
    assert daemon.asked("app.list").fields is None


def test_what_the_list_reads_is_what_apps_are() -> None:
    assert set(_App.__struct_fields__) <= set(results.App.__struct_fields__)
    assert set(_Instance.__struct_fields__) <= set(results.Instance.__struct_fields__)
    assert set(STATE_COLOURS) == set(get_args(results.State))


def test_show_tells_what_is_not_usual(daemon: Any, run: Any) -> None:
    instance = results.Instance(
        slot=0, pid=77, life=1, state="ready", since=1_700_000_000.0, open_files=12, connections=2,
        requests=100, errors=1, health=(results.HealthResult(check="http", ok=False, detail="503", at=1.0),),
    )  # fmt: skip
    change(
        daemon, "crm", scale=2, ports=results.Ports(), url="", instances=(instance,),
        command=("python", "-c", "print('a b')"), served_by="command", disk_bytes=2048,
        reason="it failed.\n  last\x1b[2J line", limits_by={"memory_mib": "cgroup"},
        options=AppOptions(watch=True, limits=Limits(memory_mib=5), env={"A": "x\ny"}),
    )  # fmt: skip
    shown = run("show", "crm").stdout
    for words in (
        "address          none\n",
        "ports            none\n",
        "command          python -c 'print('\"'\"'a b'\"'\"')'\n",
        "served by        command, 2 processes\n",
        "watch            yes\n",
        "limits.memory_mib  5 (by cgroup)\n",
        "100 requests, 1 failed, 2 connections open\n",
        "12 open files\n",
        "check http",
        "failed 503",
    ):
        assert " ".join(words.split()) in " ".join(shown.split())
    assert "\x1b" not in shown
    assert "it failed.\n" in shown


def test_what_an_app_wrote_last_cannot_drive_the_terminal(daemon: Any, run: Any) -> None:
    change(daemon, "crm", state="failed", reason="it exited 1. Its last lines:\n  \x1b]0;evil\x07 bye")
    told = run("start", "crm").stdout
    assert told == "crm is failed (it exited 1. Its last lines:\n  \ufffd]0;evil\ufffd bye)\n"


def test_a_command_without_ports_is_not_opened(daemon: Any, run: Any) -> None:
    change(daemon, "crm", url="")
    ran = run("open", "crm", "--print")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "has no address" in ran.stderr
