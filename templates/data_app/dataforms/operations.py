"""What can be done with values in an expression: each kind of value, each operator and function.

`OPERATIONS` is the one list of what there is; `dataforms.computing_forms` has an SQL form for each name.
Must import neither SQLAlchemy nor Reflex.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

KindName = Literal[
    "text", "integer", "real", "money", "boolean", "date", "time", "datetime", "duration", "choices",
    "record", "records", "opaque", "empty",
]  # fmt: skip


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What a value is. `entity` is what a record, or records, are of; `currency` is an amount's."""

    name: KindName
    entity: str | None = None
    currency: str | None = None


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One row: how it is written, what it takes and gives, and what it is called."""

    written: str
    takes: tuple[KindName, ...]
    gives: KindName
    name: str


_NUMBERS: tuple[KindName, ...] = ("integer", "real", "money", "duration")
_ORDERED: tuple[KindName, ...] = (*_NUMBERS, "text", "date", "time", "datetime")


def _row(written: str, takes: tuple[KindName, ...], gives: KindName, name: str) -> Operation:
    return Operation(written=written, takes=takes, gives=gives, name=name)


def _arithmetic() -> Iterator[Operation]:
    for kind in _NUMBERS:
        yield _row("+", (kind, kind), kind, "add")
        yield _row("-", (kind, kind), kind, "subtract")
        yield _row("negative", (kind,), kind, "negative")
        yield _row("abs", (kind,), kind, "abs")
    yield _row("*", ("integer", "integer"), "integer", "multiply")
    yield _row("*", ("real", "real"), "real", "multiply")
    units: tuple[KindName, ...] = ("money", "duration")
    for kind in units:
        yield _row("*", (kind, "real"), kind, "multiply_units")
        yield _row("*", ("real", kind), kind, "multiply_units")
        yield _row("/", (kind, "real"), kind, "divide_units")
        yield _row("/", (kind, kind), "real", "ratio")
    yield _row("/", ("real", "real"), "real", "ratio")
    yield _row("%", ("integer", "integer"), "integer", "remainder")
    yield _row("round", ("real", "integer"), "real", "round")
    yield _row("round", ("real",), "integer", "round_whole")


def _moments() -> Iterator[Operation]:
    yield _row("+", ("date", "integer"), "date", "days_later")
    yield _row("-", ("date", "integer"), "date", "days_earlier")
    yield _row("-", ("date", "date"), "integer", "days_between")
    yield _row("+", ("datetime", "duration"), "datetime", "later")
    yield _row("-", ("datetime", "duration"), "datetime", "earlier")
    yield _row("-", ("datetime", "datetime"), "duration", "between")
    for part in ("year", "month", "day", "weekday"):
        yield _row(part, ("date",), "integer", part)
        yield _row(part, ("datetime",), "integer", part)
    yield _row("date", ("datetime",), "date", "date_of")
    yield _row("hours", ("duration",), "real", "hours")
    yield _row("duration", ("real",), "duration", "duration")


def _comparisons() -> Iterator[Operation]:
    others: tuple[KindName, ...] = ("boolean", "record", "choices", "opaque")
    for kind in (*_ORDERED, *others):
        yield _row("==", (kind, kind), "boolean", "equal")
        yield _row("!=", (kind, kind), "boolean", "unequal")
    for kind in _ORDERED:
        yield _row("<", (kind, kind), "boolean", "less")
        yield _row("<=", (kind, kind), "boolean", "at_most")
        yield _row(">", (kind, kind), "boolean", "greater")
        yield _row(">=", (kind, kind), "boolean", "at_least")
        yield _row("min", (kind, kind), kind, "lesser")
        yield _row("max", (kind, kind), kind, "greater_of")


def _logic() -> Iterator[Operation]:
    yield _row("and", ("boolean", "boolean"), "boolean", "both")
    yield _row("or", ("boolean", "boolean"), "boolean", "either")
    yield _row("not", ("boolean",), "boolean", "negation")
    yes_or_no: tuple[KindName, ...] = ("boolean",)
    for kind in (*_ORDERED, *yes_or_no):
        yield _row("if", ("boolean", kind, kind), kind, "if")
        yield _row("coalesce", (kind, kind), kind, "coalesce")


def _texts() -> Iterator[Operation]:
    yield _row("+", ("text", "text"), "text", "join")
    yield _row("in", ("text", "choices"), "boolean", "has_choice")
    yield _row("length", ("text",), "integer", "length")
    yield _row("length", ("choices",), "integer", "choices_count")
    for name in ("lower", "upper", "trim"):
        yield _row(name, ("text",), "text", name)
    yield _row("contains", ("text", "text"), "boolean", "contains")


OPERATIONS: tuple[Operation, ...] = (
    *_arithmetic(), *_moments(), *_comparisons(), *_logic(), *_texts(),
)  # fmt: skip
"""In the order in which the first fitting one is taken."""
_PROMOTIONS: dict[tuple[KindName, KindName], int] = {
    ("integer", "real"): 1, ("integer", "money"): 3, ("real", "money"): 3, ("date", "datetime"): 1,
}  # fmt: skip
WORDS: dict[KindName, str] = {
    "text": "a text", "integer": "a whole number", "real": "a number", "money": "an amount",
    "boolean": "yes or no", "date": "a date", "time": "a time", "datetime": "a date and time",
    "duration": "a duration", "choices": "several choices", "record": "a record", "records": "records",
    "opaque": "something without an order", "empty": "nothing",
}  # fmt: skip
"""What people call a value of each kind."""


def cost(given: KindName, taken: KindName) -> int | None:
    """Return how far a kind is from another that it can stand for; None if it cannot."""
    if given in (taken, "empty"):
        return 0
    return _PROMOTIONS.get((given, taken))
