"""How the columns of an OpenDocument sheet are shown: its cells say themselves. Looks at some rows only."""

import zipfile
from collections import Counter
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

from dataforms.sheets.numbers import CURRENCIES
from protoddfd.importers.kinds.xlsx_styles import ROWS, Styles, agreed

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_MOST_REPEATED = 10_000
_SHOWN = {"percentage": "%", "float": ""}


def is_one(path: Path) -> bool:
    """Return whether a file is an OpenDocument one."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "content.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def styles_of(path: Path, sheet: str, rows: range, left: int) -> Styles:
    """Return how the columns of some rows are shown, counted from column `left`."""
    shown: dict[int, Counter[str]] = {}
    try:
        with zipfile.ZipFile(path) as archive, archive.open("content.xml") as file:
            _look(file, sheet, range(rows.start, min(rows.stop, rows.start + ROWS)), left, shown)
    except (zipfile.BadZipFile, KeyError, ET.ParseError, OSError, ValueError, NotImplementedError, EOFError):
        return Styles()  # the values are there all the same
    return agreed(shown)


def _look(file: IO[bytes], sheet: str, rows: range, left: int, shown: dict[int, Counter[str]]) -> None:
    """Count how the numbers in some rows of a sheet are shown; stop behind them."""
    is_wanted, place = False, 0
    for event, element in ET.iterparse(file, ("start", "end")):  # noqa: S314 -- nothing outside is ever read
        if element.tag == f"{_TABLE}table" and event == "start":
            is_wanted, place = element.get(f"{_TABLE}name") == sheet, 0
        elif element.tag == f"{_TABLE}table-row" and event == "end":
            if is_wanted and place in rows:
                _note_row(element, left, shown)
            place += _repeated(element, f"{_TABLE}number-rows-repeated")
            element.clear()
            if is_wanted and place >= rows.stop:
                return


def _note_row(row: ET.Element, left: int, shown: dict[int, Counter[str]]) -> None:
    column = 0
    for cell in row:
        times = _repeated(cell, f"{_TABLE}number-columns-repeated")
        kind = cell.get(f"{_OFFICE}value-type") or ""
        style = cell.get(f"{_OFFICE}currency") if kind == "currency" else _SHOWN.get(kind)
        if style is not None and times < _MOST_REPEATED:
            for at in range(column, column + times):
                known = style if style in CURRENCIES or style == "%" else ""
                shown.setdefault(at - left, Counter())[known] += 1
        column += times


def _repeated(element: ET.Element, name: str) -> int:
    written = element.get(name) or "1"
    return int(written) if written.isdigit() and len(written) < 8 else 1
