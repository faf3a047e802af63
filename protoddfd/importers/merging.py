"""Several drafted schemas as one: an entity's name is given once. Pure."""

from collections.abc import Sequence

import msgspec

from dataforms.spec import Entity, Field, Relation
from protoddfd.importers import names
from protoddfd.importers.found import Drafted


def merged(parts: Sequence[Drafted]) -> Drafted:
    """Return the entities and relations of several schemas; an entity whose name is taken gets another."""
    entities: list[Entity] = []
    relations: list[Relation] = []
    taken: set[str] = set()
    for part in parts:
        called: dict[str, str] = {}
        for entity in part.entities:
            called[entity.name] = names.free(entity.name, taken, " ")
            taken.add(called[entity.name])
        entities += [_renamed(entity, called) for entity in part.entities]
        relations += [
            msgspec.structs.replace(
                each, from_=called.get(each.from_, each.from_), to=called.get(each.to, each.to)
            )
            for each in part.relations
        ]
    return Drafted(entities=tuple(entities), relations=tuple(relations))


def _renamed(entity: Entity, called: dict[str, str]) -> Entity:
    fields = tuple(_field(field, called) for field in entity.fields)
    return msgspec.structs.replace(entity, name=called[entity.name], fields=fields)


def _field(field: Field, called: dict[str, str]) -> Field:
    if field.target is None:
        return field
    return msgspec.structs.replace(field, target=called.get(field.target, field.target))
