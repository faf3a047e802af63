"""How the columns of a sheet are shown in Excel's files before 2007 (BIFF 5 and 8). Looks at some rows only.

What is read of a cell is its style and nothing else: its value comes from where all values come from.
"""

import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import olefile

from protoddfd.importers.kinds.xlsx_styles import ROWS, Styles, agreed, shown_as

_LARGEST = 256 << 20
_FORMAT, _XF, _SHEET, _PASSWORD, _BEGIN, _END = 0x041E, 0x00E0, 0x0085, 0x002F, 0x0809, 0x000A
_NUMBER, _RK, _RKS, _FORMULA, _ERROR = 0x0203, 0x027E, 0x00BD, 0x0006, 0x0205
_CELLS = (_NUMBER, _RK, _RKS, _FORMULA, _ERROR)
_BIFF8 = 0x0600


def is_one(path: Path) -> bool:
    """Return whether a file is such a workbook."""
    with path.open("rb") as file:
        return file.read(4) == b"\xd0\xcf\x11\xe0"


def styles_of(path: Path, sheet: str, rows: range, left: int) -> Styles:
    """Return how the columns of some rows are shown, counted from column `left`."""
    try:
        with olefile.OleFileIO(str(path)) as container:
            name = "Workbook" if container.exists("Workbook") else "Book"
            if container.get_size(name) > _LARGEST:
                return Styles()
            content = container.openstream(name).read()
        return _columns(content, sheet, range(rows.start, min(rows.stop, rows.start + ROWS)), left)
    except (OSError, ValueError, IndexError, struct.error):
        return Styles()  # it is not written as Excel does; the values are there all the same


def _records(content: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records of a sheet, or of what comes before the sheets; not those of charts in it."""
    depth = 0
    while at + 4 <= len(content):
        kind, size = struct.unpack_from("<HH", content, at)
        depth += (kind == _BEGIN) - (kind == _END)
        if depth <= 0:
            return
        if depth == 1:
            yield kind, content[at + 4 : at + 4 + size]
        at += 4 + size


class _Book(msgspec.Struct):
    """What stands before the sheets: where each begins, and what each style shows numbers as."""

    is_wide: bool = True
    codes: dict[int, str] = {}
    ids: list[int] = []
    sheets: dict[str, int] = {}

    def take(self, kind: int, body: bytes) -> None:
        """Learn from a record; raise ValueError for a book that has a password."""
        if kind == _BEGIN:
            self.is_wide = struct.unpack_from("<H", body)[0] >= _BIFF8
        elif kind == _PASSWORD:
            raise ValueError("it has a password")
        elif kind == _FORMAT:
            length = "<H" if self.is_wide else "<B"
            self.codes[struct.unpack_from("<H", body)[0]] = _text(body[2:], length, self.is_wide)
        elif kind == _XF:
            self.ids.append(struct.unpack_from("<H", body, 2)[0])
        elif kind == _SHEET:
            self.sheets[_text(body[6:], "<B", self.is_wide)] = struct.unpack_from("<I", body)[0]


def _columns(content: bytes, sheet: str, rows: range, left: int) -> Styles:
    book = _Book()
    for kind, body in _records(content, 0):
        book.take(kind, body)
    formats = [shown_as(number, book.codes.get(number, "")) for number in book.ids]
    shown: dict[int, Counter[str]] = {}
    errors = False
    for kind, body in _records(content, book.sheets.get(sheet, len(content))):
        if kind not in _CELLS or struct.unpack_from("<H", body)[0] not in rows:
            continue
        errors = errors or (kind == _ERROR and body[7] == 1)
        for column, style in _cells(kind, body):
            shown.setdefault(column - left, Counter())[formats[style]] += 1
    return agreed(shown, errors=errors)


def _cells(kind: int, body: bytes) -> Iterator[tuple[int, int]]:
    """Yield the columns and styles of the numbers in a record of cells."""
    _, column, style = struct.unpack_from("<HHH", body)
    if kind == _RKS:
        for number in range((len(body) - 6) // 6):
            yield column + number, struct.unpack_from("<H", body, 4 + 6 * number)[0]
    elif kind not in (_FORMULA, _ERROR) or (
        kind == _FORMULA and body[12:14] != b"\xff\xff"
    ):  # a formula whose value is no number says so
        yield column, style


def _text(body: bytes, length: str, is_wide: bool) -> str:
    """Return a text that begins with its length and, from BIFF 8 on, with how wide its characters are."""
    (count,) = struct.unpack_from(length, body)
    start = struct.calcsize(length)
    if not is_wide:
        return body[start : start + count].decode("cp1252", "replace")
    if body[start] & 1:
        return body[start + 1 : start + 1 + 2 * count].decode("utf-16-le", "replace")
    return body[start + 1 : start + 1 + count].decode("latin-1")
