"""The views of a table that have a name, as tabs: those of the spec, and those that people keep. Pure."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from dataforms.filters import filter_of
from dataforms.saved_views import SavedView
from dataforms.spec import Entity, View, table_name
from dataforms.ui.look import Look, address, first_page, look_of, parameters
from dataforms.ui.shapes import ViewTab
from dataforms.words import say

NAME_LENGTH = 60


def tabs(entity: Entity, saved: Sequence[SavedView], look: Look) -> list[ViewTab]:
    """Return the tabs above a table; none where there is but one way to see it."""
    slug = table_name(entity.name)
    here = parameters(first_page(look))
    shown = [
        (view.title, parameters(look_of_view(view)), "") for view in entity.views if view.kind == "table"
    ]
    shown += [(view.name, view.parameters, str(view.id)) for view in saved]
    if not shown:
        return []
    every: ViewTab = {"href": address(slug, Look()), "title": say("All"), "current": not here, "record": ""}
    return [every, *(_tab(slug, title, given, here, record) for title, given, record in shown)]


def look_of_view(view: View) -> Look:
    """Return what a view of the spec shows."""
    return Look(
        filter=filter_of(view.filter) if view.filter else Look().filter,
        group=view.group or "",
        sort=view.sort or "",
        columns=view.fields,
        totals=view.totals,
    )


def kept(look: Look) -> dict[str, str]:
    """Return what is kept of a look as a view: all but the page."""
    return parameters(first_page(look))


def _tab(slug: str, title: str, given: Mapping[str, str], here: Mapping[str, str], record: str) -> ViewTab:
    known = parameters(look_of(given))
    return {
        "href": f"/t/{slug}?{urlencode(known)}",
        "title": title,
        "current": known == here,
        "record": record,
    }
