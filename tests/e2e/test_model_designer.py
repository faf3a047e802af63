"""A daemon with a language model: configured by settings, asked by a worker, told of in notes and as JSON."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from protoddfd.errors import ModelUnready
from scripted_model import ScriptedModel, patch, scripted
from testbed import Daemon

pytestmark = pytest.mark.e2e
TEXT = "library: books with title and author, members with name and email, loans with a due date"
KEY = "sk-very-secret-0123456789"
STATE = {
    "op": "add_field", "entity": "Loan", "field": "state", "type": "enum", "choices": ["open", "returned"],
}  # fmt: skip
RENAME = {"op": "rename_field", "entity": "Loan", "field": "due_date", "to": "due_on"}


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with scripted(patch(STATE, summary="Loans have a state."), patch(RENAME)) as model:
        yield model


@pytest.fixture
def with_model(home: Path, model: ScriptedModel) -> Iterator[Daemon]:
    key = home / "key"
    key.write_text(KEY)
    key.chmod(stat.S_IRUSR)
    (home / "config.toml").write_text(
        f'[model]\nprovider = "openai"\nbase_url = "{model.root}/v1"\nname = "small"\nkey_file = "{key}"\n'
    )
    daemon = Daemon(home)
    try:
        yield daemon.start()
    finally:
        daemon.clean_up()


def command(daemon: Daemon, *words: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; from protoddfctl.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", program, "--socket", str(daemon.socket), *words],
        capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


def libraries_of(daemon: Daemon) -> str:
    """Return the shared libraries that the daemon's own process has loaded."""
    assert daemon.process is not None
    return Path(f"/proc/{daemon.process.pid}/maps").read_text()


def test_a_model_betters_an_app_and_then_changes_it_by_words(
    with_model: Daemon, model: ScriptedModel
) -> None:
    app = with_model.create("library", spec=None, description=TEXT)
    assert app.state == "ready"
    stored = json.loads((Path(app.path) / "appspec.json").read_text())
    assert "state" in [field["name"] for field in stored["entities"][2]["fields"]]

    done = command(with_model, "update", "library", "--describe", "call the due date due on", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "model: renamed field Loan.due_date to due_on" in done.stdout
    stored = json.loads((Path(app.path) / "appspec.json").read_text())
    names = [field["name"] for field in stored["entities"][2]["fields"]]
    assert "due_on" in names
    assert "due_date" not in names

    assert "pydantic_core" not in libraries_of(with_model)
    assert KEY in model.heard[0].headers["authorization"]
    written = [path for path in with_model.home.rglob("*") if path.is_file() and path.name != "key"]
    assert not [path for path in written if KEY.encode() in path.read_bytes()]


@pytest.mark.long
def test_what_left_is_shown_as_json_and_in_notes(with_model: Daemon) -> None:
    done = command(with_model, "--json", "propose", "--describe", TEXT, "--designer", "model")
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["designer"] == "model"
    assert found["model"]["outcome"] == "changed"
    assert found["model"]["sent"] == ["description", "entities and fields"]
    assert any("left this machine" in note for note in found["notes"])
    assert Path(found["model"]["record"]).parent == with_model.home / "logs"


def test_rules_are_asked_alone_when_that_is_wanted(with_model: Daemon, model: ScriptedModel) -> None:
    found = with_model.call("spec.propose", description=TEXT, designer="rules")
    assert found["designer"] == "rules"
    assert model.heard == []


def test_the_configuration_shows_no_key(with_model: Daemon) -> None:
    assert KEY not in json.dumps(with_model.call("config.show"))


def test_a_model_that_is_not_configured_is_told_how_to_be(shared: Daemon) -> None:
    with pytest.raises(ModelUnready) as refused:
        shared.call("spec.propose", description=TEXT, designer="model")
    assert "model.provider" in refused.value.hint
    assert shared.call("spec.propose", description=TEXT)["designer"] == "rules"
    assert command(shared, "propose", "--describe", TEXT, "--designer", "model").returncode == 1


def test_an_app_is_changed_by_plain_words_without_a_model(shared: Daemon) -> None:
    app = shared.create("plain", spec=None, description=TEXT, start=False)
    done = command(
        shared, "update", "plain", "--describe", "add a note to loans; rename author of books to writer"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Book.author is renamed to writer" in done.stdout
    stored = json.loads((Path(app.path) / "appspec.json").read_text())
    assert [field["name"] for field in stored["entities"][0]["fields"]] == ["title", "writer"]
    refused = command(shared, "update", "plain", "--describe", "make it sparkle")
    assert refused.returncode == 1
    assert "do not understand" in refused.stderr
