"""What a change speaks of: finds it in a spec or refuses, and puts something else in its place. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from dataforms.spec import AppSpec, Entity, Field
from protoddfd.design.model.patch import Change

replace = msgspec.structs.replace


class Refused(Exception):
    """A change that cannot be done: why, and what helps."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def need(change: Change, name: str) -> str:
    """Return what a change cannot do without; raise Refused when it is not said."""
    value: str | None = getattr(change, name)
    if not value:
        raise Refused(f"{change.op} needs {name!r}.", "Say it.")
    return value


def entity_of(spec: AppSpec, change: Change) -> Entity:
    """Return the entity that a change is about; raise Refused when there is none."""
    name = need(change, "entity")
    for entity in spec.entities:
        if entity.name == name:
            return entity
    known = ", ".join(entity.name for entity in spec.entities[:30])
    raise Refused(f"There is no entity {name[:80]!r}.", f"There are {known or 'none'}; add_entity makes one.")


def field_of(entity: Entity, change: Change) -> Field:
    """Return the field that a change is about; raise Refused when there is none."""
    name = need(change, "field")
    for field in entity.fields:
        if field.name == name:
            return field
    known = ", ".join(field.name for field in entity.fields[:40])
    raise Refused(f"{entity.name} has no field {name[:80]!r}.", f"It has {known or 'none'}.")


def with_entity(spec: AppSpec, entity: Entity) -> AppSpec:
    """Return the spec with `entity` in the place of the one of its name."""
    return replace(
        spec, entities=tuple(entity if each.name == entity.name else each for each in spec.entities)
    )


def with_field(spec: AppSpec, entity: Entity, field: Field) -> AppSpec:
    """Return the spec with `field` in the place of the one of its name."""
    fields = tuple(field if each.name == field.name else each for each in entity.fields)
    return with_entity(spec, replace(entity, fields=fields))


def said(change: Change, names: Sequence[str]) -> dict[str, Any]:
    """Return what of `names` a change says anything about."""
    return {name: value for name in names if (value := getattr(change, name)) not in (None, "", ())}
