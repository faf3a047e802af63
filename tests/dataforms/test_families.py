"""Records saved together with their children: all or nothing, every rule told, totals of what is typed."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from postgres import postgres

from dataforms.access import Access
from dataforms.around import ROWS_LIMIT
from dataforms.database import ChildRow, Database
from dataforms.errors import NotAllowed, RecordInvalid, UnknownName, UnknownRecord
from dataforms.spec import AppSpec, Entity, Field, Permission, Role, Rule
from dataforms.typerow import Value

LINE = Entity(
    name="Line",
    title="Line",
    fields=(
        Field(name="invoice", title="Invoice", type="reference", target="Invoice", required=True),
        Field(name="what", title="What", type="text", required=True),
        Field(name="code", title="Code", type="text", unique=True),
        Field(name="quantity", title="Quantity", type="integer", min=1, default=1),
        Field(name="price", title="Price", type="money", currency="EUR"),
        Field(name="total", title="Total", type="computed", expression="quantity * price"),
        Field(name="share", title="Share", type="computed", expression="total / invoice.net"),
        Field(name="reason", title="Reason", type="text", required_when="price > invoice.limit"),
    ),
)
INVOICE = Entity(
    name="Invoice",
    title="Invoice",
    fields=(
        Field(name="number", title="Number", type="text", required=True),
        Field(name="limit", title="Limit", type="money", currency="EUR", default=1000),
        Field(name="lines", title="Lines", type="children", target="Line", via="invoice"),
        Field(name="net", title="Net", type="computed", expression="sum(lines.total)"),
    ),
    rules=(
        Rule(kind="check", expression="count(lines) > 0", fields=("number",), message="Needs a line."),
        Rule(kind="check", expression="net <= 5000", message="Too much."),
    ),
)
SPEC = AppSpec(
    name="bills",
    title="Bills",
    entities=(INVOICE, LINE),
    roles=(
        Role(
            name="clerk",
            title="Clerk",
            permissions=(Permission(entity="Invoice", create=True, update=True), Permission(entity="Line")),
        ),
    ),
)


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database(SPEC, "sqlite://")
    database.create()
    yield database
    database.close()


def line(id: int | None = None, **values: object) -> ChildRow:
    return ChildRow(id=id, values=values)


def bill(database: Database, *lines: ChildRow) -> int:
    return database.save("Invoice", None, {"number": "1"}, {"lines": lines})


def contents(database: Database, id: int) -> list[tuple[object, object]]:
    found = database.related("Invoice", "lines", id, ROWS_LIMIT)
    return [(record.values["what"], record.values["total"]) for record in found]


def refused(
    database: Database, id: int | None, values: Mapping[str, object], *lines: ChildRow
) -> dict[str, str]:
    counted = database.counts()
    with pytest.raises(RecordInvalid) as caught:
        database.save("Invoice", id, values, {"lines": lines})
    assert database.counts() == counted
    assert database.check("Invoice", id, values, {"lines": lines}) == caught.value.errors
    return caught.value.errors


def test_a_record_comes_with_its_children(database: Database) -> None:
    id = bill(database, line(what="Nail", quantity="3", price="0.50"), line(what="Saw", price="12"))
    assert contents(database, id) == [("Nail", Decimal("1.5")), ("Saw", Decimal(12))]
    found = database.get("Invoice", id)
    assert found is not None
    assert found.values["net"] == Decimal("13.5")


def test_rows_are_changed_added_and_removed_at_once(database: Database) -> None:
    id = bill(database, line(what="Nail", price=1), line(what="Saw", price=2), line(what="Axe", price=3))
    changes = (line(1, what="Screw"), ChildRow(id=2), line(what="Hammer", price=4))
    database.save("Invoice", id, {"number": "2"}, {"lines": changes})
    assert [what for what, _ in contents(database, id)] == ["Screw", "Axe", "Hammer"]


def test_the_rules_of_the_parent_count_what_is_saved_with_it(database: Database) -> None:
    assert refused(database, None, {"number": "1"}) == {"number": "Needs a line."}
    id = bill(database, line(what="Saw", price=900))
    many = [line(what=f"Saw {n}", price=900) for n in range(5)]
    assert refused(database, id, {}, *many) == {"": "Too much."}
    database.save("Invoice", id, {}, {"lines": [ChildRow(id=1), *many]})
    assert refused(database, id, {}, *(ChildRow(id=n) for n in range(1, 8))) == {"number": "Needs a line."}


def test_everything_wrong_is_told_at_once_and_in_its_row(database: Database) -> None:
    lines = (line(what="Saw", price=1), line(what="", quantity="0"), line(what="Axe", price="x"))
    rows = {
        "lines.1.what": "This is required.",
        "lines.1.quantity": "Must be at least 1.",
        "lines.2.price": "Must be a number, such as 1234.5.",
    }
    assert refused(database, None, {"number": "1"}, *lines) == rows
    assert refused(database, None, {"number": ""}, *lines) == {"number": "This is required.", **rows}


def test_a_row_is_judged_by_the_parent_that_is_saved_with_it(database: Database) -> None:
    wrong = refused(database, None, {"number": "1", "limit": 10}, line(what="Saw", price=20))
    assert wrong == {"lines.0.reason": "This is required."}
    bill(database, line(what="Saw", price=20))


def test_values_that_two_rows_share_are_told_in_the_second(database: Database) -> None:
    wrong = refused(database, None, {"number": "1"}, line(what="A", code="x"), line(what="B", code="x"))
    assert wrong == {"lines.1.code": "Another record has this already."}


def test_only_its_own_rows_are_changed_with_a_record(database: Database) -> None:
    first, second = bill(database, line(what="Saw")), bill(database, line(what="Axe"))
    assert list(refused(database, first, {}, line(2, what="Stolen"))) == ["lines.0."]
    database.save("Invoice", first, {}, {"lines": [ChildRow(id=2)]})
    assert contents(database, second) == [("Axe", None)]
    database.save("Invoice", first, {}, {"lines": [line(1, what="Saw", invoice=second)]})
    assert [what for what, _ in contents(database, first)] == ["Saw"]


@pytest.mark.e2e
def test_more_rows_than_one_question_takes_are_refused(database: Database) -> None:
    many = [line(what=str(n)) for n in range(ROWS_LIMIT + 1)]
    assert list(refused(database, None, {"number": "1"}, *many)) == ["lines"]
    bill(database, *many[:ROWS_LIMIT])


def test_children_that_are_not_there_are_refused(database: Database) -> None:
    with pytest.raises(RecordInvalid):
        database.save("Invoice", None, {"number": "1"}, {"number": [line(what="Saw")]})
    with pytest.raises(UnknownName):
        database.related("Invoice", "number", 1, 1)
    with pytest.raises(UnknownRecord):
        database.save("Invoice", 9, {})


def test_roles_bind_rows_too(database: Database) -> None:
    clerk = database.acting(Access(me="ana", roles=("clerk",)))
    with pytest.raises(NotAllowed):
        bill(clerk, line(what="Saw"))
    assert database.counts()["Invoice"] == 0


def test_a_check_leaves_nothing(database: Database) -> None:
    assert database.check("Invoice", None, {"number": "1"}, {"lines": [line(what="Saw")]}) == {}
    assert database.counts() == {"Invoice": 0, "Line": 0}


def test_totals_and_rows_follow_what_is_typed(database: Database) -> None:
    rows: list[dict[str, Value]] = [
        {"quantity": 3, "price": Decimal("2")},
        {"quantity": 2, "price": Decimal("7")},
    ]
    now = database.standing("Invoice", {"limit": Decimal(5)}, {"lines": rows})
    assert now.computed["net"] == 20
    assert [row.computed["total"] for row in now.rows["lines"]] == [6, 14]
    assert [row.computed["share"] for row in now.rows["lines"]] == [Decimal("0.3"), Decimal("0.7")]
    assert [row.required for row in now.rows["lines"]] == [frozenset(), {"reason"}]
    id = bill(database, line(what="Saw", price=900))
    assert database.standing("Invoice", {"id": id}, {"lines": []}).computed["net"] == 0
    assert database.standing("Invoice", {"id": id}).computed["net"] == 900


@settings(max_examples=10)
@given(st.lists(st.tuples(st.integers(1, 99), st.integers(0, 99)), max_size=12))
def test_a_total_of_typed_rows_is_that_of_the_same_rows_stored(pairs: list[tuple[int, int]]) -> None:
    database = Database(SPEC, "sqlite://")
    database.create()
    rows: list[dict[str, Value]] = [{"quantity": many, "price": Decimal(price)} for many, price in pairs]
    typed = database.standing("Invoice", {}, {"lines": rows}).computed["net"]
    assert typed == sum(many * price for many, price in pairs)
    database.close()


@pytest.mark.e2e
def test_families_are_the_same_on_postgresql() -> None:
    with postgres() as url:
        database = Database(SPEC, url.replace("postgresql:", "postgresql+psycopg:"))
        database.create()
        test_everything_wrong_is_told_at_once_and_in_its_row(database)
        test_a_check_leaves_nothing(database)
        test_totals_and_rows_follow_what_is_typed(database)
        database.close()
