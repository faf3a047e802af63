"""The n-m relations of a spec as fields: each that has no `references` field gets one. Imports neither
SQLAlchemy nor Reflex.
"""

import msgspec

from dataforms.names import NAME_LENGTH
from dataforms.spec import AppSpec, Entity, Field, Relation, table_name


def related(spec: AppSpec) -> AppSpec:
    """Return `spec` with a field, behind the others, for every relation of kind m2m that no field stands for.

    The field is named as the relation or else as the entity it leads to. Entities that are not there are
    left to `dataforms.check`.
    """
    added: dict[str, list[Field]] = {}
    for relation, field in derived(spec):
        added.setdefault(relation.from_, []).append(field)
    if not added:
        return spec
    entities = [
        msgspec.structs.replace(entity, fields=(*entity.fields, *added.get(entity.name, ())))
        for entity in spec.entities
    ]
    return msgspec.structs.replace(spec, entities=tuple(entities))


def written_out(spec: AppSpec) -> AppSpec:
    """Return `spec` with a field for every relation of kind m2m, and without these relations."""
    others = tuple(each for each in spec.relations if each.kind != "m2m")
    return msgspec.structs.replace(related(spec), relations=others)


def derived(spec: AppSpec) -> list[tuple[Relation, Field]]:
    """Return the relations of kind m2m that no field stands for, and the field that each of them gets."""
    added: dict[str, list[Field]] = {}
    found: list[tuple[Relation, Field]] = []
    for relation in spec.relations:
        if relation.kind == "m2m" and not _is_there(spec, relation, added):
            fields = added.setdefault(relation.from_, [])
            taken = {field.name for field in (*_fields(spec, relation.from_), *fields)}
            fields.append(_derived(spec, relation, taken))
            found.append((relation, fields[-1]))
    return found


def _is_there(spec: AppSpec, relation: Relation, added: dict[str, list[Field]]) -> bool:
    name = table_name(relation.name) if relation.name else ""
    return any(
        field.type == "references" and field.target == to and name in ("", field.name)
        for one, to in ((relation.from_, relation.to), (relation.to, relation.from_))
        for field in (*_fields(spec, one), *added.get(one, ()))
    )


def _fields(spec: AppSpec, entity: str) -> tuple[Field, ...]:
    return next((each.fields for each in spec.entities if each.name == entity), ())


def _derived(spec: AppSpec, relation: Relation, taken: set[str]) -> Field:
    target = next((each for each in spec.entities if each.name == relation.to), None)
    name = table_name(relation.name or relation.to) or "links"
    name = f"{'' if name[0].isalpha() else 'to_'}{name}"[: NAME_LENGTH - len("_links")]
    while name in taken or name == "id":
        name = f"{name}_links" if not name.endswith("_links") else f"more_{name}"
    title = relation.name or _plural(target) or relation.to
    return Field(name=name, title=title, type="references", target=relation.to)


def _plural(entity: Entity | None) -> str | None:
    return None if entity is None else entity.plural or entity.title
