"""Foreign keys of databases that can add and drop them; SQLite checks all of them at the end instead."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.errors import MigrationRefused


def drop_keys(connection: Connection, table: sa.Table) -> None:
    """Let a table refer to anything, until `add_keys`."""
    if connection.dialect.name == "sqlite":
        return
    quote = connection.dialect.identifier_preparer.quote
    for key in sa.inspect(connection).get_foreign_keys(table.name):
        name = quote(str(key["name"]))
        connection.exec_driver_sql(f"ALTER TABLE {quote(table.name)} DROP CONSTRAINT {name}")


def add_keys(connection: Connection, table: sa.Table) -> None:
    """Add the foreign keys that a table lacks."""
    if connection.dialect.name == "sqlite":
        return
    quote = connection.dialect.identifier_preparer.quote
    there = {tuple(key["constrained_columns"]) for key in sa.inspect(connection).get_foreign_keys(table.name)}
    for key in table.foreign_keys:
        if (key.parent.name,) not in there:
            connection.exec_driver_sql(
                f"ALTER TABLE {quote(table.name)} ADD FOREIGN KEY ({quote(key.parent.name)})"
                f" REFERENCES {quote(key.column.table.name)} (id) ON DELETE {key.ondelete}"
                " DEFERRABLE INITIALLY IMMEDIATE"
            )


def check_keys(connection: Connection) -> None:
    """Raise MigrationRefused if a record refers to one that is not there; only SQLite can get there."""
    if connection.dialect.name != "sqlite":
        return
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if lost is not None:
        raise MigrationRefused(
            f"The record {lost[1]} of {lost[0]} refers to one of {lost[2]} that is not there.",
            hint="Correct that record, then try again.",
        )
