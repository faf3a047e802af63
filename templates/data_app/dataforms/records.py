"""What one record may be: its raw values parsed, all its faults collected. Asks no database."""

from collections.abc import Mapping
from datetime import datetime

from dataforms.errors import FieldError
from dataforms.spec import Entity, Field
from dataforms.typerow import Value
from dataforms.types import default_value, is_empty, is_given, type_of

UNKNOWN_FIELD = "{} has no field {!r}."


def new_values(
    entity: Entity, raw: Mapping[str, object], now: datetime
) -> tuple[dict[str, Value], dict[str, str]]:
    """Return the canonical values of a new record, with its defaults, and a message for every wrong field."""
    defaults = defaults_of(entity, now)
    values, errors = _parsed(entity, {**defaults, **raw}, defaults)
    return values, errors


def changed_values(
    entity: Entity, raw: Mapping[str, object], stored: Mapping[str, Value]
) -> tuple[dict[str, Value], dict[str, str]]:
    """Return the canonical values of the fields that `raw` names, and a message for every wrong one."""
    return _parsed(entity, raw, stored)


def defaults_of(entity: Entity, now: datetime) -> dict[str, Value]:
    """Return what every field of a new record starts with; `now` stands for `today` and `now`."""
    return {field.name: default_value(field, now) for field in entity.fields}


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
        raise FieldError("Cannot be changed.")
    return value
