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
    if value is None:
        return Converted(None)
    wanted = msgspec.structs.replace(now, required=False)
    lossy: Value = None
    reason = ""
    for place, raw in enumerate(_spellings(value, was)):
        try:
            made: Value = type_of(now).parse(raw, wanted)
        except FieldError as error:
            reason = reason or str(error)
            continue
        if made is not None and _leads_back(made, value, was, now):
            return Converted(made)
        if place == 0:
            lossy = made
    if lossy is None and isinstance(value, tuple) and len(value) > 1:
        lossy = _some(value, wanted)
    if lossy is None:
        return Converted(None, reason or "Would be empty.")
    return Converted(lossy, f"Becomes {type_of(now).show(lossy, now)}.")


def breaks(value: Value, now: Field) -> str:
    """Return why a value of the same type breaks a rule of its field; empty where it does not."""
    try:
        type_of(now).parse(type_of(now).edit(value, now), msgspec.structs.replace(now, required=False))
    except FieldError as error:
        return str(error)
    return ""


def _spellings(value: Value, field: Field) -> Iterator[object]:
    """Yield what may stand for a value: what a form shows, the value, what a table shows, what is stored."""
    row = type_of(field)
    yield row.edit(value, field)
    yield value
    yield row.show(value, field)
    if row.storage is not None:
        store = FORMS[row.storage].store
        yield value if store is None else store(value)


def _leads_back(made: Value, value: Value, was: Field, now: Field) -> bool:
    wanted = msgspec.structs.replace(was, required=False, min=None, max=None, pattern=None)
    for raw in _spellings(made, now):
        try:
            back: Value = type_of(was).parse(raw, wanted)
        except FieldError:
            continue
        if type(back) is type(value) and back == value:
            return True
    return False


def _some(items: tuple[object, ...], wanted: Field) -> Value:
    """Return those of several choices that are still there."""
    row = type_of(wanted)
    kept = []
    for item in items:
        try:
            row.parse((item,), wanted)
        except FieldError:
            continue
        kept.append(item)
    try:
        value: Value = row.parse(tuple(kept), wanted)
    except FieldError:
        return None
    return value
