"""Streams the rows of one CSV file in chunks, with the line each row starts on. Knows nothing of types."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from dataforms.check import FIELDS_LIMIT
from dataforms.formulas import original
from dataforms.sheets.encoding import CONTROLS
from dataforms.sheets.refused import ImportRefused

LARGEST_CELL = 1_000_000
"""Characters; a longer cell is nearly always a quotation mark that is never closed."""
MOST_COLUMNS = FIELDS_LIMIT
_CHUNK_ROWS = 4000
_CHUNK_BYTES = 4 << 20


class CsvFormat(msgspec.Struct, frozen=True, kw_only=True):
    """How the bytes of a file become rows of cells."""

    encoding: str
    delimiter: str
    quote: str = '"'
    escape: str | None = None
    skip_initial_space: bool = False
    strip_controls: bool = False


class Chunk(msgspec.Struct, kw_only=True):
    """Some consecutive rows. `lines[i]` is the line (the first is 1) that `rows[i]` starts on."""

    rows: list[list[str]]
    lines: list[int]
    bytes_done: int


class Reader(Protocol):
    """What csv.reader returns."""

    @property
    def line_num(self) -> int:
        """Return how many lines were read."""

    def __iter__(self) -> Iterator[list[str]]:
        """Return itself."""

    def __next__(self) -> list[str]:
        """Return the next row; raise csv.Error."""


def parse(lines: Iterator[str], form: CsvFormat) -> Reader:
    """Return the standard library's reader over `lines`."""
    csv.field_size_limit(LARGEST_CELL)
    return csv.reader(
        lines,
        delimiter=form.delimiter,
        quotechar=form.quote,
        doublequote=form.escape is None,
        escapechar=form.escape,
        skipinitialspace=form.skip_initial_space,
    )


def chunks(path: Path, form: CsvFormat, *, skip_rows: int = 0) -> Iterator[Chunk]:
    """Yield the rows after the first `skip_rows`, leaving out those without any text.

    The apostrophe that keeps a spreadsheet from computing a text, as exports write it, is no part of it.

    Raises:
        ImportRefused: a cell is longer than LARGEST_CELL, a row wider than MOST_COLUMNS, or it is no CSV.
    """
    with path.open("rb") as raw:
        text = io.TextIOWrapper(raw, encoding=form.encoding, newline="")
        reader = parse(without_controls(text) if form.strip_controls else text, form)
        try:
            for _ in range(skip_rows):
                next(reader, None)
            yield from _chunks(reader, raw)
        except csv.Error as error:
            raise _refusal(reader.line_num, error) from error
        except UnicodeError as error:
            raise ImportRefused(
                f"line {reader.line_num + 1} is not {form.encoding} text", "save the file as UTF-8"
            ) from error


def without_controls(lines: Iterator[str]) -> Iterator[str]:
    """Yield the lines with their control characters dropped; tabs and line ends stay."""
    for line in lines:
        yield CONTROLS.sub("", line)


def _chunks(reader: Reader, raw: io.BufferedReader) -> Iterator[Chunk]:
    rows: list[list[str]] = []
    lines: list[int] = []
    line = reader.line_num
    chunk_began = 0
    for row in reader:
        if any(row):
            rows.append([original(cell) if cell[:1] == "'" else cell for cell in row])
            lines.append(line + 1)
            if len(row) > MOST_COLUMNS:
                raise _too_wide(line + 1, len(row))
        line = reader.line_num
        if len(rows) >= _CHUNK_ROWS or (
            not len(rows) % 32 and raw.tell() - chunk_began > _CHUNK_BYTES and rows
        ):
            chunk_began = raw.tell()
            yield Chunk(rows=rows, lines=lines, bytes_done=chunk_began)
            rows, lines = [], []
    if rows:
        yield Chunk(rows=rows, lines=lines, bytes_done=raw.tell())


def _too_wide(line: int, width: int) -> ImportRefused:
    return ImportRefused(
        f"line {line} has {width:,} columns; {MOST_COLUMNS:,} is the most that an app can hold",
        "split the table, or check that the separator is the right one",
    )


def _refusal(line: int, error: csv.Error) -> ImportRefused:
    if "field larger" in str(error):
        return ImportRefused(
            f"a cell near line {line:,} is longer than {LARGEST_CELL:,} characters",
            "look for a quotation mark that is opened and never closed",
        )
    return ImportRefused(f"line {line:,} cannot be read as CSV: {error}", "save the file as CSV again")
