"""Many rows at once: which are selected, what becomes of them, and how a delete is taken back."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import reflex as rx
from reflex.event import EventSpec
from reflex_components_sonner.toast import ToastAction  # type: ignore[import-untyped]  # it has none

from dataforms.errors import DataError
from dataforms.query import Query, Record
from dataforms.several import Report
from dataforms.spec import Entity, table_name
from dataforms.ui import entry, present
from dataforms.ui.live import Live
from dataforms.ui.shapes_rows import DeletedRow, Many, Refusal, Selected
from dataforms.ui.state_app import handler, toast
from dataforms.ui.state_cell import CellState, in_place
from dataforms.ui.state_inputs import NO_FORM
from dataforms.words import all_of, number, phrase, say

NO_SELECTION: Selected = {"count": 0, "text": "", "all": False, "page": False, "more": ""}
NO_MANY: Many = {"kind": "", "title": "", "problem": "", "refused": [], "fields": []}
SHOWN = 200
"""So many deleted records are listed, and so many refused ones."""
UNDO_MS = 10_000


class RowsState(CellState, mixin=True):
    """The selected rows and the deleted ones."""

    selected: list[str] = []  # noqa: RUF012 - Reflex copies defaults, here and below
    selection: Selected = NO_SELECTION
    many: Many = NO_MANY
    deleted: list[DeletedRow] = []  # noqa: RUF012

    _anchor: str = ""
    """The row from which a range is selected."""
    _matching: Query = Query()
    """What the rows match that are all selected; with another question they are no more."""

    @handler
    def tick(self, record: str, with_range: bool) -> None:
        """Select a row or no longer; with a range, all rows from the one before to it."""
        shown = [row["id"] for row in self.rows]
        chosen = self._chosen()
        if with_range and self._anchor in shown and record in shown:
            first, last = sorted((shown.index(self._anchor), shown.index(record)))
            chosen += [id for id in shown[first : last + 1] if id not in chosen]
        elif record in chosen:
            chosen.remove(record)
        else:
            chosen.append(record)
        self._anchor = record
        self._select(chosen)

    @handler
    def tick_page(self) -> None:
        """Select all rows that are shown, or none of them."""
        shown = [row["id"] for row in self.rows]
        others = [id for id in self._chosen() if id not in shown]
        self._select(others if self.selection["page"] else [*others, *shown])

    @handler
    def tick_all(self) -> None:
        """Select every row that matches, on other pages too."""
        self._matching = self._look.matching
        self._select([row["id"] for row in self.rows], is_all=True)

    @handler
    def clear_selection(self) -> None:
        """Select nothing."""
        self._select([])

    @handler
    def ask_change(self) -> None:
        """Ask what shall be changed in the selected rows."""
        _, entity = self._here()
        self.close_cell()
        fields: list[Any] = [
            {"value": field.name, "text": field.title, "picked": False}
            for field in entity.fields
            if entry.is_entered_in_place(field) and not field.unique
        ]
        self.form = {**NO_FORM, "slug": table_name(entity.name)}
        self.grids = {}
        self.many = {
            **NO_MANY,
            "kind": "change",
            "title": say("Change {records}", records=self._named(entity)),
            "fields": fields,
        }

    @handler
    def take_field(self, name: str) -> None:
        """Take one more field into the change."""
        _, entity = self._here()
        field = entry.field_of(entity, name)
        self.inputs = [*self.inputs, in_place(entity, field, Record(id=0, values={}, labels={}))]
        names = {each["name"] for each in self.inputs}
        fields = [{**each, "picked": each["value"] in names} for each in self.many["fields"]]
        self.many = {**self.many, "fields": fields}  # type: ignore[typeddict-item]  # they are choices still

    @handler
    def ask_delete_many(self) -> None:
        """Ask whether the selected rows shall go."""
        _, entity = self._here()
        self.many = {
            **NO_MANY,
            "kind": "delete",
            "title": say("Delete {records}?", records=self._named(entity)),
        }

    @handler
    def many_open_changed(self, is_open: bool) -> None:
        """Follow the dialog, which Escape closes."""
        if not is_open:
            self.many, self.inputs = NO_MANY, []

    @handler
    def change_many(self, typed: dict[str, Any]) -> EventSpec | None:
        """Change the selected rows; name those that refuse."""
        app, entity = self._here()
        names = {each["name"] for each in self.inputs}
        fields = [field for field in entity.fields if field.name in names]
        values = entry.typed_values(fields, {**typed, **entry.picked_of(self.inputs)})
        if not values:
            self.many = {**self.many, "problem": say("Choose a field to change first.")}
            return None
        try:
            report = app.database.change(entity.name, self._which(), values)
        except DataError as failed:
            self.many = {**self.many, "problem": str(failed)}
            return None
        return self._done(app, entity, report, phrase("{records} changed"))

    @handler
    def delete_selected(self) -> EventSpec | None:
        """Delete the selected rows; name those that refuse."""
        app, entity = self._here()
        try:
            report = app.database.delete_many(entity.name, self._which())
        except DataError as failed:
            self.many = {**self.many, "problem": str(failed)}
            return None
        return self._done(app, entity, report, phrase("{records} deleted"))

    @handler
    def undo(self, slug: str, items: list[int]) -> EventSpec | None:
        """Bring back what was just deleted from a table."""
        app = self._app()
        entity = present.entity_of(app.spec, slug)
        if entity is None:
            return None
        report = app.database.restore(entity.name, items)
        self._refresh()
        if report.refused:
            return toast(f"{report.refused[0].label}: {report.refused[0].message}", is_error=True)
        return toast(say("{records} restored", records=self._counted(entity, len(report.done))))

    @handler
    def restore(self, item: str) -> EventSpec | None:
        """Bring back one deleted record."""
        return self.undo(self.view["slug"], [int(item)])

    @handler
    def load_deleted(self) -> None:
        """List what was deleted lately from the table that the address names."""
        self._try(self._show_deleted)

    def _show_deleted(self) -> None:
        slug = self._address()[1]
        self._show_table(slug)
        app = self._app()
        entity = present.entity_of(app.spec, slug)
        if entity is not None:
            self.page_title = say("Recently deleted · {table}", table=present.plural(entity))
            self._list_deleted(app, entity)

    def _list_deleted(self, app: Live, entity: Entity) -> None:
        if not app.database.may("delete", entity.name):
            self.deleted = []
            return
        self.deleted = [
            {
                "id": str(item.id),
                "label": item.label,
                "about": f"{item.deleted:%Y-%m-%d %H:%M}" + (f" · {item.who}" if item.who else ""),
            }
            for item in app.database.deleted(entity.name, SHOWN)
        ]

    def _refresh(self) -> None:
        super()._refresh()
        if self._address()[2:] == ["deleted"]:
            self._list_deleted(*self._here())

    def _done(self, app: Live, entity: Entity, report: Report, what: str) -> EventSpec | None:
        self._select([str(each.id) for each in report.refused])
        self._reload_all(app)
        text = say(what, records=self._counted(entity, len(report.done)))
        if report.refused:
            refused: list[Refusal] = [
                {"id": str(each.id), "label": each.label, "message": each.message}
                for each in report.refused[:SHOWN]
            ]
            problem = say(
                "{done}; {count:,} refused it and stay selected:", done=text, count=len(report.refused)
            )
            self.many = {**self.many, "problem": problem, "refused": refused}
            return undoable(type(self), text, entity, report.items) if report.items else None
        self.many, self.inputs = NO_MANY, []
        return undoable(type(self), text, entity, report.items) if report.items else toast(text)

    def _which(self) -> Any:
        return self._look.matching if self.selection["all"] else [*map(int, self.selected)]

    def _chosen(self) -> list[str]:
        return list(self.selected)

    def _select(self, ids: Sequence[str], *, is_all: bool = False) -> None:
        self.selected = list(ids)
        self._show_selection(is_all=is_all)

    def _show_selection(self, *, is_all: bool) -> None:
        shown = [row["id"] for row in self.rows]
        total = self._total
        count = total if is_all else len(self.selected)
        is_page = bool(shown) and set(shown) <= set(self.selected)
        found: Selected = {
            "count": count,
            "text": say("{count:,} selected", count=count),
            "all": is_all,
            "page": is_page,
            "more": say("Select all {count:,}", count=total)
            if is_page and not is_all and total > len(self.selected)
            else "",
        }
        if found != self.selection:
            self.selection = found

    def _named(self, entity: Entity) -> str:
        return self._counted(entity, self.selection["count"])

    def _counted(self, entity: Entity, count: int) -> str:
        return f"{number(count)} {entity.title if count == 1 else present.plural(entity)}"

    def _load_rows(self, app: Live, entity: Entity, *, moved: bool = False) -> None:
        super()._load_rows(app, entity, moved=moved)
        self._show_selection(is_all=self.selection["all"] and self._matching == self._look.matching)

    def _close_all(self) -> None:
        super()._close_all()
        self.selected, self.selection, self.many, self._anchor = [], NO_SELECTION, NO_MANY, ""

    def _deleted_toast(self, entity: Entity, item: int, unlinked: Mapping[str, int]) -> EventSpec:
        kept = all_of([f"{number(many)} {name}" for name, many in unlinked.items()])
        text = (
            say("{entity} deleted; removed from {records}", entity=entity.title, records=kept)
            if kept
            else say("{entity} deleted", entity=entity.title)
        )
        return undoable(type(self), text, entity, (item,))


def undoable(state: type[RowsState], text: str, entity: Entity, items: Sequence[int]) -> EventSpec:
    """Return what tells of a delete, with a button that takes it back."""
    action = ToastAction(
        label=say("Undo"), on_click=cast("Any", state).undo(table_name(entity.name), list(items))
    )
    made: EventSpec = rx.toast.success(text, action=action, duration=UNDO_MS)
    return made
