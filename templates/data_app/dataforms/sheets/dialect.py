"""How the rows of a file are written: separator, quotes, header. Looks at the beginning only."""

import csv
import io
import re
from collections import Counter
from itertools import islice
from pathlib import Path

import msgspec

from dataforms.sheets.csv_file import CsvFormat, parse
from dataforms.sheets.encoding import CONTROLS, TextEncoding
from dataforms.sheets.header import has_header
from dataforms.sheets.refused import ImportRefused

_SAMPLE_BYTES = 1 << 18
_SAMPLE_ROWS = 500
_DELIMITERS = (",", ";", "\t", "|")
_SEP_LINE = re.compile(r"\ufeff?\"?sep=(.)\"?\r?\n", re.IGNORECASE)
_PREAMBLE_ROWS = 20


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How to read a file: `header` has a text for each column; `first_row` rows stand above the records."""

    form: CsvFormat
    header: tuple[str, ...]
    first_row: int
    notes: tuple[str, ...] = ()


def detect(path: Path, encoding: TextEncoding) -> Layout:
    """Return how the file is written.

    Raises:
        ImportRefused: the beginning of the file cannot be read as rows.
    """
    sample = _sample(path, encoding)
    form = _form(sample, encoding)
    sep = _SEP_LINE.match(sample)
    rows = _rows(sample, form)
    above = 1 if sep else 0
    above += _preamble(rows[above:])
    if not rows[above:]:
        raise ImportRefused("there is no row in it", "choose a file with a header line and at least one row")
    preamble = [" ".join(filter(None, row)).strip() for row in rows[1 if sep else 0 : above]]
    notes = [f'The text above the table was left out: "{text[:200]}".' for text in preamble if text]
    body = rows[above:]
    if not has_header(body):
        width = max(map(len, body[:_SAMPLE_ROWS]))
        notes.append("There is no header line, so the columns are called Column 1, Column 2 and so on.")
        header = tuple(f"Column {number + 1}" for number in range(width))
        return Layout(form=form, header=header, first_row=above, notes=tuple(notes))
    header = tuple(cell.strip() for cell in body[0])
    if _has_row_names(body):
        header = ("", *header)
    return Layout(
        form=form, header=_without_empty_tail(header, body), first_row=above + 1, notes=tuple(notes)
    )


def _sample(path: Path, encoding: TextEncoding) -> str:
    with path.open("rb") as raw:
        text = io.TextIOWrapper(raw, encoding=encoding.name, newline="")
        sample = text.read(_SAMPLE_BYTES)
        whole = not text.read(1)
    if not whole:
        cut = max(sample.rfind("\n"), sample.rfind("\r")) + 1
        sample = sample[: cut or None]
    return CONTROLS.sub("", sample) if encoding.controls else sample


def _form(sample: str, encoding: TextEncoding) -> CsvFormat:
    sep = _SEP_LINE.match(sample)
    if sep:
        sample = sample[sep.end() :]
    escape = "\\" if r"\"" in sample and '""' not in sample else None
    quote = (
        "'"
        if '"' not in sample and re.search(r"(?m)(^|[,;\t|])'[^'\n]*[,;\t|][^'\n]*'([,;\t|]|\r?$)", sample)
        else '"'
    )

    def form(delimiter: str) -> CsvFormat:
        spaced = re.search(rf"{re.escape(delimiter)} +{quote}", sample) is not None and delimiter != "\t"
        return CsvFormat(
            encoding=encoding.name,
            delimiter=delimiter,
            quote=quote,
            escape=escape,
            skip_initial_space=spaced,
            strip_controls=encoding.controls,
        )

    if sep:
        return form(sep[1])
    scores = {delimiter: _score(_rows(sample, form(delimiter)), delimiter) for delimiter in _DELIMITERS}
    return form(max(_DELIMITERS, key=lambda delimiter: scores[delimiter]))


def _rows(sample: str, form: CsvFormat) -> list[list[str]]:
    """Return the first rows, blank ones too (as empty lists), so that places stay those in the file."""
    try:
        lines = io.StringIO(sample, newline="")
        return list(islice(parse(lines, form), _SAMPLE_ROWS))
    except csv.Error:
        return []


def _score(rows: list[list[str]], delimiter: str) -> float:
    """Return how likely rows come from the right separator: many columns, the same number in every row."""
    filled = [row for row in rows if any(row)]
    if not filled:
        return 0.0
    (width, count), *_ = Counter(map(len, filled)).most_common(1)
    if width < 2:
        return 0.0
    cells = [cell for row in filled[:100] for cell in row]
    others = [other for other in ";\t|" if other != delimiter]
    clean = sum(not any(other in cell for other in others) for cell in cells) / len(cells)
    head = 1.0 if len(filled[0]) == width else 0.6
    return head * count / len(filled) * (1 + 0.01 * min(width, 20)) + 0.4 * clean


def _preamble(rows: list[list[str]]) -> int:
    """Return how many rows stand above the table: blank ones, and titles of one cell above a wider table."""
    filled = [row for row in rows if any(row)]
    width = Counter(map(len, filled)).most_common(1)[0][0] if filled else 0
    for place, row in enumerate(rows[:_PREAMBLE_ROWS]):
        cells = sum(1 for cell in row if cell.strip())
        if cells and (cells > 1 or width < 2 or len(filled) < 4):
            return place
    return next((place for place, row in enumerate(rows) if any(row)), len(rows))


def _has_row_names(rows: list[list[str]]) -> bool:
    """Return whether every row has one cell more than the header, and the first is a name: R's way."""
    body = [row for row in rows[1:] if any(row)]
    wide = len(rows[0]) + 1
    if len(body) < 2 or any(len(row) != wide for row in body):
        return False
    names = [row[0] for row in body]
    return len(set(names)) == len(names) and all(names) and any(row[-1].strip() for row in body)


def _without_empty_tail(header: tuple[str, ...], rows: list[list[str]]) -> tuple[str, ...]:
    """Return the header without last columns that have neither name nor value."""
    while len(header) > 1 and not header[-1] and not any(
        row[len(header) - 1].strip() for row in rows[1:] if len(row) >= len(header)
    ):  # fmt: skip
        header = header[:-1]
    return header
