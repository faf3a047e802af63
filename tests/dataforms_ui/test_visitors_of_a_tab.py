"""A browser tab of somebody without an account, with the starter for public surveys."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dataforms.accounts.account import Account
from dataforms.database import Query
from dataforms.errors import NotAllowed
from dataforms.query import Record
from dataforms.rest.bucket import VISITS_A_SECOND, VISITS_AT_ONCE, Buckets
from dataforms.spec import Entity
from dataforms.ui import visiting
from dataforms.ui.live import Live, forget, live
from dataforms.ui.state import Ui

SURVEY = Path(__file__).parents[2] / "templates" / "public_survey.json"
TYPED = {"overall": "4", "again": "Yes", "better": "More shade"}


@pytest.fixture
def tab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ui]:
    (tmp_path / "appspec.json").write_bytes(SURVEY.read_bytes())
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(visiting, "_VISITS", Buckets(VISITS_A_SECOND, VISITS_AT_ONCE))
    forget()
    yield another()
    forget()


def another() -> Ui:
    return Ui(_reflex_internal_init=True)  # type: ignore[call-arg]  # how Reflex itself makes one


def at(tab: Ui, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(Ui, "_address", lambda self: [part for part in path.split("/") if part])
    monkeypatch.setattr(Ui, "_asked_for", _a_new_one)
    tab._show_form()


def _a_new_one(self: Ui, app: Live, entity: Entity, record: str) -> Record:
    return self._new(app, entity)


def test_a_visitor_gets_the_form_and_the_menu_has_nothing_else(tab: Ui) -> None:
    live().database.insert("Answer", {"overall": 1, "again": "No", "reason": "Loud"})
    tab._show_home()
    assert visiting.only_form(tab._app()) == "/t/answer/new"
    assert tab.visiting
    assert [(each["href"], each["count"], each["recent"]) for each in tab.tables] == [
        ("/t/answer/new", "", [])
    ]
    assert tab.ways == []
    tab._try(lambda: tab._show_table("answer"))
    assert tab.rows == []
    assert tab._form_alone("answer") == "/t/answer/new"


def test_a_sent_form_is_thanked_for_and_stored(tab: Ui, monkeypatch: pytest.MonkeyPatch) -> None:
    at(tab, monkeypatch, "/t/answer/new")
    assert "sent" not in {each["name"] for each in tab.inputs}
    tab.save({"again": "Yes"})
    assert next(each for each in tab.inputs if each["name"] == "overall")["error"]
    tab.save(dict(TYPED))
    assert tab.view["state"] == "thanks"
    assert tab.thanks == "Your answers have arrived. They help us to do better."
    assert not tab.form["page"]
    tab.refresh()  # as every tab is told to whose app has new data
    assert (tab.view["state"], tab.failure, tab.rows) == ("thanks", "", [])
    with closing(sqlite3.connect("data/app.db")) as database:
        stored = database.execute("SELECT overall, again, better, sent IS NOT NULL FROM answer").fetchall()
    assert stored == [(4, "Yes", "More shade", 1)]
    at(tab, monkeypatch, "/t/answer/new")
    assert tab.view["state"] == "form"
    assert next(each for each in tab.inputs if each["name"] == "better")["value"] == ""


def test_the_results_are_for_accounts(tab: Ui) -> None:
    live().database.insert("Answer", {"overall": 5, "again": "Yes"})
    with pytest.raises(NotAllowed):
        tab._app().database.page("Answer", Query())
    reader = another()
    reader._receive(Account(id=1, email="r@example.com", name="R", roles=("reader",)))
    reader._show_home()
    assert not reader.visiting
    assert [each["count"] for each in reader.tables] == ["1"]


def test_one_address_sends_only_so_much(tab: Ui, monkeypatch: pytest.MonkeyPatch) -> None:
    slowly = Buckets(VISITS_A_SECOND / 1000, VISITS_AT_ONCE)  # a busy machine takes its time to send them
    monkeypatch.setattr(visiting, "_VISITS", slowly)
    for number in range(VISITS_AT_ONCE + 3):
        at(tab, monkeypatch, "/t/answer/new")
        tab.save(dict(TYPED))
        if number >= VISITS_AT_ONCE:
            assert "wait a minute" in tab.form["error"]
    assert live().database.counts()["Answer"] == VISITS_AT_ONCE


def test_without_a_login_nobody_is_a_visitor(tab: Ui, tmp_path: Path) -> None:
    spec = SURVEY.read_text().replace('"required": true, "sign_up"', '"required": false, "sign_up"')
    (tmp_path / "appspec.json").write_text(spec)
    forget()
    tab._show_home()
    assert not tab.visiting
    assert [each["count"] for each in tab.tables] == ["0"]


def test_an_account_that_may_only_add_sees_an_empty_table_and_no_failure(tab: Ui, tmp_path: Path) -> None:
    spec = SURVEY.read_text().replace(
        '[{"entity": "Answer"}]', '[{"entity": "Answer", "read": false, "create": true}]'
    )
    (tmp_path / "appspec.json").write_text(spec)
    forget()
    live().database.insert("Answer", {"overall": 5, "again": "Yes"})
    tab._receive(Account(id=1, email="r@example.com", name="R", roles=("reader",)))
    tab._try(lambda: tab._show_table("answer"))
    assert (tab.failure, tab.rows, tab.may["create"]) == ("", [], True)
