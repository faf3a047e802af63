"""Records on trial: how the conditions of many stand before any of them is stored.

They lie in a table that only this transaction sees, so a batch costs a few statements, and the database
computes as it does for one record.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.asker import Asker
from dataforms.conditions import Conditions
from dataforms.schema import Schema
from dataforms.spec import Entity
from dataforms.standing import Standing
from dataforms.typerow import Value

_PLACE = "_place"
_ASKED = 500
Values = dict[str, Value]


class Trial:
    """Tries records of one entity within a transaction; its conditions must be `apart` (see `Conditions`)."""

    def __init__(
        self, connection: Connection, schema: Schema, conditions: Conditions, entity: Entity, asker: Asker
    ) -> None:
        self._connection, self._conditions, self._entity, self._asker = connection, conditions, entity, asker
        self._stored = schema.tables[entity.name]
        columns = [sa.Column(column.name, column.type) for column in self._stored.c]
        self._table = sa.Table(
            "dataforms_trial",
            sa.MetaData(),
            sa.Column(_PLACE, sa.BigInteger(), primary_key=True, autoincrement=False),
            *columns,
            prefixes=["TEMPORARY"],
        )

    def of_new(self, records: Sequence[Mapping[str, Value]]) -> list[Standing]:
        """Return how the conditions stand for new records of canonical values."""
        names = [column.name for column in self._stored.c]
        rows = [
            {_PLACE: place, **{name: record.get(name) for name in names}}
            for place, record in enumerate(records)
        ]
        with self._laid_out():
            self._connection.execute(sa.insert(self._table), rows)
            return list(self._standings().values())

    def of_changed(self, changes: Sequence[tuple[int, Values]]) -> list[tuple[Standing, Standing]]:
        """Return how the conditions stand for stored records as they are, and with what changes in them."""
        table, stored = self._table, self._stored
        columns = [column.name for column in stored.c]
        with self._laid_out():
            for start in range(0, len(changes), _ASKED):
                ids = [id for id, _ in changes[start : start + _ASKED]]
                found = sa.select(stored.c.id, *stored.c).where(stored.c.id.in_(ids))
                self._connection.execute(sa.insert(table).from_select([_PLACE, *columns], found))
            before = self._standings()
            for names, rows in by_names(changes).items():
                if names:
                    changing = sa.update(table).where(table.c[_PLACE] == sa.bindparam("row_id"))
                    changed = changing.values({name: sa.bindparam(name) for name in names})
                    self._connection.execute(changed, rows)
            now = self._standings()
        return [(before[id], now[id]) for id, _ in changes]

    def _standings(self) -> dict[int, Standing]:
        place = self._table.c[_PLACE]
        return self._conditions.standings(self._connection, self._entity, self._table, place, self._asker)

    @contextmanager
    def _laid_out(self) -> Iterator[None]:
        self._table.create(self._connection)
        yield
        self._table.drop(self._connection)


def by_names(changes: Sequence[tuple[int, Values]]) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """Return changes by the fields that they change, each with its id as `row_id`."""
    found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for id, changed in changes:
        found.setdefault(tuple(sorted(changed)), []).append({"row_id": id, **changed})
    return found
