"""What each change of a patch does to a spec: a table of small pure functions, each of which may refuse."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from dataforms.spec import AppSpec, Card, Entity, Field, Problem, Relation, Rule, View
from protoddfd.design.model.patch import Change, Patch
from protoddfd.design.model.renaming import rename_entity, rename_field

replace = msgspec.structs.replace

_OF_FIELD = (
    "title", "type", "target", "choices", "required", "unique", "min", "max", "default", "help", "unit",
    "currency", "expression", "visible_when", "required_when",
)  # fmt: skip
_OF_ENTITY = ("title", "plural", "icon", "description", "display")
_OF_VIEW = ("title", "kind", "fields", "by", "start", "end", "sort", "color", "image")
_OF_CARD = ("title", "kind", "aggregate", "value", "group", "every", "filter")
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


class _Refused(Exception):
    """A change that cannot be done: why, and what helps."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def apply(spec: AppSpec, patch: Patch) -> Applied:
    """Return `spec` with all changes that can be done; those that cannot are problems, by their number."""
    problems: list[Problem] = []
    renames: dict[str, str] = {}
    for number, change in enumerate(patch.changes):
        try:
            changed = _OPERATIONS[change.op](spec, change)
        except _Refused as refused:
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


# -- finding ---------------------------------------------------------------------------------------------


def _need(change: Change, name: str) -> str:
    value: str | None = getattr(change, name)
    if not value:
        raise _Refused(f"{change.op} needs {name!r}.", "Say it.")
    return value


def _entity(spec: AppSpec, change: Change) -> Entity:
    name = _need(change, "entity")
    for entity in spec.entities:
        if entity.name == name:
            return entity
    known = ", ".join(entity.name for entity in spec.entities[:30])
    raise _Refused(
        f"There is no entity {name[:80]!r}.", f"There are {known or 'none'}; add_entity makes one."
    )


def _field(entity: Entity, change: Change) -> Field:
    name = _need(change, "field")
    for field in entity.fields:
        if field.name == name:
            return field
    known = ", ".join(field.name for field in entity.fields[:40])
    raise _Refused(f"{entity.name} has no field {name[:80]!r}.", f"It has {known or 'none'}.")


def _with_entity(spec: AppSpec, entity: Entity) -> AppSpec:
    return replace(
        spec, entities=tuple(entity if each.name == entity.name else each for each in spec.entities)
    )


def _with_field(spec: AppSpec, entity: Entity, field: Field) -> AppSpec:
    fields = tuple(field if each.name == field.name else each for each in entity.fields)
    return _with_entity(spec, replace(entity, fields=fields))


def _said(change: Change, names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(change, name)) not in (None, "", ())}


# -- entities --------------------------------------------------------------------------------------------


def _add_entity(spec: AppSpec, change: Change) -> AppSpec:
    name = _need(change, "entity")
    if any(entity.name == name for entity in spec.entities):
        raise _Refused(f"There is an entity {name[:80]!r} already.", "Use change_entity and add_field.")
    made = Entity(name=name, fields=(), **{"title": name, **_said(change, _OF_ENTITY)})
    return replace(spec, entities=(*spec.entities, made))


def _change_entity(spec: AppSpec, change: Change) -> AppSpec:
    return _with_entity(spec, replace(_entity(spec, change), **_said(change, _OF_ENTITY)))


def _rename_entity(spec: AppSpec, change: Change) -> AppSpec:
    entity, new = _entity(spec, change), _need(change, "to")
    if any(each.name == new for each in spec.entities):
        raise _Refused(f"There is an entity {new[:80]!r} already.", "Choose another name.")
    return rename_entity(spec, entity.name, new)


def _remove_entity(spec: AppSpec, change: Change) -> AppSpec:
    gone = _entity(spec, change).name
    relations = tuple(each for each in spec.relations if gone not in (each.from_, each.to))
    entities = tuple(each for each in spec.entities if each.name != gone)
    views = tuple(each for each in spec.views if each.entity != gone)
    return replace(spec, entities=entities, relations=relations, views=views)


# -- fields ----------------------------------------------------------------------------------------------


def _add_field(spec: AppSpec, change: Change) -> AppSpec:
    entity, name = _entity(spec, change), _need(change, "field")
    if any(each.name == name for each in entity.fields):
        raise _Refused(f"{entity.name} has a field {name[:80]!r} already.", "Use change_field.")
    said = {"title": name.replace("_", " ").capitalize(), "type": "text", **_said(change, _OF_FIELD)}
    return _with_entity(spec, replace(entity, fields=(*entity.fields, _fitting(Field(name=name, **said)))))


