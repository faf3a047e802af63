"""Reads one table from end to end, once, and learns all its columns."""

from collections.abc import Sequence
from itertools import zip_longest

import msgspec

from dataforms.sheets.csv_file import MOST_COLUMNS, Chunk
from dataforms.sheets.form import Format
from dataforms.sheets.formats import TYPED
from dataforms.sheets.refused import ImportRefused
from protoddfd.importers.columns import ColumnProfile
from protoddfd.importers.formats import SAID
from protoddfd.importers.found import DeclaredColumn, Found

_VALUES_KEPT = 200_000
_MOST_VALUES_KEPT = 20_000
_LINES_NAMED = 3


class TableProfile(msgspec.Struct, kw_only=True):
    """What is known of one table: where it was found, its columns, and its uneven rows by their lines."""

    found: Found
    columns: list[ColumnProfile]
    rows: int = 0
    short: list[int] = msgspec.field(default_factory=list)
    short_rows: int = 0
    long: list[int] = msgspec.field(default_factory=list)
    long_rows: int = 0

    @property
    def is_sampled(self) -> bool:
        """Return whether some values were not tested for what they are."""
        return any(column.is_sampled for column in self.columns)

    @property
    def named_columns(self) -> int:
        """Return how many columns the header has."""
        return len(self.found.header)


def profile(found: Found, *, alone: bool = False, thorough: bool = True) -> TableProfile:
    """Return what is known of a table after reading all of it; `alone` when no other can refer to it.

    Unless it is `thorough`, only some values of a long table are tested for what they are.

    Raises:
        ImportRefused: it cannot be read, or is too wide; the message begins with the table's name.
    """
    try:
        return _profile(found, alone=alone, thorough=thorough)
    except ImportRefused as refusal:
        raise ImportRefused(f"{found.label}: {refusal}", refusal.hint) from refusal


def refuse_width(width: int) -> None:
    """Raise ImportRefused for a table with more columns than an app can hold."""
    if width > MOST_COLUMNS:
        raise ImportRefused(
            f"it has {width:,} columns; {MOST_COLUMNS:,} is the most that an app can hold",
            "split the table, or check that the separator is the right one",
        )


def _profile(found: Found, *, alone: bool, thorough: bool) -> TableProfile:
    refuse_width(len(found.header))
    limit = min(_MOST_VALUES_KEPT, _VALUES_KEPT // max(1, len(found.header)) + 50)
    said = found.declared.columns if found.declared is not None else ()
    columns = [
        ColumnProfile(
            header,
            index,
            distinct_limit=limit,
            keep_repeated=not alone,
            formats=_formats(said[index]) if said else TYPED,
            thorough=thorough,
        )
        for index, header in enumerate(found.header)
    ]
    table = TableProfile(found=found, columns=columns)
    for chunk in found.reading.chunks():
        _learn(table, chunk, limit)
    return table


def _formats(said: DeclaredColumn) -> tuple[Format, ...]:
    """Return the formats that a column's values can have by what its source says."""
    if not said.types:
        return TYPED
    typed = tuple(form for form in TYPED if form.type in said.types)
    if said.types[0] == "image":
        return (SAID["image"],)
    first = SAID.get(said.types[0])
    return (*typed, first) if first is not None else typed


def _learn(table: TableProfile, chunk: Chunk, limit: int) -> None:
    lengths = set(map(len, chunk.rows))
    if lengths != {len(table.columns)}:
        _note_uneven(table, chunk)
    across = list(zip_longest(*chunk.rows, fillvalue=""))
    _add_columns(table, across, limit)
    for column, cells in zip_longest(table.columns, across[: len(table.columns)]):
        if cells is None:
            column.empty += len(chunk.rows)
        else:
            column.feed(cells)
    table.rows += len(chunk.rows)


def _add_columns(table: TableProfile, across: Sequence[tuple[str, ...]], limit: int) -> None:
    """Give cells beyond the last column columns of their own, so that they are not lost."""
    width = len(table.columns)
    used = [place for place in range(width, len(across)) if any(map(str.strip, across[place]))]
    for index in range(width, max(used, default=-1) + 1):
        table.columns.append(
            ColumnProfile(f"Column {index + 1}", index, distinct_limit=limit, empty=table.rows)
        )


def _note_uneven(table: TableProfile, chunk: Chunk) -> None:
    width = table.named_columns
    for line, row in zip(chunk.lines, chunk.rows, strict=True):
        if len(row) < width:
            table.short_rows += 1
            if len(table.short) < _LINES_NAMED:
                table.short.append(line)
        elif len(row) > width and any(map(str.strip, row[width:])):
            table.long_rows += 1
            if len(table.long) < _LINES_NAMED:
                table.long.append(line)
