"""Carries out a plan: cells -> typed rows -> the database, streaming."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from dataforms.typerow import Value
from protoddfd.importers.plan import (
    ColumnPlan,
    EntityReport,
    JoinPlan,
    KeyReference,
    LoadReport,
    Proposal,
    TablePlan,
)
from protoddfd.importers.typed_rows import Misfits, Row, rows, typed

Progress = Callable[[str, int, int, int], None]
"""Called with the entity, its rows so far, and the bytes done and in all, of all sources."""


class Filling(Protocol):
    """What loading needs of `dataforms.filling.Filling`."""

    def load(self, entity: str, rows: Iterable[Mapping[str, Value]]) -> int:
        """Insert rows of canonical values; return how many."""

    def keys(self, entity: str, field: str) -> dict[Value, int]:
        """Return the id of every record by its value of a field."""

    def link(self, entity: str, field: str, pairs: Iterable[tuple[int, int]]) -> int:
        """Link records by their ids; return how many new pairs there were."""


class Database(Protocol):
    """What loading needs of `dataforms.database.Database`."""

    def filling(self) -> AbstractContextManager[Filling]:
        """Lend a transaction that fills tables."""


def load(proposal: Proposal, database: Database, progress: Progress) -> LoadReport:
    """Fill an empty database with the tables of a proposal, and say what came of it: all of it or nothing.

    Raises:
        ImportRefused: a source cannot be read any more.
        dataforms.errors.LoadFailed: the database refused a row.
    """
    parts: tuple[TablePlan | JoinPlan, ...] = (*proposal.tables, *proposal.joins)
    total = sum(part.reading.weight for part in parts)
    done = 0
    reports: list[EntityReport] = []
    joined: list[EntityReport] = []
    with database.filling() as filling:
        keys = _Keys(proposal, filling)
        for part in parts:
            before = done

            def report(count: int, size: int, entity: str = part.entity, before: int = before) -> None:
                progress(entity, count, before + size, total)

            if isinstance(part, TablePlan):
                reports.append(_Loader(part, filling, keys).run(report))
                keys.loaded.add(part.entity)
            else:
                joined.append(_join(part, filling, keys, report))
            done += part.reading.weight
    return LoadReport(entities=tuple(reports), joins=tuple(joined))


class _Keys:
    """Finds the ids of records by what refers to them, whether they are loaded yet or not."""

    def __init__(self, proposal: Proposal, filling: Filling) -> None:
        self._tables = {table.entity: table for table in proposal.tables}
        self._filling = filling
        self.loaded: set[str] = set()
        self.ids: dict[str, array[int]] = {}
        """The ids of loaded records in their order, where something asks for them."""
        references = [
            (table.entity, column.reference)
            for table in proposal.tables
            for column in table.columns
            if column.reference is not None
        ]
        references += [
            (join.entity, end.reference) for join in proposal.joins for end in join.ends if end.reference
        ]
        self.kept = {each.entity for _, each in references if each.field == "id"}
        places = {table.entity: place for place, table in enumerate(proposal.tables)}
        self.numbered = {
            each.entity
            for source, each in references
            if not _has_ids(self._tables[each.entity])
            and (each.by_place or each.parts or places[source] <= places[each.entity])
        }
        """The entities whose records get their places as ids, which are needed before they are stored."""

    def lookup(self, table: str, reference: KeyReference) -> Mapping[Value, int] | None:
        """Return the ids by key for a reference from the entity `table`; None where a key is the id."""
        target = self._tables[reference.entity]
        if reference.parts:
            return self._together(target, [part.field for part in reference.parts])
        if reference.by_place:
            return None if not _has_ids(target) else _by_place(self.ids[target.entity])
        if reference.field == "id":
            if reference.complete:
                return None
            known = self.ids.get(target.entity) if target.entity in self.loaded else None
            return {number: number for number in known} if known is not None else self._ahead(target, "id")
        column = next(column for column in target.columns if column.field == reference.field)
        if target.entity in self.loaded and target.entity != table and column.reference is None:
            return self._filling.keys(target.entity, reference.field)
        return self._ahead(target, reference.field)

    def _together(self, target: TablePlan, fields: Sequence[str]) -> dict[Value, int]:
        """Return the ids of a table's rows by the values of several fields, as its source has them."""
        found: dict[Value, int] = {}
        for place, row in enumerate(rows(target), 1):
            number = row.get("id", place)
            if isinstance(number, int):
                found.setdefault(tuple(row[field] for field in fields), number)  # type: ignore[arg-type]  # any values
        return found

    def _ahead(self, target: TablePlan, key: str) -> dict[Value, int]:
        """Return the ids that a table's rows are going to have, or have, by key."""
        found: dict[Value, int] = {}
        for place, row in enumerate(rows(target), 1):
            number = row.get("id", place)
            if isinstance(number, int) and row[key] is not None:
                found.setdefault(row[key], number)
        return found


def _has_ids(table: TablePlan) -> bool:
    return any(column.field == "id" for column in table.columns)


def _by_place(ids: "array[int]") -> dict[Value, int]:
    return dict(enumerate(ids, 1))


class _Loader:
    """Loads one table."""

    def __init__(self, table: TablePlan, filling: Filling, keys: _Keys) -> None:
        self._table = table
        self._filling = filling
        self._keys = keys
        self._misfits = Misfits()

    def run(self, progress: Callable[[int, int], None]) -> EntityReport:
        lookups = _lookups(self._table.entity, self._table.columns, self._keys)
        count = self._filling.load(self._table.entity, self._rows(lookups, progress))
        return self._misfits.report(self._table.entity, count)

    def _rows(
        self, lookups: Mapping[str, Mapping[Value, int]], progress: Callable[[int, int], None]
    ) -> Iterator[Row]:
        entity = self._table.entity
        kept = self._keys.ids.setdefault(entity, array("q")) if entity in self._keys.kept else None
        numbered = entity in self._keys.numbered
        count = 0
        for chunk in self._table.reading.chunks():
            for row in typed(self._table.columns, chunk, lookups, self._misfits):
                count += 1
                if numbered:
                    row["id"] = count
                number = row.get("id")
                if kept is not None and isinstance(number, int):
                    kept.append(number)
                yield row
            progress(count, chunk.bytes_done)


def _lookups(entity: str, columns: Iterable[ColumnPlan], keys: _Keys) -> dict[str, Mapping[Value, int]]:
    """Return, for each reference that needs one, the ids by key."""
    found: dict[str, Mapping[Value, int]] = {}
    for column in columns:
        if column.reference is not None and column.field is not None:
            lookup = keys.lookup(entity, column.reference)
            if lookup is not None:
                found[column.field] = lookup
    return found


def _join(
    join: JoinPlan, filling: Filling, keys: _Keys, progress: Callable[[int, int], None]
) -> EntityReport:
    """Link the records that each row of a table names."""
    misfits = Misfits()
    lookups = _lookups("", join.ends, keys)
    one, other = (end.field or "" for end in join.ends)

    def pairs() -> Iterator[tuple[int, int]]:
        count = 0
        for chunk in join.reading.chunks():
            for row in typed(join.ends, chunk, lookups, misfits):
                count += 1
                if isinstance(row[one], int) and isinstance(row[other], int):
                    yield row[one], row[other]  # type: ignore[misc]  # seen to be numbers
            progress(count, chunk.bytes_done)

    count = filling.link(join.entity, join.field, pairs())
    return misfits.report(f"{join.entity}.{join.field}", count)


__all__ = ["Database", "Progress", "Row", "load", "rows"]
