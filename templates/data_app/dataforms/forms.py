"""What stands where in the form of an entity: by its view, or by the nature of its fields. Imports neither
SQLAlchemy nor Reflex.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from dataforms.spec import AppSpec, Entity, Field, Section, View
from dataforms.types import type_of

FEW = 8
"""So many fields need no sections."""
OWN_FIELDS = 10
"""A child with more fields than that is not changed in its parent's form unless a view says so."""
Nature = Literal["what", "measures", "relations", "notes", "rows", "given"]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Fields that stand together; a title is there where the spec `given`s one."""

    nature: Nature
    title: str = ""
    help: str = ""
    fields: tuple[Field, ...]
    columns: int = 2


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a form: below one another, or one a step."""

    parts: tuple[Part, ...]
    is_wizard: bool = False

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields that the form has a place for."""
        return tuple(field for part in self.parts for field in part.fields)


def is_entered(field: Field) -> bool:
    """Return whether a form has an input for `field`."""
    return not field.hidden and not field.read_only and type_of(field).widget != "readonly"


def is_rows(field: Field) -> bool:
    """Return whether a form can have a grid for `field`: the records that belong to the one in it."""
    return type_of(field).kind == "records" and not field.hidden and field.via is not None


def is_shared(entities: Iterable[Entity], field: Field) -> bool:
    """Return whether the records of a field of children may belong to several, as what `references` name."""
    child = next((each for each in entities if each.name == field.target), None)
    if field.via is None or child is None:
        return False
    return any(each.name == field.via and type_of(each).linked for each in child.fields)


def is_shown(field: Field) -> bool:
    """Return whether a form can have a place for `field`: an input, a grid, what follows from the inputs."""
    return is_entered(field) or is_rows(field) or (field.expression is not None and not field.hidden)


def views_of(spec: AppSpec, entity: Entity) -> list[View]:
    """Return the views that say of an entity's form how it is; the first one counts."""
    views = [view for view in entity.views if view.kind == "form"]
    return views + [view for view in spec.views if view.kind == "form" and view.entity == entity.name]


def thanks_of(spec: AppSpec, entity: Entity) -> str:
    """Return what the view of an entity's form says to those who have added a record; empty without one."""
    views = views_of(spec, entity)
    return (views[0].thanks or "") if views else ""


def layout_of(spec: AppSpec, entity: Entity) -> Layout:
    """Return what stands where in the form of an entity of `spec`."""
    views = views_of(spec, entity)
    shown = [field for field in entity.fields if is_shown(field) and not is_shared(spec.entities, field)]
    fields = {field.name: field for field in shown}
    if not views or not (views[0].sections or views[0].steps or views[0].fields):
        own = [each for each in shown if not is_rows(each) or is_owned(spec, entity, each)]
        return Layout(parts=_derived(own))
    view = views[0]
    if view.sections or view.steps:
        parts = [_given(part, fields) for part in view.steps or view.sections]
        return Layout(parts=tuple(part for part in parts if part.fields), is_wizard=bool(view.steps))
    return Layout(parts=_derived([fields[name] for name in view.fields if name in fields]))


def is_owned(spec: AppSpec, entity: Entity, field: Field) -> bool:
    """Return whether the records of a field of children make sense in the form of their parent alone.

    They need it, nothing else knows them, they are short and have no name of their own, or the parent's.
    """
    child = next((each for each in spec.entities if each.name == field.target), None)
    if child is None:
        return False
    back = next((each for each in child.fields if each.name == field.via), None)
    known = any(
        each.type == "reference" and each.target == child.name
        for other in spec.entities
        for each in other.fields
    )
    entered = [each for each in child.fields if is_entered(each)]
    if back is None or not back.required or known or len(entered) > OWN_FIELDS:
        return False
    named = child.display is not None or any(
        each.unique or each.type in ("auto_number", "children") for each in child.fields
    )
    return child.name.startswith(f"{entity.name} ") or not named


def _given(part: Section, fields: dict[str, Field]) -> Part:
    those = tuple(fields[name] for name in part.fields if name in fields)
    return Part(nature="given", title=part.title, help=part.help or "", fields=those, columns=part.columns)


def _derived(fields: Sequence[Field]) -> tuple[Part, ...]:
    """Return sections by nature where there are many fields; every grid is one of its own at the end."""
    rows = [Part(nature="rows", fields=(each,), columns=1) for each in fields if is_rows(each)]
    plain = [each for each in fields if not is_rows(each)]
    groups: dict[Nature, list[Field]] = {"what": [], "measures": [], "relations": [], "notes": []}
    for field in plain:
        groups["what" if len(plain) <= FEW else _nature(field)].append(field)
    for nature in ("measures", "relations"):
        if len(groups[nature]) == 1:
            groups["what"] += groups.pop(nature)
    parts = [Part(nature=nature, fields=tuple(those)) for nature, those in groups.items() if those]
    return (*parts, *rows)


def _nature(field: Field) -> Nature:
    row = type_of(field)
    if row.widget in ("textarea", "markdown", "json"):
        return "notes"
    if row.kind in ("record", "records"):
        return "relations"
    is_measure = row.bounds == "value" and row.kind not in ("text", "choices")
    return "measures" if is_measure else "what"
