"""Completion: what may follow, and that real shells complete it when Tab is pressed."""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from protoddfctl.commands import COMMANDS
from protoddfctl.completing import EXCEPTIONS, KINDS, answer
from protoddfctl.parsers import parser_of
from terminal import Terminal

pytestmark = pytest.mark.e2e

FREE = {
    "TEXT", "SECONDS", "TIME", "REGEX", "N", "LINES", "URL", "NAME=VALUE", "OLD=NEW", "help", "json",
    "SECTION.KEY=VALUE",
}  # fmt: skip
"""Metavars of values that nobody can know."""


def values() -> list[tuple[str, argparse.Action]]:
    return [
        (name, action)
        for name, command in COMMANDS.items()
        for action in parser_of(command)._actions
        if action.nargs != 0 and action.choices is None
    ]


@pytest.mark.parametrize(("name", "action"), values(), ids=lambda it: getattr(it, "dest", it))
def test_every_value_is_completed_or_known_to_be_free(name: str, action: argparse.Action) -> None:
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    assert metavar in KINDS or metavar in FREE or (name, action.dest) in EXCEPTIONS


@pytest.fixture
def offered(daemon: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Return what tells the answer to words, of which the last is being typed."""
    monkeypatch.setenv("PROTODDF_SOCKET", str(daemon.socket))

    def offered(*words: str, shell: str = "fish") -> list[str]:
        kind, *lines = answer(shell, words).splitlines()
        return [kind, *(line.partition("\t")[0] for line in lines)]

    return offered


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([""], ["words", *COMMANDS]),
        (["rest"], ["words", "restart"]),
        (["--js"], ["words", "--json"]),
        (["--socket", ""], ["files"]),
        (["help", "sta"], ["words", "start", "status"]),
        (["show", ""], ["words", "crm", "inventory"]),
        (["show", "crm", ""], ["words"]),
        (["start", "crm", ""], ["words", "inventory"]),
        (["logs", "-n", "5", "i"], ["words", "inventory"]),
        (["logs", "crm", "--fo"], ["words", "--follow"]),
        (["list", "--state", "f"], ["words", "failed"]),
        (["list", "--state=f"], ["words", "--state=failed"]),
        (["events", "--app", "c"], ["words", "crm"]),
        (["events", "--kind", "app.d"], ["words", "app.deleted"]),
        (["create", "c"], ["words"]),
        (["create", "x", "--template", ""], ["words", "data_app"]),
        (["create", "x", "--from", "a.csv", ""], ["files"]),
        (["templates", "d"], ["words", "data_app"]),
        (["adopt", "x", "--path", ""], ["folders"]),
        (["set", "c"], ["words", "crm"]),
        (["set", "crm", "limits.m"], ["nospace", "limits.memory_mib="]),
        (["set", "crm", "restart="], ["words", "restart=always", "restart=never", "restart=on-failure"]),
        (["set", "crm", "on_demand=y"], ["words", "on_demand=yes"]),
        (["set", "crm", "title=x"], ["words"]),
        (["config", "ch"], ["words", "check"]),
        (["config", "check", ""], ["files"]),
        (["data", "move", "c"], ["words", "crm"]),
        (["no-such-command", ""], ["words"]),
    ],
)
def test_what_may_follow(offered: Any, words: list[str], expected: list[str]) -> None:
    assert offered(*words) == expected


def test_bash_gets_what_stands_after_the_equals_sign_alone(offered: Any) -> None:
    assert offered("set", "crm", "restart", "=", "n", shell="bash") == ["words", "never"]
    assert offered("set", "crm", "restart", "=", shell="bash")[1:] == ["always", "never", "on-failure"]
    assert offered("list", "--state", "=", "f", shell="bash") == ["words", "failed"]


def test_colons_are_escaped_for_zsh_alone() -> None:
    assert "words\nrestart:Stop an app" in answer("zsh", ["restar"])


def test_titles_cannot_drive_the_terminal(daemon: Any, offered: Any) -> None:
    from msgspec.structs import replace

    daemon.apps = {"crm": replace(daemon.apps["crm"], title="\x1b]0;evil\x07\nnext\tone")}
    assert offered("show", "") == ["words", "crm"]
    assert "\x1b" not in answer("fish", ["show", ""])


def test_without_a_daemon_there_are_no_names_and_no_complaint(run: Any) -> None:
    ran = run("__complete", "bash", "show", "")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "words\n", "")


@pytest.fixture
def typed(daemon: Any, run: Any, tmp_path: Path) -> Callable[[str, str], str]:
    """Return what types a line into a real shell, presses Tab, and tells what the line is then."""
    program = "import sys; from protoddfctl.cli import main; sys.exit(main())"
    home = tmp_path / "home"
    home.mkdir()
    (home / "customers.csv").write_text("")
    (home / "bin").mkdir()
    (home / "bin" / "protoddfctl").write_text(
        f'#!/bin/sh\nexec {shlex.join([sys.executable, "-c", program])} "$@"\n'
    )
    (home / "bin" / "protoddfctl").chmod(0o755)
    environ = {
        "HOME": str(home), "PATH": f"{home}/bin:{os.environ['PATH']}", "PROTODDF_SOCKET": str(daemon.socket),
        "INPUTRC": "/dev/null", "XDG_CONFIG_HOME": str(home), "XDG_DATA_HOME": str(home),
    }  # fmt: skip

    def typed(shell: str, line: str) -> str:
        if shutil.which(shell) is None:
            pytest.skip(f"there is no {shell} here: apt-get install {shell}")
        script = home / f"completion.{shell}"
        script.write_text(run("completion", shell).stdout)
        if shell == "fish":
            asked = f"source {script}; complete --do-complete {shlex.quote(line)}"
            ran = subprocess.run(
                ["fish", "-c", asked], env={**os.environ, **environ}, cwd=home, capture_output=True,
                text=True, check=True,
            )  # fmt: skip
            assert ran.stderr == ""
            return " ".join(each.partition("\t")[0] for each in ran.stdout.splitlines())
        start = {
            "bash": (["bash", "--norc", "-i"], "bind 'set enable-bracketed-paste off'"),
            "zsh": (["zsh", "-f", "-i"], "autoload -U compinit; compinit -u -D"),
        }
        words, setting_up = start[shell]
        with Terminal(words, cwd=home, environ=environ) as terminal:
            terminal.type(f"PS1=; {setting_up}; . {script}; echo rea''dy\n")
            terminal.wait_for(lambda it: "\nready" in it.plain)
            terminal.type(f"{line}\tX\x01echo '<\x05>'\n")  # the X shows whether a space came before
            terminal.wait_for(lambda it: "\n<" in it.plain and ">\n" in it.plain.rpartition("\n<")[2])
            terminal.type("exit\n")
            terminal.end()
            return terminal.plain.rpartition("\n<")[2].partition(">\n")[0]

    return typed


@pytest.mark.parametrize(
    ("line", "becomes", "fish"),
    [
        ("protoddfctl resta", "protoddfctl restart ", "restart"),
        ("protoddfctl show cr", "protoddfctl show crm ", "crm"),
        ("bin/protoddfctl show cr", "bin/protoddfctl show crm ", "crm"),
        ("protoddfctl start crm inv", "protoddfctl start crm inventory ", "inventory"),
        ("protoddfctl create x --templ", "protoddfctl create x --template ", "--template"),
        ("protoddfctl create x --template d", "protoddfctl create x --template data_app ", "data_app"),
        ("protoddfctl create x --from cust", "protoddfctl create x --from customers.csv ", "customers.csv"),
        ("protoddfctl set crm restart=ne", "protoddfctl set crm restart=never ", "restart=never"),
        ("protoddfctl set crm limits.mem", "protoddfctl set crm limits.memory_mib=", "limits.memory_mib="),
        ("protoddfctl list --state=fa", "protoddfctl list --state=failed ", "--state=failed"),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_tab_completes_in_a_real_shell(typed: Any, shell: str, line: str, becomes: str, fish: str) -> None:
    assert typed(shell, line) == (fish if shell == "fish" else f"{becomes}X")
