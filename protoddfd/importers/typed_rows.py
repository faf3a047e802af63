"""Cells -> typed rows: every row arrives, and a cell that does not become a value is counted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from dataforms.errors import FieldError
from dataforms.sheets.csv_file import Chunk
from dataforms.typerow import Value
from protoddfd.importers.formats import ALL
from protoddfd.importers.plan import ColumnPlan, EntityReport, Misfit, TablePlan

Row = dict[str, Value]
_EXAMPLES = 10
_SHOWN = 200


class Misfits:
    """Counts the cells of one table that did not become a value, and keeps the first few."""

    def __init__(self) -> None:
        self.count = 0
        self.unlike = 0
        self.examples: list[Misfit] = []

    def add(
        self, column: ColumnPlan, cells: Sequence[str], lines: Sequence[int], reasons: Mapping[str, str]
    ) -> None:
        """Count the cells that have a reason among `reasons`."""
        for cell, line in zip(cells, lines, strict=True):
            if cell in reasons:
                self.count += 1
                if len(self.examples) < _EXAMPLES:
                    self.examples.append(
                        Misfit(line=line, column=column.header, text=cell[:_SHOWN], reason=reasons[cell])
                    )

    def report(self, entity: str, rows: int) -> EntityReport:
        """Return what loading came to."""
        return EntityReport(
            entity=entity, rows=rows, misfits=self.count, unlike=self.unlike, examples=tuple(self.examples)
        )


def rows(table: TablePlan) -> Iterator[Row]:
    """Yield the typed rows of a file, reading it as they are taken; references are the keys as written.

    Raises:
        ImportRefused: the file cannot be read any more.
    """
    misfits = Misfits()
    for chunk in table.reading.chunks():
        yield from typed(table.columns, chunk, {}, misfits)


def typed(
    columns: Iterable[ColumnPlan], chunk: Chunk, lookups: Mapping[str, Mapping[Value, int]], misfits: Misfits
) -> Iterator[Row]:
    """Yield the rows of a chunk; `lookups` have the ids of records by their keys, for each reference."""
    across = list(zip_longest(*chunk.rows, fillvalue=""))
    blank = ("",) * len(chunk.rows)
    kept = [column for column in columns if column.field is not None]
    values = []
    for column in kept:
        if column.reference is not None and column.reference.parts:
            values.append(
                iter(_together(column, across, blank, chunk, lookups.get(column.field or ""), misfits))
            )
            continue
        cells = across[column.index] if column.index < len(across) else blank
        known, reasons = _values(column, set(cells))
        misfits.unlike += len(reasons)
        lookup = lookups.get(column.field or "")
        if lookup is not None and column.reference is not None:
            _resolve(column, known, reasons, lookup)
        if reasons:
            misfits.add(column, cells, chunk.lines, reasons)
        values.append(map(known.__getitem__, cells))
    fields = [column.field or "" for column in kept]
    for row in zip(*values, strict=True):
        yield dict(zip(fields, row, strict=True))


def _together(
    column: ColumnPlan,
    across: Sequence[Sequence[str]],
    blank: Sequence[str],
    chunk: Chunk,
    lookup: Mapping[Value, int] | None,
    misfits: Misfits,
) -> Iterator[Value]:
    """Yield the ids of the records that several columns name together; None where one of these is empty."""
    reference = column.reference
    parts = reference.parts if reference is not None else ()
    cells = [across[part.index] if part.index < len(across) else blank for part in parts]
    known = [
        _values(ColumnPlan(index=0, header="", field="", format=part.format, missing=part.missing), set(own))[
            0
        ]
        for part, own in zip(parts, cells, strict=True)
    ]
    for line, texts in zip(chunk.lines, zip(*cells, strict=True), strict=True):
        key = tuple(values[text] for values, text in zip(known, texts, strict=True))
        if lookup is None or any(each is None for each in key):
            yield None
            continue
        found = lookup.get(key)  # type: ignore[arg-type]  # of any values
        if found is None and reference is not None:
            text = ", ".join(texts)
            misfits.add(column, [text], [line], {text: f"no {reference.entity} has them together"})
        yield found


def _values(column: ColumnPlan, texts: set[str]) -> tuple[dict[str, Value], dict[str, str]]:
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
