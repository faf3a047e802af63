"""The registry of field types: a row of `dataforms.types_rows` says everything about a type.

A type without a row (`UNSUPPORTED`) is refused by `dataforms.check`. Imports neither SQLAlchemy nor Reflex.
"""

from datetime import datetime
from typing import Any

from dataforms.spec import FIELD_TYPES, Entity, Field, FieldType
from dataforms.typerow import Json, Location, Storage, TypeRow, Value, Widget, is_empty
from dataforms.types_rows import ROWS

__all__ = [
    "LABELLED", "TYPES", "UNSUPPORTED", "Json", "Location", "Storage", "TypeRow", "Value", "Widget",
    "default_value", "display_field", "is_empty", "is_given", "is_stored", "type_of",
]  # fmt: skip

TYPES: dict[FieldType, TypeRow[Any]] = {row.type: row for row in ROWS}
UNSUPPORTED: tuple[FieldType, ...] = tuple(name for name in FIELD_TYPES if name not in TYPES)
LABELLED: frozenset[FieldType] = (
    frozenset(TYPES)
    - {row.type for row in ROWS if row.media}
    - {"children", "computed", "json", "location", "multi_enum", "reference"}
)
"""The types whose values can stand for a record."""


def type_of(field: Field) -> TypeRow[Any]:
    """Return the row of a field's type; raise KeyError for a type that is not supported yet."""
    return TYPES[field.type]


def is_given(field: Field) -> bool:
    """Tell whether people give a field its values; what is computed or numbered gets them by itself."""
    return field.expression is None and not type_of(field).computed


def is_stored(field: Field) -> bool:
    """Tell whether a field has a column: what is computed, and what is other records, has none."""
    return field.expression is None and type_of(field).storage is not None


def default_value(field: Field, now: datetime) -> Value:
    """Return what a new record starts with; as a default, `today` means `now`'s. Raise FieldError."""
    if field.default is None:
        return None
    row = type_of(field)
    is_moment = row.storage in ("date", "time", "datetime")
    if is_moment and field.default in ("today", "now"):
        moment: dict[str, Value] = {"date": now.date(), "time": now.time(), "datetime": now}
        return moment[str(row.storage)]
    value: Value = row.parse(field.default, field)
    return value


def display_field(entity: Entity) -> Field | None:
    """Return the field whose value stands for a record: `display`, else the first text, else a plain one."""
    if entity.display is not None:
        return next((field for field in entity.fields if field.name == entity.display), None)
    plain = [
        field
        for field in entity.fields
        if field.type in LABELLED and field.expression is None and not field.hidden
    ]
    return next((field for field in plain if field.type == "text"), plain[0] if plain else None)
