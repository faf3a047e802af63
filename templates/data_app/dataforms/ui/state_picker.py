"""The pickers of references in a browser tab: searched, picked from, filled with what is made in front."""

from collections.abc import Mapping
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from dataforms.spec import Entity
from dataforms.types import display_field
from dataforms.ui import entry
from dataforms.ui.linking import toggled
from dataforms.ui.live import Live
from dataforms.ui.state_app import handler, toast
from dataforms.ui.state_grid import GridState
from dataforms.ui.state_inputs import NO_PICKER
from dataforms.words import say

DEEPEST = 5
"""How many forms may wait behind one another."""
_FRAME = ("form", "inputs", "sections", "steps", "grids", "lines", "_stored", "_version", "_kept", "_typed")


class PickerState(GridState, mixin=True):
    """One picker is open at a time; forms wait behind the one in which a record for a picker is made."""

    _waiting: list[dict[str, Any]] = []  # noqa: RUF012 - Reflex copies defaults
    """The forms behind this one, the nearest last, and what will be picked there."""

    @handler
    def pick_search(self, name: str, text: str) -> None:
        """Open the list of a picker, with the records in it whose label contains `text`."""
        app, entity = self._form_here()
        target = self._target(app, entity, name)
        is_seen = app.database.may("read", target)
        found = app.database.options(target, text.strip(), limit=entry.OPTIONS + 1) if is_seen else []
        self.picker = entry.picker(name, found, self._value_of(name))

    @handler
    def pick(self, name: str, value: str, text: str) -> None:
        """Choose a record in a picker; an empty `value` chooses none.

        Where several can be picked it is one more, or one less, and the list stays open.
        """
        app, entity = self._form_here()
        self._target(app, entity, name)
        each = next(each for each in self._all_inputs() if each["name"] == name)
        if each["widget"] == "references":
            self._alter(name, toggled(each, value, text))
            if self.picker["field"] == name:
                options = [entry.marked(option, self._value_of(name)) for option in self.picker["options"]]
                self.picker = {**self.picker, "options": options}
        else:
            self._alter(name, {"value": value, "shown": text})
            self.picker = NO_PICKER
        self._tell(name, "")
        self._follow(app, entity)

    @handler
    def pick_close(self) -> None:
        """Close the list of the picker."""
        self.picker = NO_PICKER

    @handler
    def make(self, name: str, text: str, typed: dict[str, Any]) -> None:
        """Open the form of a picker's entity in front of this one, named `text`; what is saved is picked."""
        app, entity = self._form_here()
        named = self._target(app, entity, name)
        if len(self._waiting) >= DEEPEST or not app.database.may("create", named):
            return
        target = app.spec.entity(named)
        self._keep_typed(typed, {each["name"] for each in self._all_inputs()})
        frame = {each: getattr(self, each) for each in _FRAME}
        outer = self.form
        self._waiting = [*self._waiting, {**frame, "name": name}]
        record = self._new(app, target)
        display = display_field(target)
        if text.strip() and display is not None:
            record.values.update(entry.prefilled(target, {display.name: text.strip()}))
        self._open_form(app, target, record)
        self.form = {**self.form, "open": outer["open"], "page": outer["page"], "within": outer["singular"]}

    @handler
    def close(self) -> None:
        """Close the form and forget what was typed; the one that waits behind it comes back."""
        if self._waiting:
            self._come_back()
        else:
            super().close()

    def _come_back(self) -> str:
        """Show the form that waits behind this one; return the name of its picker."""
        *self._waiting, frame = self._waiting
        for name in _FRAME:
            setattr(self, name, frame[name])
        self._opened += 1
        self.form = {**self.form, "key": f"{self.form['slug']}-{self._opened}", "restored": "-"}
        self.picker, self.faults = NO_PICKER, []
        return str(frame["name"])

    def _saved(self, app: Live, entity: Entity, id: int) -> list[EventSpec]:
        if not self._waiting:
            return super()._saved(app, entity, id)
        forget = self._forget_draft()
        name = self._come_back()
        label = app.database.labels(entity.name, [id]).get(id, f"#{id}")
        self.pick(name, str(id), label)
        focus = rx.call_script(f"globalThis.dfFocus?.('[id=\"in-{name}\"]')")
        return [forget, toast(say("{entity} added", entity=entity.title)), focus]

    def _keep_typed(self, typed: Mapping[str, object], names: set[str]) -> None:
        """Have the inputs hold what was typed into them, for when they are shown anew."""
        self.inputs = entry.restored(self.inputs, typed, names)
        for grid in self.grids.values():
            for row in grid["rows"]:
                row["cells"] = entry.restored(row["cells"], typed, names)
        self.grids = dict(self.grids)
        self._typed = dict(typed)

    def _target(self, app: Live, entity: Entity, name: str) -> str:
        place = self._place(app, entity, name)
        if place is None:
            raise LookupError(f"{entity.name} has no input {name!r}")
        return entry.target_of(place[0], place[1].name)

    def _value_of(self, name: str) -> str:
        return next((each["value"] for each in self._all_inputs() if each["name"] == name), "")

    def _close_all(self) -> None:
        super()._close_all()
        self._waiting = []
