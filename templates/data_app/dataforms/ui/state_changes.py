"""What a browser tab does when others change the same data: it follows, compares, and loses nothing."""

import msgspec
from reflex.event import EventSpec

from dataforms.errors import DataError, RecordChanged, RecordInvalid, UnknownRecord
from dataforms.query import Record
from dataforms.spec import Entity, Field
from dataforms.types import Value, type_of
from dataforms.ui import entry
from dataforms.ui.changed import Changed
from dataforms.ui.linking import named
from dataforms.ui.live import Live
from dataforms.ui.shapes_rows import Comparison, Side
from dataforms.ui.state_app import handler
from dataforms.ui.state_writing import WritingState

NO_COMPARISON: Comparison = {"open": False, "title": "", "sides": []}


class ChangesState(WritingState, mixin=True):
    """Mine and theirs."""

    comparison: Comparison = NO_COMPARISON

    _mine: Changed | None = None
    """What was to be stored."""
    _theirs: dict[str, Value] = {}  # noqa: RUF012 - Reflex copies defaults
    _their_version: str = ""

    @handler
    def refresh(self) -> EventSpec | None:
        """Show what others have changed; what is open in front of it stays as it is."""
        self._try(self._refresh)
        return self._next()

    def _refresh(self) -> None:
        app = self._app()
        is_table = self.view["state"] not in ("unknown", "form", "thanks")
        if self.place and self.view["slug"] == self.place and is_table:
            self._reload_all(app)
        else:
            self._load_head(app, with_recent=not self.place)

    @handler
    def keep(self, name: str, side: str) -> None:
        """Choose whose value a field gets: `mine` or `theirs`."""
        self.comparison = {
            **self.comparison,
            "sides": [
                {**each, "keep": side} if each["name"] == name else each for each in self.comparison["sides"]
            ],
        }

    @handler
    def compare_open_changed(self, is_open: bool) -> None:
        """Follow the dialog; who leaves it goes on in the form."""
        self.comparison = {**self.comparison, "open": is_open}

    @handler
    def save_compared(self) -> list[EventSpec] | EventSpec | None:
        """Store what was chosen, unless yet another change came first."""
        app, entity = self._form_here()
        mine = self._mine
        if mine is None:
            return None
        given_up = {each["name"] for each in self.comparison["sides"] if each["keep"] == "theirs"}
        values = {name: value for name, value in mine.values.items() if name not in given_up}
        chosen = msgspec.structs.replace(mine, values=values)
        self._stored = {**self._theirs, "id": int(self.form["record"])}
        self._version = self._their_version
        self.comparison, self._mine = NO_COMPARISON, None
        try:
            id = self._store(app, entity, chosen)
        except RecordChanged as theirs:
            return self._compare(app, entity, mine, theirs)
        except RecordInvalid as refused:
            self._show_again(app, entity, chosen)
            return self._refused(app, entity, chosen, refused)
        except UnknownRecord:
            self._show_again(app, entity, chosen)
            self._is_gone(app)
            return None
        except DataError as failed:
            self._show_again(app, entity, chosen)
            self.form = {**self.form, "error": f"{failed} {failed.hint}".strip()}
            return None
        return self._saved(app, entity, id)

    def _compare(
        self, app: Live, entity: Entity, changed: Changed, theirs: RecordChanged
    ) -> list[EventSpec] | EventSpec | None:
        mine = {**theirs.values, **entry.canonical(entity, changed.values)}
        sides = [
            self._side(app, field, changed.values[field.name], mine[field.name], theirs)
            for field in entity.fields
            if field.name in changed.values
            and theirs.values.get(field.name) != self._stored.get(field.name)
            and mine[field.name] != theirs.values.get(field.name)
        ]
        self._mine, self._theirs = changed, dict(theirs.values)  # type: ignore[arg-type]  # canonical ones
        self._their_version = theirs.version
        self.comparison = {"open": True, "title": str(theirs), "sides": sides}
        return None if sides else self.save_compared()

    def _side(self, app: Live, field: Field, raw: object, mine: object, changed: RecordChanged) -> Side:
        row = type_of(field)
        theirs = changed.values.get(field.name)
        mine_label = next((each["shown"] for each in self.inputs if each["name"] == field.name), "")
        if row.linked and isinstance(mine, tuple):
            mine_label = ", ".join(app.database.labels(field.target or "", mine).values())
        is_label = field.target is not None
        return {
            "name": field.name,
            "label": field.title,
            "mine": mine_label if is_label else row.show(mine, field) or str(raw or ""),
            "theirs": changed.labels.get(field.name, "") if is_label else row.show(theirs, field),
            "keep": "theirs" if mine == self._stored.get(field.name) else "mine",
        }

    def _show_again(self, app: Live, entity: Entity, mine: Changed) -> None:
        """Fill the form anew with what was chosen, as it was typed where it is not right."""
        found = Record(id=int(self.form["record"]), values=dict(self._theirs), labels={})
        chosen = {field.name for field in entity.fields if field.name in mine.values}
        inputs = self._inputs_of(app, entity, self._layout(), found, is_shut=False)
        self.inputs = named(app, entity.fields, inputs, {each["name"] for each in inputs})
        cells = {each["name"] for each in self._all_inputs() if "." in each["name"]}
        self._keep_typed(self._typed, chosen | cells)
        self._name_picked(app, entity, chosen | cells)
        self._typed = entry.typed_of(self._all_inputs())
        self._opened += 1
        self.form = {**self.form, "key": f"{self.form['slug']}-{self._opened}", "restored": "-", "error": ""}
        self._follow(app, entity)

    def _close_all(self) -> None:
        super()._close_all()
        self.comparison, self._mine = NO_COMPARISON, None
