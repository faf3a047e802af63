"""The figures of views, against plain Python on the same records, in both databases; and what roles leave."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataforms.access import Access
from dataforms.database import Database
from dataforms.errors import UnknownName
from dataforms.spec import Aggregate, AppSpec, Entity, Field, FieldType, Period, Permission, Role
from dataforms.views.figures import figure_field, in_choices, in_time, no_figure, shown_figure
from dataforms.views.periods import fitting, shifted, span_label, spans, start_of
from dataforms.views.questions import Figure, Listing, Question, Wanted

STATES = ("Open", "Paid", "Late")
PERIODS: tuple[Period, ...] = ("day", "week", "month", "quarter", "year")
SPEC = AppSpec(
    name="sales",
    title="Sales",
    entities=(
        Entity(
            name="Customer",
            title="Customer",
            fields=(
                Field(name="name", title="Name", type="text", required=True),
                Field(name="orders", title="Orders", type="children", target="Order", via="customer"),
            ),
        ),
        Entity(
            name="Order",
            title="Order",
            plural="Orders",
            fields=(
                Field(name="state", title="State", type="enum", choices=STATES),
                Field(name="customer", title="Customer", type="reference", target="Customer"),
                Field(name="placed", title="Placed", type="date"),
                Field(name="ends", title="Ends", type="date"),
                Field(name="at", title="At", type="datetime"),
                Field(name="pieces", title="Pieces", type="integer"),
                Field(name="weight", title="Weight", type="decimal"),
                Field(name="price", title="Price", type="money", currency="EUR"),
                Field(name="took", title="Took", type="duration"),
                Field(name="total", title="Total", type="computed", expression="pieces * price"),
            ),
        ),
    ),
    roles=(
        Role(
            name="late",
            title="Late ones",
            permissions=(Permission(entity="Order", condition='state == "Late"'),),
        ),
        Role(
            name="blind",
            title="Without prices",
            permissions=(Permission(entity="Order", hidden=("price",)), Permission(entity="Customer")),
        ),
        Role(name="none", title="Nothing", permissions=(Permission(entity="Customer"),)),
    ),
)
NAMES = ("Ada", "Bea", "Cyd")
Row = dict[str, Any]


def orders() -> list[Row]:
    chance = Random(7)

    def maybe(value: object) -> object:
        return None if chance.random() < 0.15 else value

    rows: list[Row] = []
    for number in range(150):
        day = date(2023, 1, 1) + timedelta(days=chance.randrange(800))
        at = datetime(2023, 1, 1) + timedelta(minutes=chance.randrange(800 * 1440))  # noqa: DTZ001
        rows.append(
            {
                "id": number + 1,
                "state": maybe(chance.choice(STATES)),
                "customer": maybe(chance.randrange(3) + 1),
                "placed": maybe(day),
                "ends": maybe(day + timedelta(days=chance.randrange(-2, 30))),
                "at": maybe(at),
                "pieces": maybe(chance.randrange(-5, 50)),
                "weight": maybe(Decimal(chance.randrange(-1000, 9999)) / 8),
                "price": maybe(Decimal(chance.randrange(100_000)) / 100),
                "took": maybe(timedelta(milliseconds=chance.randrange(10**8))),
            }
        )
    return rows


ROWS = orders()


@pytest.fixture
def sales(url: str) -> Iterator[Database]:
    database = Database(SPEC, url)
    database.create()
    database.load("Customer", [{"id": n + 1, "name": name} for n, name in enumerate(NAMES)])
    database.load("Order", ROWS)
    yield database
    database.close()


def figure(aggregate: Aggregate, values: Sequence[Any]) -> Any:
    filled = [value for value in values if value is not None]
    match aggregate:
        case "count":
            return len(values)
        case "sum":
            return sum(filled[1:], filled[0]) if filled else 0
        case "average":
            return sum(filled[1:], filled[0]) / len(filled) if filled else None
        case "min":
            return min(filled, default=None)
        case "max":
            return max(filled, default=None)


def close(found: Any, wanted: Any) -> bool:
    if isinstance(found, Decimal) or isinstance(wanted, float):
        return abs(float(found) - float(wanted)) <= 1e-4 * max(1, abs(float(wanted)))
    if isinstance(found, timedelta):
        return bool(abs(found - (wanted or timedelta())) <= timedelta(milliseconds=1))
    return bool(found == wanted)


def grouped(rows: Sequence[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


VALUES = ("pieces", "weight", "price", "took")


@pytest.mark.parametrize("aggregate", ["count", "sum", "average", "min", "max"])
def test_figures_are_those_of_plain_python(sales: Database, aggregate: Aggregate) -> None:
    for value in VALUES:
        of = None if aggregate == "count" else value
        [whole] = sales.figures("Order", Question(aggregate=aggregate, value=of))
        assert close(whole.value, figure(aggregate, [row[value] for row in ROWS])), value
        for group in ("state", "customer", "pieces"):
            found = sales.figures("Order", Question(aggregate=aggregate, value=of, group=group))
            wanted = grouped(ROWS, lambda row, group=group: row[group])  # type: ignore[misc]  # its default
            assert {each.key for each in found} == set(wanted)
            for each in found:
                assert close(each.value, figure(aggregate, [row[value] for row in wanted[each.key]]))


@pytest.mark.parametrize("field", ["placed", "at"])
def test_spans_of_time_are_those_of_the_calendar(sales: Database, field: str) -> None:
    for every in PERIODS:
        found = sales.figures("Order", Question(group=field, every=every, limit=2_000))
        dated = [row for row in ROWS if row[field] is not None]

        def start(row: Row, every: Period = every) -> date:
            day = row[field]
            return start_of(day.date() if isinstance(day, datetime) else day, every)

        wanted = {key: len(rows) for key, rows in grouped(dated, start).items()}
        assert {each.key: each.value for each in found} == wanted


def test_an_expression_can_be_summed_and_filtered_by(sales: Database) -> None:
    question = Question(
        aggregate="sum", value="pieces * price", wanted=Wanted(where='state == "Open" and pieces > 0')
    )
    [found] = sales.figures("Order", question)
    wanted = sum(
        row["pieces"] * row["price"]
        for row in ROWS
        if row["state"] == "Open" and (row["pieces"] or 0) > 0 and row["price"] is not None
    )
    assert found.value == wanted
    [computed] = sales.figures("Order", Question(aggregate="sum", value="total", wanted=question.wanted))
    assert computed.value == wanted


def test_a_range_of_days_and_a_choice_leave_the_others_out(sales: Database) -> None:
    first, last = date(2023, 6, 1), date(2023, 12, 31)
    for field in ("placed", "at"):
        wanted = Wanted(equal=(("state", "Paid"), ("customer", 2)), within=(field, first, last))
        [found] = sales.figures("Order", Question(wanted=wanted))
        rows = [
            row
            for row in ROWS
            if row["state"] == "Paid"
            and row["customer"] == 2
            and row[field] is not None
            and first.isoformat() <= row[field].isoformat()[:10] <= last.isoformat()
        ]
        assert found.value == len(rows)
    [empty] = sales.figures("Order", Question(wanted=Wanted(equal=(("state", None),))))
    assert empty.value == sum(row["state"] is None for row in ROWS)


def test_the_largest_groups_come_first_and_no_more_than_asked_for(sales: Database) -> None:
    found = sales.figures("Order", Question(group="customer", limit=2))
    counts = sorted((len(rows) for rows in grouped(ROWS, lambda row: row["customer"]).values()), reverse=True)
    assert [each.value for each in found] == counts[:2]
    assert all(each.label == NAMES[int(str(each.key)) - 1] for each in found if each.key is not None)


def test_records_are_listed_whose_time_overlaps_the_days(sales: Database) -> None:
    first, last = date(2023, 3, 1), date(2023, 3, 31)
    listing = Listing(wanted=Wanted(within=("placed", first, last), until="ends"), sort="placed", limit=500)
    found = [each.id for each in sales.some("Order", listing)]
    wanted = [
        row["id"]
        for row in sorted(ROWS, key=lambda row: (row["placed"] or date.max, row["id"]))
        if row["placed"] is not None
        and row["placed"] <= last
        and max(row["placed"], row["ends"] or row["placed"]) >= first
    ]
    assert found == wanted
    assert [each.id for each in sales.some("Order", Listing(limit=3, skip=2))] == [3, 4, 5]


def test_neighbours_are_the_records_before_and_after(sales: Database) -> None:
    assert sales.neighbours("Order", 1) == (None, 2)
    assert sales.neighbours("Order", 75) == (74, 76)
    assert sales.neighbours("Order", len(ROWS)) == (len(ROWS) - 1, None)


def test_figures_are_of_the_rows_that_an_account_may_read(sales: Database) -> None:
    late = sales.acting(Access(me="x", roles=("late",)))
    [found] = late.figures("Order", Question())
    assert found.value == sum(row["state"] == "Late" for row in ROWS)
    assert {each.key for each in late.figures("Order", Question(group="state"))} == {"Late"}
    some = [row["id"] for row in ROWS if row["state"] == "Late"]
    assert late.neighbours("Order", some[1]) == (some[0], some[2])
    assert [each.id for each in late.some("Order", Listing(limit=500))] == some
    with pytest.raises(UnknownName):
        sales.acting(Access(me="x", roles=("none",))).figures("Order", Question())


@pytest.mark.parametrize("text", ["price", "price * 2", "customer.orders", "sum(customer.orders.price)"])
def test_no_figure_tells_of_a_field_that_is_hidden(sales: Database, text: str) -> None:
    blind = sales.acting(Access(me="x", roles=("blind",)))
    with pytest.raises(UnknownName):
        blind.figures("Order", Question(aggregate="sum", value=text))
    with pytest.raises(UnknownName):
        blind.figures("Order", Question(wanted=Wanted(where=f"{text} > 100")))
    with pytest.raises(UnknownName):
        blind.figures("Order", Question(wanted=Wanted(equal=(("price", Decimal(1)),))))
    assert blind.figures("Order", Question(aggregate="sum", value="pieces * 2"))


days = st.dates(min_value=date(1900, 1, 1), max_value=date(9000, 1, 1))


@given(day=days, every=st.sampled_from(PERIODS), steps=st.integers(-40, 40))
def test_spans_follow_each_other_without_a_gap(day: date, every: Period, steps: int) -> None:
    first = start_of(day, every)
    after = shifted(first, every, 1)
    assert first <= day < after
    assert start_of(after - timedelta(days=1), every) == first
    assert shifted(shifted(first, every, steps), every, -steps) == first
    assert len({span_label(each, every) for each in spans(first, shifted(first, every, 5), every)}) == 6


def test_spans_without_a_figure_are_filled_and_only_the_latest_kept() -> None:
    found = [Figure(key=date(2024, 1, 1), value=3), Figure(key=date(2024, 4, 1), value=5), Figure(value=9)]
    filled = in_time(found, "month", 12, Figure(value=0))
    assert [each.value for each in filled] == [3, 0, 0, 5]
    assert [each.value for each in in_time(found, "month", 2, Figure(value=0))] == [0, 5]
    assert in_time([Figure(value=9)], "month", 2, Figure(value=0)) == []


def test_choices_keep_their_order() -> None:
    found = [Figure(key=None, value=9), Figure(key="Late", value=5), Figure(key="Open", value=1)]
    assert [each.key for each in in_choices(found, STATES)] == ["Open", "Late", None]


def test_figures_are_shown_like_their_field() -> None:
    order = SPEC.entity("Order")
    price = figure_field(SPEC, order, "sum", "price")
    assert "12.50" in shown_figure(Figure(value=Decimal("12.5")), price)
    average = figure_field(SPEC, order, "average", "pieces")
    assert shown_figure(Figure(value=Decimal("3.33333333")), average) == "3.33"
    assert figure_field(SPEC, order, "sum", "pieces * price").currency == "EUR"
    assert shown_figure(Figure(value=None), price) == "–"


@pytest.mark.parametrize("type", ["integer", "decimal", "money", "percent", "duration"])
def test_a_month_without_records_is_shown_as_nothing_of_its_kind(type: FieldType) -> None:
    field = Field(name="it", title="It", type=type, min=1 if type != "duration" else None)
    assert set(shown_figure(no_figure("sum", field), field)) & set("0")
    assert shown_figure(no_figure("average", field), field) == "–"


@pytest.mark.parametrize(
    ("last", "every"),
    [
        (date(2013, 1, 1), "day"),
        (date(2013, 1, 12), "day"),
        (date(2013, 1, 13), "week"),
        (date(2013, 3, 25), "week"),
        (date(2013, 3, 26), "month"),
        (date(2022, 12, 31), "month"),
        (date(2023, 1, 1), "year"),
    ],
)
def test_spans_suit_the_time_that_there_is(last: date, every: Period) -> None:
    assert fitting(date(2013, 1, 1), last, 12) == every
