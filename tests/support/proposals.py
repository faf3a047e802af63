"""What the tests of the designer ask of a proposal."""

from protoddfd.design.designer import Design
from protoddfd.design.rules import RulesDesigner
from protoddfd.spec import AppSpec, Field


def propose(text: str) -> Design:
    return RulesDesigner().design(text)


def spec_of(text: str) -> AppSpec:
    return propose(text).spec


def entities(text: str) -> list[str]:
    return [entity.name for entity in spec_of(text).entities]


def types(text: str, entity: str) -> dict[str, str]:
    """Return the type of each field of an entity."""
    return {field.name: field.type for field in spec_of(text).entity(entity).fields}


def field(text: str, entity: str, name: str) -> Field:
    return next(each for each in spec_of(text).entity(entity).fields if each.name == name)


def references(text: str) -> set[tuple[str, str]]:
    """Return which entity refers to which."""
    return {
        (entity.name, each.target)
        for entity in spec_of(text).entities
        for each in entity.fields
        if each.type == "reference" and each.target is not None
    }
