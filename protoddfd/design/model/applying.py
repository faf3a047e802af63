"""What each change of a patch does to a spec: a table of small pure functions, each of which may refuse."""

from collections.abc import Callable
from typing import Any

import msgspec

from dataforms.spec import AppSpec, Entity, Field, Problem, Relation, Rule
from protoddfd.design.model import showing
from protoddfd.design.model.finding import Refused, entity_of, field_of, need, said, with_entity, with_field
from protoddfd.design.model.patch import Change, Patch
from protoddfd.design.model.renaming import rename_entity, rename_field

replace = msgspec.structs.replace

_OF_FIELD = (
    "title", "type", "target", "choices", "required", "unique", "min", "max", "default", "help", "unit",
    "currency", "expression", "visible_when", "required_when",
)  # fmt: skip
_OF_ENTITY = ("title", "plural", "icon", "description", "display")
_ONLY_FOR: dict[str, tuple[str, ...]] = {
    "target": ("reference", "references", "children"),
    "choices": ("enum", "multi_enum"),
    "currency": ("money",),
    "expression": ("computed",),
}
"""What a field loses when it becomes of a type that has no use for it."""


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """The spec after a patch, what could not be done of it, and what is called otherwise now."""

    spec: AppSpec
    problems: tuple[Problem, ...] = ()
    renames: dict[str, str] = {}
    """`Loan.due` -> `due_on`, `Member` -> `Reader`: by the names before the patch."""


def apply(spec: AppSpec, patch: Patch) -> Applied:
    """Return `spec` with all changes that can be done; those that cannot are problems, by their number."""
    problems: list[Problem] = []
    renames: dict[str, str] = {}
    for number, change in enumerate(patch.changes):
        try:
            changed = _OPERATIONS[change.op](spec, change)
        except Refused as refused:
            problems.append(Problem(path=f"changes[{number}]", message=refused.message, hint=refused.hint))
            continue
        if change.op in ("rename_entity", "rename_field"):
            renames = _with_rename(renames, change)
        spec = changed
    return Applied(spec=spec, problems=tuple(problems), renames=renames)


def _with_rename(renames: dict[str, str], change: Change) -> dict[str, str]:
    """Return the renames with one more; the keys keep the names that were there first."""
    entities = {new: old for old, new in renames.items() if "." not in old}
    first = entities.get(change.entity or "", change.entity or "")
    if change.op == "rename_entity":
        return {**renames, first: change.to or ""}
    fields = {new: old for old, new in renames.items() if "." in old and old.rpartition(".")[0] == first}
    key = fields.get(change.field or "", f"{first}.{change.field}")
    return {**renames, key: change.to or ""}


# -- entities --------------------------------------------------------------------------------------------


def _add_entity(spec: AppSpec, change: Change) -> AppSpec:
    name = need(change, "entity")
    if any(entity.name == name for entity in spec.entities):
        raise Refused(f"There is an entity {name[:80]!r} already.", "Use change_entity and add_field.")
    made = Entity(name=name, fields=(), **{"title": name, **said(change, _OF_ENTITY)})
    return replace(spec, entities=(*spec.entities, made))


def _change_entity(spec: AppSpec, change: Change) -> AppSpec:
    return with_entity(spec, replace(entity_of(spec, change), **said(change, _OF_ENTITY)))


def _rename_entity(spec: AppSpec, change: Change) -> AppSpec:
    entity, new = entity_of(spec, change), need(change, "to")
    if any(each.name == new for each in spec.entities):
        raise Refused(f"There is an entity {new[:80]!r} already.", "Choose another name.")
    return rename_entity(spec, entity.name, new)


def _remove_entity(spec: AppSpec, change: Change) -> AppSpec:
    gone = entity_of(spec, change).name
    relations = tuple(each for each in spec.relations if gone not in (each.from_, each.to))
    entities = tuple(each for each in spec.entities if each.name != gone)
    views = tuple(each for each in spec.views if each.entity != gone)
    return replace(spec, entities=entities, relations=relations, views=views)


# -- fields ----------------------------------------------------------------------------------------------


