"""What is called otherwise from now on: the answers to a plan's questions, carried through a spec. Pure."""

from collections.abc import Mapping

import msgspec

from dataforms.errors import MigrationRefused
from dataforms.names import did_you_mean
from dataforms.relations import derived
from dataforms.spec import AppSpec, Entity, Field, Relation


class Renames(msgspec.Struct, frozen=True, kw_only=True):
    """New names by old ones: of entities, and of fields by (old entity, old field)."""

    entities: dict[str, str] = {}
    fields: dict[tuple[str, str], str] = {}


def read_renames(given: Mapping[str, str], old: AppSpec, new: AppSpec) -> Renames:
    """Return `{"Loan": "Lending", "Loan.due": "due_on"}` as renames; both specs are `written_out`.

    Raises:
        MigrationRefused: a name is not there, is not new, or is given twice.
    """
    entities = {name: to for name, to in given.items() if "." not in name}
    _check("entity", entities, [each.name for each in old.entities], [each.name for each in new.entities])
    fields: dict[tuple[str, str], str] = {}
    for name, to in given.items():
        entity, dot, field = name.partition(".")
        if dot:
            fields[entity, field] = to.rpartition(".")[2]
    for entity in sorted({entity for entity, _ in fields}):
        here = {field: to for (owner, field), to in fields.items() if owner == entity}
        _check_fields(entity, here, entities, old, new)
    return Renames(entities=entities, fields=fields)


def implied(given: Mapping[str, str], old: AppSpec, new: AppSpec) -> dict[str, str]:
    """Return the renames of fields that follow from `given`: a relation's field is named as its entity is.

    The specs are as they were written.
    """
    after = {(each.from_, each.to, each.name): field.name for each, field in derived(new)}
    found: dict[str, str] = {}
    for relation, field in derived(old):
        here, there = given.get(relation.from_, relation.from_), given.get(relation.to, relation.to)
        to = after.get((here, there, relation.name))
        name = f"{relation.from_}.{field.name}"
        taken = {each.name for each in old.entity(relation.from_).fields}
        if to is not None and to not in (field.name, *taken) and name not in given:
            found[name] = to
    return found


def written(renames: Renames) -> dict[str, str]:
    """Return renames as `read_renames` takes them."""
    fields = {f"{entity}.{field}": to for (entity, field), to in renames.fields.items()}
    return {**renames.entities, **fields}


def reversed_renames(renames: Renames) -> Renames:
    """Return the renames that lead back."""
    return Renames(
        entities={to: name for name, to in renames.entities.items()},
        fields={
            (renames.entities.get(entity, entity), to): field
            for (entity, field), to in renames.fields.items()
        },
    )


def renamed(spec: AppSpec, renames: Renames) -> AppSpec:
    """Return `spec` with the new names wherever its tables depend on them."""
    return msgspec.structs.replace(
        spec,
        entities=tuple(_entity(each, renames) for each in spec.entities),
        relations=tuple(_relation(each, renames) for each in spec.relations),
    )


def _entity(entity: Entity, renames: Renames) -> Entity:
    names = {field: to for (owner, field), to in renames.fields.items() if owner == entity.name}
    return msgspec.structs.replace(
        entity,
        name=renames.entities.get(entity.name, entity.name),
        display=names.get(entity.display or "", entity.display),
        fields=tuple(_field(each, names, renames) for each in entity.fields),
        rules=tuple(
            msgspec.structs.replace(rule, fields=tuple(names.get(name, name) for name in rule.fields))
            for rule in entity.rules
        ),
    )


def _field(field: Field, names: Mapping[str, str], renames: Renames) -> Field:
    target, via = field.target, field.via
    if target is not None and via is not None:
        via = renames.fields.get((target, via), via)
    return msgspec.structs.replace(
        field,
        name=names.get(field.name, field.name),
        target=renames.entities.get(target, target) if target is not None else None,
        via=via,
    )


def _relation(relation: Relation, renames: Renames) -> Relation:
    return msgspec.structs.replace(
        relation,
        from_=renames.entities.get(relation.from_, relation.from_),
        to=renames.entities.get(relation.to, relation.to),
    )


def _check_fields(
    entity: str, names: Mapping[str, str], entities: Mapping[str, str], old: AppSpec, new: AppSpec
) -> None:
    now = entities.get(entity, entity)
    known = [each.name for each in old.entities]
    if entity not in known:
        raise MigrationRefused(f"There was no entity {entity[:80]!r}.", hint=did_you_mean(entity, known))
    if now not in [each.name for each in new.entities]:
        raise MigrationRefused(f"{entity} is not in the new spec.", hint="Name what it is called there, too.")
    was = [each.name for each in old.entity(entity).fields]
    _check("field", names, was, [each.name for each in new.entity(now).fields], of=f" of {entity}")


def _check(kind: str, names: Mapping[str, str], was: list[str], now: list[str], *, of: str = "") -> None:
    for name, to in names.items():
        if name not in was:
            raise MigrationRefused(f"There was no {kind} {name[:80]!r}{of}.", hint=did_you_mean(name, was))
        if to not in now:
            raise MigrationRefused(f"There is no {kind} {to[:80]!r}{of} now.", hint=did_you_mean(to, now))
        if name in now and name not in names.values():
            raise MigrationRefused(f"{name!r}{of} is still there, so it has no other name.")
        if to in was and to not in names:
            raise MigrationRefused(f"{to!r}{of} was there before, so it cannot be the name of another.")
    if len(set(names.values())) < len(names):
        raise MigrationRefused(f"Two of them would have the same name: {', '.join(names)}.")
