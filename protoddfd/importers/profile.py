"""Reads one file from end to end, once, and learns all its columns. Every decision rests on every cell."""

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import msgspec

from dataforms.sheets import dialect, encoding
from dataforms.sheets.csv_file import MOST_COLUMNS, Chunk, chunks
from dataforms.sheets.refused import ImportRefused
from protoddfd.importers.columns import ColumnProfile
from protoddfd.importers.plan import Source

_VALUES_KEPT = 200_000
_MOST_VALUES_KEPT = 20_000
_LINES_NAMED = 3


class TableProfile(msgspec.Struct, kw_only=True):
    """What is known of one file: how it is written, its columns, and its uneven rows by their lines."""

    source: Source
    encoding: encoding.TextEncoding
    layout: dialect.Layout
    columns: list[ColumnProfile]
    rows: int = 0
    short: list[int] = msgspec.field(default_factory=list)
    short_rows: int = 0
    long: list[int] = msgspec.field(default_factory=list)
    long_rows: int = 0

    @property
    def named_columns(self) -> int:
        """Return how many columns the header has."""
        return len(self.layout.header)


def profile(source: Source, *, alone: bool = False) -> TableProfile:
    """Return what is known of a file after reading all of it; `alone` when no other file can refer to it.

    Raises:
        ImportRefused: it is no CSV file, or has nothing in it; the message begins with the file's name.
    """
    try:
        return _profile(source, alone=alone)
    except ImportRefused as refusal:
        raise ImportRefused(f"{source.name}: {refusal}", refusal.hint) from refusal


def _profile(source: Source, *, alone: bool) -> TableProfile:
    path = Path(source.path)
    text = encoding.detect(path)
    layout = dialect.detect(path, text)
    if len(layout.header) > MOST_COLUMNS:
        raise ImportRefused(
            f"it has {len(layout.header):,} columns; {MOST_COLUMNS:,} is the most that an app can hold",
            "split the table, or check that the separator is the right one",
        )
    limit = min(_MOST_VALUES_KEPT, _VALUES_KEPT // len(layout.header) + 50)
    columns = [
        ColumnProfile(header, index, distinct_limit=limit, keep_repeated=not alone)
        for index, header in enumerate(layout.header)
    ]
    table = TableProfile(source=source, encoding=text, layout=layout, columns=columns)
    for chunk in chunks(path, layout.form, skip_rows=layout.first_row):
        _learn(table, chunk, limit)
    return table


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