def _add_field(spec: AppSpec, change: Change) -> AppSpec:
    entity, name = entity_of(spec, change), need(change, "field")
    if any(each.name == name for each in entity.fields):
        raise Refused(f"{entity.name} has a field {name[:80]!r} already.", "Use change_field.")
    chosen = {"title": name.replace("_", " ").capitalize(), "type": "text", **said(change, _OF_FIELD)}
    return with_entity(spec, replace(entity, fields=(*entity.fields, _fitting(Field(name=name, **chosen)))))


def _change_field(spec: AppSpec, change: Change) -> AppSpec:
    entity = entity_of(spec, change)
    changed = replace(field_of(entity, change), **said(change, _OF_FIELD))
    return with_field(spec, entity, _fitting(changed))


def _fitting(field: Field) -> Field:
    """Return the field with whole numbers whole, and nothing that its type has no use for."""
    changed: dict[str, Any] = {
        name: () if name == "choices" else None
        for name, types in _ONLY_FOR.items()
        if field.type not in types
    }
    for name in ("min", "max", "default"):
        value = getattr(field, name)
        if isinstance(value, float) and value.is_integer():
            changed[name] = int(value)
    return replace(field, **changed)


def _rename_field(spec: AppSpec, change: Change) -> AppSpec:
    entity = entity_of(spec, change)
    old, new = field_of(entity, change).name, need(change, "to")
    if any(each.name == new for each in entity.fields):
        raise Refused(f"{entity.name} has a field {new[:80]!r} already.", "Choose another name.")
    return rename_field(spec, entity.name, old, new)


def _remove_field(spec: AppSpec, change: Change) -> AppSpec:
    entity = entity_of(spec, change)
    gone = field_of(entity, change).name
    fields = tuple(each for each in entity.fields if each.name != gone)
    display = None if entity.display == gone else entity.display
    return with_entity(spec, replace(entity, fields=fields, display=display))


def _set_choices(spec: AppSpec, change: Change) -> AppSpec:
    entity = entity_of(spec, change)
    field = field_of(entity, change)
    if not change.choices:
        raise Refused("set_choices needs 'choices'.", "List them.")
    type_ = field.type if field.type == "multi_enum" else "enum"
    return with_field(spec, entity, _fitting(replace(field, type=type_, choices=change.choices)))


# -- rules, relations, views -----------------------------------------------------------------------------


def _add_rule(spec: AppSpec, change: Change) -> AppSpec:
    entity = entity_of(spec, change)
    if change.expression:
        rule = Rule(kind="check", expression=change.expression, message=change.message)
    elif change.fields:
        rule = Rule(kind="unique", fields=change.fields, message=change.message)
    else:
        raise Refused("add_rule needs 'fields' (unique together) or an 'expression'.", "Say one of them.")
    return with_entity(spec, replace(entity, rules=(*entity.rules, rule)))


def _remove_rules(spec: AppSpec, change: Change) -> AppSpec:
    return with_entity(spec, replace(entity_of(spec, change), rules=()))


def _add_relation(spec: AppSpec, change: Change) -> AppSpec:
    made = Relation(from_=entity_of(spec, change).name, to=need(change, "to"), kind="m2m")
    return replace(spec, relations=(*spec.relations, made))


def _remove_relation(spec: AppSpec, change: Change) -> AppSpec:
    ends = {entity_of(spec, change).name, need(change, "to")}
    kept = tuple(each for each in spec.relations if {each.from_, each.to} != ends)
    if len(kept) == len(spec.relations):
        raise Refused(f"There is no relation between {' and '.join(sorted(ends))}.", "Leave it out.")
    return replace(spec, relations=kept)


_OPERATIONS: dict[str, Callable[[AppSpec, Change], AppSpec]] = {
    "add_entity": _add_entity,
    "change_entity": _change_entity,
    "rename_entity": _rename_entity,
    "remove_entity": _remove_entity,
    "add_field": _add_field,
    "change_field": _change_field,
    "rename_field": _rename_field,
    "remove_field": _remove_field,
    "set_choices": _set_choices,
    "add_rule": _add_rule,
    "remove_rules": _remove_rules,
    "add_relation": _add_relation,
    "remove_relation": _remove_relation,
    "add_view": showing.add_view,
    "remove_view": showing.remove_view,
    "add_card": showing.add_card,
}
