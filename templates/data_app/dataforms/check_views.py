"""What is right in boards, calendars, galleries and dashboards. Imports neither SQLAlchemy nor Reflex."""

from collections.abc import Iterable, Iterator, Sequence

from dataforms.check_expressions import condition_problems
from dataforms.errors import ExpressionInvalid
from dataforms.meaning import understand
from dataforms.names import did_you_mean, title_problems, twice
from dataforms.operations import WORDS, KindName
from dataforms.scope import SpecScope, is_computed, kind_of, meaning_of
from dataforms.spec import AppSpec, Card, Entity, Field, Problem, View, table_name
from dataforms.types import TYPES

CARDS_LIMIT = 60
GROUPS_LIMIT = 200
COLUMNS = 4
NUMBERS: tuple[KindName, ...] = ("integer", "real", "money", "duration")
DAYS: tuple[KindName, ...] = ("date", "datetime")
GROUPS: tuple[KindName, ...] = ("text", "integer", "boolean", "record", *DAYS)
_PARTS: dict[str, tuple[str, ...]] = {
    "by": ("board",),
    "total": ("board",),
    "start": ("calendar",),
    "end": ("calendar",),
    "label": ("board", "calendar", "gallery"),
    "color": ("calendar", "gallery"),
    "image": ("gallery",),
    "cards": ("dashboard",),
    "filters": ("dashboard",),
    "thanks": ("form",),
}
"""The kinds of views that have each part."""
_NEEDED = {"board": ("by", "enum or reference"), "calendar": ("start", "date or datetime")}


def view_problems(path: str, view: View, entity: Entity | None, spec: AppSpec) -> Iterator[Problem]:
    """Yield the faults of form of a view: what it lacks, what it cannot have, names that lead nowhere."""
    yield from _part_problems(path, view)
    if view.kind in ("board", "calendar", "gallery", "dashboard") and not table_name(view.name):
        yield Problem(
            path=f"{path}.name",
            message="Has no letter from A to Z, which its address needs.",
            hint="Add one; the title may be anything.",
        )
    if entity is not None:
        for part in ("by", "total", "start", "end", "label", "color", "image"):
            name = getattr(view, part)
            if name is not None:
                yield from _unknown(f"{path}.{part}", name, entity)
    if view.kind == "dashboard":
        yield from _dashboard_problems(path, view, spec)


def _part_problems(path: str, view: View) -> Iterator[Problem]:
    for part, kinds in _PARTS.items():
        if getattr(view, part) and view.kind not in kinds:
            yield Problem(
                path=f"{path}.{part}",
                message=f"A {view.kind} has no {part}.",
                hint=f"Remove it, or make it a {' or '.join(kinds)}.",
            )
    part, types = _NEEDED.get(view.kind, ("", ""))
    if part and getattr(view, part) is None:
        yield Problem(
            path=f"{path}.{part}",
            message=f"A {view.kind} needs a field here.",
            hint=f"Name one of type {types}.",
        )


def address_problems(path: str, views: Sequence[View]) -> Iterator[Problem]:
    """Yield the views that would have the address of another one."""
    for place, first in twice(table_name(view.name) for view in views):
        if views[place].name != views[first].name:
            yield Problem(
                path=f"{path}[{place}].name",
                message=f"Would have the same address as {views[first].name[:80]!r}.",
                hint="Rename one of them.",
            )


def view_meaning_problems(path: str, view: View, entity: Entity | None, spec: AppSpec) -> Iterator[Problem]:
    """Yield fields of the wrong kind, in a spec in which every name leads somewhere."""
    if entity is not None:
        yield from _field_problems(path, view, entity, spec)
    for place, card in enumerate(view.cards):
        found = next((each for each in spec.entities if each.name == card.entity), None)
        if found is not None:
            yield from _figure_problems(f"{path}.cards[{place}]", card, found, spec)


def _field_problems(path: str, view: View, entity: Entity, spec: AppSpec) -> Iterator[Problem]:
    fields = {field.name: field for field in entity.fields}

    def wrong(part: str, wanted: str, *, fits: bool) -> Iterator[Problem]:
        field = fields.get(getattr(view, part) or "")
        if field is not None and not fits:
            yield Problem(
                path=f"{path}.{part}", message=f"{field.title} does not fit.", hint=f"Name a field {wanted}."
            )

    def type_at(part: str) -> str:
        field = fields.get(getattr(view, part) or "")
        return "" if field is None else field.type

    def kind_at(part: str) -> KindName | None:
        field = fields.get(getattr(view, part) or "")
        return None if field is None else _kind(field, entity, spec)

    by, color, image = type_at("by"), type_at("color"), type_at("image")
    yield from wrong("by", "of type enum or reference", fits=by in ("enum", "reference"))
    yield from wrong("color", "of type enum", fits=color == "enum")
    yield from wrong("image", "of type image", fits=image == "image")
    yield from wrong("label", "of type text", fits=_names(fields.get(view.label or "")))
    yield from wrong("total", "of numbers", fits=kind_at("total") in NUMBERS)
    yield from wrong("start", "of dates", fits=kind_at("start") in DAYS)
    yield from wrong("end", "of the same type as start", fits=kind_at("end") == kind_at("start"))


