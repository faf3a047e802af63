"""What a field can be compared by in a filter: every operator, and which ones go together.

`dataforms.filtering` has an SQL form for each name. Must import neither SQLAlchemy nor Reflex.
"""

from datetime import date, timedelta
from typing import Literal

import msgspec

from dataforms.words import phrase

OperatorName = Literal[
    "contains", "excludes", "is", "is_not", "starts", "empty", "filled",
    "=", "!=", "<", "<=", ">", ">=", "between",
    "today", "this_week", "this_month", "last_days", "next_days",
    "any_of", "none_of", "has_any", "has_all", "has_none", "yes", "no",
]  # fmt: skip
Takes = Literal["nothing", "text", "value", "range", "values", "choices", "days"]
"""What stands behind an operator: nothing, any text, a value of the field, two of them in order, a list of
them, a value that is itself a list, or a number of days."""
DAYS_LIMIT = 36_600


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """One row: its name, what a person reads, and what it takes."""

    name: OperatorName
    title: str
    takes: Takes


_ROWS = (
    Operator(name="contains", title=phrase("contains"), takes="text"),
    Operator(name="excludes", title=phrase("does not contain"), takes="text"),
    Operator(name="is", title=phrase("is"), takes="value"),
    Operator(name="is_not", title=phrase("is not"), takes="value"),
    Operator(name="starts", title=phrase("starts with"), takes="text"),
    Operator(name="empty", title=phrase("is empty"), takes="nothing"),
    Operator(name="filled", title=phrase("is filled"), takes="nothing"),
    Operator(name="=", title="=", takes="value"),
    Operator(name="!=", title="≠", takes="value"),
    Operator(name="<", title="<", takes="value"),
    Operator(name="<=", title="≤", takes="value"),
    Operator(name=">", title=">", takes="value"),
    Operator(name=">=", title="≥", takes="value"),
    Operator(name="between", title=phrase("is between"), takes="range"),
    Operator(name="today", title=phrase("is today"), takes="nothing"),
    Operator(name="this_week", title=phrase("is this week"), takes="nothing"),
    Operator(name="this_month", title=phrase("is this month"), takes="nothing"),
    Operator(name="last_days", title=phrase("is in the last days"), takes="days"),
    Operator(name="next_days", title=phrase("is in the next days"), takes="days"),
    Operator(name="any_of", title=phrase("is any of"), takes="values"),
    Operator(name="none_of", title=phrase("is none of"), takes="values"),
    Operator(name="has_any", title=phrase("has any of"), takes="choices"),
    Operator(name="has_all", title=phrase("has all of"), takes="choices"),
    Operator(name="has_none", title=phrase("has none of"), takes="choices"),
    Operator(name="yes", title=phrase("is yes"), takes="nothing"),
    Operator(name="no", title=phrase("is no"), takes="nothing"),
)
OPERATORS: dict[OperatorName, Operator] = {row.name: row for row in _ROWS}

KNOWN: tuple[OperatorName, ...] = ("empty", "filled")
TEXT: tuple[OperatorName, ...] = ("contains", "excludes", "is", "is_not", "starts", *KNOWN)
EXACT: tuple[OperatorName, ...] = ("is", "is_not", *KNOWN)
ORDERED: tuple[OperatorName, ...] = ("=", "!=", "<", "<=", ">", ">=", "between", *KNOWN)
DATED: tuple[OperatorName, ...] = (
    *("=", "!=", "<", "<=", ">", ">=", "between"),
    *("today", "this_week", "this_month", "last_days", "next_days"),
    *KNOWN,
)
ONE_OF: tuple[OperatorName, ...] = ("any_of", "none_of", *KNOWN)
SOME_OF: tuple[OperatorName, ...] = ("has_any", "has_all", "has_none", *KNOWN)
TRUTH: tuple[OperatorName, ...] = ("yes", "no", *KNOWN)


def days(name: OperatorName, number: int, today: date) -> tuple[date, date]:
    """Return the first day and the day after the last that an operator of days means.

    `number` counts the days of `last_days` and `next_days`, today among them; weeks begin on Monday.
    """
    match name:
        case "this_week":
            first = today - timedelta(days=today.weekday())
            return first, first + timedelta(days=7)
        case "this_month":
            first = today.replace(day=1)
            return first, (first + timedelta(days=31)).replace(day=1)
        case "last_days":
            return today - timedelta(days=number - 1), today + timedelta(days=1)
        case "next_days":
            return today, today + timedelta(days=number)
        case _:
            return today, today + timedelta(days=1)
