"""Conditions, checks and computed fields of records: what is refused, emptied, shown, sorted, found."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dataforms.check import problems
from dataforms.database import Database, Query
from dataforms.errors import RecordInvalid
from dataforms.spec import AppSpec, ChoicesWhen, Entity, Field, FieldType, Rule
from dataforms.typerow import Value

SPEC = AppSpec(
    name="desk",
    title="Desk",
    entities=(
        Entity(
            name="Ticket",
            title="Ticket",
            fields=(
                Field(name="title", title="Title", type="text", required=True),
                Field(
                    name="state", title="State", type="enum", choices=("New", "Open", "Closed"), default="New"
                ),
                Field(
                    name="answer",
                    title="Answer",
                    type="long_text",
                    visible_when='state == "Closed"',
                    required=True,
                ),
                Field(name="owner", title="Owner", type="text", required_when='state != "New"'),
                Field(name="budget", title="Budget", type="money", read_only_when='state == "Closed"'),
                Field(
                    name="priority",
                    title="Priority",
                    type="enum",
                    choices=("Low", "High", "Now"),
                    choices_when=(
                        ChoicesWhen(when='state == "New"', choices=("Low", "High")),
                        ChoicesWhen(when="state != empty", choices=("Low", "High", "Now")),
                    ),
                ),
                Field(name="begin", title="Begin", type="date"),
                Field(name="end", title="End", type="date"),
                Field(name="days", title="Days", type="computed", expression="end - begin + 1", unit="d"),
                Field(name="spent", title="Spent", type="computed", expression="sum(works, hours * rate)"),
                Field(name="left", title="Left", type="computed", expression="budget - spent"),
                Field(
                    name="late", title="Late", type="computed", expression='state != "Closed" and days > 10'
                ),
                Field(name="works", title="Works", type="children", target="Work", via="ticket"),
            ),
            rules=(
                Rule(kind="check", expression="end >= begin", fields=("end",), message="Must not end first."),
                Rule(kind="check", expression='owner != "nobody"'),
            ),
        ),
        Entity(
            name="Work",
            title="Work",
            fields=(
                Field(name="ticket", title="Ticket", type="reference", target="Ticket", required=True),
                Field(name="hours", title="Hours", type="decimal", required=True),
                Field(name="rate", title="Rate", type="money", required=True),
                Field(name="of", title="Of", type="computed", expression="ticket.title + '!'"),
            ),
        ),
    ),
)


@pytest.fixture
def desk(url: str) -> Iterator[Database]:
    database = Database(SPEC, url)
    database.create()
    yield database
    database.close()


def refused(database: Database, values: Mapping[str, object], id: int | None = None) -> dict[str, str]:
    """Return the messages that a new ticket, or a change of one, is refused with."""

    def store() -> None:
        if id is None:
            database.insert("Ticket", {"title": "T", **values})
        else:
            database.update("Ticket", id, values)

    with pytest.raises(RecordInvalid) as caught:
        store()
    return caught.value.errors


def test_the_spec_has_no_fault() -> None:
    assert problems(SPEC) == ()


def test_a_field_that_is_not_shown_needs_no_value_and_keeps_none(desk: Database) -> None:
    id = desk.insert("Ticket", {"title": "T", "answer": "Too early"})
    found = desk.get("Ticket", id)
    assert found is not None
    assert found.values["answer"] is None


def test_a_field_that_comes_into_sight_is_required_then(desk: Database) -> None:
    assert refused(desk, {"state": "Closed", "owner": "Ada"}) == {"answer": "This is required."}
    id = desk.insert("Ticket", {"title": "T", "state": "Closed", "owner": "Ada", "answer": "Done"})
    desk.update("Ticket", id, {"state": "Open"})
    found = desk.get("Ticket", id)
    assert found is not None
    assert found.values["answer"] is None
    assert refused(desk, {"state": "Closed"}, id) == {"answer": "This is required."}


def test_a_field_is_required_while_its_condition_holds(desk: Database) -> None:
    assert refused(desk, {"state": "Open"}) == {"owner": "This is required."}
    id = desk.insert("Ticket", {"title": "T"})
    assert refused(desk, {"state": "Open"}, id) == {"owner": "This is required."}
    desk.update("Ticket", id, {"state": "Open", "owner": "Ada"})
    assert refused(desk, {"owner": ""}, id) == {"owner": "This is required."}


def test_a_field_stays_as_it_is_while_its_condition_held(desk: Database) -> None:
    closed = {"title": "T", "state": "Closed", "owner": "Ada", "answer": "Done", "budget": 5}
    id = desk.insert("Ticket", closed)
    assert refused(desk, {"budget": 6}, id) == {"budget": "Cannot be changed now."}
    assert refused(desk, {"budget": 6, "state": "Open"}, id) == {"budget": "Cannot be changed now."}
    desk.update("Ticket", id, {"budget": 5, "title": "Same budget"})
    desk.update("Ticket", id, {"state": "Open"})
    desk.update("Ticket", id, {"budget": 6})


def test_the_first_condition_that_holds_says_which_choices_are_allowed(desk: Database) -> None:
    assert refused(desk, {"priority": "Now"}) == {"priority": "Must be one of Low, High."}
    id = desk.insert("Ticket", {"title": "T", "state": "Open", "owner": "Ada", "priority": "Now"})
    desk.update("Ticket", id, {"state": "New"})  # a value that is there may stay
    assert refused(desk, {"state": "New", "priority": "Now", "title": ""}, id).keys() == {"title"}


def test_a_check_that_is_broken_is_told_at_its_field_and_one_that_is_empty_is_not(desk: Database) -> None:
    assert refused(desk, {"begin": "2026-02-02", "end": "2026-02-01"}) == {"end": "Must not end first."}
    id = desk.insert("Ticket", {"title": "T", "begin": "2026-02-02"})
    assert refused(desk, {"end": "2026-02-01"}, id) == {"end": "Must not end first."}
    assert "owner" in refused(desk, {"owner": "nobody"}, id)[""]


def test_computed_fields_are_shown_sorted_and_found(desk: Database) -> None:
    short = desk.insert("Ticket", {"title": "A", "begin": "2026-01-01", "end": "2026-01-02", "budget": 100})
    long = desk.insert("Ticket", {"title": "B", "begin": "2026-01-01", "end": "2026-01-31"})
    desk.insert("Work", {"ticket": short, "hours": "1.5", "rate": 20})
    work = desk.insert("Work", {"ticket": short, "hours": 1, "rate": "10.50"})
    rows = {row.id: row.values for row in desk.page("Ticket", Query(sort="-days")).rows}
    assert list(rows) == [long, short]
    assert rows[short] | {"title": ""} == rows[short] | {
        "title": "", "days": 2, "spent": Decimal("40.5"), "left": Decimal("59.5"), "late": False, "works": 2,
    }  # fmt: skip
    assert (rows[long]["days"], rows[long]["spent"], rows[long]["left"]) == (31, Decimal(0), None)
    assert rows[long]["late"] is True
    found = desk.get("Work", work)
    assert found is not None
    assert found.values["of"] == "A!"
    assert desk.page("Work", Query(search="a!")).total == 2


def test_a_computed_field_cannot_be_written(desk: Database) -> None:
    assert refused(desk, {"days": 4}).keys() == {"days"}
    assert refused(desk, {"works": 4}).keys() == {"works"}
    id = desk.insert("Ticket", {"title": "T", "begin": "2026-01-01", "end": "2026-01-01"})
    assert refused(desk, {"days": 4}, id).keys() == {"days"}


def test_what_a_form_shows_follows_what_is_typed(desk: Database) -> None:
    typed: dict[str, Value] = {
        "state": "Closed",
        "begin": date(2026, 1, 1),
        "end": date(2026, 1, 3),
        "budget": Decimal(7),
    }
    now = desk.standing("Ticket", typed)
    assert now.hidden == frozenset()
    assert now.required == {"owner"}
    assert now.fixed == {"budget"}
    assert now.choices == {"priority": ("Low", "High", "Now")}
    assert now.computed == {"days": 3, "spent": Decimal(0), "left": Decimal(7), "late": False}
    assert [rule.message for rule in now.broken] == []
    assert desk.standing("Ticket", {}).hidden == {"answer"}


def test_an_entity_without_conditions_is_not_asked_about(desk: Database) -> None:
    plain = Database(AppSpec(name="a", title="A", entities=(Entity(name="A", title="A", fields=(
        Field(name="b", title="B", type="text"),)),)), "sqlite:////nonexistent/folder/never.db")  # fmt: skip
    assert plain.standing("A", {}).hidden == frozenset()
    plain.close()


def entity(*fields: Field, rules: tuple[Rule, ...] = ()) -> AppSpec:
    first = Field(name="title", title="Title", type="text")
    return AppSpec(
        name="a", title="A", entities=(Entity(name="A", title="A", fields=(first, *fields), rules=rules),)
    )


def x(type: FieldType, **changes: Any) -> AppSpec:
    """Return a spec with a field `x`."""
    return entity(Field(name="x", title="X", type=type, **changes))


def x_and_rule(rule: Rule) -> AppSpec:
    return entity(Field(name="x", title="X", type="computed", expression="1"), rules=(rule,))


NEVER = ChoicesWhen(when="true", choices=("b",))
FAULTS = [
    (x("computed"), "fields[1].expression", "needs an expression"),
    (x("computed", expression="1 +"), "fields[1].expression", "value"),
    (x("computed", expression="x + 1"), "fields[1].expression", "itself"),
    (x("computed", expression="1", required=True), "fields[1].required", "Nobody"),
    (x("computed", expression="1", visible_when="true"), "fields[1].visible_when", "has no visible_when"),
    (x("text", expression="1"), "fields[1].expression", "Only computed"),
    (x("text", visible_when="titel"), "fields[1].visible_when", "title"),
    (x("text", required_when="title"), "fields[1].required_when", "must give yes or no"),
    (x("text", choices_when=(NEVER,)), "fields[1].choices_when", "no choices"),
    (x("enum", choices=("a",), choices_when=(NEVER,)), "fields[1].choices_when[0].choices[0]", "'b'"),
    (x("children"), "fields[1].target", "needs a target"),
    (x("children", target="A", via="title"), "fields[1].via", "points back"),
    (x("text", via="title"), "fields[1].via", "Only children"),
    (entity(rules=(Rule(kind="check"),)), "rules[0].expression", "needs an expression"),
    (entity(rules=(Rule(kind="check", expression="title + 1"),)), "rules[0].expression", "cannot take"),
    (x_and_rule(Rule(kind="unique", fields=("x",))), "rules[0].fields[0]", "not stored"),
]


@pytest.mark.parametrize(("spec", "path", "said"), FAULTS, ids=[f"{it[1]}: {it[2]}" for it in FAULTS])
def test_a_fault_is_found_where_it_is(spec: AppSpec, path: str, said: str) -> None:
    found = [each for each in problems(spec) if each.path == f"entities[0].{path}"]
    assert [each for each in found if said in f"{each.message} {each.hint}"], problems(spec)
