"""A form as a page of its own in a browser tab, what the browser keeps of one, and the way out of it."""

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from dataforms.query import Record
from dataforms.spec import Entity
from dataforms.ui import entry, grids, present
from dataforms.ui.linking import named, named_rows
from dataforms.ui.live import Live
from dataforms.ui.shapes import Leaving
from dataforms.ui.state_app import handler
from dataforms.ui.state_picker import PickerState
from dataforms.words import say

NOT_LEAVING: Leaving = {"open": False, "href": ""}


class FormPageState(PickerState, mixin=True):
    """Forms with an address, drafts of forms, and the way out of them."""

    leaving: Leaving = NOT_LEAVING

    @handler
    def load_form(self) -> None:
        """Show the form that the address names, as it was left if the connection was lost meanwhile."""
        self._try(self._show_form)

    @handler
    def leave(self, is_typed: bool, href: str) -> EventSpec | None:
        """Close the form, or go to another address from its page; ask first where something was typed."""
        self.leaving = {"open": is_typed, "href": href}
        return None if is_typed else self._go_away()

    @handler
    def form_open_changed(self, is_open: bool, is_typed: bool) -> EventSpec | None:
        """Follow the dialog, which Escape closes."""
        return None if is_open else self.leave(is_typed, "")

    @handler
    def stay(self) -> None:
        """Go on with the form."""
        self.leaving = NOT_LEAVING

    @handler
    def discard(self) -> list[EventSpec]:
        """Leave the form, and have the browser forget what was typed."""
        forget, away = self._forget_draft(), self._go_away()
        return [forget] if away is None else [forget, away]

    @handler
    def draft_found(self, typed: dict[str, Any], names: list[str], at: str) -> None:
        """Fill the form with what was typed before, into the inputs `names`; `at` is when."""
        app, entity = self._form_here()
        typed = {str(name): str(value) for name, value in typed.items()}
        kept = set(names)
        for field in self._grid_fields(entity):
            rows = typed.get(f"{field.name}.")
            if rows is not None and f"{field.name}." in kept:
                child, target = self._child(app, field), self._target_of(app)
                start, keys = app.database.defaults(child.name), rows.split(",")
                grid = grids.restored(self.grids[field.name], field, child, keys, start, target)
                self.grids = {**self.grids, field.name: grid}
        self._keep_typed(typed, kept)
        self._name_picked(app, entity, kept)
        self._typed = entry.typed_of(self._all_inputs())
        self._opened += 1
        self.form = {**self.form, "key": f"{self.form['slug']}-{self._opened}", "restored": at or "-"}
        self._follow(app, entity)

    @handler
    def discard_draft(self) -> EventSpec | None:
        """Show the form as it was before anything was typed; the browser has forgotten what that was."""
        app, entity = self._form_here()
        before, record = self.form, self.form["record"]
        if before["page"] and not self._waiting:
            found = self._asked_for(app, entity, record)
        else:
            found = app.database.get(entity.name, int(record)) if record else self._new(app, entity)
        if found is None:
            return self._gone()
        self._open_form(app, entity, found, page=before["page"])
        self.form = {**self.form, "within": before["within"]}
        return None

    def _show_form(self) -> None:
        app = self._app()
        parts = self._address()
        slug = parts[1] if len(parts) > 1 else ""
        entity = present.entity_of(app.spec, slug)
        record = parts[2] if len(parts) > 3 else ""
        is_shown = (
            self.form["page"]
            and (self.view["slug"], self.view["state"]) == (slug, "form")
            and self._shown_record() == record
        )
        if not is_shown:
            self._close_all()
        self._load_head(app, with_recent=False)
        self.place = slug
        found = None if entity is None else self._asked_for(app, entity, record)
        if entity is None or found is None:
            self.view = present.blank_view(slug, "unknown")
            self.page_title = say("Not found · {app}", app=app.spec.title)
            return
        self.view = present.view(entity, "form")
        self.page_title = say(
            "Edit {entity} · {app}" if record else "New {entity} · {app}",
            entity=entity.title,
            app=app.spec.title,
        )
        if not is_shown:
            self._open_form(app, entity, found, page=True)

    def _shown_record(self) -> str:
        first = self._waiting[0]["form"] if self._waiting else self.form
        return str(first["record"])

    def _asked_for(self, app: Live, entity: Entity, record: str) -> Record | None:
        """Return the record of the address, or a new one with what the address gives for its fields."""
        if record:
            return (
                app.database.get(entity.name, int(record)) if record.isascii() and record.isdigit() else None
            )
        if not app.database.may("create", entity.name):
            return None
        made = self._new(app, entity)
        made.values.update(entry.prefilled(entity, self.router.url.query_parameters))
        for field in entity.fields:
            id = made.values.get(field.name)
            if field.type == "reference" and isinstance(id, int):
                is_seen = app.database.may("read", field.target or "")
                found = app.database.labels(field.target or "", [id]) if is_seen else {}
                made.labels[field.name] = found.get(id, "")
                made.values[field.name] = id if found else None
        return made

    def _go_away(self) -> EventSpec | None:
        href = self.leaving["href"]
        self.leaving = NOT_LEAVING
        if not href or self._waiting:
            self.close()
            return None
        self._close_all()
        return rx.redirect(href)

    def _name_picked(self, app: Live, entity: Entity, names: set[str]) -> None:
        """Show what the records are called that were picked; those that are gone are not picked any more."""
        self.inputs = named(app, entity.fields, self.inputs, names)
        for field in self._grid_fields(entity):
            self.grids = {
                **self.grids,
                field.name: named_rows(app, self._child(app, field), self.grids[field.name], names),
            }

    def _close_all(self) -> None:
        super()._close_all()
        self.leaving = NOT_LEAVING
