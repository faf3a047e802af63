"""A spec as it runs: each computed field gets the type of what its expression gives. Imports neither
SQLAlchemy nor Reflex.

So a computed amount is shown, sorted and filtered as any amount; only its column is an expression.
"""

import msgspec

from dataforms.operations import KindName
from dataforms.relations import related
from dataforms.scope import meaning_of
from dataforms.spec import AppSpec, Entity, Field, FieldType

RESULTS: dict[KindName, FieldType] = {
    "text": "text", "integer": "integer", "real": "decimal", "money": "money", "boolean": "boolean",
    "date": "date", "time": "time", "datetime": "datetime", "duration": "duration",
}  # fmt: skip
"""The type of a computed field, by the kind that its expression gives."""


def resolved(spec: AppSpec) -> AppSpec:
    """Return `spec` with a type in place of each `computed`, and a field for each n-m relation.

    Raise ExpressionInvalid.
    """
    spec = related(spec)
    if not any(field.type == "computed" for entity in spec.entities for field in entity.fields):
        return spec
    entities = [
        msgspec.structs.replace(entity, fields=tuple(_resolved(spec, entity, each) for each in entity.fields))
        for entity in spec.entities
    ]
    return msgspec.structs.replace(spec, entities=tuple(entities))


def _resolved(spec: AppSpec, entity: Entity, field: Field) -> Field:
    if field.type != "computed":
        return field
    kind = meaning_of(spec, entity, field).kind
    return msgspec.structs.replace(
        field, type=RESULTS.get(kind.name, "text"), currency=kind.currency, read_only=True
    )
