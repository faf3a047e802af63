"""When the model is busy, slow, gone or too dear, the rules' draft stands, and a note says why."""

import socket
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protoddfd.design.model.designer import Improved, Task, improve
from protoddfd.design.model.ledger import Entry
from protoddfd.design.rules import RulesDesigner
from protoddfd.settings.model import ModelSettings
from scripted_model import Says, ScriptedModel, patch, scripted

TEXT = "books with title and author, loans with a due date"
BASE = RulesDesigner().design(TEXT).spec
NOTE = patch({"op": "add_field", "entity": "Book", "field": "isbn", "type": "text"})
PRICES: dict[str, Any] = {"input_price": 1.0, "output_price": 1.0}


def ask(model: ScriptedModel, logs: Path, provider: str = "openai", **more: Any) -> Improved:
    base_url = model.root if provider == "anthropic" else f"{model.root}/v1"
    values: dict[str, Any] = {"name": "small", "timeout_s": 20.0, **more}
    settings = ModelSettings(provider=provider, base_url=base_url, **values)  # type: ignore[arg-type]  # a test's
    return improve(Task(base=BASE, text=TEXT), settings, logs)


def record(logs: Path) -> list[Entry]:
    (file,) = logs.glob("model-*.jsonl")
    return [msgspec.json.decode(line, type=Entry) for line in file.read_bytes().splitlines()]


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_a_busy_server_is_asked_again_when_it_says(status: int, provider: str, tmp_path: Path) -> None:
    with scripted(Says(status=status, headers={"retry-after": "0"}), NOTE) as model:
        found = ask(model, tmp_path, provider)
    assert found.use.outcome == "changed"
    assert (found.use.calls, found.use.rounds) == (2, 1)


def test_a_server_is_given_the_time_that_it_asks_for(tmp_path: Path) -> None:
    begun = time.monotonic()
    with scripted(Says(status=429, headers={"retry-after": "1"}), NOTE) as model:
        ask(model, tmp_path)
    assert time.monotonic() - begun >= 1.0


def test_a_wait_beyond_the_time_limit_is_not_waited_for(tmp_path: Path) -> None:
    begun = time.monotonic()
    with scripted(Says(status=429, headers={"retry-after": "3600"})) as model:
        found = ask(model, tmp_path, timeout_s=10.0)
    assert found.use.outcome == "draft_stands"
    assert "no time to try again" in found.use.reason
    assert time.monotonic() - begun < 9.0


def test_a_server_that_stays_broken_is_asked_three_times(tmp_path: Path) -> None:
    with scripted(Says(status=500, headers={"retry-after": "0"})) as model:
        found = ask(model, tmp_path, **PRICES)
    assert len(model.heard) == 3
    assert found.use.reason == "it answered with status 500"
    assert found.use.cost == 0


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_slow_server_is_given_up_in_time(provider: str, tmp_path: Path) -> None:
    with scripted(Says(wait_s=30.0)) as model:
        found = ask(model, tmp_path, provider, timeout_s=1.0)
    assert "did not answer in time" in found.use.reason
    assert found.spec == BASE


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_a_broken_connection_is_made_again(provider: str, tmp_path: Path) -> None:
    with scripted(Says(reset=True), NOTE) as model:
        found = ask(model, tmp_path, provider)
    assert found.use.outcome == "changed"


