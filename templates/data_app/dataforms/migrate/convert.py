"""How a value of one field becomes one of another: by what the types read and write. Imports no SQLAlchemy.

A value is converted exactly if it can be had back; a conversion that loses something is tried only from the
text of a form, since a stored form may mean something else to another type.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from dataforms.errors import FieldError
from dataforms.spec import Field
from dataforms.storage import FORMS
from dataforms.typerow import Value
from dataforms.types import type_of


class Converted(NamedTuple):
    """A value after its conversion, None where there is none; and, unless it is exact, what was lost."""

    value: Value
    loss: str = ""


def convert(value: Value, was: Field, now: Field) -> Converted:
    """Return the canonical value of `now` that stands for a canonical `value` of `was`."""
    return Conversion(was, now).of(value)


class Conversion:
    """The conversion from one field to another, for many values."""

    def __init__(self, was: Field, now: Field) -> None:
        self._was, self._now = was, now
        self._wanted = msgspec.structs.replace(now, required=False)
        self._back = msgspec.structs.replace(was, required=False, min=None, max=None, pattern=None)

    def of(self, value: Value) -> Converted:
        """Return what stands for a canonical value."""
        if value is None:
            return Converted(None)
        reason = ""
        row = type_of(self._wanted)
        for place, raw in enumerate(_spellings(value, self._was)):
            try:
                made: Value = row.parse(raw, self._wanted)
            except FieldError as error:
                reason = reason or str(error)
                continue
            if made is not None and self._leads_back(made, value):
                return Converted(made)
            if place == 0 and made is not None:
                return Converted(made, f"Becomes {row.show(made, self._now)}.")
        some = self._some(value) if isinstance(value, tuple) and len(value) > 1 else None
        if some is not None:
            return Converted(some, f"Becomes {row.show(some, self._now)}.")
        return Converted(None, reason or "Would be empty.")

    def _some(self, items: tuple[object, ...]) -> Value:
        """Return those of several items that can stay; of references the first where only one can."""
        if type_of(self._was).linked and type_of(self._wanted).kind == "record":
            return _parsed(items[0], self._wanted)
        return _some(items, self._wanted)

    def _leads_back(self, made: Value, value: Value) -> bool:
        """Tell whether the first spelling that can be read at all is read as the value."""
        for raw in _spellings(made, self._now):
            try:
                back: Value = type_of(self._back).parse(raw, self._back)
            except FieldError:
                continue
            return type(back) is type(value) and back == value
        return False


def breaks(value: Value, now: Field) -> str:
    """Return why a value of the same type breaks a rule of its field; empty where it does not."""
    try:
        _parsed(type_of(now).edit(value, now), now)
    except FieldError as error:
        return str(error)
    return ""


def _spellings(value: Value, field: Field) -> Iterator[object]:
    """Yield what may stand for a value: what a form shows, the value, what a table shows, what is stored.

    One reference of several possible ones may be meant by its id alone.
    """
    row = type_of(field)
    yield row.edit(value, field)
    yield value
    yield row.show(value, field)
    if row.storage is not None:
        store = FORMS[row.storage].store
        yield value if store is None else store(value)
    if row.linked and isinstance(value, tuple) and len(value) == 1:
        yield value[0]


def _parsed(raw: object, field: Field) -> Value:
    value: Value = type_of(field).parse(raw, msgspec.structs.replace(field, required=False))
    return value


def _some(items: tuple[object, ...], now: Field) -> Value:
    """Return those of several choices that are still there."""
    kept = []
    for item in items:
        try:
            _parsed((item,), now)
        except FieldError:
            continue
        kept.append(item)
    try:
        return _parsed(tuple(kept), now)
    except FieldError:
        return None
