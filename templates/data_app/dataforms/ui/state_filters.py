"""The panel of filters in a browser tab, the chips above the table, and the views that have a name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from reflex.event import EventSpec

from dataforms.errors import FilterInvalid
from dataforms.filters import Filter, understood
from dataforms.spec import Entity, Field
from dataforms.ui import draft as drafts
from dataforms.ui import present_views
from dataforms.ui.draft import Draft, Line
from dataforms.ui.live import Live
from dataforms.ui.look import first_page
from dataforms.ui.shapes import Choice, FilterChip, FilterPanel, ViewTab
from dataforms.ui.state_app import handler, toast
from dataforms.ui.state_table import TableState
from dataforms.words import say

NO_PANEL: FilterPanel = {"open": False, "key": "", "fields": [], "groups": []}
OPTIONS = 12
"""So many records are offered at once, to tick."""


class FilterState(TableState, mixin=True):
    """What leaves rows out."""

    filters: FilterPanel = NO_PANEL
    filter_chips: list[FilterChip] = []  # noqa: RUF012 - Reflex copies defaults, here and below
    view_tabs: list[ViewTab] = []  # noqa: RUF012
    naming: bool = False
    """Is a name for a new view being asked for?"""

    _draft: Draft = Draft()
    _wanted: dict[int, str] = {}  # noqa: RUF012
    """What is searched for in a line of records, as long as its input is there."""

    @handler
    def filter_open(self) -> None:
        """Open the panel with the filter that is active, or with a first condition to make; or close it."""
        if self.filters["open"]:
            self.filters = NO_PANEL
            return
        _, entity = self._here()
        self._wanted = {}
        draft = drafts.draft_of(self._look.filter)
        fields = drafts.filtered_fields(entity)
        if not draft.lines and fields:
            draft = msgspec.structs.replace(draft, lines=(drafts.new_line(fields[0]),))
        self._draft_is(draft)

    @handler
    def filter_close(self) -> None:
        """Close the panel; what is active stays."""
        self.filters = NO_PANEL

    @handler
    def filter_add(self, group: int) -> None:
        """Add a condition to a group, and a group with one if there is none of that number."""
        _, entity = self._here()
        draft = self._draft
        joins = draft.joins if group < len(draft.joins) else (*draft.joins, "any")
        line = drafts.new_line(drafts.filtered_fields(entity)[0], min(group, len(joins) - 1))
        self._draft_is(msgspec.structs.replace(draft, joins=joins, lines=(*draft.lines, line)))

    @handler
    def filter_remove(self, number: int) -> None:
        """Remove a condition from the panel."""
        self._wanted = {}
        lines = tuple(line for place, line in enumerate(self._draft.lines) if place != number)
        self._draft_is(msgspec.structs.replace(self._draft, lines=lines))

    @handler
    def filter_join(self, group: int, join: str) -> None:
        """Have all of a group hold, or any."""
        joins = tuple(join if place == group else each for place, each in enumerate(self._draft.joins))
        self._draft_is(msgspec.structs.replace(self._draft, joins=joins))

    @handler
    def filter_field(self, number: int, name: str) -> None:
        """Set the field of a condition."""
        _, entity = self._here()
        field = next(each for each in drafts.filtered_fields(entity) if each.name == name)
        self._wanted = {**self._wanted, number: ""}
        self._change(number, lambda line: drafts.new_line(field, line.group, line.operator))

    @handler
    def filter_operator(self, number: int, operator: str) -> None:
        """Set the operator of a condition."""
        self._wanted = {**self._wanted, number: ""}
        self._change(number, lambda line: msgspec.structs.replace(line, operator=operator))

    @handler
    def filter_text(self, number: int, place: int, text: str) -> None:
        """Note what is typed to compare with: the first text, or the second of two."""

        def typed(line: Line) -> Line:
            texts = (text, line.texts[1]) if place == 0 else (line.texts[0], text)
            return msgspec.structs.replace(line, texts=texts)

        self._draft = _changed(self._draft, number, typed)  # the input has it already

    @handler
    def filter_pick(self, number: int, value: str, picked: bool) -> None:
        """Tick a value to compare with, or do not."""

        def ticked(line: Line) -> Line:
            others = tuple(each for each in line.picked if each != value)
            return msgspec.structs.replace(line, picked=(*others, value) if picked else others)

        self._change(number, ticked)

    @handler
    def filter_search(self, number: int, text: str) -> None:
        """Offer the records whose label holds the words of `text`."""
        self._wanted = {**self._wanted, number: text}
        self._draft_is(self._draft)

    @handler
    def filter_apply(self, typed: dict[str, Any]) -> EventSpec | None:
        """Show the rows that the panel wants; leave it open, with what is wrong, if that is nothing."""
        _, entity = self._here()
        lines = tuple(_typed(line, number, typed) for number, line in enumerate(self._draft.lines))
        self._draft = msgspec.structs.replace(self._draft, lines=lines)
        wanted = drafts.filter_of_draft(self._draft)
        try:
            understood(wanted, entity)
        except FilterInvalid as error:
            wrong = drafts.line_number(self._draft, error.place)
            self._draft_is(self._draft, {} if wrong is None else {wrong: str(error)})
            return None
        self.filters = NO_PANEL
        return self._go(first_page(self._look, filter=wanted))

    @handler
    def filter_without(self, number: int) -> EventSpec | None:
        """Leave out a part of the active filter."""
        self.filters = NO_PANEL
        return self._go(first_page(self._look, filter=drafts.without(self._look.filter, number)))

    @handler
    def show_all(self) -> EventSpec | None:
        """Leave out search and filter."""
        self.filters = NO_PANEL
        return self._go(first_page(self._look, search="", filter=Filter()))

    @handler
    def view_ask(self, asked: bool) -> None:
        """Ask for the name of a new view, or ask no longer."""
        self.naming = asked

    @handler
    def view_save(self, typed: dict[str, Any]) -> EventSpec | None:
        """Keep what the page shows as a view, under a name."""
        app, entity = self._here()
        name = " ".join(str(typed.get("name", "")).split())[: present_views.NAME_LENGTH]
        if not name:
            return None
        app.database.save_view(
            entity.name, name, present_views.kept(self._look), is_shared=bool(typed.get("shared"))
        )
        self.naming = False
        self._show_parts(app, entity)
        return toast(say("View {name} saved", name=name))

    @handler
    def view_delete(self, record: str) -> None:
        """Delete a view."""
        app, entity = self._here()
        app.database.delete_view(int(record))
        self._show_parts(app, entity)

    def _load_rows(self, app: Live, entity: Entity, *, moved: bool = False) -> None:
        super()._load_rows(app, entity, moved=moved)
        self._show_parts(app, entity)

    def _show_parts(self, app: Live, entity: Entity) -> None:
        self.filter_chips = drafts.chips(self._look.filter, entity, self._labels(app))
        kept = app.database.views(entity.name) if app.database.may("read", entity.name) else []
        self.view_tabs = present_views.tabs(entity, kept, self._look)

    def _close_all(self) -> None:
        super()._close_all()
        self.filters, self.naming = NO_PANEL, False

    def _change(self, number: int, change: Callable[[Line], Line]) -> None:
        self._draft_is(_changed(self._draft, number, change))

    def _draft_is(self, draft: Draft, errors: dict[int, str] | None = None) -> None:
        app, entity = self._here()
        fields = {field.name: field for field in entity.fields}
        self._draft = draft
        lines = [
            drafts.shown_line(
                number,
                line,
                entity,
                self._choices(app, number, fields[line.field], line),
                (errors or {}).get(number, ""),
            )
            for number, line in enumerate(draft.lines)
            if line.field in fields
        ]
        self.filters = {
            "open": True,
            "key": f"{self.view['slug']}-{len(draft.lines)}",
            "fields": [
                {"value": each.name, "text": each.title, "picked": False}
                for each in drafts.filtered_fields(entity)
            ],
            "groups": [
                {"number": number, "join": join, "lines": [line for line in lines if line["group"] == number]}
                for number, join in enumerate(draft.joins)
            ],
        }

    def _choices(self, app: Live, number: int, field: Field, line: Line) -> list[Choice]:
        if not drafts.is_picked(line, field):
            return []
        if not drafts.picks_records(field):
            return drafts.picks_of(field, line)
        picked = self._labels(app)(field, line.picked)
        found = app.database.options(field.target or "", self._wanted.get(number, ""), limit=OPTIONS)
        offered = {**picked, **{str(option.id): option.label for option in found}}
        return [
            {"value": value, "text": text, "picked": value in line.picked} for value, text in offered.items()
        ]

    def _labels(self, app: Live) -> drafts.Labels:
        def labels(field: Field, ids: Sequence[str]) -> dict[str, str]:
            known = [int(each) for each in ids if each.isascii() and each.isdigit() and len(each) < 19]
            if field.target is None or not app.database.may("read", field.target):
                return {}
            return {str(id): label for id, label in app.database.labels(field.target, known).items()}

        return labels


def _changed(draft: Draft, number: int, change: Callable[[Line], Line]) -> Draft:
    lines = tuple(change(line) if place == number else line for place, line in enumerate(draft.lines))
    return msgspec.structs.replace(draft, lines=lines)


def _typed(line: Line, number: int, typed: Mapping[str, object]) -> Line:
    """Return line `number` with what is in the form's inputs for it."""
    first, second = (typed.get(f"{name}{number}", text) for name, text in zip("vw", line.texts, strict=True))
    return msgspec.structs.replace(line, texts=(str(first), str(second)))
