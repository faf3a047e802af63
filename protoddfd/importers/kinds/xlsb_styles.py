"""How the columns of a sheet are shown in Excel's binary workbooks (`.xlsb`). Looks at some rows only.

What is read of a cell is its style and nothing else: its value comes from where all values come from.
"""

import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree import ElementTree as ET

from protoddfd.importers.kinds.xlsx_styles import ROWS, Styles, agreed, shown_as

_BOOK = "xl/workbook.bin"
_LARGEST = 1 << 20
"""Bytes of a record that matters here, at most."""
_ROW, _SHEET, _FORMAT, _STYLE, _STYLES, _END_OF_STYLES = 0, 156, 44, 47, 617, 618
_NUMBERS = (2, 5, 9)
"""Cells with a number, in two ways, and with a formula that gives one."""
_ERRORS = (3, 11)


def is_one(path: Path) -> bool:
    """Return whether a file is such a workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _BOOK in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def styles_of(path: Path, sheet: str, rows: range, left: int) -> Styles:
    """Return how the columns of some rows are shown, counted from column `left`."""
    try:
        with zipfile.ZipFile(path) as archive:
            with archive.open("xl/styles.bin") as file:
                formats = _formats(file)
            with archive.open(_part(archive, sheet)) as file:
                return _columns(file, formats, range(rows.start, min(rows.stop, rows.start + ROWS)), left)
    except (
        zipfile.BadZipFile, KeyError, IndexError, ET.ParseError, OSError, ValueError, NotImplementedError,
        EOFError, struct.error, zlib.error,
    ):  # fmt: skip
        return Styles()  # it is not written as Excel does; the values are there all the same


def _records(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the records of a part."""
    while first := file.read(1):
        kind = first[0]
        if kind & 0x80:
            kind = (kind & 0x7F) | (file.read(1)[0] << 7)
        size = 0
        for shift in (0, 7, 14, 21):
            byte = file.read(1)[0]
            size |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
        if size > _LARGEST:
            raise ValueError("a record is too large")
        yield kind, file.read(size)


def _part(archive: zipfile.ZipFile, sheet: str) -> str:
    """Return the name of the part of a sheet; raise KeyError."""
    with archive.open(_BOOK) as file:
        for kind, body in _records(file):
            if kind != _SHEET:
                continue
            relation, rest = _text(body[8:])
            if _text(rest)[0] == sheet:
                break
        else:
            raise KeyError(sheet)
    relations = ET.fromstring(archive.read("xl/_rels/workbook.bin.rels"))  # noqa: S314 -- nothing outside is read
    target = next(each.get("Target", "") for each in relations if each.get("Id") == relation)
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _formats(file: IO[bytes]) -> list[str]:
    """Return what each style of the workbook shows numbers as."""
    codes: dict[int, str] = {}
    ids: list[int] = []
    is_wanted = False
    for kind, body in _records(file):
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _text(body[2:])[0]
        elif kind in (_STYLES, _END_OF_STYLES):
            is_wanted = kind == _STYLES
        elif kind == _STYLE and is_wanted:
            ids.append(struct.unpack_from("<H", body, 2)[0])
    return [shown_as(number, codes.get(number, "")) for number in ids]


def _columns(file: IO[bytes], formats: list[str], rows: range, left: int) -> Styles:
    shown: dict[int, Counter[str]] = {}
    errors, row = False, -1
    for kind, body in _records(file):
        if kind == _ROW:
            (row,) = struct.unpack_from("<I", body)
            if row >= rows.stop:
                break
        elif row in rows and kind in _ERRORS:
            errors = True
        elif row in rows and kind in _NUMBERS:
            column, style = struct.unpack_from("<II", body)
            shown.setdefault(column - left, Counter())[formats[style & 0xFFFFFF]] += 1
    return agreed(shown, errors=errors)


def _text(body: bytes) -> tuple[str, bytes]:
    """Return a text that begins with its length, and what follows it."""
    (count,) = struct.unpack_from("<I", body)
    end = 4 + 2 * count if count < _LARGEST else 4
    return body[4:end].decode("utf-16-le", "replace"), body[end:]
