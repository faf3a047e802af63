"""How each kind of value lies in the database. Must import neither SQLAlchemy nor Reflex.

SQLite has four types, so there:

- money is an INTEGER of ten-thousandths: exact, also when summed, and the same whatever `places` the spec
  says, so that editing `places` never changes what an amount is worth;
- decimal and percent are REAL: `types_number.read_decimal` accepts just the numbers that come back from a
  REAL as they were (all of up to 15 digits), so nothing is lost, and they compare as numbers;
- dates and times are ISO 8601 TEXT, which sorts as time does; durations are INTEGER milliseconds;
- booleans are INTEGER 0 and 1; choices, places, files' names and JSON are JSON in TEXT.

Other databases keep money, decimals, dates, times and booleans in their own types.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import msgspec

from dataforms.typerow import Attachment, Location, Storage
from dataforms.types_number import MONEY_PLACES

_MONEY_UNITS = 10**MONEY_PLACES
_MILLISECOND = timedelta(milliseconds=1)


class StoredForm(NamedTuple):
    """A SQLite column type, and the way into it and out of it; None where the value stays as it is."""

    column: Literal["TEXT", "INTEGER", "REAL"]
    store: Callable[[Any], object] | None = None
    restore: Callable[[Any], Any] | None = None
    native: bool = False
    """Whether other databases have a type of their own for it, which needs no conversion."""


def _store_text(value: str) -> str:
    text = str.__str__(value)  # a TypeError for anything but a str
    if "\0" in text:
        raise ValueError("a text cannot hold the character NUL")
    return text


def _store_integer(value: int) -> int:
    return int.__index__(value)


def _store_real(value: Decimal) -> float:
    return float(value)


def _restore_real(stored: float) -> Decimal:
    return Decimal(repr(float(stored)))


def _store_money(value: Decimal) -> int:
    units = value * _MONEY_UNITS
    whole = int(units)
    if whole != units:
        raise ValueError(f"{value} has more than {MONEY_PLACES} digits after the point")
    return whole


def _restore_money(stored: int) -> Decimal:
    return Decimal(stored).scaleb(-MONEY_PLACES)


def _store_boolean(value: bool) -> int:
    if value is not True and value is not False:
        raise TypeError(f"{value!r} is not a bool")
    return int(value)


def _store_datetime(value: datetime) -> str:
    return datetime.isoformat(value, " ")


def _store_duration(value: timedelta) -> int:
    return round(value / _MILLISECOND)


def _restore_duration(stored: int) -> timedelta:
    return timedelta(milliseconds=stored)


def _store_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _restore_choices(stored: str) -> tuple[str, ...]:
    return msgspec.json.decode(stored, type=tuple[str, ...])


def _restore_location(stored: str) -> Location:
    return Location(*msgspec.json.decode(stored, type=tuple[float, float]))


def _restore_file(stored: str) -> Attachment:
    return msgspec.json.decode(stored, type=Attachment)


def tolerated(storage: Storage, value: Any, restore: Callable[[Any], object]) -> object:
    """Return the canonical value of what another program stored; None for what is none of that kind."""
    if storage == "text" and not isinstance(value, str | None):
        return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    if storage == "integer" and not isinstance(value, int | None):
        value = _whole(value)
    try:
        found = restore(value)
    except (ValueError, TypeError, ArithmeticError):  # msgspec's errors are ValueErrors
        return None
    return None if isinstance(found, Decimal) and not found.is_finite() else found


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except (ValueError, TypeError, OverflowError):
        return None


FORMS: dict[Storage, StoredForm] = {
    "text": StoredForm("TEXT", _store_text),
    "integer": StoredForm("INTEGER", _store_integer),
    "real": StoredForm("REAL", _store_real, _restore_real, native=True),
    "money": StoredForm("INTEGER", _store_money, _restore_money, native=True),
    "boolean": StoredForm("INTEGER", _store_boolean, bool, native=True),
    "date": StoredForm("TEXT", date.isoformat, date.fromisoformat, native=True),
    "time": StoredForm("TEXT", time.isoformat, time.fromisoformat, native=True),
    "datetime": StoredForm("TEXT", _store_datetime, datetime.fromisoformat, native=True),
    "duration": StoredForm("INTEGER", _store_duration, _restore_duration),
    "json": StoredForm("TEXT", _store_json, msgspec.json.decode),
    "choices": StoredForm("TEXT", _store_json, _restore_choices),
    "location": StoredForm("TEXT", _store_json, _restore_location),
    "file": StoredForm("TEXT", _store_json, _restore_file),
}
"""Every storage that a `TypeRow` names."""
