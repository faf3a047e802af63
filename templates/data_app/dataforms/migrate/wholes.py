"""Whole tables that go or come back: the records of an entity, and the pairs of its references fields."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.schema import DropTable

from dataforms.migrate.kept import WHOLE, Keeper, record_as_json, record_from_json
from dataforms.migrate.report import Report
from dataforms.schema import Stored
from dataforms.typerow import Storage

BATCH = 1_000


def take_away(
    connection: Connection,
    table: sa.Table,
    keeper: Keeper,
    report: Report,
    *,
    name: str,
    known_as: str,
    columns: Sequence[str] = (),
) -> None:
    """Keep every row of a table that was called `known_as`, count them as `name`'s, and drop the table.

    `columns` are what its columns were called then; without them, what they are called now.
    """
    storages = dict(zip(columns or table.columns.keys(), _storages(table).values(), strict=True))
    count = 0
    for number, row in enumerate(_rows(connection, table), 1):
        values = dict(zip(storages, row, strict=True))
        id = int(values["id"]) if "id" in values else number
        keeper.keep(known_as, WHOLE, id, record_as_json(values, storages))
        count += 1
    keeper.flush()
    report.count("records" if "id" in storages else "links", name, count)
    if connection.dialect.name == "sqlite":
        connection.execute(DropTable(table))
    else:  # fields of others that point at it have gone, or get new values
        quote = connection.dialect.identifier_preparer.quote
        connection.exec_driver_sql(f"DROP TABLE {quote(table.name)} CASCADE")


def bring_back(connection: Connection, table: sa.Table, keeper: Keeper) -> bool:
    """Insert the rows of a table that were kept; return whether there were any."""
    storages = _storages(table)
    rows = [record_from_json(text, storages) for _, text in keeper.whole(table.name)]
    for start in range(0, len(rows), BATCH):
        connection.execute(sa.insert(table), rows[start : start + BATCH])
    return bool(rows)


def drop_orphaned_links(connection: Connection, table: sa.Table) -> None:
    """Delete links that came back to records which are not there any more."""
    for column in table.columns:
        target = next(iter(column.foreign_keys)).column
        connection.execute(sa.delete(table).where(column.not_in(sa.select(target))))


def _rows(connection: Connection, table: sa.Table) -> Iterator[Any]:
    question = sa.select(*table.columns)
    yield from connection.execute(question, execution_options={"yield_per": BATCH})


def _storages(table: sa.Table) -> dict[str, Storage]:
    return {
        column.name: column.type.storage if isinstance(column.type, Stored) else "integer"
        for column in table.columns
    }
