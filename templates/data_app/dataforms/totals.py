"""Totals of a column as SQL: a sum of amounts is an amount, the average of whole numbers is a number."""

from typing import Any

import sqlalchemy as sa

from dataforms.computing_forms import fifteen, whole
from dataforms.schema import Stored
from dataforms.typerow import TotalName
from dataforms.types_number import MONEY_PLACES

Sql = sa.ColumnElement[Any]


def total_of(column: Sql, function: TotalName, *, is_sqlite: bool) -> Sql:
    """Return `count`, `sum`, `average`, `min` or `max` of a column, as a canonical value of its type.

    The average of whole numbers is a decimal.
    """
    match function:
        case "count":
            return sa.func.count(column)
        case "min":
            return sa.type_coerce(sa.func.min(column), column.type)
        case "max":
            return sa.type_coerce(sa.func.max(column), column.type)
        case "sum":
            return _sum(column, is_sqlite=is_sqlite)
        case _:
            return _average(column, is_sqlite=is_sqlite)


def _sum(column: Sql, *, is_sqlite: bool) -> Sql:
    made: Sql = sa.func.sum(column)
    if _storage(column) == "real":
        made = fifteen(made, is_sqlite=is_sqlite)
    elif not is_sqlite and _storage(column) != "money":  # a sum of integers is numeric there
        made = sa.cast(made, sa.BigInteger())
    return sa.type_coerce(made, column.type)


def _average(column: Sql, *, is_sqlite: bool) -> Sql:
    made: Sql = sa.func.avg(column)
    match _storage(column):
        case "money" if not is_sqlite:
            return sa.type_coerce(sa.func.round(made, MONEY_PLACES), column.type)
        case "money" | "duration":
            return sa.type_coerce(whole(made), column.type)
        case _:
            return sa.type_coerce(fifteen(made, is_sqlite=is_sqlite), Stored("real"))


def _storage(column: Sql) -> str:
    return getattr(column.type, "storage", "integer")
