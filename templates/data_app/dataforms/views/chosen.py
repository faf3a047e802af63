"""The views of a spec: those it names, and sensible ones where it names none. Pure."""

from collections.abc import Iterator

import msgspec

from dataforms.spec import AppSpec, Card, Entity, Field, View, table_name
from dataforms.types import display_field, type_of
from dataforms.words import phrase, say

KINDS = ("board", "calendar", "gallery")
"""The kinds that show one entity on a page of their own, besides its table."""
STATES = ("state", "status", "stage", "phase", "step", "progress", "pipeline")
STARTS = ("start", "starts", "begin", "begins", "from", "arrival", "check_in")
ENDS = ("end", "ends", "until", "due", "to", "finish", "departure", "check_out", "back", "returned")
PAST = ("birth", "born", "created", "updated", "modified", "joined", "changed")
"""Words in the names of dates that nobody plans by."""
COLUMNS = 12
SHOWN = 3
TILES = 4
CHARTS = 6
OWNERS = 6


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A view with the address that it has under `/v/`."""

    slug: str
    view: View


def views_of(spec: AppSpec, entity: Entity) -> list[Shown]:
    """Return the boards, calendars and galleries of an entity, in the order in which they are offered.

    `spec` may be what an account sees of an app: views by fields that are not in it are left out.
    """
    named = [*entity.views, *(view for view in spec.views if view.entity == entity.name)]
    found = [view for view in named if view.kind in KINDS]
    if not found:
        found = list(_derived(entity))
    fitting = (_fitting(view, entity) for view in found)
    return [Shown(slug=slug_of(view, entity), view=view) for view in fitting if view is not None]


def dashboards_of(spec: AppSpec) -> list[Shown]:
    """Return the dashboards of an app; one is made up of what its tables have where none is named."""
    named = [view for view in (*spec.views, *_inside(spec)) if view.kind == "dashboard"]
    found = named or list(_derived_dashboard(spec))
    return [Shown(slug=slug_of(view, None), view=view) for view in found]


def slug_of(view: View, entity: Entity | None) -> str:
    """Return the last part of a view's address: `order-board`, or `sales` for a dashboard."""
    own = table_name(view.name)
    return own if entity is None else f"{table_name(entity.name)}-{own}"


def find(spec: AppSpec, slug: str) -> tuple[View, Entity | None] | None:
    """Return the view at `/v/<slug>` and its entity; None without one, dashboards have no entity."""
    for entity in spec.entities:
        for each in views_of(spec, entity):
            if each.slug == slug:
                return each.view, entity
    return next(((each.view, None) for each in dashboards_of(spec) if each.slug == slug), None)


def _inside(spec: AppSpec) -> Iterator[View]:
    for entity in spec.entities:
        yield from entity.views


def _fitting(view: View, entity: Entity) -> View | None:
    """Return a view without the fields that the entity does not have; None if it cannot be without them."""
    names = {field.name for field in entity.fields}
    needed = {"board": view.by, "calendar": view.start, "gallery": view.image or ""}[view.kind]
    if needed is None or (needed and needed not in names):
        return None
    kept: dict[str, str | None] = {}
    for part in ("total", "end", "label", "color"):
        name = getattr(view, part)
        kept[part] = name if name in names else None
    sort = view.sort if view.sort and view.sort.removeprefix("-") in {*names, "id"} else None
    fields = tuple(name for name in view.fields if name in names)
    return msgspec.structs.replace(view, fields=fields, sort=sort, **kept)


def _derived(entity: Entity) -> Iterator[View]:
    fields = [field for field in entity.fields if not field.hidden]
    state = state_field(entity)
    if state is not None:
        total = next((field.name for field in fields if field.type == "money"), None)
        named = _plain(entity, {state.name})
        yield View(
            name="board", title=phrase("Board"), kind="board", by=state.name, fields=named, total=total
        )
    start = date_field(entity)
    if start is not None:
        end = _end_of(entity, start)
        color = None if state is None else state.name
        yield View(
            name="calendar", title=phrase("Calendar"), kind="calendar", start=start.name, end=end, color=color
        )
    image = next((field.name for field in fields if field.type == "image"), None)
    if image is not None:
        named = _plain(entity, {image})
        yield View(name="gallery", title=phrase("Gallery"), kind="gallery", image=image, fields=named)


