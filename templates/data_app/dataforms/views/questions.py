"""What views ask: which records, and which figures over them. Imports neither SQLAlchemy nor Reflex."""

from datetime import date

import msgspec

from dataforms.spec import Aggregate, Period
from dataforms.typerow import Value


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which records: all conditions must hold."""

    where: str | None = None
    """An expression."""
    equal: tuple[tuple[str, Value], ...] = ()
    """Fields and the canonical values that they have; None for empty."""
    within: tuple[str, date | None, date | None] | None = None
    """A field of dates, the first day and the last day that count; None for no limit."""
    until: str | None = None
    """The field with the end of what begins at `within`: records count whose time overlaps the days."""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Some records in an order: `sort` by a field, `-field` for descending, by `id` without one."""

    wanted: Wanted = Wanted()
    sort: str | None = None
    limit: int
    skip: int = 0


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """An aggregate of some records, for each value of `group` or for all together."""

    wanted: Wanted = Wanted()
    aggregate: Aggregate = "count"
    value: str | None = None
    """A field or an expression; needed for every aggregate but `count`."""
    group: str | None = None
    every: Period | None = None
    """Into which spans a group of dates is divided."""
    limit: int = 1_000
    """How many groups: the largest figures, or the latest spans."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: the group (None for empty, and where there are no groups), and the figure.

    A span of time is its first day. `value` is canonical for `Answer.kind`; None where nothing has a value.
    """

    key: Value = None
    label: str = ""
    """For a reference: what the record is called."""
    value: Value = None
