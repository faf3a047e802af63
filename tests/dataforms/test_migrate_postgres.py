"""Changed specs over PostgreSQL: the same outcomes as over SQLite, by ALTER TABLE."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from migrating import Folder, app, entity, field

from dataforms.errors import MigrationRefused
from dataforms.migrate.files import read_migrations
from dataforms.migrate.run import Consent
from dataforms.spec import AppSpec, Field, Relation, Rule

pytestmark = pytest.mark.e2e
MEMBER = entity("Member", field("name", required=True))
LOAN = entity(
    "Loan",
    field("book", required=True),
    field("due", "date"),
    field("days"),
    field("member", "reference", target="Member"),
    field("before", "reference", target="Loan"),
    field("number", "auto_number"),
    field("paid", "boolean"),
    field("fee", "money"),
)
LINKS = (Relation(from_="Loan", to="Member", kind="m2m", name="readers"),)
SPEC = app(MEMBER, LOAN, relations=LINKS)


@pytest.fixture
def folder(postgresql_url: str, tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path, SPEC, postgresql_url)
    folder.fill(
        Member=[{"name": "Ada"}, {"name": "Bob"}],
        Loan=[
            {
                **{"book": "Ulysses", "due": "2026-01-02", "days": "14", "member": 2, "paid": True},
                **{"fee": "1.50", "readers": [1]},
            },
            {"book": "Emma", "days": "two weeks", "member": 1, "before": 1, "readers": [2]},
            {"book": "Emma", "due": "2026-03-04", "days": "14", "fee": "2"},
        ],
    )
    yield folder
    folder.migrations.close()


def test_names_types_and_rules_change_and_all_of_it_comes_back(folder: Folder) -> None:
    before = folder.rows("Loan"), folder.rows("Member")
    lending = entity(
        "Lending",
        field("title", required=True),
        field("due", "date", required=True, default="2026-12-31"),
        field("days", "integer", unique=True),
        field("person", "reference", target="Person"),
        field("before", "reference", target="Lending"),
        field("number", "auto_number"),
        field("paid", "enum", choices=("true", "false")),
        field("fee", "integer"),
        field("note"),
        field("price", "money", required=True, default="3.50"),
    )
    links = (Relation(from_="Lending", to="Person", kind="m2m", name="readers"),)
    spec = app(entity("Person", *MEMBER.fields, field("no", "auto_number")), lending, relations=links)
    renames = {"Loan": "Lending", "Member": "Person", "Loan.book": "title", "Loan.member": "person"}
    plan = folder.plan(spec, **renames)
    assert {(each.kind, each.name, each.rows) for each in plan.losses} == {
        ("lost", "Loan.days", 1), ("duplicates", "Lending.days", 1), ("lost", "Loan.fee", 1),
    }  # fmt: skip
    assert folder.rows("Loan") == before[0]
    folder.make(spec, renames)
    assert folder.column("Lending", "days") == [14, None, None]
    assert folder.column("Lending", "due") == [date(2026, 1, 2), date(2026, 12, 31), date(2026, 3, 4)]
    assert folder.column("Lending", "person") == [2, 1, None]
    assert folder.column("Lending", "price") == [Decimal("3.5")] * 3
    assert folder.column("Lending", "fee") == [None, None, 2]
    assert folder.column("Lending", "paid") == ["true", None, None]
    assert folder.column("Person", "no") == [1, 2]
    folder.fill(Lending=[{"title": "New", "person": 2}])
    folder.down()
    assert folder.rows("Loan")[0] == before[0][0]
    assert folder.rows("Loan")[2] == before[0][2]
    assert [row["days"] for row in folder.rows("Loan")] == ["14", "two weeks", "14", None]
    assert folder.rows("Member") == before[1]
    assert folder.rows("Loan")[3]["number"] == 4


def test_removed_entities_fields_and_links_come_back(folder: Folder, postgresql_url: str) -> None:
    loans, members = folder.rows("Loan"), folder.rows("Member")
    spec = app(entity("Note", field("text")))
    plan = folder.plan(spec)
    assert {(each.kind, each.name, each.rows) for each in plan.losses} == {
        ("records", "Loan", 3), ("records", "Member", 2), ("links", "Loan.readers", 2),
    }  # fmt: skip
    with pytest.raises(MigrationRefused, match="Something would be lost"):
        folder.make(spec, yes=False)
    folder.make(spec)
    folder.down()
    assert (folder.rows("Loan"), folder.rows("Member")) == (loans, members)
    assert folder.column("Loan", "readers") == [(1,), (2,), None]
    database = folder.database()
    with pytest.raises(Exception, match="There is no Member 9"):
        database.insert("Loan", {"book": "x", "member": 9})
    database.delete("Loan", 3)
    database.close()
    with psycopg.connect(postgresql_url) as connection:
        for faulty in ("UPDATE loan SET member = 9 WHERE id = 1", "INSERT INTO loan__readers VALUES (1, 9)"):
            with pytest.raises(psycopg.errors.ForeignKeyViolation), connection.transaction():
                connection.execute(faulty)
    folder.migrations.up(read_migrations(folder.path)[1], Consent(lossy=True))
    assert folder.rows("Note") == []


def test_what_stands_in_the_way_is_counted_and_nothing_changes(folder: Folder) -> None:
    spec = app(
        MEMBER,
        entity(
            "Loan",
            field("book", required=True, unique=True),
            field("due", "date", required=True),
            *LOAN.fields[2:],
            field("price", "money", required=True),
            rules=(Rule(kind="check", expression='book != "Emma"'),),
        ),
        relations=LINKS,
    )
    before = folder.rows("Loan")
    plan = folder.plan(spec)
    assert {(each.kind, each.name, each.rows) for each in plan.obstacles} == {
        ("required", "Loan.due", 1), ("required", "Loan.price", 3),
    }  # fmt: skip
    with pytest.raises(MigrationRefused, match="not possible"):
        folder.make(spec)
    assert folder.rows("Loan") == before
    assert len(read_migrations(folder.path)) == 0


def test_links_are_renamed_converted_and_come_back(folder: Folder) -> None:
    def spec(entity_name: str, *fields: Field) -> AppSpec:
        return app(entity("Person", *MEMBER.fields), entity(entity_name, *LOAN.fields[:1], *fields))

    person = {"Member": "Person", "Loan.readers": "people"}
    several = spec("Lending", field("people", "references", target="Person"))
    folder.make(several, {**person, "Loan": "Lending"})
    assert folder.column("Lending", "people") == [(1,), (2,), None]
    folder.fill(Lending=[{"book": "Dune", "people": [1, 2]}])
    one = spec("Lending", field("people", "reference", target="Person"))
    assert [(each.kind, each.rows) for each in folder.plan(one).losses] == [("altered", 1)]
    folder.make(one)
    assert folder.column("Lending", "people") == [1, 2, None, 1]
    to_itself = spec("Lending", field("people", "references", target="Lending"))
    folder.make(to_itself)
    assert folder.column("Lending", "people") == [None] * 4
    folder.fill(Lending=[{"book": "Persuasion", "people": [1, 3]}])
    folder.down()
    folder.down()
    assert folder.column("Lending", "people") == [(1,), (2,), None, (1, 2), None]
    folder.down()
    assert folder.column("Loan", "readers") == [(1,), (2,), None, (1, 2), None]
