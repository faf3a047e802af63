"""The last `id` that each table has given out: an id of a deleted record never comes again."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection


def last_given_out(connection: Connection, table: sa.Table) -> int:
    """Return the last id that a table has given out; 0 before the first."""
    if connection.dialect.name == "sqlite":
        statement = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return int(connection.execute(statement, {"name": table.name}).scalar_one_or_none() or 0)
    statement = sa.text(
        "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(:name, 'id')::regclass), 0)"
    )
    return int(connection.execute(statement, {"name": f'"{table.name}"'}).scalar_one())


def go_on_after(connection: Connection, table: sa.Table, last: int) -> None:
    """Have a table give out `last + 1` next, and nothing before it."""
    if not last:
        return
    if connection.dialect.name == "sqlite":
        given = {"name": table.name, "last": last}
        known = connection.execute(
            sa.text("UPDATE sqlite_sequence SET seq = :last WHERE name = :name"), given
        )
        if not known.rowcount:
            connection.execute(
                sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), given
            )
        return
    statement = sa.text("SELECT setval(pg_get_serial_sequence(:name, 'id')::regclass, :last)")
    connection.execute(statement, {"name": f'"{table.name}"', "last": last})
