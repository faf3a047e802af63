"""Editing in place: one cell of the table becomes the input of its field."""

from typing import Any

from reflex.event import EventSpec

from dataforms.errors import DataError, RecordChanged, RecordInvalid, UnknownRecord
from dataforms.spec import Entity, Field
from dataforms.types import type_of
from dataforms.ui import entry, present
from dataforms.ui.linking import chipped
from dataforms.ui.live import Live
from dataforms.ui.shapes_rows import Spot
from dataforms.ui.state_app import handler
from dataforms.ui.state_changes import ChangesState

NO_SPOT: Spot = {"record": "", "name": ""}


class CellState(ChangesState, mixin=True):
    """The cell that is edited. Its one input stands in `inputs`, as a form's would."""

    spot: Spot = NO_SPOT

    @handler
    def open_row(self, record: str) -> EventSpec | None:
        """Open the form of a row, unless a cell of the table is being edited."""
        return None if self.spot["record"] else self.edit(record)

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
        inputs = present.inputs(entity, found.values, found.labels, {})
        one = [each for each in chipped(app, entity, inputs, found.values) if each["name"] == name]
        self.form = {**self.form, "record": record, "lively": False, "open": False}
        self._stored = {**found.values, "id": found.id}
        self._version = found.version
        if app.database.is_lively(entity.name):
            one = present.follow(one, entity, standing, found.values)
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
        raw = entry.typed_values(entity, typed)[name]
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
            shown = changed.labels.get(field.name) or type_of(field).show(now, field) or "nothing"
            return f"Somebody changed this to {shown} meanwhile. Save again to replace it."
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

    def _open_form(self, *arguments: Any) -> None:
        self.spot = NO_SPOT
        super()._open_form(*arguments)

    def _close_all(self) -> None:
        super()._close_all()
        self.spot = NO_SPOT
