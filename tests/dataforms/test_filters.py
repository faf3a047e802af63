"""Filters: every type by every operator, against what plain Python says of the same values."""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgres import postgres

from dataforms.computed import resolved
from dataforms.database import Database, Query
from dataforms.errors import FilterInvalid
from dataforms.filters import Condition, Filter, filter_of, read_filter, understood, write_filter
from dataforms.operators import OPERATORS, OperatorName, days
from dataforms.spec import AppSpec, Entity, Field, FieldType
from dataforms.typerow import Attachment, Location
from dataforms.types import TYPES, type_of
from dataforms.types_time import wall_clock

NOW = wall_clock()
TODAY = NOW.date()
TEXTS = ("Ada", "ada l", "50% of_it\\", "Łódź", "b")
VALUES: dict[FieldType, tuple[Any, ...]] = {
    "text": TEXTS,
    "long_text": TEXTS,
    "rich_text": TEXTS,
    "integer": (-3, 0, 7, 2**60),
    "decimal": (Decimal("-0.5"), Decimal(0), Decimal("0.1"), Decimal("12.25")),
    "money": (Decimal("-1.5"), Decimal(0), Decimal("9.99"), Decimal(1000)),
    "percent": (Decimal(0), Decimal("12.5"), Decimal(100)),
    "boolean": (True, False),
    "date": tuple(TODAY + timedelta(days=n) for n in (-400, -31, -7, -1, 0, 1, 6, 40)),
    "time": (time(0), time(14, 30), time(14, 30, 1), time(23, 59)),
    "datetime": tuple(
        datetime.combine(TODAY + timedelta(days=n), clock)
        for n in (-31, -1, 0, 1, 7)
        for clock in (time(0), time(23, 59))
    ),
    "duration": (timedelta(0), timedelta(minutes=90), timedelta(days=3)),
    "email": ("ada@example.com", "bo@example.org"),
    "url": ("https://example.com/a", "https://example.org"),
    "phone": ("+49 30 1234", "030 99"),
    "color": ("#1e90ff", "#000000"),
    "enum": ("Open", "Paid", "Closed"),
    "multi_enum": (("red",), ("red", 'say "ü"'), ("blue",)),
    "rating": (1, 3, 5),
    "json": ({"a": 1}, [1, 2], "x"),
    "location": (Location(1.0, 2.0), Location(0.0, 0.0)),
    "auto_number": (4, 11, 12),
    "file": (Attachment(name="a.txt", size=1, type="text/plain", digest="0" * 64),),
    "image": (Attachment(name="a.png", size=1, type="image/png", digest="1" * 64),),
    "reference": (1, 2, 3),
    "references": ((1,), (1, 3), (2,), (1, 2, 3)),
    "children": (0, 1, 2),
}
SET_BY_TEST = [name for name, row in TYPES.items() if name not in ("computed", "children")]
COMPUTED = {"twice": "integer * 2", "shout": "upper(text)", "is_big": "integer > 5", "later": "date + 1"}
COMPUTED_BY: dict[str, Callable[[dict[str, Any]], object]] = {
    "twice": lambda row: None if row["integer"] is None else row["integer"] * 2,
    "shout": lambda row: None if row["text"] is None else row["text"].upper(),
    "is_big": lambda row: None if row["integer"] is None else row["integer"] > 5,
    "later": lambda row: None if row["date"] is None else row["date"] + timedelta(days=1),
}


def _field(name: FieldType) -> Field:
    more: dict[str, Any] = {}
    if name in ("enum", "multi_enum"):
        more["choices"] = ("Open", "Paid", "Closed") if name == "enum" else ("red", 'say "ü"', "blue")
    if name in ("reference", "references"):
        more["target"] = "Other"
    return Field(name=name, title=name.replace("_", " ").title(), type=name, **more)


SPEC = AppSpec(
    name="all",
    title="All",
    entities=(
        Entity(
            name="Thing",
            title="Thing",
            fields=(
                *(_field(name) for name in SET_BY_TEST),
                Field(name="children", title="Children", type="children", target="Other", via="thing"),
                *(
                    Field(name=name, title=name, type="computed", expression=text)
                    for name, text in COMPUTED.items()
                ),
            ),
        ),
        Entity(
            name="Other",
            title="Other",
            fields=(
                Field(name="name", title="Name", type="text"),
                Field(name="thing", title="Thing", type="reference", target="Thing"),
            ),
        ),
    ),
)
THING = resolved(SPEC).entity("Thing")
FIELDS = {field.name: field for field in THING.fields}
Rows = dict[int, dict[str, Any]]


def _rows() -> Rows:
    """Return records in which each value of each type occurs, and each type is empty in some."""
    most = max(map(len, VALUES.values()))
    rows: Rows = {}
    for number in range(most + 2):
        row: dict[str, Any] = {}
        for name in SET_BY_TEST:
            values = VALUES[name]
            row[name] = values[number % len(values)] if number < most else None
        if number >= most:
            row["integer"] = 9 if number == most else None
        row["auto_number"] = number + 4
        rows[number + 1] = row
    return rows


