"""Records in JSON: written whole, read field by field, described by a schema. Asks no database.

Must import neither SQLAlchemy nor Reflex.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from dataforms.errors import FieldError
from dataforms.jsonform import JsonSchema
from dataforms.records import UNKNOWN_FIELD
from dataforms.rest.conforming import fits, misfit
from dataforms.spec import Entity, Field
from dataforms.typerow import Value
from dataforms.types import is_given, type_of

LABELS = "_labels"
_SHAPE = frozenset(("type", "format", "anyOf", "items", "properties", "description"))
"""What of a schema is true of every stored value too: it may be older than the rules."""


def written(
    entity: Entity, id: int, values: Mapping[str, Value], labels: Mapping[str, str]
) -> dict[str, Any]:
    """Return a record as JSON: its `id`, every field, and in `_labels` what its references are called."""
    document: dict[str, Any] = {"id": id}
    for field in entity.fields:
        value = values[field.name]
        document[field.name] = None if value is None else type_of(field).json.write(value, field)
    document[LABELS] = {name: label for name, label in labels.items() if values[name] is not None}
    return document


def etag(document: Mapping[str, Any]) -> str:
    """Return the strong entity tag of a record, its quotes too."""
    return f'"{hashlib.sha256(msgspec.json.encode(document)).hexdigest()[:32]}"'


def read(
    entity: Entity, document: Mapping[str, Any], *, is_new: bool
) -> tuple[dict[str, object], dict[str, str]]:
    """Return raw values for the data layer, and a message for every member that is not as its schema says.

    If there are any, those too are told that the data layer would have, as far as it need not ask for that.
    """
    fields = {field.name: field for field in entity.fields}
    values: dict[str, object] = {}
    errors: dict[str, str] = {}
    for name, value in document.items():
        field = fields.get(name)
        if field is None or value is None:
            values[name] = value
            continue
        try:
            values[name] = _raw(field, value)
        except FieldError as error:
            errors[name] = str(error)
    if errors and is_new:
        values |= {name: None for name in required(entity) if name not in document}
    return (values, _all_errors(entity, fields, values, errors)) if errors else (values, {})


def required(entity: Entity) -> list[str]:
    """Return the fields that a new record must be given."""
    return [
        field.name
        for field in entity.fields
        if is_given(field) and field.required and field.default is None and field.visible_when is None
    ]


def _raw(field: Field, value: object) -> object:
    row = type_of(field)
    schema = row.json.schema(field)
    said = misfit(value, schema)
    if said and "type" in schema and not fits(value, schema["type"]):
        raise FieldError(said)
    raw = row.json.read(value, field)
    if said:
        row.parse(raw, field)  # which says more of what is wrong
        raise FieldError(said)
    return raw


def _all_errors(
    entity: Entity, fields: Mapping[str, Field], values: Mapping[str, object], errors: dict[str, str]
) -> dict[str, str]:
    for name, raw in values.items():
        if name not in fields:
            errors[name] = UNKNOWN_FIELD.format(entity.title, name)
            continue
        try:
            type_of(fields[name]).parse(raw, fields[name])
        except FieldError as error:
            errors[name] = str(error)
    return errors


def stored_schema(entity: Entity) -> JsonSchema:
    """Return the schema of a record as it is answered."""
    references = [field for field in entity.fields if field.type == "reference"]
    labels = {field.name: {"type": "string"} for field in references}
    properties = {
        "id": {"type": "integer", "format": "int64", "readOnly": True},
        **{field.name: _titled(field, nullable(_shape(type_of(field).json.schema(field))))
           for field in entity.fields},
        LABELS: {"type": "object", "properties": labels, "readOnly": True,
                 "description": "What the records are called that this one refers to."},
    }  # fmt: skip
    return {"type": "object", "properties": properties, "required": list(properties)}


def sent_schema(entity: Entity, *, is_new: bool) -> JsonSchema:
    """Return the schema of what may be sent to make a record, or to change one."""
    given = [field for field in entity.fields if is_given(field) and not field.read_only]
    properties = {}
    for field in given:
        schema = type_of(field).json.schema(field)
        needs_value = field.required and field.visible_when is None
        properties[field.name] = _titled(field, schema if needs_value else nullable(schema))
    must = required(entity)
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": must} if is_new and must else schema


def nullable(schema: JsonSchema) -> JsonSchema:
    """Return a schema that null fits too."""
    if not schema:
        return schema
    return {"anyOf": [*(schema["anyOf"] if set(schema) == {"anyOf"} else [schema]), {"type": "null"}]}


def _shape(schema: JsonSchema) -> JsonSchema:
    shape = {key: value for key, value in schema.items() if key in _SHAPE}
    if "anyOf" in shape:
        shape["anyOf"] = [_shape(each) for each in shape["anyOf"]]
    if "items" in shape:
        shape["items"] = _shape(shape["items"])
    if "properties" in shape:
        shape["properties"] = {name: _shape(each) for name, each in shape["properties"].items()}
    return shape


def _titled(field: Field, schema: JsonSchema) -> JsonSchema:
    told = {"title": field.title, **({"description": field.help} if field.help else {})}
    is_read_only = field.read_only or not is_given(field)
    return {**schema, **told, **({"readOnly": True} if is_read_only else {})}
