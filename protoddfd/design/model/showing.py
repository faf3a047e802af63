"""What changes of views and dashboards do to a spec. Pure."""

import msgspec

from dataforms.spec import AppSpec, Card, View
from protoddfd.design.model.finding import Refused, entity_of, need, said, with_entity
from protoddfd.design.model.patch import Change

replace = msgspec.structs.replace

_OF_VIEW = ("title", "kind", "fields", "by", "start", "end", "sort", "color", "image")
_OF_CARD = ("title", "kind", "aggregate", "value", "group", "every", "filter")


def add_view(spec: AppSpec, change: Change) -> AppSpec:
    """Add a view of an entity, or a dashboard."""
    name = need(change, "view")
    shown = {"title": name.replace("_", " ").capitalize(), **said(change, _OF_VIEW)}
    if shown.get("kind", "table") not in ("table", "board", "calendar", "gallery", "dashboard"):
        raise Refused(
            f"A view cannot be of kind {shown['kind']!r}.", "Use table, board, calendar or gallery."
        )
    if shown.get("kind") == "dashboard":
        return replace(spec, views=(*spec.views, View(name=name, **shown)))
    entity = entity_of(spec, change)
    return with_entity(spec, replace(entity, views=(*entity.views, View(name=name, **shown))))


def remove_view(spec: AppSpec, change: Change) -> AppSpec:
    """Remove a view of an entity, or of the app."""
    name = need(change, "view")
    if change.entity:
        entity = entity_of(spec, change)
        kept = tuple(view for view in entity.views if view.name != name)
        return with_entity(spec, replace(entity, views=kept))
    return replace(spec, views=tuple(view for view in spec.views if view.name != name))


def add_card(spec: AppSpec, change: Change) -> AppSpec:
    """Add a figure or a chart to a dashboard."""
    name, entity = need(change, "view"), entity_of(spec, change)
    for view in spec.views:
        if view.name == name and view.kind == "dashboard":
            shown = said(change, _OF_CARD)
            if shown.get("kind") in ("board", "calendar", "gallery", "dashboard"):
                raise Refused(f"A card cannot be of kind {shown['kind']!r}.", "Use number, bar, line or pie.")
            card = Card(entity=entity.name, **{"title": entity.plural or entity.title, **shown})
            changed = replace(view, cards=(*view.cards, card))
            return replace(spec, views=tuple(changed if each is view else each for each in spec.views))
    raise Refused(f"There is no dashboard {name[:80]!r}.", "add_view makes one, of kind dashboard.")
