"""Records as an Excel workbook. A program's memory has one row at a time of it, a temporary file the rest.

Imported when it is asked for: XlsxWriter is large, and seldom needed.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter  # type: ignore[import-untyped]  # it has no types

from dataforms.exporting import Batches, plain_text
from dataforms.formulas import may_compute
from dataforms.query import Record
from dataforms.spec import Field
from dataforms.types import type_of

ROWS = 1_048_576
"""How many rows a sheet has, the header among them."""
CELL_LENGTH = 32_767
"""How long a cell's text may be, in UTF-16 units."""
_CALENDAR_START = date(1900, 3, 1)
"""From then on, Excel's days are everybody's."""
_DIGITS_LIMIT = 10**15
"""Numbers with more digits lose some in Excel."""
_DAYS_LIMIT = 2_958_465
_NARROWEST, _WIDEST = 8, 60
_FORMATS: dict[type, str] = {
    datetime: "yyyy-mm-dd hh:mm:ss",
    date: "yyyy-mm-dd",
    time: "hh:mm:ss",
    timedelta: "[h]:mm:ss",
}
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f]")


def write_xlsx(
    file: BinaryIO, title: str, fields: Sequence[Field], batches: Batches, rows: int = ROWS
) -> None:
    """Write a workbook: numbers, dates and times as such, the header frozen, another sheet after `rows` rows.

    What Excel cannot keep exactly is text: numbers of more than 15 digits, days before March 1900, parts of a
    millisecond, negative times. A text that is too long for a cell is cut, and says so.
    """
    workbook = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    workbook.use_zip64()
    sheets = _Sheets(workbook, title, fields)
    at = rows
    is_empty = True
    for batch in batches:
        for record in batch:
            if at == rows:
                sheets.add(batch)
                at, is_empty = 1, False
            sheets.write(at, record)
            at += 1
    if is_empty:
        sheets.add(())
    workbook.close()


class _Sheets:
    """The sheets of a workbook, filled one after the other."""

    def __init__(self, workbook: Any, title: str, fields: Sequence[Field]) -> None:
        self._workbook = workbook
        self._title = title
        self._fields = fields
        self._sheet: Any = None
        self._bold = workbook.add_format({"bold": True, "bottom": 1})
        self._literal = workbook.add_format({"quote_prefix": True})
        self._numbers = [self._format(_number_format(field)) for field in fields]
        self._moments = {kind: self._format(code) for kind, code in _FORMATS.items()}
        self._fine = {kind: self._format(f"{code}.000") for kind, code in _FORMATS.items()}

    def add(self, sample: Sequence[Record]) -> None:
        """Begin a sheet: its header, and columns as wide as the titles and `sample` need."""
        many = len(self._workbook.worksheets())
        self._sheet = self._workbook.add_worksheet(sheet_name(self._title, many + 1))
        self._sheet.freeze_panes(1, 0)
        for column, field in enumerate(self._fields):
            longest = max((len(plain_text(record, field)) for record in sample), default=0)
            width = min(max(longest, len(field.title), _NARROWEST) + 2, _WIDEST)
            self._sheet.set_column(column, column, width)
            self._sheet.write_string(0, column, _fitting(field.title), self._bold)

    def write(self, row: int, record: Record) -> None:
        """Write a record into row number `row`; the header's is 0."""
        for column, field in enumerate(self._fields):
            value = record.values.get(field.name)
            if value is None:
                continue
            for write in (self._write_number, self._write_moment):
                if not record.labels.get(field.name) and write(row, column, value):
                    break
            else:
                text = _fitting(plain_text(record, field))
                style = self._literal if may_compute(text) else None
                self._sheet.write_string(row, column, text, style)

    def _write_number(self, row: int, column: int, value: object) -> bool:
        if isinstance(value, bool):
            self._sheet.write_boolean(row, column, value)
        elif isinstance(value, int | Decimal) and _is_exact(value):
            self._sheet.write_number(row, column, value, self._numbers[column])
        else:
            return False
        return True

    def _write_moment(self, row: int, column: int, value: object) -> bool:
        if not _is_on_calendar(value):
            return False
        part = value.microseconds if isinstance(value, timedelta) else getattr(value, "microsecond", 0)
        formats = self._fine if part else self._moments
        self._sheet.write_datetime(row, column, value, formats[type(value)])
        return True

    def _format(self, code: str) -> Any:
        return self._workbook.add_format({"num_format": code}) if code else None


def sheet_name(title: str, number: int) -> str:
    """Return what sheet number `number` (the first is 1) is called; Excel takes 31 letters, and not all."""
    end = f" ({number})" if number > 1 else ""
    name = _NO_SHEET_NAME.sub(" ", title).strip().strip("'").strip()
    if not name or name.lower() == "history":
        name = "Records"
    room = 2 * (31 - len(end))
    return name.encode("utf-16-le", "replace")[:room].decode("utf-16-le", "ignore").rstrip(" '") + end


def _number_format(field: Field) -> str:
    shape: Callable[[Field], str] | None = type_of(field).number_format
    return "" if shape is None else shape(field)


def _is_exact(value: int | Decimal) -> bool:
    if isinstance(value, int):
        return abs(value) < _DIGITS_LIMIT
    return Decimal(repr(float(value))) == value and len(value.normalize().as_tuple().digits) <= 15


def _is_on_calendar(value: object) -> bool:
    match value:
        case datetime():
            return value.date() >= _CALENDAR_START and not value.microsecond % 1000
        case date():
            return value >= _CALENDAR_START
        case time():
            return not value.microsecond % 1000
        case timedelta():
            return timedelta(0) <= value and value.days < _DAYS_LIMIT
        case _:
            return False


def _fitting(text: str) -> str:
    """Return `text`, cut where it is too long for a cell."""
    units = len(text) if len(text) > CELL_LENGTH else len(text.encode("utf-16-le", "replace")) // 2
    if units <= CELL_LENGTH:
        return text
    note = f"… (cut here: {len(text):,} characters; CSV and JSON have all)"
    room = 2 * (CELL_LENGTH - len(note))
    return text.encode("utf-16-le", "replace")[:room].decode("utf-16-le", "ignore") + note
