"""A look into a PostgreSQL database, where the types of columns say all."""

from dataforms.spec import Field
from dataforms.spec_origin import Form, TableOrigin
from dataforms.typerow import Storage
from dataforms.types import type_of
from protoddfd.importers.kinds.sql_schema import SqlTable

_PLAIN: dict[Storage, tuple[str, ...]] = {
    "text": ("TEXT", "VARCHAR", "CHARACTER VARYING"),
    "integer": ("SMALLINT", "INTEGER", "BIGINT"),
    "real": ("NUMERIC",),
    "money": ("NUMERIC",),
    "boolean": ("BOOLEAN",),
    "date": ("DATE",),
    "datetime": ("TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE"),
    "time": ("TIME", "TIME WITHOUT TIME ZONE"),
}
"""The types whose values are as this app would have written them."""
_CAST: dict[Storage, tuple[str, ...]] = {
    "date": ("TIMESTAMP",),
    "datetime": ("TIMESTAMP", "DATE"),
    "time": ("TIME",),
    "duration": ("INTERVAL",),
    "integer": ("NUMERIC",),
    "real": ("DOUBLE", "REAL", "FLOAT", "SMALLINT", "INTEGER", "BIGINT", "MONEY"),
    "money": ("DOUBLE", "REAL", "FLOAT", "SMALLINT", "INTEGER", "BIGINT", "MONEY"),
    "boolean": ("SMALLINT", "INTEGER", "BIGINT", "BIT"),
}
"""How the types begin whose values become so."""


class PostgresqlLook:
    """A look at the tables of one schema."""

    def __init__(self, schema: str, tables: list[SqlTable]) -> None:
        self._schema = schema
        self.tables: dict[str, SqlTable] = {each.name: each for each in tables}

    def origin(self, table: SqlTable) -> TableOrigin | None:
        """Return where a table's rows are; None where nothing tells them apart."""
        key = table.key or next((each for each in table.unique if _is_filled(table, each)), ())
        if not key:
            return None
        is_number = len(key) == 1 and _type(table, key[0]) in _PLAIN["integer"]
        return TableOrigin(table=table.name, schema_=self._schema, key=key, is_number=is_number)

    def form(self, table: SqlTable, column: str, field: Field) -> Form | None:
        """Return how a column's values are written; None where they cannot be read as the field's type."""
        storage, kind = type_of(field).storage, _type(table, column)
        found = table.column(column)
        if storage is None:
            return None
        if storage in ("text", "json"):
            is_plain = storage == "text" and kind in _PLAIN["text"] and not (found and found.choices)
            return "plain" if is_plain else "cast"
        if kind in _PLAIN.get(storage, ()):
            return "plain"
        return "cast" if kind.startswith(_CAST.get(storage, ("?",))) else None

    def seconds(self, table: SqlTable, column: str) -> Form | None:
        """Return None: here moments have types of their own."""
        return None


def _type(table: SqlTable, column: str) -> str:
    found = table.column(column)
    return "" if found is None else found.type.split("(")[0].strip() + _behind(found.type)


def _behind(written: str) -> str:
    """Return what stands behind the numbers in brackets: ` WITH TIME ZONE`."""
    return written.partition(")")[2].rstrip()


def _is_filled(table: SqlTable, columns: tuple[str, ...]) -> bool:
    found = [table.column(name) for name in columns]
    return all(each is not None and each.not_null for each in found)
