"""Keys are shown nowhere; cassettes repeat a run without a network; rows stay where they are."""

from pathlib import Path
from typing import Any

import pytest

from protoddfd.design.model.designer import Improved, Task, improve
from protoddfd.design.model.key import read_key
from protoddfd.design.rules import RulesDesigner
from protoddfd.errors import ModelUnready
from protoddfd.settings import check_text
from protoddfd.settings.model import ModelSettings
from protoddfd.spec import AppSpec, Entity, Field
from scripted_model import ScriptedModel, patch, scripted

TEXT = "books with title and author, loans with a due date"
BASE = RulesDesigner().design(TEXT).spec
KEY = "sk-very-secret-0123456789"
NOTE = patch({"op": "add_field", "entity": "Book", "field": "isbn", "type": "text"})


def settings(model: ScriptedModel, provider: str = "openai", **more: Any) -> ModelSettings:
    base_url = model.root if provider == "anthropic" else f"{model.root}/v1"
    return ModelSettings(provider=provider, base_url=base_url, name="small", **more)  # type: ignore[arg-type]  # a test's


def key_file(folder: Path, mode: int = 0o600) -> str:
    path = folder / "key"
    path.write_text(f"{KEY}\n")
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize(
    ("provider", "header"), [("openai", "authorization"), ("anthropic", "authorization")]
)
def test_a_key_goes_into_its_header_and_nowhere_else(provider: str, header: str, tmp_path: Path) -> None:
    with scripted(NOTE) as model:
        chosen = settings(model, provider, key_file=key_file(tmp_path))
        found = improve(Task(base=BASE, text=TEXT), chosen, tmp_path / "logs")
    assert KEY in model.heard[0].headers[header]
    assert KEY not in model.heard[0].text
    assert KEY not in Path(found.use.record).read_text()
    assert KEY not in repr(found)


def test_a_key_can_be_in_an_environment_variable() -> None:
    chosen = ModelSettings(provider="openai", name="small", key_env="MY_KEY")
    assert read_key(chosen, {"MY_KEY": f"{KEY}\n"}) == KEY
    assert KEY not in repr(read_key(chosen, {"MY_KEY": KEY}))


def test_a_variable_without_a_key_is_named() -> None:
    chosen = ModelSettings(provider="openai", name="small", key_env="MY_KEY")
    with pytest.raises(ModelUnready, match="MY_KEY"):
        read_key(chosen, {})


def test_a_key_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    chosen = ModelSettings(provider="openai", name="small", key_file=key_file(tmp_path, 0o644))
    with pytest.raises(ModelUnready) as refused:
        read_key(chosen, {})
    assert refused.value.hint.startswith("chmod 600")
    assert KEY not in f"{refused.value.message} {refused.value.hint}"


def test_a_key_does_not_cross_a_network_in_the_clear(tmp_path: Path) -> None:
    chosen = ModelSettings(
        provider="openai", name="small", base_url="http://models.example/v1", key_file=key_file(tmp_path)
    )
    with pytest.raises(ModelUnready, match="in the clear"):
        read_key(chosen, {})


def test_a_key_written_where_its_variable_s_name_belongs_is_not_shown() -> None:
    (problem,) = check_text(f'[model]\nkey_env = "{KEY}"\n')
    assert KEY not in problem.message + problem.hint + problem.path
    assert "name of a variable" in problem.message


@pytest.mark.parametrize(
    "url", ["ftp://x/", "localhost:11434", "http://", "http://h:99999/", "http://h/?key=x"]
)
def test_an_address_that_is_none_is_told_without_showing_it(url: str) -> None:
    (problem,) = check_text(f'[model]\nbase_url = "{url}"\n')
    assert "address of a model" in problem.message


# -- cassettes -------------------------------------------------------------------------------------------


def recorded(model: ScriptedModel, folder: Path, mode: str, text: str = TEXT) -> Improved:
    chosen = settings(model, cassette=str(folder / "tape.jsonl"), cassette_mode=mode)
    return improve(Task(base=BASE, text=text), chosen, folder)


def test_a_cassette_repeats_a_run_without_a_network(tmp_path: Path) -> None:
    wrong = patch({"op": "remove_entity", "entity": "Shelf"})
    with scripted(wrong, NOTE) as model:
        first = recorded(model, tmp_path, "record")
    for path in tmp_path.glob("model-*.jsonl"):
        path.unlink()
    second = recorded(model, tmp_path, "replay")
    assert second.spec == first.spec != BASE
    assert (second.use.rounds, second.use.calls, second.use.endpoint) == (2, 0, "cassette")
    assert list(tmp_path.glob("model-*.jsonl")) == []
    assert "the model's answers are from the cassette; nothing left this machine" in second.notes


def test_a_request_that_was_never_made_leaves_the_draft(tmp_path: Path) -> None:
    with scripted(NOTE) as model:
        recorded(model, tmp_path, "record")
    other = recorded(model, tmp_path, "replay", text="books with a title")
    assert other.use.reason == "the cassette has no answer to this request"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\n", b'{"request": 3}\n', b"[" * 100_000])
def test_a_broken_cassette_leaves_the_draft(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "tape.jsonl").write_bytes(content)
    found = recorded(ScriptedModel([]), tmp_path, "replay")
    assert found.use.outcome == "draft_stands"
    assert "cassette" in found.use.reason


def test_a_missing_cassette_leaves_the_draft(tmp_path: Path) -> None:
    assert "cannot be read" in recorded(ScriptedModel([]), tmp_path, "replay").use.reason


# -- rows ------------------------------------------------------------------------------------------------

STAFF = AppSpec(
    name="staff",
    title="Staff",
    entities=(
        Entity(
            name="Person",
            title="Person",
            fields=(
                Field(name="name", title="Name", type="text", examples=("Ada Lovelace",)),
                Field(name="illness", title="Illness", type="enum", choices=("gout", "measles")),
                Field(name="pay", title="Pay", type="integer", min=31_337, max=98_765),
            ),
        ),
    ),
)


def test_no_value_of_a_file_leaves(tmp_path: Path) -> None:
    with scripted(patch()) as model:
        task = Task(base=STAFF, text="", of_files=True, statistics={"rows": {"Person": 12}})
        found = improve(task, settings(model), tmp_path)
    for value in ("Ada", "gout", "measles", "31337", "98765"):
        assert value not in model.heard[0].text
    assert "illness" in model.heard[0].text
    assert found.use.sent == ("entities and fields", "row counts")


def test_choices_leave_when_a_setting_allows_it(tmp_path: Path) -> None:
    with scripted(patch()) as model:
        found = improve(Task(base=STAFF, text="", of_files=True), settings(model, allow_rows=True), tmp_path)
    assert "measles" in model.heard[0].text
    assert "choices and other values from the files" in found.use.sent


def test_an_app_of_files_keeps_its_fields_and_may_be_shown_otherwise(tmp_path: Path) -> None:
    title = {"op": "change_entity", "entity": "Person", "title": "Employee", "plural": "Employees"}
    gone = {"op": "remove_field", "entity": "Person", "field": "pay"}
    with scripted(patch(gone), patch(title)) as model:
        found = improve(Task(base=STAFF, text="", of_files=True), settings(model), tmp_path)
    assert found.spec.entity("Person").plural == "Employees"
    assert found.spec.entity("Person").fields == STAFF.entity("Person").fields
    assert "those of the files" in model.heard[1].text
