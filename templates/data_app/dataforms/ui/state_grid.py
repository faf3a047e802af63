"""The rows in a form, in a browser tab: added and removed there, stored with the record."""

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from dataforms.ui import entry, grids
from dataforms.ui.state_app import handler
from dataforms.ui.state_form import FormState


class GridState(FormState, mixin=True):
    """Rows come and go in the form; the database hears of them when it is saved."""

    @handler
    def add_row(self, name: str, typed: dict[str, Any]) -> EventSpec | None:
        """Add an empty row to the grid of that field, and go there."""
        app, entity = self._form_here()
        field = next((each for each in self._grid_fields(entity) if each.name == name), None)
        if field is None or not self.grids[name]["may_add"] or len(self.grids[name]["rows"]) >= grids.EDITED:
            return None
        child = self._child(app, field)
        key, start = grids.next_key(self.grids[name]), app.database.defaults(child.name)
        row = grids.row(field, child, key, start, {}, self._target_of(app))
        self._typed = {**typed, **entry.typed_of(row["cells"])}
        self.grids = {**self.grids, name: grids.with_rows(self.grids[name], [*self.grids[name]["rows"], row])}
        self._follow(app, entity)
        return rx.call_script(f"globalThis.dfFocus?.('[data-row=\"{name}.{row['key']}\"]')")

    @handler
    def remove_row(self, name: str, key: str, typed: dict[str, Any]) -> None:
        """Take a row out of the grid of that field."""
        app, entity = self._form_here()
        if name not in self.grids:
            return
        is_stored = key in self._kept[name]
        if is_stored and not self.grids[name]["may_remove"]:
            return
        rows = [each for each in self.grids[name]["rows"] if each["key"] != key]
        self._typed = dict(typed)
        self.grids = {**self.grids, name: grids.with_rows(self.grids[name], rows)}
        self.faults = [each for each in self.faults if not each["name"].startswith(f"{name}.{key}.")]
        self._follow(app, entity)
