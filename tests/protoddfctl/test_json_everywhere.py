"""With `--json` every command writes JSON and nothing else, whatever comes of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from protoddfctl.commands import COMMANDS

pytestmark = pytest.mark.e2e

WORDS: dict[str, list[list[str]]] = {
    "create": [["create", "shop", "--from", "a.csv"], ["create", "shop", "--spec", "bad.json"],
               ["create", "crm", "--template", "x"]],
    "adopt": [["adopt", "web", "--", "true"], ["adopt", "web"]],
    "list": [["list"], ["list", "--state", "failed"], ["list", "--state", "odd"]],
    "show": [["show", "crm"], ["show", "nix"], ["show"]],
    "start": [["start", "crm", "inventory"], ["start", "--all"], ["start", "crm", "nix"], ["start"]],
    "stop": [["stop", "crm"], ["stop", "--all"]],
    "restart": [["restart", "crm"], ["restart", "nix"]],
    "scale": [["scale", "crm", "2"], ["scale", "crm", "0"], ["scale", "crm", "many"]],
    "set": [["set", "crm"], ["set", "crm", "env.A=1"], ["set", "crm", "odd=1"], ["set", "nix"]],
    "data": [["data", "move", "crm", "--to", "sqlite:///x.db"],
             ["data", "move", "crm", "--to", "env:NO_SUCH_VARIABLE"]],
    "update": [["update", "crm", "good.json"], ["update", "crm", "good.json", "--dry-run"],
               ["update", "crm", "nowhere.json"]],
    "delete": [["delete", "crm", "inventory", "--yes"], ["delete", "crm"]],
    "open": [["open", "crm"], ["open", "nix"]],
    "logs": [["logs", "crm"], ["logs", "--all", "-f"], ["logs", "crm", "-n", "x"]],
    "propose": [["propose", "--describe", "books"], ["propose", "nowhere.csv"]],
    "check": [["check", "good.json"], ["check", "bad.json"], ["check", "nowhere.json"]],
    "templates": [["templates"], ["templates", "data_app"], ["templates", "nix"]],
    "ports": [["ports"], ["ports", "cleanup"], ["ports", "clean"]],
    "events": [["events"], ["events", "--kind", "odd"]],
    "metrics": [["metrics"], ["metrics", "crm"], ["metrics", "--prometheus"]],
    "top": [["top", "--every", "1"], ["top", "--every", "0"]],
    "status": [["status"], ["status", "--watch"]],
    "config": [["config", "show"], ["config", "check"], ["config", "check", "nowhere"]],
    "reload": [["reload"]],
    "shutdown": [["shutdown", "--keep-apps"]],
    "discover": [["discover"]],
    "doctor": [["doctor"]],
    "completion": [["completion", "bash"], ["completion", "tcsh"]],
    "version": [["version"], ["--version"]],
}  # fmt: skip
"""Of each command: what goes well, and ways in which it does not."""


def test_no_command_is_forgotten() -> None:
    assert set(WORDS) == set(COMMANDS)


@pytest.fixture
def files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    (tmp_path / "bad.json").write_text('{"entities": []}')
    (tmp_path / "good.json").write_text('{"entities": [1]}')


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("name", WORDS)
def test_all_that_is_written_is_json(daemon: Any, run: Any, name: str) -> None:
    for words in WORDS[name]:
        ran = run("--json", *words)
        told = [json.loads(line) for line in ran.stdout.splitlines()]
        refused = [json.loads(line) for line in ran.stderr.splitlines()]
        assert told or refused, words
        assert all(set(each) == {"error"} and each["error"]["message"] for each in refused), words
        assert ran.returncode in ((0, 1, 3) if told else (1, 2)), words
    del daemon


@pytest.mark.parametrize(
    "name", [name for name in WORDS if name not in ("completion", "version", "doctor", "config")]
)
def test_a_daemon_that_is_not_there_is_told_as_json_too(run: Any, name: str, tmp_path: Path) -> None:
    for file in ("a.csv", "good.json"):
        (tmp_path / file).write_text('{"entities": [1]}')
    ran = run("--json", *WORDS[name][0])
    assert (ran.returncode, ran.stdout) == (3, "")
    assert json.loads(ran.stderr)["error"]["hint"].startswith("start it: ")