def _change_field(spec: AppSpec, change: Change) -> AppSpec:
    entity = _entity(spec, change)
    changed = replace(_field(entity, change), **_said(change, _OF_FIELD))
    return _with_field(spec, entity, _fitting(changed))


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
    entity = _entity(spec, change)
    old, new = _field(entity, change).name, _need(change, "to")
    if any(each.name == new for each in entity.fields):
        raise _Refused(f"{entity.name} has a field {new[:80]!r} already.", "Choose another name.")
    return rename_field(spec, entity.name, old, new)


def _remove_field(spec: AppSpec, change: Change) -> AppSpec:
    entity = _entity(spec, change)
    gone = _field(entity, change).name
    fields = tuple(each for each in entity.fields if each.name != gone)
    display = None if entity.display == gone else entity.display
    return _with_entity(spec, replace(entity, fields=fields, display=display))


def _set_choices(spec: AppSpec, change: Change) -> AppSpec:
    entity = _entity(spec, change)
    field = _field(entity, change)
    if not change.choices:
        raise _Refused("set_choices needs 'choices'.", "List them.")
    type_ = field.type if field.type == "multi_enum" else "enum"
    return _with_field(spec, entity, _fitting(replace(field, type=type_, choices=change.choices)))


# -- rules, relations, views -----------------------------------------------------------------------------


def _add_rule(spec: AppSpec, change: Change) -> AppSpec:
    entity = _entity(spec, change)
    if change.expression:
        rule = Rule(kind="check", expression=change.expression, message=change.message)
    elif change.fields:
        rule = Rule(kind="unique", fields=change.fields, message=change.message)
    else:
        raise _Refused("add_rule needs 'fields' (unique together) or an 'expression'.", "Say one of them.")
    return _with_entity(spec, replace(entity, rules=(*entity.rules, rule)))


def _remove_rules(spec: AppSpec, change: Change) -> AppSpec:
    return _with_entity(spec, replace(_entity(spec, change), rules=()))


def _add_relation(spec: AppSpec, change: Change) -> AppSpec:
    made = Relation(from_=_entity(spec, change).name, to=_need(change, "to"), kind="m2m")
    return replace(spec, relations=(*spec.relations, made))


def _remove_relation(spec: AppSpec, change: Change) -> AppSpec:
    ends = {_entity(spec, change).name, _need(change, "to")}
    kept = tuple(each for each in spec.relations if {each.from_, each.to} != ends)
    if len(kept) == len(spec.relations):
        raise _Refused(f"There is no relation between {' and '.join(sorted(ends))}.", "Leave it out.")
    return replace(spec, relations=kept)


def _add_view(spec: AppSpec, change: Change) -> AppSpec:
    name = _need(change, "view")
    said = {"title": name.replace("_", " ").capitalize(), **_said(change, _OF_VIEW)}
    if said.get("kind", "table") not in ("table", "board", "calendar", "gallery", "dashboard"):
        raise _Refused(
            f"A view cannot be of kind {said['kind']!r}.", "Use table, board, calendar or gallery."
        )
    if said.get("kind") == "dashboard":
        return replace(spec, views=(*spec.views, View(name=name, **said)))
    entity = _entity(spec, change)
    return _with_entity(spec, replace(entity, views=(*entity.views, View(name=name, **said))))


def _remove_view(spec: AppSpec, change: Change) -> AppSpec:
    name = _need(change, "view")
    if change.entity:
        entity = _entity(spec, change)
        kept = tuple(view for view in entity.views if view.name != name)
        return _with_entity(spec, replace(entity, views=kept))
    return replace(spec, views=tuple(view for view in spec.views if view.name != name))


def _add_card(spec: AppSpec, change: Change) -> AppSpec:
    name, entity = _need(change, "view"), _entity(spec, change)
    for view in spec.views:
        if view.name == name and view.kind == "dashboard":
            said = _said(change, _OF_CARD)
            if said.get("kind") in ("board", "calendar", "gallery", "dashboard"):
                raise _Refused(f"A card cannot be of kind {said['kind']!r}.", "Use number, bar, line or pie.")
            card = Card(entity=entity.name, **{"title": entity.plural or entity.title, **said})
            changed = replace(view, cards=(*view.cards, card))
            return replace(spec, views=tuple(changed if each is view else each for each in spec.views))
    raise _Refused(f"There is no dashboard {name[:80]!r}.", "add_view makes one, of kind dashboard.")


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
    "add_view": _add_view,
    "remove_view": _remove_view,
    "add_card": _add_card,
}
