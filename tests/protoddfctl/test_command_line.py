"""The real command line against a real socket: what it asks, what it says, how it exits."""

import argparse
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from protoddfctl.commands import COMMANDS
from protoddfctl.commands.pages import PAGES
from protoddfctl.parsers import parse, parser_of
from protoddfd.wire.methods import METHODS
from terminal import Terminal

pytestmark = pytest.mark.e2e

MAIN = [sys.executable, "-c", "import sys; from protoddfctl.cli import main; sys.exit(main())"]

UNREACHED: dict[str, str] = {}
"""Methods that no command calls, and why."""


def test_every_method_is_reached_by_some_command() -> None:
    reached = {method for command in COMMANDS.values() for method in command.methods}
    assert set(METHODS) - reached == set(UNREACHED)
    assert reached <= set(METHODS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    told = parser_of(COMMANDS[name]).format_help()
    assert COMMANDS[name].summary in " ".join(told.split())
    assert PAGES[name].examples
    assert [
        each.words for each in PAGES[name].examples if f"\n  protoddfctl {each.words}\n" not in told
    ] == []
    assert set(PAGES[name].see) <= set(COMMANDS)


EXAMPLES = [each.words for page in PAGES.values() for each in page.examples]


@pytest.mark.parametrize("words", EXAMPLES)
def test_every_example_is_understood(words: str) -> None:
    name, *rest = shlex.split(words.partition(" > ")[0])
    parse(parser_of(COMMANDS[name]), rest, argparse.Namespace())


def test_help_lists_the_commands_and_exits_0(run: Any) -> None:
    ran = run("--help")
    assert ran.returncode == 0
    assert all(f"\n  {name} " in ran.stdout for name in COMMANDS)
    assert "examples:" in run("list", "--help").stdout
    assert run("help", "list").stdout == run("list", "--help").stdout
    assert run("help").stdout == ran.stdout


def test_list_shows_a_table_and_json(daemon: Any, run: Any) -> None:
    shown = run("list").stdout.splitlines()
    assert shown[0].split() == ["NAME", "STATE", "ADDRESS", "PID", "CPU", "MEMORY", "FOR", "TITLE"]
    assert shown[1].split()[:4] == ["crm", "ready", "http://127.0.0.1:4001", "77"]
    assert "\x1b" not in "".join(shown)
    assert [app["name"] for app in json.loads(run("list", "--json").stdout)["apps"]] == ["crm", "inventory"]
    assert json.loads(run("--json", "list", "--state", "failed").stdout)["apps"] == []
    assert daemon.asked("app.list").state == "failed"


def test_show_tells_about_one_app(daemon: Any, run: Any) -> None:
    del daemon
    assert "http://127.0.0.1:4001" in run("show", "crm").stdout
    assert json.loads(run("show", "crm", "--json").stdout)["name"] == "crm"


def test_a_refusal_exits_1_with_the_reason_and_the_hint_on_standard_error(daemon: Any, run: Any) -> None:
    del daemon
    ran = run("show", "nix")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "protoddfctl: there is no app 'nix'\n  hint: protoddfctl list\n"
    told = json.loads(run("show", "nix", "--json").stderr)["error"]
    assert (told["code"], told["kind"]) == (1001, "app.unknown")


def test_no_daemon_exits_3_and_says_how_to_start_it(run: Any, tmp_path: Path) -> None:
    ran = run("list")
    assert ran.returncode == 3
    assert f"no protoddfd answers at {tmp_path / 'd.sock'}" in ran.stderr
    assert "hint: start it: " in ran.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["lst"],
        ["list", "--nope"],
        ["start"],
        ["start", "crm", "--all"],
        ["create", "x"],
        ["show"],
        [],
        ["adopt", "w"],
        ["adopt", "w", "--path", ".", "--", "true"],
        ["adopt", "w", "--env", "X", "--", "true"],
        ["scale", "crm"],
        ["scale", "crm", "many"],
        ["config", "show", "x"],
        ["config", "chek"],
    ],
)
def test_wrong_usage_exits_2(run: Any, words: list[str]) -> None:
    ran = run(*words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "usage: " in ran.stderr


@pytest.mark.parametrize(
    ("words", "said", "helps"),
    [
        (["restrat"], "did you mean restart?", "protoddfctl --help"),
        (
            ["create", "x", "--tmplate", "crm"],
            "no option --tmplate; did you mean --template?",
            "create --help",
        ),
        (["list", "--state=redy"], "'redy' cannot be chosen; did you mean ready?", "protoddfctl list --help"),
        (["show", "crm", "more"], "nothing to do with 'more'", "protoddfctl show --help"),
        (["events", "--since", "x"], "invalid int value", "protoddfctl events --help"),
    ],
)
def test_a_slip_is_told_with_what_was_meant_and_the_next_command(
    run: Any, words: list[str], said: str, helps: str
) -> None:
    ran = run(*words)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert f"  hint: {helps}" in ran.stderr.replace("protoddfctl create", "create")
    told = json.loads(run(*words, "--json").stderr)["error"]
    assert told["kind"] == "usage"
    assert said in told["message"]


@pytest.mark.parametrize("words", [["show", "crn"], ["start", "inventory", "crn"]])
def test_an_app_that_there_is_none_of_is_told_with_the_one_that_was_meant(
    daemon: Any, run: Any, words: list[str]
) -> None:
    ran = run(*words)
    assert ran.returncode == 1
    assert "hint: did you mean crm? protoddfctl list shows every app\n" in ran.stderr
    daemon.apps.clear()
    assert "did you mean" not in run("show", "crn").stderr


def test_several_apps_are_commanded_one_by_one_and_one_refusal_stops_no_other(daemon: Any, run: Any) -> None:
    ran = run("restart", "crm", "nix", "inventory", "--wait", "5")
    assert ran.returncode == 1
    assert ran.stdout.splitlines() == [
        "crm is ready: http://127.0.0.1:4001", "inventory is ready: http://127.0.0.1:4001",
    ]  # fmt: skip
    assert "nix" in ran.stderr
    assert daemon.asked("app.restart").wait_s == 5


@pytest.mark.parametrize("command", ["start", "stop", "restart"])
def test_all_apps_are_commanded_at_once(daemon: Any, run: Any, command: str) -> None:
    assert run(command, "--all").returncode == 0
    assert daemon.asked(f"app.{command}").all


def test_delete_refuses_without_a_terminal_to_ask_on(daemon: Any, run: Any) -> None:
    ran = run("delete", "crm")
    assert ran.returncode == 1
    assert "--yes" in ran.stderr
    assert "crm" in daemon.apps


def test_delete_does_it_when_told_to(daemon: Any, run: Any) -> None:
    assert run("delete", "crm", "--yes", "--keep-files").stdout == "crm is deleted; its files are in /srv/x\n"
    assert daemon.asked("app.delete").keep_files
    assert "crm" not in daemon.apps


@pytest.mark.parametrize(("answer", "gone"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_delete_asks_on_a_terminal(daemon: Any, answer: str, gone: bool) -> None:
    status, _shown = on_a_terminal([*MAIN, "--socket", str(daemon.socket), "delete", "crm"], answer)
    assert (status == 0) is gone
    assert ("crm" not in daemon.apps) is gone


def test_a_person_sees_colours_unless_they_said_no(daemon: Any) -> None:
    words = [*MAIN, "--socket", str(daemon.socket), "list"]
    assert "\x1b[32mready" in on_a_terminal(words)[1]
    assert "\x1b[" not in on_a_terminal(words, NO_COLOR="1")[1]
    assert "\x1b[" not in on_a_terminal(words, NO_COLOR="1", FORCE_COLOR="1")[1]
    assert "\x1b[" not in on_a_terminal(words, TERM="dumb")[1]


def test_a_pipe_is_coloured_only_by_force(daemon: Any, run: Any) -> None:
    assert "\x1b[32mready" in run("list", FORCE_COLOR="1").stdout
    assert "\x1b[31mprotoddfctl:" in run("show", "nix", FORCE_COLOR="1").stderr
    for said in ({"FORCE_COLOR": "0"}, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, {}):
        assert "\x1b" not in run("list", **said).stdout + run("show", "nix", **said).stderr
    del daemon


def test_a_table_fits_a_narrow_terminal(daemon: Any) -> None:
    words = [*MAIN, "--socket", str(daemon.socket), "list"]
    shown = on_a_terminal(words, COLUMNS="60", NO_COLOR="1")[1].splitlines()
    assert max(map(len, shown)) <= 60
    assert shown[0].split() == ["NAME", "STATE", "ADDRESS", "PID", "CPU", "MEMORY"]
    assert shown[1].split()[:3] == ["crm", "ready", "http://127.0.0.1:4001"]
    assert shown[-1] == "(too narrow for FOR, TITLE)"
    tiny = on_a_terminal(words, COLUMNS="20", NO_COLOR="1")[1].splitlines()
    assert tiny[0].split() == ["NAME", "STATE"]
    assert max(map(len, tiny)) <= 20


def test_an_apps_output_cannot_drive_the_terminal(daemon: Any) -> None:
    shown = on_a_terminal([*MAIN, "--socket", str(daemon.socket), "logs", "crm"])[1]
    assert "\x1b[31mred" in shown
    assert "\x1b]0;" not in shown


def test_create_by_path_and_by_upload(daemon: Any, run: Any, tmp_path: Path) -> None:
    data = tmp_path / "customers.csv"
    data.write_text("name\nAda\n")
    ran = run("create", "shop", "--from", "customers.csv", "--title", "My Shop", "--wait", "9")
    assert (ran.returncode, ran.stdout) == (0, "shop is ready: http://127.0.0.1:4001\n")
    asked = daemon.asked("app.create")
    assert [source.path for source in asked.sources] == [str(data)]
    assert (asked.title, asked.wait_s, asked.start, asked.template) == ("My Shop", 9, True, "data_app")


def test_create_from_a_spec(daemon: Any, run: Any, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"entities": [1]}')
    assert run("create", "shop", "--spec", "s.json", "--no-start").stdout.startswith("shop is ready")
    asked = daemon.asked("app.create")
    assert (asked.spec, asked.start, asked.sources) == ({"entities": [1]}, False, ())


def test_a_spec_written_over_many_lines_goes_as_one_request(daemon: Any, run: Any, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{\n  "entities": [\n    1\n  ]\n}\n')
    assert run("create", "shop", "--spec", "s.json", "--no-start").stdout.startswith("shop is ready")


def test_propose_says_of_which_entities_it_saw_samples(daemon: Any, run: Any, tmp_path: Path) -> None:
    del daemon
    (tmp_path / "a.csv").write_text("x\n1\n")
    ran = run("propose", "a.csv")
    assert ran.stdout.splitlines()[-1] == "confidence 90% (from samples of Customer), designer rules"


def test_the_faults_of_a_spec_are_listed(daemon: Any, run: Any, tmp_path: Path) -> None:
    del daemon
    (tmp_path / "s.json").write_text('{"entities": []}')
    ran = run("create", "shop", "--spec", "s.json")
    assert ran.returncode == 1
    assert "  entities: is empty (add one)\n" in ran.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["create", "a", "--from", "nowhere.csv"], "does not exist"),
        (["create", "a", "--from", "empty"], "no file in empty"),
        (["create", "a", "--spec", "nowhere.json"], "cannot read"),
        (["create", "a", "--spec", "broken.json"], "is not JSON"),
        (["check", "broken.json"], "is not JSON"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    daemon: Any, run: Any, tmp_path: Path, words: list[str], said: str
) -> None:
    del daemon
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "empty").mkdir()
    ran = run(*words)
    assert ran.returncode == 1
    assert said in ran.stderr


def test_create_shows_progress_on_a_terminal(daemon: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    words = [*MAIN, "--socket", str(daemon.socket), "create", "shop", "--from", str(tmp_path / "a.csv")]
    status, shown = on_a_terminal(words)
    assert status == 0
    assert "shop is ready: http://127.0.0.1:4001" in shown
    assert daemon.asked("events.subscribe").apps == ("shop",)


def test_propose_writes_the_spec_and_explains_it(daemon: Any, run: Any, tmp_path: Path) -> None:
    del daemon
    (tmp_path / "a.csv").write_text("a\n1\n")
    ran = run("propose", "a.csv", "-o", "out.json")
    assert "Customer  name text" in ran.stdout
    assert "column a: all unique" in ran.stdout
    assert json.loads((tmp_path / "out.json").read_text())["name"] == "crm"
    assert json.loads(run("propose", "a.csv", "--json").stdout)["spec"]["name"] == "crm"


def test_propose_takes_a_description_instead_of_files(daemon: Any, run: Any) -> None:
    del daemon
    assert "Customer  name text" in run("propose", "--describe", "customers with a name").stdout


def test_propose_and_create_ask_for_something_to_design_from(daemon: Any, run: Any) -> None:
    del daemon
    for command in (("propose",), ("create", "shop")):
        ran = run(*command)
        assert ran.returncode == 2
        assert "--describe" in ran.stderr


def test_check_exits_1_when_there_are_faults(daemon: Any, run: Any, tmp_path: Path) -> None:
    del daemon
    (tmp_path / "bad.json").write_text("{}")
    (tmp_path / "good.json").write_text('{"entities": [1]}')
    bad, good = run("check", "bad.json"), run("check", "good.json")
    assert (bad.returncode, good.returncode) == (1, 0)
    assert "is empty" in bad.stdout
    assert json.loads(run("check", "bad.json", "--json").stdout)["problems"][0]["path"] == "entities"


def test_logs_are_written_and_followed(daemon: Any, run: Any) -> None:
    assert len(run("logs", "crm").stdout.splitlines()) == 3
    followed = run("logs", "crm", "-f", "-n", "1", "--match", "x", "--since", "2026-01-01")
    assert [line.split()[-1] for line in followed.stdout.splitlines()] == ["started", "0", "1", "2"]
    asked = daemon.asked("app.logs")
    assert (asked.lines, asked.match, asked.since, asked.follow) == (1, "x", "2026-01-01", True)
    records = [json.loads(line) for line in run("logs", "crm", "--json").stdout.splitlines()]
    assert records[0]["text"] == "started"


def test_events_are_followed_until_the_daemon_ends_them(daemon: Any, run: Any) -> None:
    shown = run("events", "--since", "7", "--app", "crm", "--kind", "app.changed").stdout.splitlines()
    assert [line.split()[0] for line in shown] == ["8", "9"]
    assert "state=ready" in shown[0]
    assert daemon.asked("events.subscribe").kinds == ("app.changed",)
    assert [json.loads(line)["seq"] for line in run("events", "--json").stdout.splitlines()] == [1, 2]


def test_the_rest_of_the_commands_say_what_they_found(daemon: Any, run: Any) -> None:
    assert "999 of the ports 4001-5000 are free" in run("ports").stdout
    assert run("ports", "cleanup").returncode == 0
    assert daemon.calls[-1][0] == "port.cleanup"
    assert "Data app" in run("templates").stdout
    assert "1 h 1 min" in run("status").stdout
    assert json.loads(run("status", "--json").stdout)["version"] == "9.9.9"
    assert json.loads(run("discover").stdout)["openrpc"]
    assert run("open", "crm", "--print").stdout == "http://127.0.0.1:4001\n"
    assert "the apps stay" in run("shutdown", "--keep-apps").stdout
    assert daemon.asked("daemon.stop").keep_apps


def test_version_tells_both_and_needs_no_daemon(daemon: Any, run: Any) -> None:
    assert json.loads(run("version", "--json").stdout)["protoddfd"] == "9.9.9"
    del daemon
    assert run("--version").stdout.startswith("protoddfctl ")
    alone = run("version", "--json", "--socket", "/nowhere")
    assert (alone.returncode, json.loads(alone.stdout)["protoddfd"]) == (0, None)


def test_doctor_finds_nothing_wrong_with_a_healthy_daemon(daemon: Any, run: Any) -> None:
    del daemon
    ran = run("doctor", "--json")
    verdicts = {(it["what"], it["verdict"]) for it in map(json.loads, ran.stdout.splitlines())}
    assert {
        ("python", "ok"),
        ("daemon", "ok"),
        ("zygote", "ok"),
        ("ports", "ok"),
        ("socket", "ok"),
    } <= verdicts
    assert ("version", "warn") in verdicts  # the daemon of these tests says that it is 9.9.9


def test_doctor_names_the_fault_and_the_cure(daemon: Any, run: Any) -> None:
    daemon.degraded = ("the disk is full",)
    daemon.held = False
    daemon.last_port = 4001
    ran = run("doctor")
    assert ran.returncode == 1
    for words in ("the disk is full", "nginx", "widen ports.range"):
        assert words in ran.stdout


def test_doctor_works_without_a_daemon(run: Any) -> None:
    ran = run("doctor")
    assert ran.returncode == 1
    assert "start it: " in ran.stdout


def test_doctor_sees_a_home_that_cannot_be(run: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "is no folder" in run("doctor", PROTODDF_HOME=str(tmp_path / "file")).stdout


def test_a_reader_that_goes_away_is_no_traceback(daemon: Any) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        [*MAIN, "--socket", str(daemon.socket), "list"], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (141, b"")


def test_an_interrupt_is_no_traceback(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        with subprocess.Popen(
            [*MAIN, "--socket", str(tmp_path / "s"), "list"], stderr=subprocess.PIPE
        ) as ran:
            with listener.accept()[0] as connection:
                connection.recv(1)
                ran.send_signal(signal.SIGINT)
            assert ran.communicate(timeout=20)[1] == b""
            assert ran.returncode == 130


def on_a_terminal(words: list[str], typed: str = "", **environ: str) -> tuple[int, str]:
    """Run a command on a terminal of its own; return its status and what it wrote there."""
    with Terminal(words, environ={"COLUMNS": "120", **environ}) as terminal:
        terminal.type(typed)
        return terminal.end(), terminal.raw
