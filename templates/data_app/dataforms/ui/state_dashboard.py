"""Dashboards in a browser tab: their charts, and what all of them are filtered by."""

from datetime import date

import msgspec

from dataforms.errors import DataError, ExpressionInvalid
from dataforms.spec import Aggregate, Card, Entity, Field, View
from dataforms.typerow import Value
from dataforms.types import type_of
from dataforms.types_time import wall_clock
from dataforms.ui.live import Live
from dataforms.ui.shapes import Choice
from dataforms.ui.state_app import handler
from dataforms.ui.state_views import ViewsState
from dataforms.ui.views import present_charts
from dataforms.ui.views.shapes import Chart, Dashboard, Sieve
from dataforms.views.figures import ADDED, figure_field, in_choices, in_time, no_figure
from dataforms.views.periods import fitting
from dataforms.views.questions import Figure, Question, Wanted
from dataforms.words import say

NO_DASHBOARD: Dashboard = {
    "span": "", "first": "", "last": "", "sieves": [], "charts": [], "dated": False,
}  # fmt: skip
OPTIONS = 100
ENDS: tuple[Aggregate, ...] = ("min", "max")


class DashboardState(ViewsState, mixin=True):
    """The dashboard shown."""

    dashboard: Dashboard = NO_DASHBOARD

    _span: tuple[str, str, str] = ("", "", "")
    """The name of the range of days, its first and its last day; empty for all."""
    _picked: dict[str, str] = {}  # noqa: RUF012 - Reflex copies defaults
    """What is chosen in each field: a choice, or the id of a record."""

    @handler
    def dashboard_span(self, name: str) -> None:
        """Count only what is in a named range of days; everything at an empty name."""
        first, last = present_charts.range_of(name, wall_clock().date())
        self._span = (name, _iso(first), _iso(last))
        self._reload_charts()

    @handler
    def dashboard_day(self, end: str, iso: str) -> None:
        """Count only what is from the `first` or to the `last` day."""
        try:
            day = _iso(date.fromisoformat(iso)) if iso else ""
        except ValueError:
            return
        _, first, last = self._span
        self._span = ("own", day, last) if end == "first" else ("own", first, day)
        self._reload_charts()

    @handler
    def dashboard_pick(self, name: str, value: str) -> None:
        """Count only what has a value in a field; everything at an empty value."""
        self._picked = {**self._picked, name: value}
        self._reload_charts()

    def _begin_view(self) -> None:
        super()._begin_view()
        self._span, self._picked = ("", "", ""), {}
        self.dashboard = NO_DASHBOARD

    def _load_view(self, app: Live) -> None:
        super()._load_view(app)
        if self.vista["kind"] == "dashboard":
            self._load_charts(app)

    def _reload_charts(self) -> None:
        app = self._app()
        self._try(lambda: self._load_view(app))

    def _load_charts(self, app: Live) -> None:
        view = self._view_shown(app)
        entities = {entity.name: entity for entity in app.spec.entities}
        cards = [card for card in view.cards if card.entity in entities]
        sieves = [
            made for name in view.filters if (made := self._sieve(app, view, name, entities)) is not None
        ]
        charts = [
            chart
            for place, card in enumerate(cards)
            if (chart := self._chart(app, f"card{place}", card, entities[card.entity])) is not None
        ]
        name, first, last = self._span
        self.dashboard = {
            "span": name,
            "first": first,
            "last": last,
            "sieves": sieves,
            "charts": charts,
            "dated": any(_date_of(card, entities[card.entity]) for card in cards),
        }
        self.vista = {**self.vista, "state": "ready" if charts else "empty"}

    def _chart(self, app: Live, key: str, card: Card, entity: Entity) -> Chart | None:
        """Return a card with its figures; None where the account does not get to see them."""
        try:
            shown = figure_field(app.spec, entity, card.aggregate, card.value)
            card = self._with_span(app, card, entity)
            figures, rest = self._figures(app, card, entity, shown)
        except (ExpressionInvalid, DataError):
            return None
        return present_charts.chart(key, card, entity, figures, shown, rest)

    def _with_span(self, app: Live, card: Card, entity: Entity) -> Card:
        """Return a card that tells dates apart by a span, that which suits them where it names none."""
        group = _field(entity, card.group)
        if card.every is not None or group is None or not present_charts.is_timed(group):
            return card
        wanted = self._records_meant(card, entity)
        first, last = (
            app.database.figures(entity.name, Question(wanted=wanted, aggregate=end, value=group.name))[
                0
            ].value
            for end in ENDS
        )
        every = (
            fitting(first, last, card.limit)
            if isinstance(first, date) and isinstance(last, date)
            else "month"
        )
        return msgspec.structs.replace(card, every=every)

    def _figures(
        self, app: Live, card: Card, entity: Entity, shown: Field
    ) -> tuple[list[Figure], Figure | None]:
        group = _field(entity, card.group)
        wanted = self._records_meant(card, entity)
        question = Question(wanted=wanted, aggregate=card.aggregate, value=card.value)
        if group is None:
            return app.database.figures(entity.name, question), None
        if present_charts.is_timed(group):
            every = card.every or "month"
            asked = msgspec.structs.replace(question, group=group.name, every=every, limit=card.limit)
            found = app.database.figures(entity.name, asked)
            return in_time(found, every, card.limit, no_figure(card.aggregate, shown)), None
        asked = msgspec.structs.replace(question, group=group.name, limit=card.limit + 1)
        found = app.database.figures(entity.name, asked)
        rest = None
        if len(found) > card.limit:
            found = found[: card.limit]
            rest = self._rest(app, question, entity, found) if card.aggregate in ADDED else None
        return (in_choices(found, group.choices) if group.choices else found), rest

    def _rest(self, app: Live, question: Question, entity: Entity, found: list[Figure]) -> Figure | None:
        """Return what is left of the whole besides the figures shown."""
        [whole] = app.database.figures(entity.name, question)
        left: object = whole.value
        for figure in found:
            left = left - figure.value  # type: ignore[operator]  # numbers of one kind
        return Figure(key=present_charts.OTHERS, label=say("Others"), value=left)  # type: ignore[arg-type]  # the same kind

    def _records_meant(self, card: Card, entity: Entity) -> Wanted:
        _, first, last = self._span
        equal: list[tuple[str, Value]] = []
        for name, picked in self._picked.items():
            field = _field(entity, name)
            if field is not None and field.type in ("enum", "reference") and picked:
                equal.append((name, _value(field, picked)))
        day = _date_of(card, entity)
        within = None
        if day is not None and (first or last):
            within = (day, _day(first), _day(last))
        return Wanted(where=card.filter, equal=tuple(equal), within=within)

    def _sieve(self, app: Live, view: View, name: str, entities: dict[str, Entity]) -> Sieve | None:
        """Return a field to choose by, as the first card's entity has it that has it."""
        fields = [
            field
            for card in view.cards
            if card.entity in entities
            if (field := _field(entities[card.entity], name)) is not None
        ]
        field = next((each for each in fields if each.type in ("enum", "reference")), None)
        if field is None:
            return None
        picked = self._picked.get(name, "")
        pairs = [(choice, choice) for choice in field.choices]
        if field.type == "reference":
            if field.target not in entities:
                return None
            options = app.database.options(field.target or "", limit=OPTIONS)
            pairs = [(str(option.id), option.label) for option in options]
        choices: list[Choice] = [
            {"value": value, "text": text, "picked": value == picked} for value, text in pairs
        ]
        return {"name": name, "label": field.title, "value": picked, "options": choices}


def _field(entity: Entity, name: str | None) -> Field | None:
    return next((field for field in entity.fields if field.name == name), None)


def _date_of(card: Card, entity: Entity) -> str | None:
    """Return the field of dates that a range of days applies to."""
    field = _field(entity, card.date or card.group)
    return field.name if field is not None and type_of(field).kind in ("date", "datetime") else None


def _value(field: Field, picked: str) -> Value:
    if field.type == "reference":
        return int(picked) if picked.isdecimal() else None
    return picked


def _day(iso: str) -> date | None:
    return date.fromisoformat(iso) if iso else None


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()
