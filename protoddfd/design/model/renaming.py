"""Renames an entity or a field in a spec, wherever the spec speaks of it. Pure."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from dataforms.spec import AppSpec, Entity, Field, View

_NAME_OR_TEXT = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*')|([A-Za-z_][A-Za-z0-9_]*)""")
replace = msgspec.structs.replace


def rename_entity(spec: AppSpec, old: str, new: str) -> AppSpec:
    """Return the spec in which the entity `old` is called `new`."""

    def name(each: str) -> str:
        return new if each == old else each

    def view(each: View) -> View:
        cards = tuple(replace(card, entity=name(card.entity)) for card in each.cards)
        return replace(each, entity=name(each.entity) if each.entity else each.entity, cards=cards)

    def field(each: Field) -> Field:
        return replace(each, target=name(each.target)) if each.target else each

    entities = tuple(
        replace(
            entity,
            name=name(entity.name),
            title=new if entity.name == old and entity.title == old else entity.title,
            fields=tuple(map(field, entity.fields)),
            views=tuple(map(view, entity.views)),
        )
        for entity in spec.entities
    )
    relations = tuple(replace(each, from_=name(each.from_), to=name(each.to)) for each in spec.relations)
    roles = tuple(
        replace(role, permissions=tuple(replace(each, entity=name(each.entity)) for each in role.permissions))
        for role in spec.roles
    )
    return replace(
        spec, entities=entities, relations=relations, views=tuple(map(view, spec.views)), roles=roles
    )


def rename_field(spec: AppSpec, owner: str, old: str, new: str) -> AppSpec:
    """Return the spec in which the field `old` of the entity `owner` is called `new`.

    Expressions of the entity itself follow; those of others that reach it by a path do not, and are then
    found by the check.
    """
    entities = tuple(
        _in_owner(entity, old, new) if entity.name == owner else _in_other(entity, owner, old, new)
        for entity in spec.entities
    )
    views = tuple(_in_view(view, old, new) if view.entity == owner else view for view in spec.views)
    roles = tuple(
        replace(
            role,
            permissions=tuple(
                replace(
                    each,
                    hidden=_in_names(each.hidden, old, new),
                    read_only=_in_names(each.read_only, old, new),
                    condition=_in_expression(each.condition, old, new),
                )
                if each.entity == owner
                else each
                for each in role.permissions
            ),
        )
        for role in spec.roles
    )
    return replace(spec, entities=entities, views=views, roles=roles)


def _in_owner(entity: Entity, old: str, new: str) -> Entity:
    rules = tuple(
        replace(
            rule,
            fields=_in_names(rule.fields, old, new),
            expression=_in_expression(rule.expression, old, new),
        )
        for rule in entity.rules
    )
    return replace(
        entity,
        display=new if entity.display == old else entity.display,
        fields=tuple(_in_field(field, old, new) for field in entity.fields),
        rules=rules,
        views=tuple(_in_view(view, old, new) for view in entity.views),
    )


def _in_field(field: Field, old: str, new: str) -> Field:
    when = tuple(
        replace(each, when=_in_expression(each.when, old, new) or each.when) for each in field.choices_when
    )
    return replace(
        field,
        name=new if field.name == old else field.name,
        expression=_in_expression(field.expression, old, new),
        visible_when=_in_expression(field.visible_when, old, new),
        required_when=_in_expression(field.required_when, old, new),
        read_only_when=_in_expression(field.read_only_when, old, new),
        choices_when=when,
    )


def _in_other(entity: Entity, owner: str, old: str, new: str) -> Entity:
    """Follow the rename in children that are found by the field."""
    fields = tuple(
        replace(field, via=new) if field.target == owner and field.via == old else field
        for field in entity.fields
    )
    return replace(entity, fields=fields)


def _in_view(view: View, old: str, new: str) -> View:
    changed: dict[str, Any] = {
        key: new
        for key in ("by", "start", "end", "label", "color", "image", "group", "total")
        if getattr(view, key) == old
    }
    if view.sort is not None and view.sort.removeprefix("-") == old:
        changed["sort"] = view.sort[: -len(old)] + new
    changed["fields"] = _in_names(view.fields, old, new)
    changed["totals"] = tuple(
        f"{new}:{each.partition(':')[2]}" if each.partition(":")[0] == old else each for each in view.totals
    )
    for key in ("sections", "steps"):
        changed[key] = tuple(
            replace(each, fields=_in_names(each.fields, old, new)) for each in getattr(view, key)
        )
    return replace(view, **changed)


def _in_names(names: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if each == old else each for each in names)


def _in_expression(text: str | None, old: str, new: str) -> str | None:
    """Return an expression with the field's name replaced where it begins a path, and never in a text."""
    if text is None:
        return None
    return _NAME_OR_TEXT.sub(_renamed(text, old, new), text)


def _renamed(text: str, old: str, new: str) -> Callable[[re.Match[str]], str]:
    def renamed(found: re.Match[str]) -> str:
        inside = found.start() > 0 and text[found.start() - 1] == "."
        return new if found[2] == old and not inside else found[0]

    return renamed
