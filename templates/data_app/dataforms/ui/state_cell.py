"""Editing in place: one cell of the table becomes the input of its field."""

from typing import Any

from reflex.event import EventSpec

from dataforms.errors import DataError, RecordChanged, RecordInvalid, UnknownRecord
from dataforms.query import Record
from dataforms.spec import Entity, Field, table_name
from dataforms.types import type_of
from dataforms.ui import entry, present_form
from dataforms.ui.linking import chipped
from dataforms.ui.live import Live
from dataforms.ui.shapes import Input
from dataforms.ui.shapes_rows import Spot
from dataforms.ui.state_app import handler
from dataforms.ui.state_changes import ChangesState
from dataforms.ui.state_inputs import NO_FORM
from dataforms.words import say

NO_SPOT: Spot = {"record": "", "name": ""}


def in_place(entity: Entity, field: Field, found: Record) -> Input:
    """Return the input of a field for where there is little room: nothing is made or looked at from there."""
    value, label = found.values.get(field.name), found.labels.get(field.name, "")
    made = present_form.form_input(field, value, label, table=table_name(entity.name))
    return {**made, "widget": "textarea"} if made["widget"] == "markdown" else made


class CellState(ChangesState, mixin=True):
    """The cell that is edited. Its one input stands in `inputs`, as a form's would."""

    spot: Spot = NO_SPOT

    @handler
    def open_row(self, record: str, clicks: int) -> EventSpec | None:
        """Open the form of a row, unless a second click has opened a cell of the table."""
        return None if self.spot["record"] or clicks > 1 else self.edit(record)

    @handler
    def open_cell(self, record: str, name: str) -> EventSpec | None:
        """Put the input of a field into its cell."""
        app, entity = self._here()
        field = next((each for each in entity.fields if each.name == name), None)
        if field is None or not entry.is_entered_in_place(field) or not record or self.form["open"]:
            return None
        found = app.database.get(entity.name, int(record))
        if found is None:
            return self._gone()
        standing = app.database.standing(entity.name, {**found.values, "id": found.id})
        if name in standing.fixed or name in standing.hidden:
            return None
        one = chipped(app, entity.fields, [in_place(entity, field, found)])
        self.form = {**NO_FORM, "slug": table_name(entity.name), "record": record}
        self.grids = {}
        self._stored = {**found.values, "id": found.id}
        self._version = found.version
        if app.database.is_lively(entity.name):
            one = present_form.follow(one, entity.fields, standing, found.values)
        self.inputs = one
        self.spot = {"record": record, "name": name}
        return None

    @handler
    def close_cell(self) -> None:
        """Leave the cell as it was."""
        self.spot, self.inputs = NO_SPOT, []
        self.pick_close()

    @handler
    def save_cell(self, typed: dict[str, Any]) -> EventSpec | None:
        """Store what was typed into the cell; stay, with what is wrong, if it is refused."""
        if not self.spot["record"]:
            return None
        app, entity = self._here()
        record, name = self.spot["record"], self.spot["name"]
        field = next(each for each in entity.fields if each.name == name)
        raw = entry.raw_value(field, {**typed, **entry.picked_of(self.inputs)})
        problem = self._problem(app, entity, field, raw)
        if problem is None:
            self.close_cell()
            return self._gone()
        if problem:
            self.inputs = [{**each, "error": problem} for each in self.inputs]
            return None
        self.close_cell()
        self._reload_all(app)
        step = {"next": 1, "back": -1}.get(str(typed.get("df-go", "")), 0)
        following = self._beside(name, step) if step else ""
        return self.open_cell(record, following) if following else None

    def _problem(self, app: Live, entity: Entity, field: Field, raw: object) -> str | None:
        """Store a value; return why it is refused, nothing if it is not, None if the record is gone."""
        id = int(self.spot["record"])
        values = entry.canonical(entity, {field.name: raw})
        if values[field.name] is not None and values[field.name] == self._stored.get(field.name):
            return ""
        try:
            app.database.update(entity.name, id, {field.name: raw}, expect=self._version)
        except RecordChanged as changed:
            was, self._version = self._stored.get(field.name), changed.version
            self._stored = {**changed.values, "id": id}  # type: ignore[dict-item]  # canonical ones
            now = changed.values.get(field.name)
            if now == was:
                return self._problem(app, entity, field, raw)
            shown = changed.labels.get(field.name) or type_of(field).show(now, field) or say("nothing")
            return say("Somebody changed this to {shown} meanwhile. Save again to replace it.", shown=shown)
        except RecordInvalid as refused:
            titles = {each.name: f"{each.title}: " for each in entity.fields if each is not field}
            return " ".join(f"{titles.get(name, '')}{text}" for name, text in refused.errors.items())
        except UnknownRecord:
            return None
        except DataError as failed:
            return str(failed)
        return ""

    def _beside(self, name: str, step: int) -> str:
        """Return the field of the next cell that can be edited, in the order of the columns."""
        _, entity = self._here()
        fields = {field.name: field for field in entity.fields}
        names = [each["name"] for each in self.columns if entry.is_entered_in_place(fields[each["name"]])]
        place = names.index(name) + step if name in names else -1
        return names[place] if 0 <= place < len(names) else ""

    def _open_form(self, app: Live, entity: Entity, found: Record, *, page: bool = False) -> None:
        self.spot = NO_SPOT
        super()._open_form(app, entity, found, page=page)

    def _close_all(self) -> None:
        super()._close_all()
        self.spot = NO_SPOT
