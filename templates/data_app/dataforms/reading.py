"""What is read within one transaction: pages, single records, labels. Changes nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.errors import UnknownRecord
from dataforms.paging import Paging
from dataforms.query import Option, Page, Query, Record, Selection
from dataforms.records import version_of
from dataforms.spec import Entity
from dataforms.typerow import Attachment, TotalName, Value
from dataforms.types import display_field, type_of
from dataforms.words import say

ID_LIMIT = 2**63
BATCH = 500
"""How many records are read, or looked up, at once."""


class Reading:
    """The records of `entities` that `select` lets through."""

    def __init__(self, entities: Mapping[str, Entity], select: Selection) -> None:
        self._entities = entities
        self._select = select

    def counts(self, connection: Connection) -> dict[str, int]:
        """Return the number of records of every entity that may be read."""
        each = self._select.counts()
        if not each:
            return {}
        found = connection.execute(sa.select(*(count.scalar_subquery() for count in each.values()))).one()
        return dict(zip(each, found, strict=True))

    def page(self, connection: Connection, entity: Entity, query: Query) -> Page:
        """Return one page of the records that match; none on a page after the last."""
        paging = Paging(self._select, connection, entity, query)
        found = paging.found()
        part = paging.part(found)
        return Page(
            rows=self.records(connection, entity, part.rows),
            total=found.total,
            is_capped=found.is_capped,
            first=part.first,
            last=part.last,
            has_more=part.has_more,
        )

    def totals(
        self, connection: Connection, entity: Entity, query: Query, totals: Sequence[tuple[str, TotalName]]
    ) -> list[Value]:
        """Return totals over all the records that match, one for each pair of a field and a function."""
        if not totals:
            return []
        conditions = self._matching(connection, entity, query)
        return list(connection.execute(self._select.sums(entity, totals).where(*conditions)).one())

    def tally(
        self, connection: Connection, entity: Entity, query: Query, field: str, values: Sequence[Value]
    ) -> dict[Value, int]:
        """Return how many of the records that match have each of these values of a field."""
        conditions = self._matching(connection, entity, query)
        counted = self._select.tally(entity, field, values).where(*conditions)
        return {row[0]: row[1] for row in connection.execute(counted)}

    def _matching(self, connection: Connection, entity: Entity, query: Query) -> list[sa.ColumnElement[bool]]:
        paging = Paging(self._select, connection, entity, query)
        return paging.matching()

    def stream(
        self, connection: Connection, entity: Entity, query: Query, size: int
    ) -> Iterator[list[Record]]:
        """Yield the records of all pages, `size` at a time; no more of them are in memory."""
        for rows in Paging(self._select, connection, entity, query).stream(size):
            yield self.records(connection, entity, rows)

    def attachments(self, connection: Connection) -> Iterator[Attachment]:
        """Yield the files that records have, once for each record and field."""
        for entity in self._entities.values():
            for field in entity.fields:
                if type_of(field).media:
                    statement = self._select.keys(entity, field.name).execution_options(yield_per=BATCH)
                    for row in connection.execute(statement):
                        yield row[0]

    def get(self, connection: Connection, entity: Entity, id: int) -> Record | None:
        """Return a record; None without one."""
        if not -ID_LIMIT <= id < ID_LIMIT:
            return None
        row = connection.execute(self._select.record(entity, id)).one_or_none()
        return None if row is None else self.records(connection, entity, [row])[0]

    def related(self, connection: Connection, entity: Entity, via: str, id: int, limit: int) -> list[Record]:
        """Return up to `limit` records whose reference `via` is `id`, the oldest first."""
        return self.records(
            connection, entity, connection.execute(self._select.related(entity, via, id, limit)).all()
        )

    def known(self, connection: Connection, entity: Entity, id: int) -> Record:
        """Return a record; raise UnknownRecord without one."""
        record = self.get(connection, entity, id)
        if record is None:
            raise UnknownRecord(
                say("There is no {entity} {id}.", entity=entity.title, id=id),
                hint=say("It may have been deleted."),
            )
        return record

    def options(self, connection: Connection, entity: Entity, search: str, limit: int) -> list[Option]:
        """Return up to `limit` records whose label holds every word of `search`, by label."""
        rows = connection.execute(self._select.options(entity, search, limit)).all()
        return [Option(id=row[0], label=_label(entity, row)) for row in rows]

    def labels(self, connection: Connection, entity: Entity, ids: Iterable[int]) -> dict[int, str]:
        """Return the labels of records by id; ids that are not there are left out."""
        wanted = sorted(ids)
        labels: dict[int, str] = {}
        for start in range(0, len(wanted), BATCH):
            some = self._select.labels(entity, wanted[start : start + BATCH])
            labels |= {row[0]: _label(entity, row) for row in connection.execute(some)}
        return labels

    def keys(self, connection: Connection, entity: Entity, field: str) -> dict[Value, int]:
        """Return the id of every record by its value of `field`; the first one's where several have it."""
        statement = self._select.keys(entity, field)
        return {row[0]: row[1] for row in connection.execute(statement)}

    def keys_among(
        self, connection: Connection, entity: Entity, field: str, values: Iterable[Value]
    ) -> dict[Value, int]:
        """Return the ids of the records whose `field` has one of the values, by value; the first ones'."""
        wanted = sorted(set(values), key=repr)
        found: dict[Value, int] = {}
        for start in range(0, len(wanted), BATCH):
            statement = self._select.keys(entity, field, among=wanted[start : start + BATCH])
            found |= {row[0]: row[1] for row in connection.execute(statement)}
        return found

    def records(self, connection: Connection, entity: Entity, rows: Iterable[Sequence[Any]]) -> list[Record]:
        """Return records from rows of the `id` and every field, with the labels of what they refer to."""
        names = [field.name for field in entity.fields]
        found: list[tuple[int, dict[str, Value]]] = [
            (row[0], dict(zip(names, row[1:], strict=True))) for row in rows
        ]
        labels: dict[str, dict[int, str]] = {}
        for field in entity.fields:
            is_reference = type_of(field).linked or field.type == "reference"
            target = self._entities.get(field.target or "") if is_reference else None
            if target is not None:
                ids = {id for _, values in found for id in _ids(values[field.name])}
                labels[field.name] = self.labels(connection, target, ids)
        return [
            Record(
                id=id, values=values, labels=_labels_of(values, labels), version=version_of(entity, values)
            )
            for id, values in found
        ]

    def matching(self, connection: Connection, entity: Entity, query: Query, limit: int) -> list[int]:
        """Return the ids of up to `limit` of all records that match, in their order."""
        return [row[0] for row in connection.execute(self._select.matching(entity, query, limit))]


def _labels_of(values: Mapping[str, Value], labels: Mapping[str, Mapping[int, str]]) -> dict[str, str]:
    return {
        name: ", ".join(known[id] for id in _ids(values[name]) if id in known)
        for name, known in labels.items()
    }


def _ids(value: Value) -> tuple[int, ...]:
    if isinstance(value, tuple):
        return tuple(id for id in value if isinstance(id, int))
    return (value,) if isinstance(value, int) else ()


def _label(entity: Entity, row: Sequence[Any]) -> str:
    display = display_field(entity)
    text = "" if display is None else type_of(display).show(row[1], display)
    return text or f"{entity.title} {row[0]}"
