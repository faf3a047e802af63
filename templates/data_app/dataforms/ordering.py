"""In which order the records of a table come, such that an index can serve it and any place be found again.

The records come in lanes, one behind the other: those that are filled in order, then those that are empty. In
a lane all are in order of the same keys, the last of which is the `id`. Runs no statement.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from dataforms.filtering import same_text
from dataforms.spec import Field
from dataforms.types import type_of

Sql = sa.ColumnElement[Any]
CHOICE_LANES = 40
"""Up to so many choices each have a lane, which an index serves."""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What records are ordered by: a column, never empty, and the field that it is a value of, if any."""

    column: Sql
    of: Callable[[Sql], Sql] = lambda value: value
    """Return what is compared, of the column or of a value."""
    field: Field | None = None
    is_descending: bool = False

    @property
    def compared(self) -> Sql:
        """Return what the records are ordered by."""
        return self.of(self.column)

    def value(self, value: object) -> Sql:
        """Return what the column's place is compared with."""
        return self.of(sa.literal(value, self.column.type))


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """Records that are in order of the same keys: what holds for them, and what is joined to tell."""

    where: tuple[sa.ColumnElement[bool], ...] = ()
    joins: tuple[tuple[sa.FromClause, sa.ColumnElement[bool]], ...] = ()
    keys: tuple[Key, ...] = ()


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to order by; with a `reference`, the label that the record it points at has in `target`."""

    column: Sql
    field: Field | None = None
    is_descending: bool = False
    is_sqlite: bool = True
    reference: Sql | None = None
    there: sa.ColumnElement[bool] | None = None
    target: sa.FromClause | None = None
    has_all: bool = False
    """Whether every record that is pointed at has a label."""


def held(column: Sql) -> Sql:
    """Return a column as no index has it, so that SQLite finds its rows in another way."""
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)


def sort_value(column: Sql, field: Field, *, is_sqlite: bool) -> Sql:
    """Return what a column, or a value for it, is ordered by.

    Texts are whatever the case of their letters, choices by their place.
    """
    match type_of(field).sort:
        case "text":
            return same_text(column, is_sqlite)
        case "choice":
            places = {choice: place for place, choice in enumerate(field.choices)}
            if not places:
                return column
            return sa.case(places, value=sa.type_coerce(column, sa.Text()), else_=len(places))
        case _:
            return column


def lanes(id: Sql, orders: Sequence[Order]) -> list[Lane]:
    """Return the lanes for records ordered by `orders`, the first first, and by their `id`."""
    stages = [list(_stages(order)) for order in orders]
    return [_lane(id, parts) for parts in product(*stages)]


def _lane(id: Sql, parts: Sequence[Lane]) -> Lane:
    keys = [each for part in parts for each in part.keys]
    last = Key(column=id, is_descending=bool(keys) and keys[-1].is_descending)
    return Lane(
        where=tuple(each for part in parts for each in part.where),
        joins=tuple(each for part in parts for each in part.joins),
        keys=(*keys, last),
    )


def _stages(order: Order) -> Iterator[Lane]:
    if order.field is None:
        yield Lane(keys=(_key(order, order.column),))
    elif order.reference is not None:
        yield from _label_stages(order, order.reference)
    elif type_of(order.field).sort == "choice" and 0 < len(order.field.choices) <= CHOICE_LANES:
        yield from _choice_stages(order, order.field)
    else:
        yield Lane(where=(order.column.is_not(None),), keys=(_key(order, order.column),))
        yield Lane(where=(order.column.is_(None),))


def _choice_stages(order: Order, field: Field) -> Iterator[Lane]:
    column = order.column
    each = [Lane(where=(column == choice,)) for choice in field.choices]
    plain = msgspec.structs.replace(field, type="text", choices=())
    others = Key(column=column, field=plain, is_descending=order.is_descending)
    yield from reversed(each) if order.is_descending else each
    yield Lane(where=(column.is_not(None), column.not_in(field.choices)), keys=(others,))
    yield Lane(where=(column.is_(None),))


def _label_stages(order: Order, reference: Sql) -> Iterator[Lane]:
    assert order.target is not None and order.there is not None  # noqa: S101, PT018 - as Order says
    labelled = order.column.is_not(None)
    id = order.target.c.id
    keys = (_key(order, order.column), Key(column=id, is_descending=order.is_descending))
    yield Lane(where=(labelled,), joins=((order.target, order.there),), keys=keys)
    yield Lane(where=(reference.is_(None),))
    if order.has_all:
        return
    found = sa.exists(sa.select(sa.literal(1)).select_from(order.target).where(order.there, labelled))
    yield Lane(where=(reference.is_not(None), sa.not_(found)))


def _key(order: Order, column: Sql) -> Key:
    field = order.field
    if field is None:
        return Key(column=column, is_descending=order.is_descending)
    of = partial(sort_value, field=field, is_sqlite=order.is_sqlite)
    return Key(column=column, of=of, field=field, is_descending=order.is_descending)
