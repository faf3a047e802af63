"""What makes a large table quick: an index for every order, and the search index. Made in steps.

An order by what a reference points at needs an index of the table that it points into.

Small tables have neither: they are quick without, and an app is made and loaded sooner.
"""

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms import search
from dataforms.spec import Entity, Field
from dataforms.types import display_field, is_stored, type_of

Tables = Mapping[str, tuple[Entity, sa.Table]]
"""All tables, by the names of their entities."""

LARGE = 20_000
"""From so many rows on, a table is large."""
STEP_ROWS = 5_000
"""So many rows are taken into the search index at once, while nobody else can write."""
_SORT = "dataforms_sort_"


def is_large(connection: Connection, table: sa.Table) -> bool:
    """Tell whether a table is worth it, by the greatest `id` in it."""
    return int(connection.execute(sa.select(sa.func.max(table.c.id))).scalar_one() or 0) >= LARGE


def tune(connection: Connection, tables: Tables, name: str) -> bool:
    """Do one step for a table, in a transaction of its own; return whether nothing is left to do."""
    entity, table = tables[name]
    if not is_large(connection, table):
        return True
    missing = next(_missing(connection, tables, name), None)
    if missing is not None:
        connection.exec_driver_sql(missing)
        return False
    if connection.dialect.name != "sqlite":
        return True
    return search.build(connection, entity, table.name, rows=STEP_ROWS)


def is_tuned(connection: Connection, tables: Tables, name: str) -> bool:
    """Tell whether nothing is left to do for a table."""
    entity, table = tables[name]
    if not is_large(connection, table):
        return True
    if next(_missing(connection, tables, name), None) is not None:
        return False
    wants = connection.dialect.name == "sqlite" and any(map(search.is_indexed, entity.fields))
    return not wants or table.name in search.indexed_tables(connection)


def untune(connection: Connection, table: str) -> None:
    """Remove all that was made for a table; its columns can be changed then."""
    quote = connection.dialect.identifier_preparer.quote
    if connection.dialect.name == "sqlite":
        search.drop(connection, table)
    for name in _index_names(connection, table):
        if name is not None and name.startswith(_SORT):
            connection.exec_driver_sql(f"DROP INDEX {quote(name)}")


def _missing(connection: Connection, tables: Tables, name: str) -> Iterator[str]:
    entity, table = tables[name]
    yield from _missing_for(connection, table, entity.fields)
    for target in {field.target for field in entity.fields if type_of(field).sort == "label"} - {None}:
        there, pointed_into = tables[target or ""]
        label = display_field(there)
        yield from _missing_for(connection, pointed_into, () if label is None else (label,))


def _missing_for(connection: Connection, table: sa.Table, fields: Sequence[Field]) -> Iterator[str]:
    stored = _index_names(connection, table.name)
    quote = connection.dialect.identifier_preparer.quote
    for field in fields:
        name = f"{_SORT}{table.name}_{field.name}"[:63]
        if is_sorted_by(field) and name not in stored:
            yield (
                f"CREATE INDEX IF NOT EXISTS {quote(name)} ON {quote(table.name)}"
                f" ({_expression(field, quote(field.name), connection.dialect.name)}, id)"
            )


def is_sorted_by(field: Field) -> bool:
    """Tell whether an index serves the order by a field; one of long texts would hold them whole."""
    row = type_of(field)
    is_long = row.sort == "text" and not row.unique
    return is_stored(field) and not field.hidden and row.sort in ("value", "text", "choice") and not is_long


def _expression(field: Field, column: str, dialect: str) -> str:
    if type_of(field).sort != "text":
        return column
    lettered = f'lower({column} COLLATE "und-x-icu") COLLATE "C"'
    return f"df_lower({column})" if dialect == "sqlite" else lettered


def _index_names(connection: Connection, table: str) -> set[str | None]:
    if connection.dialect.name != "sqlite":
        return {index["name"] for index in sa.inspect(connection).get_indexes(table)}
    named = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?"  # of expressions too
    return set(connection.exec_driver_sql(named, (table,)).scalars())
