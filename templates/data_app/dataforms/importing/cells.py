"""From the cells of a column to the values of a field. Imports neither SQLAlchemy nor Reflex."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from dataforms.errors import FieldError
from dataforms.operations import KindName
from dataforms.sheets.form import Format
from dataforms.sheets.formats import FORMATS, TYPED
from dataforms.spec import Field
from dataforms.typerow import Value
from dataforms.types import TYPES, type_of
from dataforms.words import say

_NUMBERS: tuple[KindName, ...] = ("integer", "real", "money")
_KEPT = 100_000
"""Texts whose values are remembered, for each column."""


class Cells:
    """Reads the cells of one column."""

    def __init__(self, field: Field, format: str | None) -> None:
        self._field = field
        self._row = type_of(field)
        self._form = None if format is None else FORMATS[format]
        self._known: dict[str, Value] = {}

    def value(self, cell: object) -> Value:
        """Return a cell's value, None for an empty one; raise FieldError."""
        if not isinstance(cell, str):
            return self._read(_plain(cell, self._row.kind))
        if cell in self._known:
            return self._known[cell]
        value = self._read(cell)
        if len(self._known) < _KEPT:
            self._known[cell] = value
        return value

    def _read(self, cell: object) -> Value:
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            return None
        if self._form is not None and isinstance(cell, str):
            cell = _written(self._form, cell.strip())
        value: Value = self._row.parse(cell, self._field)
        return value


def _written(form: Format, text: str) -> Value:
    try:
        return form.value(text)
    except ValueError as error:
        raise FieldError(say("Cannot be read: it {error}, as the others are.", error=error)) from error


def _plain(cell: object, kind: KindName) -> object:
    """Return a cell of a workbook as a field reads it."""
    if isinstance(cell, date | time | timedelta) and kind == "text":
        return cell.isoformat() if isinstance(cell, date | time) else str(cell)
    if isinstance(cell, Decimal) and kind == "text":
        return str(cell)
    return cell


class Guess(NamedTuple):
    """How the texts of a column are written: a name of `sheets.formats`, or None as the field reads them."""

    format: str | None
    right: float
    """The share of the texts that it reads, 0 to 1."""
    is_clear: bool
    """Whether no other way of writing reads as many, and gives them other values."""


def guess_format(field: Field, cells: Sequence[object]) -> Guess:
    """Return how the texts of a column are most likely written."""
    texts = sorted({cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()})
    if not texts:
        return Guess(None, 1.0, is_clear=True)
    ranked: list[tuple[int, str | None]] = [(_right(field, None, texts), None)]
    names = [form.name for form in TYPED if _suits(form, field)]
    ranked += [(_right(field, name, texts), name) for name in names]
    right, name = max(ranked, key=lambda each: each[0])
    values = _values(field, name, texts)
    is_clear = all(_values(field, each, texts) == values for most, each in ranked if most == right)
    return Guess(name, right / len(texts), is_clear)


def _suits(form: Format, field: Field) -> bool:
    given, wanted = TYPES[form.type].kind, type_of(field).kind
    if wanted == "text":
        return False
    return (
        given == wanted
        or (given in _NUMBERS and wanted in _NUMBERS)
        or (given, wanted) == ("date", "datetime")
    )


def _values(field: Field, format: str | None, texts: Sequence[str]) -> list[Value]:
    cells = Cells(field, format)
    found: list[Value] = []
    for text in texts:
        try:
            found.append(cells.value(text))
        except FieldError:
            continue
    return found


def _right(field: Field, format: str | None, texts: Sequence[str]) -> int:
    return len(_values(field, format, texts))
