"""Changed specs over a SQLite file: what stays, what is asked, what is lost, and the way back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from migrating import Folder, app, entity, field

from dataforms.errors import MigrationRefused
from dataforms.migrate.files import read_migrations
from dataforms.migrate.run import Consent
from dataforms.spec import AppSpec, Rule

MEMBER = entity("Member", field("name", required=True))
LOAN = entity(
    "Loan",
    field("book", required=True),
    field("due", "date"),
    field("days"),
    field("member", "reference", target="Member"),
    field("number", "auto_number"),
)
SPEC = app(MEMBER, LOAN)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path, SPEC)
    folder.fill(
        Member=[{"name": "Ada"}, {"name": "Bob"}],
        Loan=[
            {"book": "Ulysses", "due": "2026-01-02", "days": "14", "member": 2},
            {"book": "Emma", "days": "two weeks", "member": 1},
            {"book": "Emma", "due": "2026-03-04", "days": "7.5"},
        ],
    )
    yield folder
    folder.migrations.close()


def test_a_renamed_field_is_asked_for_and_keeps_its_values(folder: Folder) -> None:
    spec = app(MEMBER, entity("Loan", LOAN.fields[0], field("due_on", "date"), *LOAN.fields[2:]))
    plan = folder.plan(spec)
    assert [(each.name, each.candidates) for each in plan.questions] == [("Loan.due", ("due_on",))]
    assert [(each.kind, each.name, each.rows) for each in plan.losses] == [("removed", "Loan.due", 2)]
    assert folder.rows("Loan")[0]["due"] == date(2026, 1, 2)
    answered = folder.plan(spec, **{"Loan.due": "due_on"})
    assert (answered.questions, answered.losses) == ((), ())
    folder.make(spec, {"Loan.due": "due_on"}, yes=False)
    assert folder.column("Loan", "due_on") == [date(2026, 1, 2), None, date(2026, 3, 4)]
    folder.down()
    assert folder.column("Loan", "due") == [date(2026, 1, 2), None, date(2026, 3, 4)]


@pytest.mark.e2e
def test_a_renamed_entity_takes_its_records_references_and_numbers_along(folder: Folder) -> None:
    lending = entity(
        "Lending", *LOAN.fields[:3], field("person", "reference", target="Person"), LOAN.fields[4]
    )
    spec = app(entity("Person", *MEMBER.fields), lending)
    renames = {"Member": "Person", "Loan": "Lending", "Loan.member": "person"}
    assert folder.plan(spec, **renames).losses == ()
    folder.make(spec, renames, yes=False)
    assert folder.column("Lending", "person") == [2, 1, None]
    database = folder.database()
    id = database.insert("Lending", {"book": "Persuasion", "person": 1})
    found = database.get("Lending", id)
    assert found is not None
    assert (id, found.values["number"], found.labels["person"]) == (4, 4, "Ada")
    database.close()
    folder.down()
    assert folder.column("Loan", "member") == [2, 1, None, 1]


def test_two_fields_may_take_each_others_names(folder: Folder) -> None:
    _, due, _, *others = LOAN.fields
    spec = app(MEMBER, entity("Loan", field("days", required=True), due, field("book"), *others))
    folder.make(spec, {"Loan.book": "days", "Loan.days": "book"}, yes=False)
    assert folder.column("Loan", "days") == ["Ulysses", "Emma", "Emma"]
    assert folder.column("Loan", "book") == ["14", "two weeks", "7.5"]


def test_a_change_of_type_converts_what_it_can_and_brings_back_the_rest(folder: Folder) -> None:
    book, due, _, *others = LOAN.fields
    spec = app(MEMBER, entity("Loan", book, due, field("days", "integer"), *others))
    plan = folder.plan(spec)
    assert [(each.kind, each.name, each.rows) for each in plan.losses] == [("lost", "Loan.days", 2)]
    assert any("two weeks" in each for each in plan.losses[0].examples)
    with pytest.raises(MigrationRefused, match=r"2 values of Loan\.days do not convert"):
        folder.make(spec, yes=False)
    assert folder.column("Loan", "days") == ["14", "two weeks", "7.5"]
    folder.make(spec)
    assert folder.column("Loan", "days") == [14, None, None]
    database = folder.database()
    database.update("Loan", 3, {"days": 30})
    database.close()
    folder.down()
    assert folder.column("Loan", "days") == ["14", "two weeks", "30"]


@pytest.mark.e2e
def test_removed_fields_and_entities_come_back_with_what_was_in_them(folder: Folder) -> None:
    spec = app(entity("Loan", *LOAN.fields[:1]))
    plan = folder.plan(spec)
    assert {(each.kind, each.name, each.rows) for each in plan.losses} == {
        ("removed", "Loan.due", 2),
        ("removed", "Loan.days", 3),
        ("removed", "Loan.member", 2),
        ("removed", "Loan.number", 3),
        ("records", "Member", 2),
    }
    folder.make(spec)
    folder.fill(Loan=[{"book": "New"}])
    folder.down()
    assert folder.column("Member", "name") == ["Ada", "Bob"]
    assert folder.column("Loan", "member") == [2, 1, None, None]
    assert folder.column("Loan", "due") == [date(2026, 1, 2), None, date(2026, 3, 4), None]
    folder.migrations.up(read_migrations(folder.path)[1], Consent(lossy=True))
    assert folder.column("Loan", "book") == ["Ulysses", "Emma", "Emma", "New"]


def test_a_new_required_field_takes_its_default_and_without_one_is_refused(folder: Folder) -> None:
    def with_price(**more: object) -> AppSpec:
        return app(MEMBER, entity("Loan", *LOAN.fields, field("price", "money", required=True, **more)))

    plan = folder.plan(with_price())
    assert [(each.kind, each.name, each.rows) for each in plan.obstacles] == [("required", "Loan.price", 3)]
    with pytest.raises(MigrationRefused, match=r"3 records of Loan\.price have no value"):
        folder.make(with_price())
    folder.make(with_price(default="2.50"), yes=False)
    assert folder.column("Loan", "price") == [Decimal("2.5")] * 3


@pytest.mark.e2e
def test_what_is_required_now_is_counted_where_it_is_missing(folder: Folder) -> None:
    book, _, *others = LOAN.fields
    spec = app(MEMBER, entity("Loan", book, field("due", "date", required=True), *others))
    assert [(each.name, each.rows) for each in folder.plan(spec).obstacles] == [("Loan.due", 1)]
    filled = app(
        MEMBER, entity("Loan", book, field("due", "date", required=True, default="2026-12-31"), *others)
    )
    folder.make(filled, yes=False)
    assert folder.column("Loan", "due")[1] == date(2026, 12, 31)
    folder.down()
    database = folder.database()
    database.update("Loan", 1, {"due": None})
    database.close()


@pytest.mark.e2e
def test_what_is_unique_now_stays_with_the_first_or_stops_the_change(folder: Folder) -> None:
    book, due, _, *others = LOAN.fields
    folder.fill(Loan=[{"book": "Dune", "days": "14"}])
    spec = app(MEMBER, entity("Loan", book, due, field("days", unique=True), *others))
    assert [(each.kind, each.rows) for each in folder.plan(spec).losses] == [("duplicates", 1)]
    folder.make(spec)
    assert folder.column("Loan", "days") == ["14", "two weeks", "7.5", None]
    folder.down()
    assert folder.column("Loan", "days") == ["14", "two weeks", "7.5", "14"]
    strict = app(MEMBER, entity("Loan", field("book", required=True, unique=True), *LOAN.fields[1:]))
    assert [(each.name, each.rows) for each in folder.plan(strict).obstacles] == [("Loan.book", 1)]
    together = entity("Loan", *LOAN.fields, rules=(Rule(kind="unique", fields=("book", "days")),))
    folder.make(app(MEMBER, together), yes=False)
    folder.make(app(MEMBER, LOAN), yes=False)


@pytest.mark.e2e
def test_removed_choices_are_counted_and_kept(tmp_path: Path) -> None:
    def spec(*choices: str) -> AppSpec:
        return app(
            entity("Thing", field("name"), field("state", "enum", choices=choices),
                   field("tags", "multi_enum", choices=choices))
        )  # fmt: skip

    folder = Folder(tmp_path, spec("a", "b", "c"))
    folder.fill(Thing=[{"state": "a", "tags": ["a", "b"]}, {"state": "b", "tags": ["b"]}, {"state": "c"}])
    plan = folder.plan(spec("a", "c", "d"))
    assert {(each.kind, each.name, each.rows) for each in plan.losses} == {
        ("lost", "Thing.state", 1), ("altered", "Thing.tags", 1), ("lost", "Thing.tags", 1),
    }  # fmt: skip
    folder.make(spec("a", "c", "d"))
    assert folder.column("Thing", "state") == ["a", None, "c"]
    assert folder.column("Thing", "tags") == [("a",), None, None]
    folder.down()
    assert folder.column("Thing", "state") == ["a", "b", "c"]
    assert folder.column("Thing", "tags") == [("a", "b"), ("b",), None]
    folder.migrations.close()


def test_tighter_rules_are_counted_and_change_no_value(folder: Folder) -> None:
    _, due, *others = LOAN.fields
    tight = entity(
        "Loan", field("book", required=True, max=5), due, *others,
        rules=(Rule(kind="check", expression='book != "Emma"'),),
    )  # fmt: skip
    plan = folder.plan(app(MEMBER, tight))
    assert [(each.kind, each.rows) for each in plan.losses] == [("breaks", 1), ("rule", 2)]
    folder.make(app(MEMBER, tight))
    assert folder.column("Loan", "book") == ["Ulysses", "Emma", "Emma"]


@pytest.mark.e2e
def test_a_reference_becomes_references_and_loses_nothing(folder: Folder) -> None:
    book, due, days, _, number = LOAN.fields
    several = field("member", "references", target="Member")
    folder.make(app(MEMBER, entity("Loan", book, due, days, several, number)), yes=False)
    assert folder.column("Loan", "member") == [(2,), (1,), None]
    folder.down()
    assert folder.column("Loan", "member") == [2, 1, None]


@pytest.mark.e2e
def test_references_to_nobody_are_emptied(folder: Folder) -> None:
    book, due, _, *others = LOAN.fields
    database = folder.database()
    database.update("Loan", 2, {"days": "2"})
    database.close()
    spec = app(MEMBER, entity("Loan", book, due, field("days", "reference", target="Member"), *others))
    plan = folder.plan(spec)
    assert {(each.kind, each.name, each.rows) for each in plan.losses} == {
        ("lost", "Loan.days", 1), ("unknown", "Loan.days", 1),
    }  # fmt: skip
    folder.make(spec)
    assert folder.column("Loan", "days") == [None, 2, None]
    folder.down()
    assert folder.column("Loan", "days") == ["14", "2", "7.5"]


@pytest.mark.e2e
def test_the_table_stays_strict_numbered_and_indexed(folder: Folder) -> None:
    database = folder.database()
    database.delete("Loan", 3)
    database.close()
    book, due, _, *others = LOAN.fields
    folder.make(app(MEMBER, entity("Loan", book, due, field("days", "integer"), *others)))
    database = folder.database()
    assert database.insert("Loan", {"book": "Later"}) == 4
    database.close()
    with closing(sqlite3.connect(folder.path / "data" / "app.db")) as raw:
        sql = raw.execute("SELECT sql FROM sqlite_master WHERE name = 'loan'").fetchone()[0]
        names = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert "STRICT" in sql
    assert "AUTOINCREMENT" in sql
    assert "REFERENCES member" in sql.replace('"', "")
    assert {"ix_loan_member", "uq_loan_number"} <= names
    assert list((folder.path / "data" / "backups").glob("*-0002-up.db"))


@pytest.mark.e2e
def test_a_plan_is_agreed_to_by_its_hash(folder: Folder) -> None:
    spec = app(MEMBER, entity("Loan", *LOAN.fields[:1], *LOAN.fields[2:]))
    plan = folder.plan(spec)
    folder.fill(Loan=[{"book": "Late", "due": "2026-05-06"}])
    with pytest.raises(MigrationRefused, match="changed since the plan"):
        folder.migrations.make(spec, {}, Consent(lossy=True, hash=plan.hash))
    again = folder.plan(spec)
    folder.migrations.make(spec, {}, Consent(lossy=True, hash=again.hash))
    assert [each.name for each in read_migrations(folder.path)] == ["0001_first_spec", "0002_remove_loan_due"]


@pytest.mark.e2e
def test_a_new_numbered_field_numbers_the_records_that_are_there(folder: Folder) -> None:
    folder.make(app(entity("Member", field("name", required=True), field("no", "auto_number")), LOAN))
    assert folder.column("Member", "no") == [1, 2]
    folder.fill(Member=[{"name": "Cy"}])
    assert folder.column("Member", "no") == [1, 2, 3]
