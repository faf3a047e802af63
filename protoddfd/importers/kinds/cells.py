"""The text that stands for each value of a typed cell, such that its column's type is found again. Pure."""

import datetime
from decimal import Decimal

from dataforms.sheets.csv_file import LARGEST_CELL
from dataforms.sheets.encoding import CONTROLS
from dataforms.sheets.refused import ImportRefused

_EXACT = 1e15
_AMOUNT_PLACES = 4
_LONG = 30
_DIGITS = ".15g"
"""What a spreadsheet shows of a number: 0.1 + 0.2 is 0.3 there."""


def text_of(cell: object, style: str = "") -> str:
    """Return the text of a cell whose column is shown as `style`: `%`, a currency, or as it is.

    Raises:
        ImportRefused: it is longer than a cell may be.
    """
    if isinstance(cell, str):
        return bounded(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return _number(cell, style)
    if isinstance(cell, Decimal):
        return plain(cell) if -_LONG < cell.adjusted() < _LONG else str(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ")
    if isinstance(cell, datetime.timedelta):
        return _length(cell)
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return "" if cell is None else bounded(str(cell))


def bounded(text: str) -> str:
    """Return a text without control characters, no longer than a cell may be; raise ImportRefused."""
    if not text.isprintable():
        text = CONTROLS.sub("", text).encode("utf-8", "replace").decode()
    if len(text) > LARGEST_CELL:
        raise ImportRefused(
            f"a cell has {len(text):,} characters; {LARGEST_CELL:,} are possible", "shorten or leave it out"
        )
    return text


def is_plain_amount(number: float) -> bool:
    """Return whether a number has no more digits after the point than an amount of money can have."""
    if isinstance(number, int):
        return True
    exponent = Decimal(format(number, _DIGITS)).normalize().as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_AMOUNT_PLACES


def _number(number: float, style: str) -> str:
    if style:
        exact = Decimal(number) if isinstance(number, int) else Decimal(format(number, _DIGITS))
        return f"{plain(exact * 100)}%" if style == "%" else f"{style} {plain(exact)}"
    if isinstance(number, int):
        return str(number)
    return str(int(number)) if number.is_integer() and abs(number) < _EXACT else format(number, _DIGITS)


def plain(number: Decimal) -> str:
    """Return a number without an exponent and needless zeros."""
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def _length(value: datetime.timedelta) -> str:
    milliseconds = round(abs(value) / datetime.timedelta(milliseconds=1))
    seconds, rest = divmod(milliseconds, 1_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if value < datetime.timedelta() else ""
    return f"{sign}{hours}:{minutes:02}:{seconds:02}" + (f".{rest:03}" if rest else "")
