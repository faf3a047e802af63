"""Bulk loading: many rows into one table, fast, all or none of them."""

from sqlalchemy.engine import Connection

from dataforms.loading import Loading, Rows
from dataforms.schema import Schema
from dataforms.spec import Entity

__all__ = ["Rows", "load_rows"]


def load_rows(
    connection: Connection, schema: Schema, entity: Entity, rows: Rows, *, checks_references: bool = True
) -> int:
    """Insert canonical values within the open transaction; return the number of rows.

    Without `checks_references` they are checked at the commit, so tables may come in any order.

    Raises:
        LoadFailed: a row was refused; the caller rolls back.
    """
    kind: type[Loading]
    if connection.dialect.name == "sqlite":
        from dataforms.load_sqlite import SqliteLoading as kind  # only the one that is used
    else:
        from dataforms.load_postgresql import PostgresqlLoading as kind  # its driver may not be installed
    return kind(connection, schema, entity, checks_references=checks_references).run(rows)
