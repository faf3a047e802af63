"""Carries out a plan: cells -> typed rows -> the database, streaming. Every row arrives."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import zip_longest
from typing import Protocol

from dataforms.errors import FieldError
from dataforms.sheets.csv_file import Chunk
from dataforms.typerow import Value
from protoddfd.importers.formats import ALL
from protoddfd.importers.plan import (
    ColumnPlan,
    EntityReport,
    JoinPlan,
    KeyReference,
    LoadReport,
    Misfit,
    Proposal,
    TablePlan,
)

Row = dict[str, Value]
Progress = Callable[[str, int, int, int], None]
"""Called with the entity, its rows so far, and the bytes done and in all, of all sources."""

_EXAMPLES = 10
_SHOWN = 200


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


class _Misfits:
    """Counts the cells of one table that did not become a value, and keeps the first few."""

    def __init__(self) -> None:
        self.count = 0
        self.examples: list[Misfit] = []

    def add(
        self, column: ColumnPlan, cells: Sequence[str], lines: Sequence[int], reasons: Mapping[str, str]
    ) -> None:
        for cell, line in zip(cells, lines, strict=True):
            if cell in reasons:
                self.count += 1
                if len(self.examples) < _EXAMPLES:
                    self.examples.append(
                        Misfit(line=line, column=column.header, text=cell[:_SHOWN], reason=reasons[cell])
                    )

    def report(self, entity: str, rows: int) -> EntityReport:
        return EntityReport(entity=entity, rows=rows, misfits=self.count, examples=tuple(self.examples))


def rows(table: TablePlan) -> Iterator[Row]:
    """Yield the typed rows of a file, reading it as they are taken; references are the keys as written.

    Raises:
        ImportRefused: the file cannot be read any more.
    """
    misfits = _Misfits()
    for chunk in table.reading.chunks():
        yield from _typed(table.columns, chunk, {}, misfits)


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
            and (each.by_place or places[source] <= places[each.entity])
        }
        """The entities whose records get their places as ids, which are needed before they are stored."""

    def lookup(self, table: str, reference: KeyReference) -> Mapping[Value, int] | None:
        """Return the ids by key for a reference from the entity `table`; None where a key is the id."""
        target = self._tables[reference.entity]
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
        self._misfits = _Misfits()

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
            for row in _typed(self._table.columns, chunk, lookups, self._misfits):
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
    misfits = _Misfits()
    lookups = _lookups("", join.ends, keys)
    one, other = (end.field or "" for end in join.ends)

    def pairs() -> Iterator[tuple[int, int]]:
        count = 0
        for chunk in join.reading.chunks():
            for row in _typed(join.ends, chunk, lookups, misfits):
                count += 1
                if isinstance(row[one], int) and isinstance(row[other], int):
                    yield row[one], row[other]  # type: ignore[misc]  # seen to be numbers
            progress(count, chunk.bytes_done)

    count = filling.link(join.entity, join.field, pairs())
    return misfits.report(f"{join.entity}.{join.field}", count)


def _typed(
    columns: Iterable[ColumnPlan], chunk: Chunk, lookups: Mapping[str, Mapping[Value, int]], misfits: _Misfits
) -> Iterator[Row]:
    across = list(zip_longest(*chunk.rows, fillvalue=""))
    blank = ("",) * len(chunk.rows)
    kept = [column for column in columns if column.field is not None]
    values = []
    for column in kept:
        cells = across[column.index] if column.index < len(across) else blank
        known, reasons = _values(column, set(cells), lookups.get(column.field or ""))
        if reasons:
            misfits.add(column, cells, chunk.lines, reasons)
        values.append(map(known.__getitem__, cells))
    fields = [column.field or "" for column in kept]
    for row in zip(*values, strict=True):
        yield dict(zip(fields, row, strict=True))


def _values(
    column: ColumnPlan, texts: set[str], lookup: Mapping[Value, int] | None
) -> tuple[dict[str, Value], dict[str, str]]:
    """Return the value of every text, and why some have none."""
    form = ALL[column.format]
    missing = frozenset(column.missing)
    values: dict[str, Value] = {}
    reasons: dict[str, str] = {}
    for raw in texts:
        text = raw.strip()
        if not text or text in missing:
            values[raw] = None
            continue
        try:
            values[raw] = form.value(raw if form.type == "long_text" else text)
        except (ValueError, FieldError) as error:
            values[raw] = None
            reasons[raw] = str(error)
    if lookup is not None and column.reference is not None:
        _resolve(column, values, reasons, lookup)
    return values, reasons


def _resolve(
    column: ColumnPlan, values: dict[str, Value], reasons: dict[str, str], lookup: Mapping[Value, int]
) -> None:
    """Put the ids of the records in place of their keys."""
    target = column.reference.entity if column.reference is not None else ""
    for raw, key in values.items():
        if key is None:
            continue
        values[raw] = lookup.get(key)
        if values[raw] is None:
            reasons[raw] = f"no {target} has it"


__all__ = ["Database", "Progress", "Row", "load", "rows"]
