"""Visitors without an account: what the role for them lets them do, and all that it must not show them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rest import Rest
from starlette.requests import Request

from dataforms.access import Access, visiting
from dataforms.accounts.account import SignInNeeded
from dataforms.accounts.accounts import Accounts
from dataforms.accounts.requests import Doorkeeper
from dataforms.accounts.settings import Settings, settings_of
from dataforms.check import problems_in
from dataforms.database import Database, Query
from dataforms.errors import NotAllowed, RecordInvalid, UnknownName
from dataforms.rest.bucket import VISITS_AT_ONCE
from dataforms.spec import AppSpec, Entity, Field, Permission, Role, View
from dataforms.spec_login import Login
from dataforms.ui.state import Ui
from dataforms.ui.visiting import ALLOWED

SPEC = AppSpec(
    name="survey",
    title="Survey",
    entities=(
        Entity(
            name="Answer",
            title="Answer",
            fields=(
                Field(name="text", title="Text", type="text", required=True),
                Field(name="topic", title="Topic", type="reference", target="Topic"),
                Field(name="note", title="Note", type="text"),
                Field(name="sent", title="Sent", type="datetime", default="now", read_only=True),
            ),
        ),
        Entity(
            name="Topic",
            title="Topic",
            fields=(
                Field(name="name", title="Name", type="text", required=True),
                Field(name="open", title="Open", type="boolean"),
            ),
        ),
        Entity(name="Secret", title="Secret", fields=(Field(name="name", title="Name", type="text"),)),
    ),
    roles=(
        Role(
            name="visitor",
            title="Visitor",
            public=True,
            permissions=(
                Permission(entity="Answer", create=True, read=False, hidden=("note",), read_only=("sent",)),
                Permission(entity="Topic", condition="open"),
            ),
        ),
    ),
    login=Login(required=True),
)


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Database]:
    database = Database(SPEC, f"sqlite:///{tmp_path}/survey.db")
    database.create()
    database.insert("Topic", {"name": "Food", "open": True})
    database.insert("Topic", {"name": "Wages", "open": False})
    database.insert("Answer", {"text": "theirs", "topic": 1, "note": "to be called"})
    database.insert("Secret", {"name": "code"})
    yield database
    database.close()


@pytest.fixture
def visitor(whole: Database) -> Database:
    access = visiting(SPEC)
    assert access == Access(roles=("visitor",), is_visitor=True)
    return whole.acting(access)


def test_a_visitor_adds_a_record_and_sees_none(whole: Database, visitor: Database) -> None:
    visitor.insert("Answer", {"text": "mine", "topic": 1})
    assert [row.values["text"] for row in whole.page("Answer", Query()).rows] == ["theirs", "mine"]
    with pytest.raises(NotAllowed):
        visitor.page("Answer", Query())
    with pytest.raises(NotAllowed):
        visitor.get("Answer", 1)
    assert visitor.counts().get("Answer", 0) == 0


def test_a_visitor_sees_what_the_condition_leaves_and_no_other_entity(visitor: Database) -> None:
    assert [row.values["name"] for row in visitor.page("Topic", Query()).rows] == ["Food"]
    with pytest.raises(UnknownName):
        visitor.page("Secret", Query())


@pytest.mark.parametrize("topic", [2, 99])
def test_what_a_visitor_does_not_see_is_not_there_to_refer_to(visitor: Database, topic: int) -> None:
    with pytest.raises(RecordInvalid) as refused:
        visitor.insert("Answer", {"text": "mine", "topic": topic})
    assert refused.value.errors == {"topic": f"There is no Topic {topic}."}


def test_a_visitor_fills_in_no_field_that_is_hidden_or_to_be_looked_at(visitor: Database) -> None:
    for name in ("note", "sent"):
        with pytest.raises((RecordInvalid, UnknownName)):
            visitor.insert("Answer", {"text": "mine", name: "2026-01-01T00:00:00"})


def test_a_visitor_changes_and_deletes_nothing_whatever_a_role_says(whole: Database) -> None:
    permission = Permission(entity="Topic", create=True, update=True, delete=True)
    role = Role(name="visitor", title="Visitor", public=True, permissions=(permission,))
    spec = msgspec.structs.replace(SPEC, roles=(role,))
    database = Database(spec, whole.url).acting(Access(roles=("visitor",), is_visitor=True))
    assert not database.may("update", "Topic")
    with pytest.raises(NotAllowed):
        database.update("Topic", 1, {"name": "Mine"})
    with pytest.raises(NotAllowed):
        database.delete("Topic", 1)
    database.close()


def test_a_visitor_keeps_no_views_and_sees_none(whole: Database, visitor: Database) -> None:
    whole.save_view("Topic", "For the board", {"search": "Wages"})
    assert visitor.views("Topic") == []
    with pytest.raises(NotAllowed):
        visitor.save_view("Topic", "Mine", {})
    with pytest.raises(NotAllowed):
        visitor.delete_view(1)
    assert len(whole.views("Topic")) == 1


def test_rest_lets_a_visitor_add_and_tells_nothing(whole: Database) -> None:
    with Rest(whole, visiting(SPEC)) as rest:
        made = rest.send("POST", "/api/v1/answer", b'{"text": "mine"}', content_type="application/json")
        assert (made.status_code, made.content) == (201, b"")
        assert "location" not in made.headers
        refused = {
            path: rest.send("GET", f"/api/v1/{path}", b"").status_code
            for path in ("answer", "answer/1", "secret", "secret/1", "webhooks")
        }
        assert refused == {"answer": 403, "answer/1": 403, "secret": 404, "secret/1": 404, "webhooks": 403}
        assert rest.send("GET", "/api/v1/topic", b"").json()["total"] == 1
        told = rest.send("GET", "/api/v1/openapi.json", b"").text
        assert "Secret" not in told
        assert '"note"' not in told


@pytest.mark.parametrize("path", ["answer/bulk", "answer/import"])
def test_rest_takes_one_record_at_a_time_from_a_visitor(whole: Database, path: str) -> None:
    body = b'{"changes": [{"do": "create", "values": {"text": "x"}}]}'
    with Rest(whole, visiting(SPEC)) as rest:
        answer = rest.send("POST", f"/api/v1/{path}", body, content_type="application/json")
    assert answer.status_code == 403
    assert whole.page("Answer", Query()).total == 1


def test_rest_takes_only_so_many_records_of_visitors_from_one_address(whole: Database) -> None:
    with Rest(whole, visiting(SPEC)) as rest:
        codes = [
            rest.send("POST", "/api/v1/answer", b'{"text": "x"}', content_type="application/json").status_code
            for _ in range(VISITS_AT_ONCE + 5)
        ]
    assert codes[:VISITS_AT_ONCE] == [201] * VISITS_AT_ONCE
    assert codes[-1] == 429


def request(**headers: str) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw})


def doorkeeper(tmp_path: Path, settings: Settings) -> Doorkeeper:
    accounts = Accounts(f"sqlite:///{tmp_path}/accounts.db", settings)
    accounts.create()
    return Doorkeeper(lambda: accounts)


def test_who_has_no_account_is_a_visitor_and_a_wrong_token_is_none(tmp_path: Path) -> None:
    keeper = doorkeeper(tmp_path, settings_of(SPEC, {}))
    assert keeper.access_of(request()) == visiting(SPEC)
    with pytest.raises(SignInNeeded):
        keeper.access_of(request(authorization="Bearer dft_wrong"))


def test_without_a_role_for_visitors_everybody_has_to_sign_in(tmp_path: Path) -> None:
    spec = msgspec.structs.replace(SPEC, roles=(Role(name="reader", title="Reader", default=True),))
    with pytest.raises(SignInNeeded):
        doorkeeper(tmp_path, settings_of(spec, {})).access_of(request())


def problems(**changes: Any) -> list[tuple[str, str]]:
    document = msgspec.to_builtins(msgspec.structs.replace(SPEC, **changes))
    return [(problem.path, problem.message) for problem in problems_in(document)[1]]


def test_a_role_for_visitors_needs_a_login() -> None:
    assert problems() == []
    for login in (None, Login(required=False)):
        [(path, message)] = problems(login=login)
        assert (path, "every visitor may do everything" in message) == ("roles[0].public", True)


def test_one_role_alone_is_for_visitors() -> None:
    second = Role(name="other", title="Other", public=True)
    assert [path for path, _ in problems(roles=(*SPEC.roles, second))] == ["roles[1].public"]


@pytest.mark.parametrize(
    ("permission", "at"),
    [
        (Permission(entity="Answer", update=True), "update"),
        (Permission(entity="Answer", delete=True), "delete"),
        (Permission(entity="Answer", condition="text == me"), "condition"),
    ],
)
def test_a_visitor_is_nobody_who_could_own_or_change_something(permission: Permission, at: str) -> None:
    role = Role(name="visitor", title="Visitor", public=True, permissions=(permission,))
    assert [path for path, _ in problems(roles=(role,))] == [f"roles[0].permissions[0].{at}"]


def test_a_condition_may_have_the_letters_of_me_in_it() -> None:
    permission = Permission(entity="Topic", condition="name == 'me' and open")
    role = Role(name="visitor", title="Visitor", public=True, permissions=(permission,))
    assert problems(roles=(role,)) == []


def test_thanks_are_a_forms() -> None:
    entity = msgspec.structs.replace(
        SPEC.entities[2],
        views=(
            View(name="form", title="Form", kind="form", thanks="Thanks."),
            View(name="all", title="All", thanks="Thanks."),
        ),
    )
    found = problems(entities=(*SPEC.entities[:2], entity))
    assert [path for path, _ in found] == ["entities[2].views[1].thanks"]


def test_what_visitors_may_call_is_there_and_nothing_of_accounts_imports_and_deleting_is() -> None:
    assert set(Ui.event_handlers) >= ALLOWED
    for word in ("import", "account", "people", "person", "password", "token", "delete", "restore", "view_"):
        assert [name for name in ALLOWED if word in name] == []
