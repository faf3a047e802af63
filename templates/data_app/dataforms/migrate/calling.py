"""Gives tables, columns and what is remembered of them their new names, before anything else changes."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.meta import rename_key
from dataforms.migrate.difference import Difference
from dataforms.migrate.rewrite import Names
from dataforms.pairs import Link
from dataforms.schema import Schema
from dataforms.spec import Entity, table_name
from dataforms.tuning import untune
from dataforms.types import is_stored

_PASSING = "dataforms_renamed_"
"""Names on the way: two tables, or two columns, may change theirs with each other."""


class _Called:
    """A table before and after: its name, and those of its columns by their old ones."""

    def __init__(self, was: str, now: str, columns: dict[str, str]) -> None:
        self.was, self.now = was, now
        self.columns = {old: new for old, new in columns.items() if old != new}

    @property
    def differs(self) -> bool:
        return self.was != self.now or bool(self.columns)


def names_of(way: Difference) -> dict[str, Names]:
    """Return what the table of every entity was called before, by the entity's new name."""
    return {
        now.name: Names(
            table=table_name(was.name),
            entity=was.name,
            columns={new.name: old.name for old, new in zip(was.fields, now.fields, strict=True)},
        )
        for was, now in zip(way.before.entities, way.renamed.entities, strict=True)
    }


def links_of(way: Difference) -> dict[tuple[str, str], Link]:
    """Return the tables of pairs as they were called before, by the new names of entity and field."""
    links = Schema(way.before).links
    return {
        (now.name, new.name): links[was.name, old.name]
        for was, now in zip(way.before.entities, way.renamed.entities, strict=True)
        for old, new in zip(was.fields, now.fields, strict=True)
        if (was.name, old.name) in links
    }


def call_anew(connection: Connection, way: Difference, schema: Schema) -> None:
    """Rename to the names of `schema`, which is that of `way.renamed`.

    Indexes of what is renamed are dropped, since their names tell what they are for.
    """
    called = [each for each in (*_entities(way), *_links(way, schema)) if each.differs]
    quote = connection.dialect.identifier_preparer.quote
    for each in called:
        drop_indexes(connection, each.was)
    moved = [each for each in called if each.was != each.now]
    for place, each in enumerate(moved):
        connection.exec_driver_sql(f"ALTER TABLE {quote(each.was)} RENAME TO {_PASSING}{place}")
    for place, each in enumerate(moved):
        connection.exec_driver_sql(f"ALTER TABLE {_PASSING}{place} RENAME TO {quote(each.now)}")
    for each in called:
        table = f"ALTER TABLE {quote(each.now)} RENAME COLUMN"
        for place, old in enumerate(each.columns):
            connection.exec_driver_sql(f"{table} {quote(old)} TO {_PASSING}{place}")
        for place, new in enumerate(each.columns.values()):
            connection.exec_driver_sql(f"{table} {_PASSING}{place} TO {quote(new)}")
    for was, now in zip(way.before.entities, way.renamed.entities, strict=True):
        _carry_numbers(connection, was, now)


def _entities(way: Difference) -> Iterator[_Called]:
    for was, now in zip(way.before.entities, way.renamed.entities, strict=True):
        pairs = zip(was.fields, now.fields, strict=True)
        columns = {old.name: new.name for old, new in pairs if is_stored(old)}
        yield _Called(table_name(was.name), table_name(now.name), columns)


def _links(way: Difference, schema: Schema) -> Iterator[_Called]:
    for key, was in links_of(way).items():
        now = schema.links[key]
        columns = {was.source.name: now.source.name, was.target.name: now.target.name}
        yield _Called(was.table.name, now.table.name, columns)


def drop_indexes(connection: Connection, table: str) -> None:
    """Drop all indexes of a table but that of its key."""
    untune(connection, table)
    quote = connection.dialect.identifier_preparer.quote
    for index in sa.inspect(connection).get_indexes(table):
        connection.exec_driver_sql(f"DROP INDEX {quote(str(index['name']))}")


def _carry_numbers(connection: Connection, was: Entity, now: Entity) -> None:
    """Let auto-numbered fields go on from where they are."""
    for old, new in zip(was.fields, now.fields, strict=True):
        key = f"last:{table_name(was.name)}.{old.name}"
        to = f"last:{table_name(now.name)}.{new.name}"
        if old.type == "auto_number" and key != to:
            rename_key(connection, key, to)
