"""How the columns of an Excel sheet are shown: as per cent, as amounts. Looks at some rows only."""

import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

import msgspec

from dataforms.sheets.numbers import CURRENCIES

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
ROWS = 300
"""How many are looked at."""
_PERCENT_IDS = (9, 10)
_CURRENCY_IDS = (5, 6, 7, 8, 42, 44)
_BRACKETED = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")
_QUOTED = re.compile(r'"([^"]*)"')
_REFERENCE = re.compile(r"([A-Z]{1,3})\d+")


class Styles(msgspec.Struct, frozen=True, kw_only=True):
    """By column from 0: `%`, or a currency; and whether there are cells with errors."""

    columns: dict[int, str] = {}
    errors: bool = False


def styles_of(path: Path, sheet: str, rows: range, left: int) -> Styles:
    """Return how the columns of some rows are shown, counted from column `left`; nothing for other kinds."""
    try:
        with zipfile.ZipFile(path) as archive:
            part = _part(archive, sheet)
            if part is None:
                return Styles()
            with archive.open("xl/styles.xml") as file:
                formats = _formats(file)
            with archive.open(part) as file:
                return _columns(file, formats, rows, left)
    except (zipfile.BadZipFile, KeyError, ET.ParseError, OSError, ValueError, NotImplementedError, EOFError):
        return Styles()  # it is not written as Excel does; the values are there all the same


def _part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Return the name of the part of a sheet; None in a workbook of another kind."""
    if "xl/workbook.xml" not in archive.namelist():
        return None
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 -- nothing outside is ever read
    wanted = next(
        (each.get(_RELATION) for each in book.iter(f"{_MAIN}sheet") if each.get("name") == sheet), None
    )
    relations = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 -- as above
    for each in relations:
        if each.get("Id") == wanted and wanted is not None:
            target = each.get("Target", "")
            return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return None


def _formats(file: IO[bytes]) -> list[str]:
    """Return what each style of the workbook shows numbers as."""
    root = ET.parse(file).getroot()  # noqa: S314 -- nothing outside is ever read
    if root is None:
        return []
    codes = {
        int(each.get("numFmtId", "0")): each.get("formatCode", "") for each in root.iter(f"{_MAIN}numFmt")
    }
    cells = root.find(f"{_MAIN}cellXfs")
    ids = [int(each.get("numFmtId", "0")) for each in cells] if cells is not None else []
    return [shown_as(number, codes.get(number, "")) for number in ids]


def shown_as(number: int, code: str) -> str:
    """Return `%`, a currency's sign or code, or nothing, for a number format."""
    if number in _PERCENT_IDS:
        return "%"
    if not code:
        return "$" if number in _CURRENCY_IDS else ""
    marks = [mark.strip() for mark in (*_BRACKETED.findall(code), *_QUOTED.findall(code))]
    found = next((mark for mark in marks if mark in CURRENCIES), None)
    if found is not None:
        return str(found)
    bare = _QUOTED.sub("", _BRACKETED.sub("", code)).replace("\\", "")
    if "%" in bare:
        return "%"
    return next((sign for sign in "$€£¥₹₩" if sign in bare), "")


def _columns(file: IO[bytes], formats: list[str], rows: range, left: int) -> Styles:
    shown: dict[int, Counter[str]] = {}
    errors = False
    number = 0
    for _, element in ET.iterparse(file, ("end",)):  # noqa: S314 -- nothing outside is ever read
        if element.tag != f"{_MAIN}row":
            continue
        number = int(element.get("r") or number + 1)
        if number - 1 in rows:
            for cell in element:
                errors = errors or cell.get("t") == "e"
                _note(cell, formats, left, shown)
        element.clear()
        if number > min(rows.start + ROWS, rows.stop):
            break
    return agreed(shown, errors=errors)


def agreed(shown: dict[int, Counter[str]], *, errors: bool = False) -> Styles:
    """Return the columns all of whose numbers are shown in the same way."""
    same = {column: next(iter(seen)) for column, seen in shown.items() if len(seen) == 1}
    return Styles(columns={column: style for column, style in same.items() if style}, errors=errors)


def _note(cell: ET.Element, formats: list[str], left: int, shown: dict[int, Counter[str]]) -> None:
    """Count how a number is shown."""
    found = _REFERENCE.fullmatch(cell.get("r") or "")
    if found is None or cell.get("t") not in (None, "n") or cell.find(f"{_MAIN}v") is None:
        return
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    style = int(cell.get("s") or 0)
    name = formats[style] if style < len(formats) else ""
    shown.setdefault(column - 1 - left, Counter())[name] += 1
