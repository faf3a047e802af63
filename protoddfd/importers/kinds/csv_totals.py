"""Which rows of a CSV file are sums of others. Reads it once more, only where it has a word for a sum."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from pathlib import Path

import msgspec

from dataforms.sheets.csv_file import CsvFormat, chunks
from dataforms.sheets.form import Format
from dataforms.sheets.formats import MISSING
from dataforms.sheets.numbers import NUMBER_FORMATS
from protoddfd.importers.subtotals import Subtotals, sum_notes

_LARGEST = 64 << 20
"""Bytes of a file that is looked at; who sums up does it for a person to read."""
_SEEN = 2_000
"""Rows that show how the numbers of a column are written."""
_BLOCK = 1 << 20
_PARTS = (b"total", b"totaux", b"summe", b"gesamt", b"somme", b"suma", b"soma")
_WORD = re.compile(rb"(?<![a-z])sum(?![a-z])")
_WIDE = ("utf-16", "utf-32")


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The lines on which rows begin that are sums, and what is said of them."""

    lines: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


def totals(path: Path, form: CsvFormat, first_row: int) -> Totals:
    """Return which rows, after the first ones, are labelled as sums and are the sums of those above.

    Raises:
        ImportRefused: the file cannot be read as rows.
    """
    if path.stat().st_size > _LARGEST or not (form.encoding.startswith(_WIDE) or _may_have(path, first_row)):
        return Totals()
    columns = [_written(cells) for cells in zip_longest(*_first(path, form, first_row), fillvalue="")]
    found = Subtotals(len(columns), [each.slack for each in columns])
    lines: list[int] = []
    for chunk in chunks(path, form, skip_rows=first_row):
        for line, row in zip(chunk.lines, chunk.rows, strict=True):
            if found.is_one(line, [_value(cell, each) for cell, each in zip(row, columns, strict=False)]):
                lines.append(line)
    return Totals(lines=tuple(lines), notes=tuple(sum_notes(lines, found.example)))


def _may_have(path: Path, first_row: int) -> bool:
    """Return whether a word for a sum is in the file, other than in its header."""
    with path.open("rb") as file:
        for _ in range(first_row):
            file.readline(_BLOCK)
        before = b""
        while block := file.read(_BLOCK):
            text = (before + block).lower()
            if any(part in text for part in _PARTS) or _WORD.search(text) is not None:
                return True
            before = block[-20:]
    return False


def _first(path: Path, form: CsvFormat, first_row: int) -> Iterator[list[str]]:
    return islice((row for chunk in chunks(path, form, skip_rows=first_row) for row in chunk.rows), _SEEN)


class _Written(msgspec.Struct, frozen=True):
    """How the numbers of a column are written, if they are numbers, and how much rounding may cost each."""

    form: Format | None
    slack: float = 0.0


def _written(cells: Sequence[str]) -> _Written:
    texts = {text for cell in cells if (text := cell.strip()) and text not in MISSING}
    for form in NUMBER_FORMATS:
        if texts and form.type != "percent" and form.accepts(texts):
            after = (text.rpartition(form.mark)[2] for text in texts if form.mark and form.mark in text)
            places = max((sum(map(str.isdigit, digits)) for digits in after), default=0)
            return _Written(form, 0.5 * 10.0**-places if places else 0.0)
    return _Written(None)


def _value(cell: str, column: _Written) -> str | float:
    text = cell.strip()
    if column.form is None or not column.form.match(text):
        return text
    return float(str(column.form.convert(text)))