def _names(field: Field | None) -> bool:
    """Tell whether a field's values can name a record."""
    return field is not None and field.type in TYPES and (is_computed(field) or TYPES[field.type].names)


def _kind(field: Field, entity: Entity, spec: AppSpec) -> KindName | None:
    """Return what the values of a field are; None for what cannot be told."""
    if field.type not in TYPES:
        return None
    if not is_computed(field):
        return kind_of(field).name
    try:
        return meaning_of(spec, entity, field).kind.name
    except ExpressionInvalid:
        return None


def _dashboard_problems(path: str, view: View, spec: AppSpec) -> Iterator[Problem]:
    if not view.cards:
        yield Problem(path=f"{path}.cards", message="There is no card.", hint="Add one, such as a count.")
    if len(view.cards) > CARDS_LIMIT:
        yield Problem(path=f"{path}.cards", message=f"More than {CARDS_LIMIT} cards.", hint="Divide it.")
    entities = {entity.name: entity for entity in spec.entities}
    for place, card in enumerate(view.cards):
        here = f"{path}.cards[{place}]"
        yield from title_problems(f"{here}.title", card.title)
        yield from _limit_problems(here, card)
        if card.entity not in entities:
            yield Problem(
                path=f"{here}.entity",
                message=f"There is no entity {card.entity[:80]!r}.",
                hint=did_you_mean(card.entity, entities),
            )
            continue
        yield from _card_problems(here, card, entities[card.entity])
    shown = [entities[card.entity] for card in view.cards if card.entity in entities]
    for place, name in enumerate(view.filters):
        choosable = {
            field.name for entity in shown for field in entity.fields if field.type in ("enum", "reference")
        }
        if name not in choosable:
            yield Problem(
                path=f"{path}.filters[{place}]",
                message=f"No card has a field {name[:80]!r} of type enum or reference.",
                hint=did_you_mean(name, sorted(choosable)),
            )


def _limit_problems(path: str, card: Card) -> Iterator[Problem]:
    for part, most in (("width", COLUMNS), ("limit", GROUPS_LIMIT)):
        if not 1 <= getattr(card, part) <= most:
            yield Problem(
                path=f"{path}.{part}", message=f"Must be from 1 to {most}.", hint="Change the number."
            )


def _card_problems(path: str, card: Card, entity: Entity) -> Iterator[Problem]:
    if card.aggregate != "count" and card.value is None:
        yield Problem(
            path=f"{path}.value",
            message=f"Say what the {card.aggregate} is of.",
            hint="Name a field, or write an expression such as quantity * price.",
        )
    if card.aggregate == "count" and card.value is not None:
        yield Problem(
            path=f"{path}.value",
            message="A count has no value.",
            hint="Remove it, or write which records count as the filter.",
        )
    if card.kind == "number" and card.group is not None:
        yield Problem(path=f"{path}.group", message="A number has no groups.", hint="Make it a bar.")
    if card.kind != "number" and card.group is None:
        yield Problem(
            path=f"{path}.group", message=f"A {card.kind} needs groups.", hint="Name the field of them."
        )
    for part in ("group", "date"):
        name = getattr(card, part)
        if name is not None:
            yield from _unknown(f"{path}.{part}", name, entity)


def _figure_problems(path: str, card: Card, entity: Entity, spec: AppSpec) -> Iterator[Problem]:
    if card.filter is not None:
        yield from condition_problems(f"{path}.filter", card.filter, entity, spec)
    if card.value is not None and card.aggregate != "count":
        fit = NUMBERS if card.aggregate in ("sum", "average") else (*NUMBERS, *DAYS)
        try:
            understand(card.value, SpecScope(spec, entity), wanted=fit)
        except ExpressionInvalid as error:
            hint = error.hint or "Name a field, or write an expression such as quantity * price."
            yield Problem(path=f"{path}.value", message=str(error), hint=hint)
    fields = {field.name: field for field in entity.fields}
    group, date = fields.get(card.group or ""), fields.get(card.date or "")
    kind = None if group is None else _kind(group, entity, spec)
    if group is not None and kind not in GROUPS:
        told = "something else" if kind is None else WORDS[kind]
        yield Problem(
            path=f"{path}.group",
            message=f"Each {group.title} is {told}, which makes no groups.",
            hint="Name a field of type enum, reference, text or date.",
        )
    if card.every is not None and group is not None and kind not in DAYS:
        yield Problem(path=f"{path}.every", message="Only dates have spans of time.", hint="Remove it.")
    if date is not None and _kind(date, entity, spec) not in DAYS:
        yield Problem(path=f"{path}.date", message=f"{date.title} is no date.", hint="Name a date.")


def _unknown(path: str, name: str, entity: Entity) -> Iterator[Problem]:
    names: Iterable[str] = [field.name for field in entity.fields]
    if name not in names:
        yield Problem(
            path=path, message=f"{entity.name} has no field {name[:80]!r}.", hint=did_you_mean(name, names)
        )
