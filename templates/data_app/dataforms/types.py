"""The registry of field types: a row of `dataforms.types_rows` says everything about a type.

Every type of `spec.FieldType` has one. Imports neither SQLAlchemy nor Reflex.
"""

from datetime import datetime
from typing import Any

from dataforms.asker import Asker
from dataforms.errors import FieldError
from dataforms.spec import Entity, Field, FieldType
from dataforms.typerow import Json, Location, Storage, TypeRow, Value, Widget, is_empty
from dataforms.types_rows import ROWS

__all__ = [
    "TYPES", "Json", "Location", "Storage", "TypeRow", "Value", "Widget",
    "default_value", "display_field", "is_empty", "is_given", "is_kept", "is_stored", "type_of",
]  # fmt: skip

TYPES: dict[FieldType, TypeRow[Any]] = {row.type: row for row in ROWS}


def type_of(field: Field) -> TypeRow[Any]:
    """Return the row of a field's type; raise KeyError for a type that is not supported yet."""
    return TYPES[field.type]


def is_given(field: Field) -> bool:
    """Tell whether people give a field its values; what is computed or numbered gets them by itself."""
    return field.expression is None and not type_of(field).computed


def is_stored(field: Field) -> bool:
    """Tell whether a field has a column: what is computed, and what is other records, has none."""
    return field.expression is None and type_of(field).storage is not None


def is_kept(field: Field) -> bool:
    """Tell whether a record keeps a value of its own in a field, in its table or as pairs in another."""
    return field.expression is None and (type_of(field).storage is not None or type_of(field).linked)


def default_value(field: Field, now: datetime, me: str | None = None) -> Value:
    """Return what a new record starts with, for the account `me` at the time `now`. Raise FieldError.

    A word such as `today` or `me` stands for what it says; one that says nothing right is no default.
    """
    if field.default is None:
        return None
    row = type_of(field)
    word = row.default_words.get(field.default) if isinstance(field.default, str) else None
    if word is None:
        value: Value = row.parse(field.default, field)
        return value
    try:
        return None if is_empty(meant := word(Asker(me=me, now=now))) else row.parse(meant, field)
    except FieldError:
        return None


def display_field(entity: Entity) -> Field | None:
    """Return the field whose value stands for a record: `display`, else the first text, else a plain one."""
    if entity.display is not None:
        return next((field for field in entity.fields if field.name == entity.display), None)
    plain = [
        field
        for field in entity.fields
        if type_of(field).names and field.expression is None and not field.hidden
    ]
    return next((field for field in plain if field.type == "text"), plain[0] if plain else None)
