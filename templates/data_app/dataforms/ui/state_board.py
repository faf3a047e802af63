"""Boards and galleries in a browser tab: the cards shown, and moving them from column to column."""

from collections.abc import Mapping

import msgspec
from reflex.event import EventSpec

from dataforms.errors import UnknownName
from dataforms.spec import Entity, Field, View
from dataforms.typerow import Value
from dataforms.ui.live import Live
from dataforms.ui.state_app import handler
from dataforms.ui.state_views import ViewsState
from dataforms.ui.views import present_views
from dataforms.ui.views.shapes import Item, Lane
from dataforms.views.figures import figure_field, shown_figure
from dataforms.views.questions import Figure, Listing, Question, Wanted
from dataforms.words import number as grouped
from dataforms.words import say

STEP = 20
"""How many cards more are shown at once."""
LANES = 30
NONE = "none"


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    """A column: the value that its cards have."""

    key: str
    title: str
    look: str
    value: Value


class BoardState(ViewsState, mixin=True):
    """The board or the gallery shown."""

    lanes: list[Lane] = []  # noqa: RUF012 - Reflex copies defaults, here and below
    items: list[Item] = []  # noqa: RUF012
    items_more: bool = False

    _lengths: dict[str, int] = {}  # noqa: RUF012
    """How many cards of a column are shown, by key; of a gallery at ''."""

    @handler
    def lane_more(self, key: str) -> None:
        """Show more cards of a column, or of the gallery at an empty `key`."""
        self._lengths = {**self._lengths, key: self._lengths.get(key, STEP) + STEP}
        app = self._app()
        self._try(lambda: self._load_view(app))

    @handler
    def move_card(self, record: str, key: str) -> EventSpec | None:
        """Give a record the value of another column."""
        app = self._app()
        view, entity = self._view_shown(app), self._entity_shown(app)
        place = next((each for each in self._places(app, view, entity) if each.key == key), None)
        if view.by is None or place is None or not record.isdecimal():
            return None
        if any(lane["key"] == key and _holds(lane, record) for lane in self.lanes):
            return None
        return self._store_move(
            app, record, {view.by: place.value}, say("Moved to {place}", place=place.title)
        )

    @handler
    def lane_add(self, key: str) -> None:
        """Open the form for a new record with the value of a column."""
        app = self._app()
        view, entity = self._view_shown(app), self._entity_shown(app)
        place = next((each for each in self._places(app, view, entity) if each.key == key), None)
        if view.by is not None and place is not None:
            field = _field(entity, view.by)
            labels = {view.by: place.title} if field.type == "reference" and place.value is not None else {}
            self._open_with(app, entity, {view.by: place.value}, labels)

    def _begin_view(self) -> None:
        super()._begin_view()
        self._lengths = {}
        self.lanes, self.items, self.items_more = [], [], False

    def _load_view(self, app: Live) -> None:
        super()._load_view(app)
        if self.vista["kind"] == "board":
            self._load_board(app)
        elif self.vista["kind"] == "gallery":
            self._load_gallery(app)

    def _load_board(self, app: Live) -> None:
        view, entity = self._view_shown(app), self._entity_shown(app)
        places = self._places(app, view, entity)
        counts = _by_key(app.database.figures(entity.name, Question(group=view.by)))
        totals: Mapping[Value, Figure] = {}
        if view.total is not None:
            asked = Question(aggregate="sum", value=view.total, group=view.by)
            totals = _by_key(app.database.figures(entity.name, asked))
        movable = present_views.is_movable(entity, view.by) and app.database.may("update", entity.name)
        self.vista = {**self.vista, "may_change": movable, "state": "ready" if counts else "empty"}
        self.lanes = [
            self._lane(app, view, entity, place, counts.get(place.value), totals.get(place.value))
            for place in places
            if place.key != NONE or place.value in counts
        ]

    def _lane(
        self, app: Live, view: View, entity: Entity, place: _Place, count: Figure | None, total: Figure | None
    ) -> Lane:
        number = count.value if count is not None and isinstance(count.value, int) else 0
        shown = self._lengths.get(place.key, STEP)
        wanted = Wanted(equal=((view.by or "", place.value),))
        records = []
        if number:
            listing = Listing(wanted=wanted, sort=view.sort or "-id", limit=shown)
            records = app.database.some(entity.name, listing)
        field = None if view.total is None else figure_field(app.spec, entity, "sum", view.total)
        left = number - len(records)
        return {
            "key": place.key,
            "title": place.title,
            "look": place.look,
            "count": grouped(number),
            "total": shown_figure(total, field) if total is not None and field is not None else "",
            "items": [present_views.item(entity, view, record, place.key) for record in records],
            "more": say("Show {count:,} of {left:,} more", count=STEP, left=left)
            if left > STEP
            else say("Show {count:,} more", count=left)
            if left
            else "",
        }

    def _places(self, app: Live, view: View, entity: Entity) -> list[_Place]:
        """Return the columns of a board; the last one is for records without a value."""
        field = _field(entity, view.by or "")
        found: list[_Place] = []
        if field.type == "reference":
            options = app.database.options(field.target or "", limit=LANES)
            for option in options:
                look = f"df-chip tone-{option.id % 7}"
                found.append(_Place(key=str(option.id), title=option.label, look=look, value=option.id))
        else:
            for place, choice in enumerate(field.choices):
                look = f"df-chip tone-{place % present_views.TONES}"
                found.append(_Place(key=str(place), title=choice, look=look, value=choice))
        return [*found, _Place(key=NONE, title=say("Not set"), look="df-chip tone-7", value=None)]

    def _load_gallery(self, app: Live) -> None:
        view, entity = self._view_shown(app), self._entity_shown(app)
        size = self._lengths.get("", STEP)
        records = app.database.some(entity.name, Listing(sort=view.sort or "-id", limit=size + 1))
        self.items = [present_views.item(entity, view, record) for record in records[:size]]
        self.items_more = len(records) > size
        self.vista = {**self.vista, "state": "ready" if records else "empty"}


def _field(entity: Entity, name: str) -> Field:
    for field in entity.fields:
        if field.name == name:
            return field
    raise UnknownName(say("{entity} has no field {name}.", entity=entity.title, name=repr(name)))


def _by_key(figures: list[Figure]) -> dict[Value, Figure]:
    return {figure.key: figure for figure in figures}


def _holds(lane: Lane, record: str) -> bool:
    return any(item["id"] == record for item in lane["items"])
