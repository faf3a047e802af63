"""How a value that another program wrote is read as this app would have written it, in SQL."""

from typing import Any

import sqlalchemy as sa

from dataforms.spec_origin import Form
from dataforms.typerow import Storage
from dataforms.types_number import MONEY_PLACES

Sql = sa.ColumnElement[Any]
YES = ("1", "1.0", "t", "true", "y", "yes", "on")
NO = ("0", "0.0", "f", "false", "n", "no", "off")
_MS = 1000
_SQLITE_MOMENTS = {"date": sa.func.date, "datetime": sa.func.datetime, "time": sa.func.time}
_POSTGRESQL: dict[str, sa.types.TypeEngine[Any]] = {
    "integer": sa.BigInteger(), "real": sa.Numeric(), "date": sa.Date(), "time": sa.Time(),
    "datetime": sa.DateTime(),
}  # fmt: skip


def read_as(column: Sql, form: Form, storage: Storage, *, is_sqlite: bool) -> Sql:
    """Return a column's value as the storage has it on that database."""
    if form == "plain":
        return column
    if form in ("unix", "unix_ms"):
        number = column / sa.literal_column(f"{_MS}.0") if form == "unix_ms" else column
        return _of_seconds(number, storage, is_sqlite=is_sqlite)
    if storage == "boolean":
        return _truth(column, is_sqlite=is_sqlite)
    return _of_sqlite(column, storage) if is_sqlite else _of_postgresql(column, storage)


def _of_seconds(number: Sql, storage: Storage, *, is_sqlite: bool) -> Sql:
    if is_sqlite:
        return _SQLITE_MOMENTS.get(storage, sa.func.datetime)(number, _text("unixepoch"))
    moment = sa.func.timezone(_text("UTC"), sa.func.to_timestamp(number))
    return sa.cast(moment, _POSTGRESQL.get(storage, sa.DateTime()))


def _of_sqlite(column: Sql, storage: Storage) -> Sql:
    if storage in _SQLITE_MOMENTS:
        return _SQLITE_MOMENTS[storage](column)
    filled = sa.func.nullif(column, _text(""))
    match storage:
        case "integer":
            return sa.cast(filled, sa.Integer())
        case "real":
            return sa.cast(filled, sa.REAL())
        case "money":
            units: Sql = sa.cast(filled, sa.REAL()) * sa.literal_column(str(10**MONEY_PLACES))
            return sa.cast(sa.func.round(units), sa.Integer())
        case _:
            return sa.cast(column, sa.Text())


def _of_postgresql(column: Sql, storage: Storage) -> Sql:
    match storage:
        case "money":
            return sa.func.round(sa.cast(column, sa.Numeric()), sa.literal_column(str(MONEY_PLACES)))
        case "duration":
            return sa.cast(sa.extract("epoch", column) * sa.literal_column(str(_MS)), sa.BigInteger())
        case _:
            return sa.cast(column, _POSTGRESQL.get(storage, sa.Text()))


def _truth(column: Sql, *, is_sqlite: bool) -> Sql:
    yes, no = (sa.literal_column("1"), sa.literal_column("0")) if is_sqlite else (sa.true(), sa.false())
    text = sa.func.lower(sa.cast(column, sa.Text()))
    return sa.case((text.in_(map(_text, YES)), yes), (text.in_(map(_text, NO)), no))


def _text(text: str) -> Sql:
    """Return a text of ours as it stands in SQL, so that an index on the same expression serves."""
    return sa.literal_column(f"'{text}'", sa.Text())
