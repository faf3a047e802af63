"""When a worker asks a language model, and what it proposes when there is no draft, no key or no need."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from dataforms.check import problems
from protoddfd.errors import DesignRefused, ModelUnready
from protoddfd.settings.model import ModelSettings
from protoddfd.worker.messages import Propose, Proposed, SourceFile
from protoddfd.worker.propose import propose_spec
from scripted_model import Says, ScriptedModel, patch, scripted

JAPANESE = "本のタイトルと著者、会員の名前とメールアドレスを管理したい"
BOOKS = (
    {"op": "add_entity", "entity": "Book", "title": "本", "plural": "本"},
    {"op": "add_field", "entity": "Book", "field": "title", "title": "タイトル"},
)


def job(served: ScriptedModel, logs: Path, **more: Any) -> Propose:
    settings = ModelSettings(provider="openai", base_url=f"{served.root}/v1", name="small", timeout_s=20.0)
    values: dict[str, Any] = {"name": None, "title": None, "designer": "auto", "model": settings, **more}
    values["model"] = msgspec.Raw(msgspec.json.encode(values["model"]))
    return Propose(logs=str(logs), **values)


def propose(job: Propose) -> Proposed:
    return propose_spec(job, lambda said: None)


def test_words_that_the_rules_cannot_read_are_read_by_the_model(tmp_path: Path) -> None:
    with scripted(patch(*BOOKS)) as model:
        with pytest.raises(DesignRefused):
            propose(job(model, tmp_path, description=JAPANESE, designer="rules"))
        found = propose(job(model, tmp_path, description=JAPANESE))
    assert [entity.name for entity in found.spec.entities] == ["Book"]
    assert found.spec.title == "本"
    assert problems(found.spec) == ()
    assert found.designer == "model"
    assert found.confidence < 0.5


def test_what_neither_can_read_is_refused(tmp_path: Path) -> None:
    with scripted(patch()) as model, pytest.raises(DesignRefused, match="model"):
        propose(job(model, tmp_path, description="asdf qwer zxcv"))


def test_a_missing_key_leaves_the_draft_unless_the_model_was_asked_for(tmp_path: Path) -> None:
    settings = ModelSettings(provider="openai", name="small", key_file=str(tmp_path / "none"))
    with scripted(patch()) as model:
        asked = job(model, tmp_path, description="books with a title", model=settings)
        found = propose(asked)
        with pytest.raises(ModelUnready):
            propose(job(model, tmp_path, description="books with a title", model=settings, designer="model"))
    assert found.designer == "rules"
    assert "key_file" in found.notes[0]


def test_files_are_read_without_the_model_unless_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("name,city\nAda Lovelace,London\nBob,Ulm\n")
    sources = (SourceFile(name="people.csv", path=str(tmp_path / "people.csv")),)
    change = {"op": "change_entity", "entity": "Person", "plural": "Staff"}
    with scripted(patch(change)) as model:
        alone = propose(job(model, tmp_path, name="people", sources=sources))
        assert model.heard == []
        found = propose(job(model, tmp_path, name="people", sources=sources, designer="model"))
    assert (alone.designer, found.designer) == ("rules", "model")
    assert found.spec.entities[0].plural == "Staff"
    assert "Lovelace" not in model.heard[0].text
    assert '\\"Person\\":2' in model.heard[0].text


LIBRARY = {
    "name": "library",
    "title": "Library",
    "entities": [
        {"name": "Book", "title": "Book", "fields": [{"name": "title", "title": "Title", "type": "text"}]}
    ],
}


def test_plain_changes_by_words_need_no_model(tmp_path: Path) -> None:
    with scripted(patch()) as model:
        wish = "add an isbn to books; rename title of books to name"
        found = propose(job(model, tmp_path, base=LIBRARY, description=wish, designer="rules"))
    assert [field.name for field in found.spec.entities[0].fields] == ["name", "isbn"]
    assert found.renames == {"Book.title": "name"}
    assert found.notes[0] == "rules: added field Book.isbn (text)"
    assert model.heard == []


def test_plain_changes_are_made_by_rules_when_the_model_is_of_no_help(tmp_path: Path) -> None:
    with scripted(Says(status=401)) as model:
        found = propose(job(model, tmp_path, base=LIBRARY, description="add an isbn to books"))
    assert found.designer == "rules"
    assert "the key is not accepted" in found.notes[0]
    assert [field.name for field in found.spec.entities[0].fields] == ["title", "isbn"]


def test_a_change_that_nobody_understands_changes_nothing(tmp_path: Path) -> None:
    with scripted(Says(status=401)) as model, pytest.raises(DesignRefused) as refused:
        propose(job(model, tmp_path, base=LIBRARY, description="make it sparkle"))
    assert "not accepted" in refused.value.message
    assert "sparkle" in refused.value.message
