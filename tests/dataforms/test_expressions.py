"""The language of conditions and computed fields: what it accepts, means, refuses, and computes in SQL."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from postgres import Server

from dataforms.asker import Asker
from dataforms.computing import Computing
from dataforms.engine import Connections
from dataforms.errors import ExpressionInvalid
from dataforms.expression import DEPTH, OPERATORS, TEXT_LENGTH, parse
from dataforms.meaning import understand
from dataforms.schema import Schema
from dataforms.scope import SpecScope
from dataforms.spec import AppSpec, Entity, Field
from dataforms.typerow import Value

SPEC = AppSpec(
    name="shop",
    title="Shop",
    entities=(
        Entity(
            name="Customer",
            title="Customer",
            fields=(
                Field(name="name", title="Name", type="text"),
                Field(name="discount", title="Discount", type="percent"),
                Field(name="orders", title="Orders", type="children", target="Order", via="customer"),
            ),
        ),
        Entity(
            name="Order",
            title="Order",
            fields=(
                Field(name="customer", title="Customer", type="reference", target="Customer"),
                Field(name="number", title="Number", type="integer"),
                Field(name="total", title="Total", type="money", currency="EUR"),
                Field(name="fee", title="Fee", type="money", currency="USD"),
                Field(name="weight", title="Weight", type="decimal"),
                Field(name="note", title="Note", type="text"),
                Field(name="paid", title="Paid", type="boolean"),
                Field(name="due", title="Due", type="date"),
                Field(name="sent", title="Sent", type="datetime"),
                Field(name="took", title="Took", type="duration"),
                Field(name="state", title="State", type="enum", choices=("Open", "Closed")),
                Field(name="tags", title="Tags", type="multi_enum", choices=("a", "b", "c")),
                Field(name="place", title="Place", type="location"),
                Field(name="items", title="Items", type="children", target="Item", via="order"),
            ),
        ),
        Entity(
            name="Item",
            title="Item",
            fields=(
                Field(name="order", title="Order", type="reference", target="Order"),
                Field(name="price", title="Price", type="money", currency="EUR"),
                Field(name="quantity", title="Quantity", type="integer"),
                Field(name="done", title="Done", type="boolean"),
            ),
        ),
    ),
)
ORDER = SPEC.entity("Order")
NOW = datetime.fromisoformat("2026-03-14 15:09:26")
ASKER = Asker(me="ada", now=NOW)
FULL: dict[str, Value] = {
    "number": 7, "total": Decimal("100.50"), "weight": Decimal("2.5"), "note": "Fragile", "paid": True,
    "due": date(2026, 3, 1), "sent": datetime.fromisoformat("2026-02-28 10:30"),
    "took": timedelta(hours=1, minutes=30), "state": "Open", "tags": ("a", "c"),
}  # fmt: skip


class World:
    """A database with two customers, one order of three items."""

    def __init__(self, url: str = "sqlite://") -> None:
        self.schema = Schema(SPEC)
        self.connections = Connections(url)
        self.computing = Computing(self.schema, is_sqlite=self.connections.is_sqlite)
        with self.connections.writing() as connection:
            self.schema.metadata.create_all(connection)
            tables = self.schema.tables
            customers: list[dict[str, Value]] = [
                {"id": 1, "name": "Ada", "discount": Decimal("12.5")},
                {"id": 2, "name": None, "discount": None},
            ]
            connection.execute(sa.insert(tables["Customer"]), customers)
            connection.execute(sa.insert(tables["Order"]).values(id=1, customer=1, **FULL))
            connection.execute(sa.insert(tables["Order"]).values(id=2, customer=2))
            items: list[dict[str, Value]] = [
                {"order": 1, "price": Decimal("10.00"), "quantity": 3, "done": True},
                {"order": 1, "price": Decimal("5.25"), "quantity": 2, "done": False},
                {"order": 1, "price": None, "quantity": 4, "done": None},
            ]
            connection.execute(sa.insert(tables["Item"]), items)

    def stored(self, text: str, id: int = 1) -> object:
        """Return what an expression gives for a stored order."""
        made = self.computing.column(ORDER, understand(text, SpecScope(SPEC, ORDER)), ASKER)
        table = self.schema.tables["Order"]
        with self.connections.reading() as connection:
            return connection.execute(sa.select(made).select_from(table).where(table.c.id == id)).scalar_one()

    def typed(self, text: str, values: dict[str, Value]) -> object:
        """Return what it gives for an order that is not stored."""
        made = self.computing.of_values(ORDER, understand(text, SpecScope(SPEC, ORDER)), values, ASKER)
        with self.connections.reading() as connection:
            return connection.execute(sa.select(made)).scalar_one()


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def other_world(postgresql: Server) -> Iterator[World]:
    """The same on PostgreSQL."""
    with postgresql.schema() as url:
        world = World(url)
        yield world
        world.connections.close()


GIVES: Sequence[tuple[str, object]] = (
    ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("-number", -7), ("7 / 2", Decimal("3.5")), ("7 % 4", 3),
    ("1 / 0", None), ("0.1 + 0.2", Decimal("0.3")), ("0.1 + 0.2 == 0.3", True), ("weight * 2", Decimal(5)),
    ("number + weight", Decimal("9.5")), ("total * 2", Decimal(201)), ("total * 0.1", Decimal("10.05")),
    ("total / 3", Decimal("33.5")), ("total / total", Decimal(1)), ("total > 100", True),
    ("total + 1", Decimal("101.5")), ("total == 100.5", True),
    ("round(total / 7 / total, 3)", Decimal("0.143")),
    ('note + "!"', "Fragile!"), ('"" + ""', None), ("length(note)", 7), ("upper(note)", "FRAGILE"),
    ('lower("ÄÖ")', "äö"), ('contains(note, "agi")', True), ('contains(note, "AGI")', False),
    ("due + 30", date(2026, 3, 31)), ("due - 1", date(2026, 2, 28)), ("due - date(sent)", 1),
    ("today - due", 13), ("due < today", True), ("sent < now", True), ("due > sent", True),
    ("now - sent", timedelta(days=14, hours=4, minutes=39, seconds=26)),
    ("sent + took", datetime.fromisoformat("2026-02-28 12:00")),
    ("sent - took", datetime.fromisoformat("2026-02-28 09:00")),
    ("hours(took)", Decimal("1.5")), ("duration(0.5)", timedelta(minutes=30)),
    ("took * 2", timedelta(hours=3)),
    ("year(due)", 2026), ("month(sent)", 2), ("day(due)", 1), ("weekday(due)", 7), ("weekday(due + 1)", 1),
    ("paid and number > 5", True), ("not paid", False), ("paid or 1 / 0 > 1", True),
    ('state in ["Open", "Held"]', True), ('state not in ["Open"]', False), ('"a" in tags', True),
    ('"b" in tags', False), ("length(tags)", 2), ('if(paid, "yes", "no")', "yes"),
    ("coalesce(empty, number)", 7), ("max(number, 10)", 10), ("min(number, empty)", 7),
    ("place == empty", True), ("note != empty", True), ("me == 'ada'", True), ("'it''s'", "it's"),
    ("customer.name", "Ada"), ("customer.discount > 10", True), ("customer != empty", True),
    ("count(items)", 3), ("count(items, done)", 1), ("sum(items.quantity)", 9),
    ("sum(items, price * quantity)", Decimal("40.5")), ("average(items.price)", Decimal("7.625")),
    ("max(items.price)", Decimal(10)), ("min(items.quantity)", 2), ("count(customer.orders)", 1),
    ("sum(customer.orders.total)", Decimal("100.5")),
    ("not (paid and number > 9)", True),
    ("not (paid or number > 9)", False), ("not (number > 9 or note == empty) and paid", True),
    ("not (state in ['Open'])", False), ("not if(paid, number > 9, paid)", True), ('not ("b" in tags)', True),
    ("not (note != 'Fragile')", True), ("if(not (paid and paid), 1, 2)", 2), ("-(number + 1) * 2", -16),
    ("10 - (number - 2)", 5), ("2 * (number % 4)", 6), ("(paid and paid) == true", True), ("id", 1),
    ("number = 7", True), ("number <> 7", False), ("not not paid", True), ("- -3", 3),
    ("abs(3 - 10)", 7), ('trim("  x ")', "x"), ("round(weight)", 3), ("number in [7, 8]", True),
    ("total in [100.5]", True), ("note in [empty]", False), ("if(total > 50, total, 0)", Decimal("100.5")),
)  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), GIVES, ids=[text for text, _ in GIVES])
def test_an_expression_gives(world: World, text: str, expected: object) -> None:
    found = world.stored(text)
    assert (found, type(found)) == (expected, type(expected))


EMPTY: Sequence[tuple[str, object]] = (
    ("number + 1", None), ("number > 1", None), ("number == empty", True), ("number != 1", True),
    ("paid", False), ("not paid", True), ("paid or true", True), ('note + "!"', "!"), ("total * 2", None),
    ("customer.name", None), ("sum(items.price)", Decimal(0)), ("count(items)", 0),
    ("average(items.price)", None),
    ('"a" in tags', False), ("length(tags)", 0), ("state in ['Open']", None), ("state in [empty]", True),
    ("due - today", None), ('contains(note, "x")', None), ("if(paid, 1, 2)", 2), ("max(number, 3)", 3),
    ("hours(took)", None), ("customer.discount * 2", None),
)  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), EMPTY, ids=[text for text, _ in EMPTY])
def test_what_is_empty(world: World, text: str, expected: object) -> None:
    assert world.stored(text, id=2) == expected


@pytest.mark.parametrize(("text", "expected"), GIVES, ids=[text for text, _ in GIVES])
def test_a_record_that_is_not_stored_yet_gives_the_same(world: World, text: str, expected: object) -> None:
    assert world.typed(text, {"id": 1, "customer": 1, **FULL}) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("1 +", "value is missing before the end"),
        ("(1", "')' is missing"),
        ("1 2", "operator is missing before '2'"),
        ('"open', "has no end"),
        ("a ? b", "'?' has no meaning"),
        ("nothing_like_it", "no field 'nothing_like_it'"),
        ("numbr + 1", "number"),
        ("customer.nme", "name"),
        ("note.length", "a text, which has no fields"),
        ("items.price", "many records"),
        ("items", "gives records"),
        ("customer", "gives a record"),
        ("note + 1", "cannot take a text and a whole number"),
        ("total + fee", "EUR and USD"),
        ("total * total", "cannot take"),
        ("1 < 2 < 3", "a < b and b < c"),
        ("shout(note)", "no function 'shout'"),
        ("round(weight, 1, 2)", "cannot take"),
        ("sum(number)", "takes many records"),
        ("count(items, price)", "a condition"),
        ("sum(items)", "what of each"),
        ("sum(items.done)", "no sum of yes or no"),
        ("[1]", "value is missing"),
        ("state in [note]", "texts and numbers only"),
        ('number in ["x"]', "cannot be a text"),
        ("customer == items", "cannot take"),
        ("__import__('os')", "no function '__import__'"),
        ("note.__class__", "no fields"),
        ("1; 2", "';' has no meaning"),
        ("(" * (DEPTH + 1) + "1" + ")" * (DEPTH + 1), "nested too deeply"),
        ("+".join("1" * (OPERATORS + 2)), "too many operators"),
        ("1" * (TEXT_LENGTH + 1), "longer than"),
    ],
)
def test_what_means_nothing_is_refused_with_the_reason_and_the_place(text: str, said: str) -> None:
    with pytest.raises(ExpressionInvalid) as refused:
        understand(text, SpecScope(SPEC, ORDER))
    assert said in f"{refused.value} {refused.value.hint}"
    assert 0 <= refused.value.at <= len(text)


@pytest.mark.e2e
@pytest.mark.parametrize(("text", "expected"), GIVES, ids=[text for text, _ in GIVES])
def test_postgresql_gives_the_same(other_world: World, text: str, expected: object) -> None:
    found = other_world.stored(text)
    assert (found, type(found)) == (expected, type(expected))
    assert other_world.typed(text, {"id": 1, "customer": 1, **FULL}) == expected


@pytest.mark.e2e
@pytest.mark.parametrize(("text", "expected"), EMPTY, ids=[text for text, _ in EMPTY])
def test_what_is_empty_is_so_on_postgresql_too(other_world: World, text: str, expected: object) -> None:
    assert other_world.stored(text, id=2) == expected


Pair = tuple[str, int | None]
Truth = tuple[str, bool | None]


def _calculated(operator: str, left: Pair, right: Pair) -> Pair:
    (a, x), (b, y) = left, right
    text = f"({a}) {operator} ({b})"
    if x is None or y is None:
        return text, None
    if operator == "%":
        return text, None if y == 0 else abs(x) % abs(y) * (1 if x >= 0 else -1)
    return text, {"+": x + y, "-": x - y, "*": x * y}[operator]


def _compared(operator: str, left: Pair, right: Pair) -> Truth:
    (a, x), (b, y) = left, right
    text = f"({a}) {operator} ({b})"
    if operator in ("==", "!="):
        return text, (x == y) is (operator == "==")
    if x is None or y is None:
        return text, None
    return text, {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[operator]


def _joined(operator: str, left: Truth, right: Truth) -> Truth:
    (a, x), (b, y) = left, right
    decided = operator == "or"
    value = decided if decided in (x, y) else None if None in (x, y) else not decided
    return f"({a}) {operator} ({b})", value


def _chosen(test: Truth, then: Pair, otherwise: Pair) -> Pair:
    return f"if({test[0]}, {then[0]}, {otherwise[0]})", then[1] if test[1] else otherwise[1]


def _lesser(left: Pair, right: Pair) -> Pair:
    known = [value for _, value in (left, right) if value is not None]
    return f"min({left[0]}, {right[0]})", min(known, default=None)


NUMBERS = st.sampled_from(
    [("number", 7), ("coalesce(number, 1)", 7), ("length(trim(''))", None), ("0", 0)]
) | (st.integers(0, 9).map(lambda n: (str(n), n)))
CALCULATED = st.recursive(
    NUMBERS,
    lambda inner: (
        st.builds(_calculated, st.sampled_from("+-*%"), inner, inner)
        | st.builds(_lesser, inner, inner)
        | inner.map(lambda it: (f"-({it[0]})", None if it[1] is None else -it[1]))
    ),
    max_leaves=4,
)
COMPARED = st.builds(_compared, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), CALCULATED, CALCULATED)
DECIDED = st.recursive(
    COMPARED | st.sampled_from([("paid", True), ("false", False)]),
    lambda inner: (
        st.builds(_joined, st.sampled_from(["and", "or"]), inner, inner)
        | inner.map(lambda it: (f"not ({it[0]})", None if it[1] is None else not it[1]))
    ),
    max_leaves=4,
)


@given(DECIDED, CALCULATED, CALCULATED)
def test_any_expression_gives_what_arithmetic_and_logic_say(
    world: World, test: Truth, then: Pair, otherwise: Pair
) -> None:
    assert world.stored(test[0]) is test[1]
    text, value = _chosen(test, then, otherwise)
    assert world.stored(text) == value
    assert world.typed(text, {"id": 1, "customer": 1, **FULL}) == value


@pytest.mark.e2e
@given(DECIDED, CALCULATED)
def test_any_expression_gives_the_same_on_postgresql(other_world: World, test: Truth, number: Pair) -> None:
    assert other_world.stored(test[0]) is test[1]
    assert other_world.stored(number[0]) == number[1]


@given(st.text())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with suppress(ExpressionInvalid):
        parse(text)


def test_the_longest_expression_that_is_allowed_is_computed(world: World) -> None:
    assert world.stored("+".join("1" * OPERATORS)) == OPERATORS
    assert world.stored("not " * OPERATORS + "paid") is (OPERATORS % 2 == 0)
    assert world.stored("(" * (DEPTH - 1) + "1" + ")" * (DEPTH - 1)) == 1