def _plain(entity: Entity, without: set[str]) -> tuple[str, ...]:
    """Return the names of the first few fields that say something on a card."""
    display = display_field(entity)
    found = [
        field.name
        for field in entity.fields
        if not field.hidden
        and field is not display
        and field.name not in without
        and type_of(field).sort is not None
        and type_of(field).widget not in ("textarea", "file")
        and field.type != "children"
    ]
    return tuple(found[:SHOWN])


def state_field(entity: Entity) -> Field | None:
    """Return the enum that says where a record stands; None without one."""
    for field in entity.fields:
        words = field.name.split("_")
        if _has_few_choices(field) and any(each in words for each in STATES):
            return field
    return None


def _has_few_choices(field: Field) -> bool:
    return field.type == "enum" and 2 <= len(field.choices) <= COLUMNS and not field.hidden


def date_field(entity: Entity) -> Field | None:
    """Return the date that a record stands on in a calendar; None where no date matters."""
    dates = [
        field
        for field in entity.fields
        if type_of(field).kind in ("date", "datetime")
        and not field.hidden
        and not any(word in field.name for word in PAST)
    ]
    named = [field for field in dates if _is_named(field, STARTS)]
    needed = [field for field in dates if field.required]
    return next(iter((*named, *needed, *dates)), None)


def _end_of(entity: Entity, start: Field) -> str | None:
    kind = type_of(start).kind
    for field in entity.fields:
        same = type_of(field).kind == kind and field is not start and not field.hidden
        if same and _is_named(start, STARTS) and _is_named(field, ENDS):
            return field.name
    return None


def _is_named(field: Field, words: tuple[str, ...]) -> bool:
    return field.name in words or any(part in words for part in field.name.split("_"))


def _derived_dashboard(spec: AppSpec) -> Iterator[View]:
    tiles = [
        Card(title=entity.plural or entity.title, entity=entity.name) for entity in spec.entities[:TILES]
    ]
    owners = [card for entity in spec.entities for card in _owners(entity)]
    charts = [*(card for entity in spec.entities for card in _charts(entity)), *owners][:CHARTS]
    if charts:
        filters = {state.name for entity in spec.entities if (state := state_field(entity)) is not None}
        yield View(
            name="dashboard",
            title=phrase("Dashboard"),
            kind="dashboard",
            cards=(*tiles, *charts),
            filters=tuple(sorted(filters)),
        )


def _charts(entity: Entity) -> Iterator[Card]:
    title = entity.plural or entity.title
    state, day = state_field(entity), date_field(entity)
    money = next((each for each in entity.fields if each.type == "money" and not each.hidden), None)
    date = None if day is None else day.name
    if day is not None and money is not None:
        yield Card(
            title=say("{plural}: {field} over time", plural=title, field=money.title),
            kind="area",
            entity=entity.name,
            aggregate="sum",
            value=money.name,
            group=day.name,
            width=2,
        )
    elif day is not None:
        yield Card(
            title=say("{plural} over time", plural=title),
            kind="bar",
            entity=entity.name,
            group=day.name,
            width=2,
        )
    told_apart = state or next((field for field in entity.fields if _has_few_choices(field)), None)
    if told_apart is not None:
        yield Card(
            title=_by(entity, told_apart),
            kind="pie",
            entity=entity.name,
            group=told_apart.name,
            date=date,
            width=2,
        )


def _owners(entity: Entity) -> Iterator[Card]:
    """Yield whose most of the records are that happen on a day."""
    owner = next((each for each in entity.fields if each.type == "reference" and not each.hidden), None)
    day = date_field(entity)
    if owner is not None and day is not None:
        yield Card(
            title=_by(entity, owner),
            kind="bar",
            entity=entity.name,
            group=owner.name,
            date=day.name,
            limit=OWNERS,
            width=2,
        )


def _by(entity: Entity, field: Field) -> str:
    return say("{plural} by {field}", plural=entity.plural or entity.title, field=field.title)
