"""Calendars in a browser tab: which days are shown, what is on them, and moving it to other days."""

from datetime import date, datetime, time, timedelta

from reflex.event import EventSpec

from dataforms.spec import Entity, Period, View
from dataforms.typerow import Value
from dataforms.types import type_of
from dataforms.types_time import wall_clock
from dataforms.ui.live import Live
from dataforms.ui.state_app import handler
from dataforms.ui.state_views import ViewsState
from dataforms.ui.views import present_views
from dataforms.ui.views.shapes import Calendar
from dataforms.views.periods import MONTHS, shifted, start_of
from dataforms.views.questions import Listing, Wanted
from dataforms.words import say

NO_CALENDAR: Calendar = {
    "mode": "month", "title": "", "local": "", "weekdays": [], "days": [], "note": "",
    "busy": False, "nearest": "",
}  # fmt: skip
MODES = ("month", "week", "agenda")
MOST = {"month": 4, "week": 40, "agenda": 40}
"""How many records a day shows."""
RECORDS = 1_000
WEEKS = 6


class CalendarState(ViewsState, mixin=True):
    """The calendar shown."""

    calendar: Calendar = NO_CALENDAR

    _mode: str = "month"
    _day: str = ""
    """A day that is shown, in ISO 8601; today where it is empty."""

    @handler
    def calendar_mode(self, mode: str) -> None:
        """Show a month, a week or the agenda of a month."""
        if mode in MODES:
            self._mode = mode
            self._reload_days()

    @handler
    def calendar_turn(self, step: int) -> None:
        """Show what is before or after; today at 0."""
        shown = self._shown_day()
        self._day = ""
        if step:
            every = self._every()
            try:
                self._day = shifted(start_of(shown, every), every, step).isoformat()
            except OverflowError:
                self._day = shown.isoformat()
        self._reload_days()

    @handler
    def calendar_go(self, iso: str) -> None:
        """Show what a day is in."""
        self._day = date.fromisoformat(iso).isoformat()
        self._reload_days()

    @handler
    def calendar_week(self, iso: str) -> None:
        """Show the week of a day."""
        self._day = date.fromisoformat(iso).isoformat()
        self._mode = "week"
        self._reload_days()

    @handler
    def day_add(self, iso: str) -> None:
        """Open the form for a new record on a day."""
        app = self._app()
        view, entity = self._view_shown(app), self._entity_shown(app)
        day = date.fromisoformat(iso)
        values: dict[str, Value] = {}
        for name in (view.start, view.end):
            field = next((each for each in entity.fields if each.name == name), None)
            if field is not None and present_views.is_movable(entity, name):
                is_moment = type_of(field).kind == "datetime"
                values[field.name] = datetime.combine(day, time(9)) if is_moment else day
        self._open_with(app, entity, values, {})

    @handler
    def move_event(self, record: str, to: str, origin: str) -> EventSpec | None:
        """Move a record by as many days as there are from day `origin` to day `to`."""
        app = self._app()
        view, entity = self._view_shown(app), self._entity_shown(app)
        by = date.fromisoformat(to) - date.fromisoformat(origin)
        if not by or not record.isdecimal():
            return None
        found = app.database.get(entity.name, int(record))
        changed: dict[str, object] = {}
        for name in (view.start, view.end):
            value = None if found is None or name is None else found.values.get(name)
            if name is not None and isinstance(value, date) and present_views.is_movable(entity, name):
                changed[name] = _moved(value, by)
        if found is None or view.start not in changed:
            return None
        begin = present_views.day_of(changed[view.start])
        return self._store_move(app, record, changed, say("Moved to {place}", place=begin))

    def _begin_view(self) -> None:
        super()._begin_view()
        self._mode, self._day = "month", ""
        self.calendar = NO_CALENDAR

    def _load_view(self, app: Live) -> None:
        super()._load_view(app)
        if self.vista["kind"] == "calendar":
            self._load_days(app)

    def _reload_days(self) -> None:
        app = self._app()
        self._try(lambda: self._load_view(app))

    def _every(self) -> Period:
        return "week" if self._mode == "week" else "month"

    def _shown_day(self) -> date:
        return date.fromisoformat(self._day) if self._day else wall_clock().date()

    def _load_days(self, app: Live) -> None:
        view, entity = self._view_shown(app), self._entity_shown(app)
        day, every = self._shown_day(), self._every()
        first = start_of(day, every)
        last = shifted(first, every, 1) - timedelta(days=1)
        begin = start_of(first, "week") if self._mode == "month" else first
        count = 7 * WEEKS if self._mode == "month" else (last - begin).days + 1
        wanted = Wanted(within=(view.start or "", begin, begin + timedelta(days=count - 1)), until=view.end)
        found = app.database.some(entity.name, Listing(wanted=wanted, sort=view.start, limit=RECORDS))
        days = present_views.days_of(begin, count, (first, last), wall_clock().date())
        may_change = app.database.may("update", entity.name)
        movable = present_views.is_movable(entity, view.start) and may_change
        present_views.place_events(days, entity, view, found, movable=movable, most=MOST[self._mode])
        title, local = f"{say(MONTHS[first.month - 1])} {first.year}", f"month {first.isoformat()}"
        if self._mode == "week":
            title = f"{first.isoformat()} – {last.isoformat()}"
            local = f"days {first.isoformat()} {last.isoformat()}"
        is_busy = any(each["events"] and "is-other" not in each["look"] for each in days)
        self.calendar = {
            "mode": self._mode,
            "title": title,
            "local": local,
            "weekdays": [say(name) for name in present_views.WEEKDAYS],
            "days": days,
            "note": say("The first {count:,} are shown.", count=RECORDS) if len(found) >= RECORDS else "",
            "busy": is_busy,
            "nearest": "" if is_busy else self._nearest(app, view, entity, (first, last)),
        }

    def _nearest(self, app: Live, view: View, entity: Entity, shown: tuple[date, date]) -> str:
        """Return the day of the first record after those shown, else of the last before; else nothing."""
        start, day = view.start or "", timedelta(days=1)
        sides: tuple[tuple[str, date | None, date | None], ...] = (
            (start, shown[1] + day if shown[1] < date.max else None, None),
            (f"-{start}", None, shown[0] - day if shown[0] > date.min else None),
        )
        for sort, begin, end in sides:
            if begin is None and end is None:
                continue
            wanted = Wanted(within=(start, begin, end))
            for record in app.database.some(entity.name, Listing(wanted=wanted, sort=sort, limit=1)):
                day_found = present_views.day_of(record.values.get(start))
                if day_found is not None:
                    return day_found.isoformat()
        return ""


def _moved(value: date, by: timedelta) -> date:
    try:
        return value + by
    except OverflowError:
        return value
