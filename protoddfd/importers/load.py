"""Carries out a plan: cells -> typed rows -> the database, streaming. Every row arrives."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Protocol

from dataforms.errors import FieldError
from dataforms.sheets.csv_file import Chunk, CsvFormat, chunks
from dataforms.sheets.formats import FORMATS
from dataforms.typerow import Value
from protoddfd.importers.plan import ColumnPlan, EntityReport, LoadReport, Misfit, Proposal, TablePlan

Row = dict[str, Value]
Progress = Callable[[str, int, int, int], None]
"""Called with the entity, its rows so far, and the bytes done and in all, of all files."""

_EXAMPLES = 10
_SHOWN = 200


class Database(Protocol):
    """What loading needs of `dataforms.database.Database`."""

    def load(self, entity: str, rows: Iterable[Mapping[str, Value]]) -> int:
        """Insert rows of canonical values; return how many."""

    def keys(self, entity: str, field: str) -> dict[Value, int]:
        """Return the id of every record by its value of a field."""


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


def rows(table: TablePlan) -> Iterator[Row]:
    """Yield the typed rows of a file, reading it as they are taken; references are the keys as written.

    Raises:
        ImportRefused: the file cannot be read any more.
    """
    misfits = _Misfits()
    for chunk in _chunks(table):
        yield from _typed(table, chunk, {}, misfits)


def load(proposal: Proposal, database: Database, progress: Progress) -> LoadReport:
    """Fill an empty database with the files of a proposal, and say what came of it.

    Raises:
        ImportRefused: a file cannot be read any more.
        dataforms.errors.LoadFailed: the database refused a row; the tables before this one are filled.
    """
    total = sum(Path(table.source.path).stat().st_size for table in proposal.tables)
    done = 0
    wanted_ids = {
        column.reference.entity
        for table in proposal.tables
        for column in table.columns
        if column.reference is not None and column.reference.field == "id" and not column.reference.complete
    }
    ids: dict[str, dict[Value, int]] = {}
    reports: list[EntityReport] = []
    for table in proposal.tables:
        loader = _Loader(table, database, ids)
        before = done

        def report(count: int, size: int, entity: str = table.entity, before: int = before) -> None:
            progress(entity, count, before + size, total)

        reports.append(loader.run(report, keep_ids=table.entity in wanted_ids))
        done += Path(table.source.path).stat().st_size
    return LoadReport(entities=tuple(reports))


class _Loader:
    """Loads one table."""

    def __init__(self, table: TablePlan, database: Database, ids: dict[str, dict[Value, int]]) -> None:
        self._table = table
        self._database = database
        self._ids = ids
        self._misfits = _Misfits()
        self._own_numbers = _refers_to_itself_by_key(table)

    def run(self, progress: Callable[[int, int], None], *, keep_ids: bool) -> EntityReport:
        lookups = self._lookups()
        count = self._database.load(self._table.entity, self._rows(lookups, progress, keep_ids=keep_ids))
        return EntityReport(
            entity=self._table.entity,
            rows=count,
            misfits=self._misfits.count,
            examples=tuple(self._misfits.examples),
        )

    def _rows(
        self,
        lookups: Mapping[str, Mapping[Value, int]],
        progress: Callable[[int, int], None],
        *,
        keep_ids: bool,
    ) -> Iterator[Row]:
        kept = self._ids.setdefault(self._table.entity, {}) if keep_ids else None
        count = 0
        for chunk in _chunks(self._table):
            for row in _typed(self._table, chunk, lookups, self._misfits):
                count += 1
                if self._own_numbers:
                    row["id"] = count
                number = row.get("id")
                if kept is not None and isinstance(number, int):
                    kept[number] = number
                yield row
            progress(count, chunk.bytes_done)

    def _lookups(self) -> dict[str, Mapping[Value, int]]:
        """Return, for each reference that needs one, the ids by key."""
        found: dict[str, Mapping[Value, int]] = {}
        for column in self._table.columns:
            reference = column.reference
            if reference is None or column.field is None or (reference.field == "id" and reference.complete):
                continue
            if reference.entity == self._table.entity:
                found[column.field] = self._own_keys(reference.field)
            elif reference.field == "id":
                found[column.field] = self._ids.get(reference.entity, {})
            else:
                found[column.field] = self._database.keys(reference.entity, reference.field)
        return found

    def _own_keys(self, key: str) -> dict[Value, int]:
        """Return the ids that this table's rows are going to have, by key."""
        found: dict[Value, int] = {}
        for place, row in enumerate(rows(self._table)):
            number = place + 1 if self._own_numbers else row.get("id")
            if isinstance(number, int):
                found[row[key]] = number
        return found


def _refers_to_itself_by_key(table: TablePlan) -> bool:
    if any(column.field == "id" for column in table.columns):
        return False
    return any(
        column.reference is not None and column.reference.entity == table.entity for column in table.columns
    )


def _chunks(table: TablePlan) -> Iterator[Chunk]:
    form = CsvFormat(
        encoding=table.encoding,
        delimiter=table.delimiter,
        quote=table.quote,
        escape=table.escape,
        skip_initial_space=table.skip_initial_space,
        strip_controls=table.strip_controls,
    )
    return chunks(Path(table.source.path), form, skip_rows=table.first_row)


def _typed(
    table: TablePlan, chunk: Chunk, lookups: Mapping[str, Mapping[Value, int]], misfits: _Misfits
) -> Iterator[Row]:
    across = list(zip_longest(*chunk.rows, fillvalue=""))
    blank = ("",) * len(chunk.rows)
    kept = [column for column in table.columns if column.field is not None]
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
    form = FORMATS[column.format]
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
