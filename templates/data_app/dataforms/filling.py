"""Loading several tables and their links in bulk, in one transaction, in any order."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from dataforms.errors import UnknownName
from dataforms.load import load_rows
from dataforms.loading import LINKS_AT_ONCE
from dataforms.reading import Reading
from dataforms.schema import Schema
from dataforms.spec import Entity
from dataforms.typerow import Value


class Filling:
    """A transaction that fills tables; references are checked when it is committed."""

    def __init__(
        self, connection: Connection, schema: Schema, entities: Mapping[str, Entity], reading: Reading
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._entities = entities
        self._reading = reading

    def load(self, entity: str, rows: Iterable[Mapping[str, Value]]) -> int:
        """Insert canonical values; return the number of rows. Raise LoadFailed."""
        described = self._entity(entity)
        return load_rows(self._connection, self._schema, described, rows, checks_references=False)

    def keys(self, entity: str, field: str) -> dict[Value, int]:
        """Return the id of every record by its value of `field`; the first one's where several have it."""
        return self._reading.keys(self._connection, self._entity(entity), field)

    def link(self, entity: str, field: str, pairs: Iterable[tuple[int, int]]) -> int:
        """Link records of `entity` with those that `field` leads to; return how many new pairs there were."""
        link = self._schema.links[self._entity(entity).name, field]
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(link.table).on_conflict_do_nothing()
        before = self._count(link.table)
        for some in _parts(pairs):
            rows = [{link.source.name: one, link.target.name: other} for one, other in some]
            self._connection.execute(statement, rows)
        return self._count(link.table) - before

    def _count(self, table: sa.Table) -> int:
        return int(self._connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())

    def _entity(self, name: str) -> Entity:
        if name not in self._entities:
            raise UnknownName(f"There is no entity {name!r}.")
        return self._entities[name]


def _parts(pairs: Iterable[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    left = iter(pairs)
    while some := list(islice(left, LINKS_AT_ONCE)):
        yield some
