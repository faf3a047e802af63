"""What the pages let somebody do who has no account, where a role says what visitors may do.

The database enforces what that role allows; here is what is kept for people who can be told apart.
"""

import time

from dataforms.access import Access
from dataforms.accounts.accounts import Accounts
from dataforms.errors import NotAllowed
from dataforms.rest.bucket import VISITS_A_SECOND, VISITS_AT_ONCE, Buckets
from dataforms.spec import Entity, table_name
from dataforms.ui import present
from dataforms.ui.live import Live
from dataforms.ui.shapes import TableLink
from dataforms.words import say

ALLOWED = frozenset((
    *("load_home", "load_nowhere", "load_table", "load_view", "load_detail", "load_form", "refresh"),
    *("add", "edit", "close", "save", "back", "go_to", "typing", "add_row", "remove_row", "show_preview"),
    *("leave", "form_open_changed", "stay", "discard", "draft_found", "discard_draft"),
    *("pick_search", "pick", "pick_close", "make", "add_shown", "add_related", "open_row"),
    *("sort_by", "find", "turn", "turn_to_first", "turn_to_last", "resize"),
    *("show_column", "group_by", "show_total", "show_all"),
    *("filter_open", "filter_close", "filter_add", "filter_remove", "filter_join", "filter_field"),
    *("filter_operator", "filter_text", "filter_pick", "filter_search", "filter_apply", "filter_without"),
    *("lane_more", "lane_add", "day_add", "calendar_mode", "calendar_turn", "calendar_go", "calendar_week"),
    *("dashboard_span", "dashboard_day", "dashboard_pick"),
))  # fmt: skip
"""The handlers that a visitor may call: pages, forms, and ways to look at what may be read."""
_VISITS = Buckets(VISITS_A_SECOND, VISITS_AT_ONCE)


def visitors_of(accounts: Accounts | None) -> Access | None:
    """Return what visitors may do; None where there is no login, or they get no further than that."""
    return None if accounts is None else accounts.settings.visitors


def count_visit(app: Live, address: str) -> None:
    """Raise NotAllowed if a visitor has added too many records of late from an address."""
    if app.database.access.is_visitor and _VISITS.take(address, time.monotonic()):
        raise NotAllowed(say("So much has come from your network that it has to wait a minute."))


def is_form_alone(app: Live, entity: Entity) -> bool:
    """Tell whether a visitor gets to see of an entity its form and no record."""
    return app.database.access.is_visitor and not app.database.may("read", entity.name)


def may_look(app: Live) -> bool:
    """Tell whether there is any record to see, or could be: visitors may have forms to fill in alone."""
    return not app.database.access.is_visitor or any(
        app.database.may("read", entity.name) for entity in app.spec.entities
    )


def link(entity: Entity) -> TableLink:
    """Return the entry in the menu that leads to an entity's form alone."""
    found = present.table_link(entity, 0, ())
    return {**found, "href": form_of(entity), "count": "", "noun": ""}


def only_form(app: Live) -> str:
    """Return the address of the form that is all that a visitor gets to see; empty if that is not so."""
    entities = app.spec.entities
    return form_of(entities[0]) if len(entities) == 1 and is_form_alone(app, entities[0]) else ""


def form_of(entity: Entity) -> str:
    """Return the address of the form for a new record."""
    return f"/t/{table_name(entity.name)}/new"
