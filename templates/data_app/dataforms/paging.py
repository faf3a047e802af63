"""One page of the records of a query: from the start, the end, or any record; and how many match."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection

from dataforms.cursor import END, Place, read_cursor, read_lane, write_cursor
from dataforms.errors import CursorInvalid
from dataforms.ordering import Key, Lane
from dataforms.query import PAGE_SIZE_LIMIT, Query, Selection
from dataforms.search import SearchIndex
from dataforms.spec import Entity

COUNT_LIMIT = 10_000
"""No more than so many of the records are counted that a search, a filter or a role leaves."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """How many records match, capped or not, and what must hold for them in a statement of a lane."""

    total: int
    is_capped: bool
    is_few: bool
    conditions: list[sa.ColumnElement[bool]]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a page, each the `id` and every field, with the cursors of the first and the last."""

    rows: list[Sequence[Any]]
    first: str
    last: str
    has_more: bool


class Paging:
    """Pages of one entity's records, within one transaction."""

    def __init__(self, select: Selection, connection: Connection, entity: Entity, query: Query) -> None:
        self._select, self._connection, self._entity, self._query = select, connection, entity, query

    def found(self) -> Found:
        """Count what matches; few records are told by their `id` from here on."""
        select, entity = self._select, self._entity
        if not select.picks(entity, self._query):
            total = self._connection.execute(select.counts()[entity.name]).scalar_one()
            return Found(total=total, is_capped=False, is_few=False, conditions=[])
        wanted = select.ids(entity, self.matching()).limit(COUNT_LIMIT + 1)
        ids = list(self._connection.execute(wanted).scalars())
        if len(ids) > COUNT_LIMIT:
            loose = select.found(entity, self._query, loose=True)
            return Found(total=COUNT_LIMIT, is_capped=True, is_few=False, conditions=loose)
        return Found(total=len(ids), is_capped=False, is_few=True, conditions=[self._is_one_of(ids)])

    def matching(self) -> list[sa.ColumnElement[bool]]:
        """Return what holds for the records that match."""
        index = SearchIndex(self._connection) if self._select.has_index else None
        return self._select.found(self._entity, self._query, index)

    def part(self, found: Found) -> Part:
        """Return the page that the query asks for. Raise CursorInvalid."""
        query = self._query
        lanes = self._select.lanes(self._entity, query, held_back=found.is_few)
        size = min(max(query.size, 1), PAGE_SIZE_LIMIT)
        is_backward = query.before is not None
        cursor = query.before if is_backward else query.after
        start = None if cursor in (None, END) else self._place(str(cursor), lanes)
        offset = 0 if cursor is not None else min((max(query.page, 1) - 1) * size, 2**62)
        rows = list(self._walk(found, lanes, start, offset, size + 1, is_backward=is_backward))
        has_more = query.before != END if is_backward else len(rows) > size
        rows = rows[:size][::-1] if is_backward else rows[:size]
        width = len(self._entity.fields) + 1
        ends = [
            write_cursor(number, [key.field for key in lanes[number].keys], row[width:])
            for number, row in (rows[:1] + rows[-1:])
        ]
        first, last = ends or ("", "")
        return Part(rows=[row[:width] for _, row in rows], first=first, last=last, has_more=has_more)

    def stream(self, size: int) -> Iterator[list[Sequence[Any]]]:
        """Yield the rows of all pages, up to `size` at a time; no more of them are in memory."""
        found = self.found()
        width = len(self._entity.fields) + 1
        for lane in self._select.lanes(self._entity, self._query, held_back=found.is_few):
            statement = self._ordered(lane, found.conditions).execution_options(yield_per=size)
            for rows in self._connection.execute(statement).partitions():
                yield [tuple(row[:width]) for row in rows]

    def _is_one_of(self, ids: list[int]) -> sa.ColumnElement[bool]:
        key = self._select.key(self._entity)
        if not self._select.is_sqlite:
            return key == sa.any_(sa.literal(ids, ARRAY(sa.BigInteger())))
        listed = sa.func.json_each(msgspec.json.encode(ids).decode()).table_valued("value")
        return key.in_(sa.select(listed.c.value))

    def _place(self, cursor: str, lanes: Sequence[Lane]) -> Place:
        lane = read_lane(cursor)
        if lane >= len(lanes):
            raise CursorInvalid
        return read_cursor(cursor, [key.field for key in lanes[lane].keys])

    def _walk(
        self,
        found: Found,
        lanes: Sequence[Lane],
        start: Place | None,
        offset: int,
        wanted: int,
        *,
        is_backward: bool,
    ) -> Iterator[tuple[int, Sequence[Any]]]:
        """Yield up to `wanted` rows with the numbers of their lanes, each row with its keys behind it."""
        numbers = range(len(lanes))
        for number in reversed(numbers) if is_backward else numbers:
            here = start if start is not None and start.lane == number else None
            if start is not None and here is None and (number > start.lane) is is_backward:
                continue
            lane = lanes[number]
            for conditions in self._stretches(lane, here, is_backward=is_backward):
                rows = self._rows(lane, [*found.conditions, *conditions], wanted, offset, is_backward)
                if offset and not rows:
                    offset -= self._count(lane, found.conditions)
                    continue
                offset = 0
                yield from ((number, row) for row in rows)
                wanted -= len(rows)
                if wanted <= 0:
                    return

    def _stretches(
        self, lane: Lane, start: Place | None, *, is_backward: bool
    ) -> Iterator[list[sa.ColumnElement[bool]]]:
        """Yield what holds for the rows behind a place, those first that share the most keys with it."""
        if start is None:
            yield []
            return
        values = [
            self._value(lane, key, value, start) for key, value in zip(lane.keys, start.values, strict=True)
        ]
        for last in reversed(range(len(lane.keys))):
            same = [key.compared == value for key, value in zip(lane.keys[:last], values[:last], strict=True)]
            key, value = lane.keys[last], values[last]
            is_downward = key.is_descending is not is_backward
            yield [*same, key.compared < value if is_downward else key.compared > value]

    def _value(self, lane: Lane, key: Key, value: Any, start: Place) -> sa.ColumnElement[Any]:
        if value is None:  # too long for a cursor
            here = [self._select.key(self._entity) == start.id]
            made = self._joined(self._select.ids(self._entity, []), lane, here)
            return made.with_only_columns(key.compared).correlate(None).scalar_subquery()
        return key.value(value)

    def _rows(
        self,
        lane: Lane,
        conditions: Sequence[sa.ColumnElement[bool]],
        limit: int,
        offset: int,
        is_backward: bool,
    ) -> list[Sequence[Any]]:
        statement = self._ordered(lane, conditions, is_backward=is_backward)
        statement = statement.limit(limit).offset(offset or None)
        return [tuple(row) for row in self._connection.execute(statement)]

    def _ordered(
        self, lane: Lane, conditions: Sequence[sa.ColumnElement[bool]], *, is_backward: bool = False
    ) -> sa.Select[Any]:
        """Return the statement for the rows of a lane, each with its keys behind it."""
        statement = self._joined(self._select.records(self._entity), lane, conditions)
        order = [
            key.compared.desc() if key.is_descending is not is_backward else key.compared.asc()
            for key in lane.keys
        ]
        return statement.add_columns(*(key.column for key in lane.keys)).order_by(*order)

    def _count(self, lane: Lane, conditions: Sequence[sa.ColumnElement[bool]]) -> int:
        ids = self._joined(self._select.ids(self._entity, []), lane, conditions)
        return self._connection.execute(ids.with_only_columns(sa.func.count())).scalar_one()

    def _joined(
        self, statement: sa.Select[Any], lane: Lane, conditions: Sequence[sa.ColumnElement[bool]]
    ) -> sa.Select[Any]:
        for target, there in lane.joins:
            statement = statement.join(target, there)
        return statement.where(*lane.where, *conditions)
