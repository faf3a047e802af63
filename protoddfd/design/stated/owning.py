"""Whose a record is: `members can only see their own loans` as a condition over e-mail addresses."""

from collections.abc import Sequence

from dataforms.spec import Entity, Field
from protoddfd.design.stated.deeds import Deed
from protoddfd.design.stated.grants import Grants, Target
from protoddfd.design.stated.known import Known
from protoddfd.design.stated.rights import EVERYBODY, Right
from protoddfd.importers import names


def target(known: Known, right: Right, about: Sequence[str]) -> Target | None:
    """Return the entities whose records can be somebody's own: the named one, or all that refer to them."""
    if right.what:
        named = known.entity(right.what) or next(iter(known.entities_in(right.what)), None)
        rows = [named] if named else []
    else:
        people = [known.entity(each) for each in right.people]
        others = [each for each in known.spec.entities if each not in people]
        spoken = [each for name in about for each in others if each.name == name]
        rows = [each for each in spoken if condition(known, each, right.people)][:1] or others
    found = tuple(each for each in rows if condition(known, each, right.people))
    return Target(entities=found) if found else None


def condition(known: Known, entity: Entity, people: Sequence[str]) -> str:
    """Return on what condition a record is of the account that asks; `` if nothing in it could say."""
    for person in _persons(known, entity, people):
        email = _email(person)
        if email is None:
            continue
        if person.name == entity.name:
            return f"{email.name} == me"
        through = [each for each in entity.fields if each.type == "reference" and each.target == person.name]
        if through:
            return " or ".join(f"{each.name}.{email.name} == me" for each in through)
        several = [each.name for each in entity.fields if each.type in _MANY and each.target == person.name]
        if several:
            return " or ".join(f"count({each}, {email.name} == me) > 0" for each in several)
    own = [each for each in entity.fields if each.type == "email"]
    return f"{own[0].name} == me" if len(own) == 1 and entity not in list(known.people()) else ""


_MANY = ("references", "children")


def _persons(known: Known, entity: Entity, people: Sequence[str]) -> list[Entity]:
    """Return the entities that stand for people: by their name, else the only one that is referred to."""
    named = [found for each in people if each != EVERYBODY and (found := known.entity(each))]
    if named:
        return named
    targets = {each.target for each in entity.fields if each.type == "reference"}
    referred = [each for each in known.people() if each.name in targets or each.name == entity.name]
    return referred if len(referred) == 1 else []


def _email(person: Entity) -> Field | None:
    return next((each for each in person.fields if each.type == "email"), None)


def without_address(known: Known, rights: Sequence[Right]) -> list[Entity]:
    """Return the people whose own records are spoken of, and whose accounts nothing could tell."""
    found: list[Entity] = []
    for right in rights:
        if right.kind != "own":
            continue
        named = known.entity(right.what) if right.what else None
        for entity in (named,) if named else known.spec.entities:
            for person in _persons(known, entity, right.people):
                if _email(person) is None and person not in found and _tied(entity, person):
                    found.append(person)
    return found


def _tied(entity: Entity, person: Entity) -> bool:
    """Tell whether a record can be somebody's: it is theirs, refers to them, or they refer to it."""
    targets = {each.target for each in entity.fields if each.target}
    return entity.name == person.name or person.name in targets or bool(_back(entity, person))


def _back(entity: Entity, person: Entity) -> list[Field]:
    return [
        each
        for each in person.fields
        if each.type in {"reference", "references"} and each.target == entity.name
    ]


def looked_back(known: Known, right: Right) -> tuple[Entity, Field] | None:
    """Return an entity with the field that it needs to tell whose it is: those people who refer to it."""
    entity = known.entity(right.what) if right.what else None
    if entity is None or condition(known, entity, right.people):
        return None
    for person in _persons(known, entity, right.people):
        back = _back(entity, person)
        if len(back) == 1 and person.name != entity.name:
            title = person.plural or person.title
            name = names.field_name(title, {field.name for field in entity.fields})
            return entity, Field(
                name=name, title=title, type="children", target=person.name, via=back[0].name
            )
    return None


def apply(
    grants: Grants,
    known: Known,
    right: Right,
    entities: Sequence[Entity],
    roles: Sequence[str],
    others: Sequence[Right],
) -> None:
    """Let roles do what a right says with their own records alone, and see what belongs to these."""
    adds = {
        each.what: each
        for each in others
        if each.kind in {"may", "does"} and "create" in each.deeds and set(each.people) & set(right.people)
    }
    for entity in entities:
        own = condition(known, entity, right.people)
        deeds: set[Deed] = set(right.deeds)
        if "update" in deeds or any(known.entity(what) is known.of(entity.name) for what in adds):
            deeds.add("create")
        for role in roles:
            if "read" in deeds:
                grants.allow_only(role, entity.name, deeds, own)
            else:
                grants.allow_only(role, entity.name, {"read"})
                grants.also_with(role, entity.name, deeds, own)
        if "read" in deeds:
            _below(grants, known, right, entity, own, roles)


def _below(
    grants: Grants, known: Known, right: Right, entity: Entity, own: str, roles: Sequence[str]
) -> None:
    """Let roles see of what belongs to a record, and of the people, no more than what is theirs."""
    for each in known.spec.entities:
        via = next((f for f in each.fields if f.type == "reference" and f.target == entity.name), None)
        narrow = condition(known, each, right.people) if each in list(known.people()) else ""
        if via is not None and not condition(known, each, right.people):
            narrow = " or ".join(f"{via.name}.{part}" for part in own.split(" or "))
            if "count(" in own:
                for role in roles:
                    grants.allow_only(role, each.name, ())
                continue
        if (narrow and each.name != entity.name and known.entity(right.people[0]) in (each, None)) or (
            via is not None and narrow
        ):
            for role in roles:
                grants.allow_only(role, each.name, {"read"}, narrow)
