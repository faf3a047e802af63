"""A look into an SQLite file, where any value may be in any column: what is there is asked of the rows."""

import sqlite3
from collections.abc import Sequence

from dataforms.spec import Field
from dataforms.spec_origin import Form, TableOrigin
from dataforms.typerow import Storage
from dataforms.types import type_of
from protoddfd.importers.kinds.sql_schema import SqlTable
from protoddfd.importers.kinds.sqlite_files import quoted, rows_of, tables_of

_DATE = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_TIME = "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]"
_WRITTEN = {"date": _DATE, "time": _TIME, "datetime": f"{_DATE} {_TIME}"}
_READ = {"date": "date", "time": "time", "datetime": "datetime"}
_MOMENTS = ("date", "datetime", "timestamp")
_SECONDS = (100_000_000, 10_000_000_000)
"""From 1973 to 2286; numbers of milliseconds are greater."""
_MS = 1000
_LOOKED_AT = 1_000_000
"""Rows; what is odd behind them is read as nothing."""


class SqliteLook:
    """A look through an open connection."""

    def __init__(self, database: sqlite3.Connection, views: Sequence[SqlTable] = ()) -> None:
        self._database = database
        self.tables: dict[str, SqlTable] = {each.name: each for each in (*tables_of(database, []), *views)}
        listed = rows_of(database, "PRAGMA table_list")
        self._rowless = {row[1] for row in listed if row[0] == "main" and int(row[4])}
        self._rowless |= {each.name for each in views}

    def origin(self, table: SqlTable) -> TableOrigin | None:
        """Return where a table's rows are; None where nothing tells them apart."""
        if len(table.key) == 1 and self._all(table, table.key[0], "typeof({}) = 'integer'"):
            return TableOrigin(table=table.name, key=table.key, is_number=True)
        has_rowid = table.name not in self._rowless and table.column("rowid") is None
        if has_rowid:
            return TableOrigin(table=table.name)
        return TableOrigin(table=table.name, key=table.key) if table.key else None

    def form(self, table: SqlTable, column: str, field: Field) -> Form | None:
        """Return how a column's values are written; None where they cannot be read as the field's type."""
        storage = type_of(field).storage
        match storage:
            case "text" | "json":
                return "plain" if self._affinity(table, column) == "TEXT" else "cast"
            case "integer" | "real" | "money":
                return self._number(table, column, storage)
            case "boolean":
                return "cast"
            case "date" | "datetime" | "time":
                return self._moment(table, column, storage)
            case _:
                return None

    def seconds(self, table: SqlTable, column: str) -> Form | None:
        """Return how whole numbers in a column that is declared to hold moments are such."""
        declared = table.column(column)
        if declared is None or declared.type.casefold().split("(")[0].strip() not in _MOMENTS:
            return None
        least, most = _SECONDS
        forms: tuple[tuple[Form, int], ...] = (("unix", 1), ("unix_ms", _MS))
        for form, times in forms:
            if self._all(table, column, f"{{}} BETWEEN {least * times} AND {most * times}"):
                return form
        return None

    def _number(self, table: SqlTable, column: str, storage: Storage) -> Form | None:
        if not self._all(table, column, "typeof({}) IN ('integer', 'real')"):
            return None
        return "plain" if storage != "money" and self._affinity(table, column) != "TEXT" else "cast"

    def _moment(self, table: SqlTable, column: str, storage: Storage) -> Form | None:
        if self._all(table, column, f"typeof({{0}}) = 'text' AND {{0}} GLOB '{_WRITTEN[storage]}'"):
            return "plain"
        read = f"typeof({{0}}) = 'text' AND {_READ[storage]}({{0}}) IS NOT NULL"
        return "cast" if self._all(table, column, read) else None

    def _all(self, table: SqlTable, column: str, condition: str) -> bool:
        """Tell whether a condition holds for all values of a column."""
        name = quoted(column)
        some = f"SELECT rows.{name} AS value FROM {quoted(table.name)} AS rows LIMIT {_LOOKED_AT}"  # noqa: S608 -- names, in quotes
        other = (
            f"SELECT 1 FROM ({some}) WHERE value IS NOT NULL AND NOT ({condition.format('value')}) LIMIT 1"  # noqa: S608
        )
        return not rows_of(self._database, other)

    def _affinity(self, table: SqlTable, column: str) -> str:
        """Return what SQLite tries to make of values that go into a column."""
        found = table.column(column)
        written = "" if found is None else found.type.upper()
        if "INT" in written:
            return "INTEGER"
        if any(word in written for word in ("CHAR", "CLOB", "TEXT")):
            return "TEXT"
        if not written or "BLOB" in written:
            return "BLOB"
        return "REAL" if any(word in written for word in ("REAL", "FLOA", "DOUB")) else "NUMERIC"
