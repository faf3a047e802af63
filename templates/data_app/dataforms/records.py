"""What one record may be: its raw values parsed, all its faults collected. Asks no database."""

import hashlib
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from dataforms.asker import Asker
from dataforms.errors import FieldError
from dataforms.spec import Entity, Field
from dataforms.typerow import Value
from dataforms.types import default_value, is_empty, is_given, is_kept, type_of
from dataforms.words import say

UNKNOWN_FIELD = "{} has no field {!r}."


def new_values(
    entity: Entity, raw: Mapping[str, object], asker: Asker
) -> tuple[dict[str, Value], dict[str, str]]:
    """Return the canonical values of a new record, with its defaults, and a message for every wrong field."""
    defaults = defaults_of(entity, asker)
    values, errors = _parsed(entity, {**defaults, **raw}, defaults)
    return values, errors


def changed_values(
    entity: Entity, raw: Mapping[str, object], stored: Mapping[str, Value]
) -> tuple[dict[str, Value], dict[str, str]]:
    """Return the canonical values of the fields that `raw` names, and a message for every wrong one."""
    return _parsed(entity, raw, stored)


def defaults_of(entity: Entity, asker: Asker) -> dict[str, Value]:
    """Return what every field of a new record starts with, for the one who adds it."""
    return {field.name: default_value(field, asker.now, asker.me) for field in entity.fields}


def version_of(entity: Entity, values: Mapping[str, Value]) -> str:
    """Return 16 hexadecimal digits that are others as soon as a stored value is, whoever changed it.

    Being made of the values, it needs no column that a change past this package would leave as it was, takes
    no name from the fields and costs an import nothing.
    """
    stored = [_plain(values.get(field.name)) for field in entity.fields if is_kept(field)]
    return hashlib.blake2b(msgspec.json.encode(stored), digest_size=8).hexdigest()


def _plain(value: Value) -> Value:
    """Return a value such that equal ones are written alike, whatever database they come from."""
    return value.normalize() if isinstance(value, Decimal) else value


def _parsed(
    entity: Entity, raw: Mapping[str, object], kept: Mapping[str, Value]
) -> tuple[dict[str, Value], dict[str, str]]:
    fields = {field.name: field for field in entity.fields}
    values: dict[str, Value] = {}
    errors = {name: UNKNOWN_FIELD.format(entity.title, name) for name in raw if name not in fields}
    for name, field in fields.items():
        if name not in raw:
            continue
        try:
            value = _value(field, raw[name], kept.get(name))
        except FieldError as error:
            errors[name] = str(error)
        else:
            if is_given(field):
                values[name] = value
    return values, errors


def _value(field: Field, raw: object, kept: Value) -> Value:
    row = type_of(field)
    if not is_given(field) and is_empty(raw):
        return None
    value: Value = row.parse(raw, field)
    if (not is_given(field) or field.read_only) and value != kept:
        raise FieldError(say("Cannot be changed."))
    return value