def test_nobody_there_leaves_the_draft(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        model = ScriptedModel([])
        model.port = taken.getsockname()[1]
        found = ask(model, tmp_path)
    assert found.use.reason == "nothing answers there"
    assert (found.use.calls, found.use.sent_characters) == (0, 0)
    assert "nothing left this machine" in found.notes


@pytest.mark.parametrize(
    "body", [b"", b"<html>gateway</html>", b"{}", b'{"choices": []}', b"\xff\xfe", b"[1]"]
)
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_an_answer_in_no_dialect_leaves_the_draft(provider: str, body: bytes, tmp_path: Path) -> None:
    with scripted(Says(body=body)) as model:
        found = ask(model, tmp_path, provider)
    assert found.use.outcome == "draft_stands"
    assert found.spec == BASE


def test_a_key_that_is_not_accepted_is_not_tried_again(tmp_path: Path) -> None:
    with scripted(Says(status=401)) as model:
        found = ask(model, tmp_path)
    assert len(model.heard) == 1
    assert "the key is not accepted" in found.use.reason


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with scripted(NOTE) as other, scripted(Says(status=307, headers={"location": other.root})) as model:
        found = ask(model, tmp_path)
    assert found.use.outcome == "draft_stands"
    assert other.heard == []


# -- money -----------------------------------------------------------------------------------------------


def test_a_call_that_could_cost_too_much_is_not_made(tmp_path: Path) -> None:
    with scripted(NOTE) as model:
        found = ask(model, tmp_path, spend_limit=0.001, **PRICES)
    assert model.heard == []
    assert "model.spend_limit is 0.001" in found.use.reason
    assert "nothing left this machine" in found.notes


def test_a_round_that_could_cost_too_much_is_not_made(tmp_path: Path) -> None:
    dear = msgspec.structs.replace(patch({"op": "remove_entity", "entity": "X"}), output_tokens=400_000)
    with scripted(dear) as model:
        found = ask(model, tmp_path, spend_limit=0.4, **PRICES)
    assert len(model.heard) == 1
    assert found.use.cost == pytest.approx(0.401)
    assert found.use.outcome == "draft_stands"


def test_the_day_s_limit_holds_over_designs(tmp_path: Path) -> None:
    dear = msgspec.structs.replace(NOTE, output_tokens=100_000)
    with scripted(dear) as model:
        first = ask(model, tmp_path, day_limit=0.105, **PRICES)
        second = ask(model, tmp_path, day_limit=0.105, **PRICES)
    assert first.use.outcome == "changed"
    assert len(model.heard) == 1
    assert "model.day_limit is 0.105" in second.use.reason


def test_what_a_lost_answer_may_have_cost_counts(tmp_path: Path) -> None:
    with scripted(Says(wait_s=30.0)) as model:
        found = ask(model, tmp_path, timeout_s=1.0, **PRICES)
    assert found.use.cost > 0.004
    assert [entry.what for entry in record(tmp_path)] == ["sent", "failed"]
    assert record(tmp_path)[-1].cost == pytest.approx(found.use.cost, abs=1e-6)


def test_a_server_that_counts_no_tokens_costs_the_most_that_it_can(tmp_path: Path) -> None:
    with scripted(msgspec.structs.replace(NOTE, input_tokens=0, output_tokens=0)) as model:
        found = ask(model, tmp_path, **PRICES)
    assert found.use.cost > 0.004


# -- the record ------------------------------------------------------------------------------------------


def test_every_word_that_leaves_is_recorded_and_only_the_owner_may_read_it(tmp_path: Path) -> None:
    with scripted(NOTE) as model:
        found = ask(model, tmp_path)
    sent, answered = record(tmp_path)
    messages = model.heard[0].body["messages"]
    assert [each["content"] for each in messages] == [sent.task, *sent.said]
    assert answered.answer == NOTE.text
    assert Path(found.use.record).stat().st_mode & 0o777 == 0o600
    assert any(found.use.record in note for note in found.notes)


def test_what_cannot_be_recorded_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("not a folder")
    with scripted(NOTE) as model:
        found = ask(model, tmp_path / "logs")
    assert model.heard == []
    assert "cannot be recorded" in found.use.reason


def test_a_line_that_was_cut_short_does_not_hide_what_was_spent(tmp_path: Path) -> None:
    with scripted(msgspec.structs.replace(NOTE, output_tokens=100_000)) as model:
        first = ask(model, tmp_path, **PRICES)
        with Path(first.use.record).open("ab") as file:
            file.write(b'{"time": "2026\n')
        second = ask(model, tmp_path, day_limit=0.105, **PRICES)
    assert second.use.outcome == "draft_stands"