def _filled(url: str) -> tuple[Database, Rows]:
    database = Database(SPEC, url)
    database.create()
    rows = _rows()
    database.load("Other", ({"id": n, "name": f"Other {n}"} for n in range(1, 4)))
    database.load("Thing", ({"id": id, **row} for id, row in rows.items()))
    database.load("Other", ({"id": 10 + n, "thing": 1 + n // 2} for n in range(3)))
    counts = {1: 2, 2: 1}
    for id, row in rows.items():
        row["children"] = counts.get(id, 0)
        row |= {name: by(row) for name, by in COMPUTED_BY.items()}
    return database, rows


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Rows]]:
    database, rows = _filled(f"sqlite:///{tmp_path_factory.mktemp('filters')}/app.db")
    yield database, rows
    database.close()


def _days(name: OperatorName, operand: Any, value: Any) -> bool:
    if value is None:
        return False
    first, after = days(name, operand or 0, TODAY)
    day = value.date() if isinstance(value, datetime) else value
    return bool(first <= day < after)


def _fold(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


ORACLE: dict[OperatorName, Callable[[Any, Any], bool]] = {
    "contains": lambda value, text: value is not None and text.lower() in value.lower(),
    "excludes": lambda value, text: value is None or text.lower() not in value.lower(),
    "is": lambda value, other: value is not None and _fold(value) == _fold(other),
    "is_not": lambda value, other: value is None or _fold(value) != _fold(other),
    "starts": lambda value, text: value is not None and value.lower().startswith(text.lower()),
    "empty": lambda value, _: value is None,
    "filled": lambda value, _: value is not None,
    "=": lambda value, other: value is not None and value == other,
    "!=": lambda value, other: value is None or value != other,
    "<": lambda value, other: value is not None and value < other,
    "<=": lambda value, other: value is not None and value <= other,
    ">": lambda value, other: value is not None and value > other,
    ">=": lambda value, other: value is not None and value >= other,
    "between": lambda value, pair: value is not None and pair[0] <= value <= pair[1],
    "today": lambda value, number: _days("today", number, value),
    "this_week": lambda value, number: _days("this_week", number, value),
    "this_month": lambda value, number: _days("this_month", number, value),
    "last_days": lambda value, number: _days("last_days", number, value),
    "next_days": lambda value, number: _days("next_days", number, value),
    "any_of": lambda value, those: value is not None and value in those,
    "none_of": lambda value, those: value is None or value not in those,
    "has_any": lambda value, those: value is not None and bool(set(value) & set(those)),
    "has_all": lambda value, those: value is not None and set(those) <= set(value),
    "has_none": lambda value, those: value is None or not set(value) & set(those),
    "yes": lambda value, _: value is True,
    "no": lambda value, _: value is False,
}


def _values(field: Field) -> tuple[Any, ...]:
    if field.name == "shout":
        return tuple(text.upper() for text in TEXTS)
    return VALUES[field.type]


def _raw(field: Field, value: Any) -> object:
    """Return a value as it stands in JSON."""
    row = type_of(field)
    return list(value) if isinstance(value, tuple) else row.edit(value, field)


def _operands(field: Field, operator: OperatorName) -> list[tuple[object, object]]:
    """Return things to compare with: in JSON, and as the oracle takes it."""
    values = _values(field)
    match OPERATORS[operator].takes:
        case "nothing":
            return [(None, None)]
        case "text":
            return [(text, text) for text in ("a", "ADA", "%", "_", "\\", "zz", "ód", str(values[0]))]
        case "days":
            return [(1, 1), ("7", 7), (400, 400)]
        case "range":
            pairs = [(values[0], values[-1]), (values[-1], values[0]), (values[1], values[1])]
            return [([_raw(field, each) for each in pair], pair) for pair in pairs]
        case "values":
            return [
                ([_raw(field, each) for each in those], those) for those in (values[:1], values[:2], values)
            ]
        case _:
            return [(_raw(field, value), value) for value in values]


CASES = [(field.name, operator) for field in THING.fields for operator in type_of(field).filters]


def _found(database: Database, filter: Filter) -> set[int]:
    return {row.id for row in database.page("Thing", Query(filter=filter, size=100)).rows}


def _expected(rows: Rows, condition: Condition, operand: object) -> set[int]:
    holds = ORACLE[condition.operator]  # type: ignore[index]  # a test of known operators
    return {id for id, row in rows.items() if holds(row[condition.field], operand)}


def _check(database: Database, rows: Rows, name: str, operator: OperatorName) -> None:
    for raw, operand in _operands(FIELDS[name], operator):
        condition = Condition(field=name, operator=operator, value=raw)
        there = read_filter(write_filter(Filter(parts=(condition,))))
        assert _found(database, there) == _expected(rows, condition, operand), (name, operator, raw)


@pytest.mark.parametrize(("name", "operator"), CASES)
def test_a_condition_finds_what_python_says(
    lite: tuple[Database, Rows], name: str, operator: OperatorName
) -> None:
    _check(*lite, name, operator)


@pytest.mark.e2e
def test_conditions_find_the_same_on_postgresql() -> None:
    with postgres() as url:
        database, rows = _filled(url)
        try:
            for name, operator in CASES:
                _check(database, rows, name, operator)
        finally:
            database.close()


def test_every_type_that_can_be_stored_has_operators_and_every_operator_a_type() -> None:
    assert all(row.filters for name, row in TYPES.items() if name != "computed")
    assert {name for row in TYPES.values() for name in row.filters} == set(OPERATORS)


WRONG: dict[str, object] = {
    "value": "\x00",
    "values": [],
    "range": ["1"],
    "text": "",
    "days": 0,
    "choices": [],
}


@pytest.mark.parametrize(
    ("name", "operator"),
    [(name, operator) for name, operator in CASES if OPERATORS[operator].takes != "nothing"],
)
def test_a_wrong_value_is_refused_with_the_condition_and_why(name: str, operator: OperatorName) -> None:
    wrong = WRONG[OPERATORS[operator].takes]
    for value in (None, wrong, {"a": 1}):
        tree = Filter(
            parts=(Filter(join="any", parts=(Condition(field=name, operator=operator, value=value),)),)
        )
        with pytest.raises(FilterInvalid) as caught:
            understood(tree, THING)
        assert caught.value.place == (0, 0)
        assert str(caught.value).startswith(f"Condition 1.1: {FIELDS[name].title}: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "no JSON"),
        ("[1]", "A group is"),
        ('{"none": []}', "A group is"),
        ('{"all": 1}', "a list"),
        ('{"all": [[1, 2]]}', "A condition is"),
        ('{"all": [["integer"]]}', "A condition is"),
        ('{"all": [["nope", "empty"]]}', "no field 'nope'"),
        ('{"all": [["integer", "contains", "1"]]}', "cannot be compared"),
        ('{"all": [["rating", "=", "many"]]}', "Must be a number"),
        ('{"all":' * 6 + "[]" + "}" * 6, "a list"),
        ('{"all":[' * 6 + "]}" * 6, "deep"),
        (json.dumps({"all": [["integer", "empty"]] * 51}), "more than 50"),
        (json.dumps({"all": [["text", "is", "x" * 20_000]]}), "too long"),
    ],
)
def test_what_is_no_filter_is_refused(text: str, message: str) -> None:
    with pytest.raises(FilterInvalid, match=message):
        understood(read_filter(text), THING)


def test_an_empty_filter_finds_everything_and_is_an_empty_text(lite: tuple[Database, Rows]) -> None:
    database, rows = lite
    assert write_filter(Filter()) == ""
    assert _found(database, read_filter("")) == set(rows)
    assert _found(database, filter_of({"any": []})) == set(rows)


def test_days_are_whole_weeks_months_and_counts_with_today() -> None:
    wednesday = date(2024, 2, 28)
    assert days("today", 0, wednesday) == (date(2024, 2, 28), date(2024, 2, 29))
    assert days("this_week", 0, wednesday) == (date(2024, 2, 26), date(2024, 3, 4))
    assert days("this_month", 0, wednesday) == (date(2024, 2, 1), date(2024, 3, 1))
    assert days("last_days", 7, wednesday) == (date(2024, 2, 22), date(2024, 2, 29))
    assert days("next_days", 7, wednesday) == (date(2024, 2, 28), date(2024, 3, 6))


def _conditions() -> st.SearchStrategy[tuple[Condition, object]]:
    every = [
        (Condition(field=name, operator=operator, value=raw), operand)
        for name, operator in CASES
        for raw, operand in _operands(FIELDS[name], operator)
    ]
    return st.sampled_from(every)


TREES = st.recursive(
    _conditions(),
    lambda parts: st.tuples(st.sampled_from(["all", "any"]), st.lists(parts, max_size=3)),
    max_leaves=8,
)


def _tree(drawn: Any) -> Condition | Filter:
    if isinstance(drawn[0], Condition):
        return drawn[0]
    return Filter(join=drawn[0], parts=tuple(map(_tree, drawn[1])))


def _holds(drawn: Any, row: dict[str, Any]) -> bool:
    if isinstance(drawn[0], Condition):
        return ORACLE[drawn[0].operator](row[drawn[0].field], drawn[1])  # type: ignore[index]  # as above
    held = [_holds(each, row) for each in drawn[1]]
    return not held or (all(held) if drawn[0] == "all" else any(held))


def _depth(drawn: Any) -> int:
    if isinstance(drawn[0], Condition):
        return 0
    return 1 + max(map(_depth, drawn[1]), default=0)


@given(drawn=TREES.filter(lambda drawn: _depth(drawn) <= 3))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_trees_of_conditions_find_what_python_says(lite: tuple[Database, Rows], drawn: Any) -> None:
    database, rows = lite
    tree = Filter(parts=(_tree(drawn),))
    assert read_filter(write_filter(tree)) == tree
    assert _found(database, tree) == {id for id, row in rows.items() if _holds(drawn, row)}
