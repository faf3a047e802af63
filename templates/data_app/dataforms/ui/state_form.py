"""The form in a browser tab: what is typed, picked, followed and stored; and what asks before a delete."""

from collections.abc import Mapping
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from dataforms.errors import DataError, RecordChanged, RecordInvalid, UnknownRecord
from dataforms.query import Record
from dataforms.spec import Entity, table_name
from dataforms.types import Value
from dataforms.ui import entry, present
from dataforms.ui.linking import chipped, toggled
from dataforms.ui.live import Live
from dataforms.ui.shapes import Form, Input, Picker, Question
from dataforms.ui.state_app import handler, toast
from dataforms.ui.state_table import TableState

NO_FORM: Form = {
    "open": False, "key": "", "title": "", "action": "", "record": "", "error": "", "lively": False,
}  # fmt: skip
NO_QUESTION: Question = {"open": False, "record": "", "label": "", "singular": "", "problem": ""}
PICKED = ("reference", "references")
"""The inputs whose value is picked from records."""
NO_PICKER: Picker = {"field": "", "options": [], "more": ""}


class FormState(TableState, mixin=True):
    """The form in front of the table."""

    form: Form = NO_FORM
    inputs: list[Input] = []  # noqa: RUF012 - Reflex copies defaults, here and below
    question: Question = NO_QUESTION
    picker: Picker = NO_PICKER

    _opened: int = 0
    _version: str = ""
    """Which version of the record is in the form."""
    _stored: dict[str, Value] = {}  # noqa: RUF012
    """What the record in the form has by now, the `id` too; what a new one starts with."""
    _typed: dict[str, Value] = {}  # noqa: RUF012
    """The same, with what is typed meanwhile."""

    @handler
    def add(self) -> None:
        """Open the form for a new record."""
        app, entity = self._here()
        self._open_form(app, entity, "", Record(id=0, values=app.database.defaults(entity.name), labels={}))

    @handler
    def edit(self, record: str) -> EventSpec | None:
        """Open the form with a record in it."""
        app, entity = self._here()
        found = app.database.get(entity.name, int(record))
        if found is None:
            return self._gone()
        self._open_form(app, entity, record, found)
        return None

    @handler
    def close(self) -> None:
        """Close the form and forget what was typed."""
        self.form = {**self.form, "open": False}
        self.picker = NO_PICKER

    @handler
    def form_open_changed(self, is_open: bool) -> None:
        """Follow the dialog, which Escape and a click beside it close."""
        if not is_open:
            self.close()

    @handler
    def save(self, typed: dict[str, Any]) -> EventSpec | None:
        """Check and store what was typed; leave the form open, with all that is wrong, if it is refused."""
        app, entity = self._here()
        values = entry.typed_values(entity, typed, self._fixed(app, entity))
        try:
            self._store(app, entity, values)
        except RecordInvalid as refused:
            return self._show_errors(refused.errors)
        except RecordChanged as changed:
            return self._compare(app, entity, values, changed)
        except UnknownRecord:
            self.close()
            return self._gone()
        except DataError as failed:
            self.form = {**self.form, "error": str(failed)}
            return None
        done = "saved" if self.form["record"] else "added"
        self.close()
        self._reload_all(app)
        return toast(f"{entity.title} {done}")

    @handler
    def typing(self, typed: dict[str, Any]) -> None:
        """Show and hide inputs, and compute, as what is typed demands."""
        if not self.form["lively"]:
            return
        app, entity = self._here()
        raw = entry.typed_values(entity, typed, self._fixed(app, entity))
        # what was picked is known here before the browser has it in the form
        raw |= {each["name"]: each["value"] for each in self.inputs if each["widget"] in PICKED}
        self._follow(app, entity, {**self._stored, **entry.canonical(entity, raw)})

    @handler
    def ask_delete(self, record: str, label: str) -> None:
        """Ask whether a record shall go."""
        _, entity = self._here()
        self.question = {
            "open": True,
            "record": record,
            "label": label,
            "singular": entity.title,
            "problem": "",
        }

    @handler
    def question_open_changed(self, is_open: bool) -> None:
        """Follow the question, which Escape closes."""
        self.question = {**self.question, "open": is_open}

    @handler
    def delete(self) -> EventSpec | None:
        """Delete the record that was asked about; keep the question, with the reason, if it must stay."""
        app, entity = self._here()
        try:
            gone = app.database.delete(entity.name, int(self.question["record"]))
        except UnknownRecord:
            gone = None  # somebody else was faster, and it is gone all the same
        except DataError as refused:
            self.question = {**self.question, "problem": f"{refused} {refused.hint}".strip()}
            return None
        self.question = {**self.question, "open": False}
        self._reload_all(app)
        if gone is None:
            return toast(f"{entity.title} deleted")
        return self._deleted_toast(entity, gone.item, gone.unlinked)

    @handler
    def pick_open(self, name: str) -> None:
        """Open the list of a picker, with the first records in it."""
        self.pick_search(name, "")

    @handler
    def pick_search(self, name: str, text: str) -> None:
        """List the records whose label contains `text`."""
        app, entity = self._here()
        target = entry.target_of(entity, name)
        is_seen = app.database.may("read", target)
        found = app.database.options(target, text.strip(), limit=entry.OPTIONS + 1) if is_seen else []
        self.picker = entry.picker(name, found, self._value_of(name))

    @handler
    def pick(self, name: str, value: str, text: str) -> None:
        """Choose a record in a picker, or one more; an empty `value` chooses none."""
        is_many = any(each["name"] == name and each["widget"] == "references" for each in self.inputs)
        if is_many:
            self._pick_many(name, value, text)
            return
        self.inputs = [
            {**each, "value": value, "shown": text, "error": ""} if each["name"] == name else each
            for each in self.inputs
        ]
        self.picker = NO_PICKER
        app, entity = self._here()
        self._follow(app, entity, {**self._typed, **entry.canonical(entity, {name: value})})

    @handler
    def pick_close(self) -> None:
        """Close the list of the picker."""
        self.picker = NO_PICKER

    def _pick_many(self, name: str, value: str, text: str) -> None:
        self.inputs = [toggled(each, value, text) if each["name"] == name else each for each in self.inputs]
        chosen = self._value_of(name)
        if self.picker["field"] == name:
            options = [entry.marked(each, chosen) for each in self.picker["options"]]
            self.picker = {**self.picker, "options": options}
        app, entity = self._here()
        self._follow(app, entity, {**self._typed, **entry.canonical(entity, {name: chosen})})

    def _open_form(self, app: Live, entity: Entity, record: str, found: Record) -> None:
        self._opened += 1
        self.picker = NO_PICKER
        inputs = present.inputs(entity, found.values, found.labels, {})
        self.inputs = chipped(app, entity, inputs, found.values)
        self._version = found.version
        self.form = {
            "open": True,
            "key": f"{table_name(entity.name)}-{self._opened}",
            "title": f"New {entity.title}" if not record else self._verb() + entity.title,
            "action": "Save" if record else f"Add {entity.title}",
            "record": record,
            "error": "",
            "lively": app.database.is_lively(entity.name),
        }
        if record and not self.may["update"]:
            self.inputs = [{**each, "fixed": True} for each in self.inputs]
        self._stored = {**found.values, "id": found.id} if record else dict(found.values)
        self._follow(app, entity, self._stored)

    def _follow(self, app: Live, entity: Entity, values: Mapping[str, Value]) -> None:
        self._typed = dict(values)
        if self.form["lively"]:
            now = app.database.standing(entity.name, values)
            self.inputs = present.follow(self.inputs, entity, now, values, self._fixed(app, entity))

    def _fixed(self, app: Live, entity: Entity) -> frozenset[str]:
        """Return the fields that must stay as they are stored."""
        if self.form["record"] and not self.may["update"]:
            return frozenset(field.name for field in entity.fields)
        if not self.form["record"] or not self.form["lively"]:
            return frozenset()
        return app.database.standing(entity.name, self._stored).fixed

    def _verb(self) -> str:
        return "Edit " if self.may["update"] else ""

    def _store(self, app: Live, entity: Entity, values: dict[str, object]) -> None:
        if self.form["record"]:
            app.database.update(entity.name, int(self.form["record"]), values, expect=self._version)
        else:
            app.database.insert(entity.name, values)

    def _compare(
        self, app: Live, entity: Entity, values: Mapping[str, object], changed: RecordChanged
    ) -> EventSpec | None:
        """Tell that somebody else changed the record meanwhile."""
        self.form = {**self.form, "error": f"{changed} {changed.hint}"}
        return None

    def _deleted_toast(self, entity: Entity, item: int, unlinked: Mapping[str, int]) -> EventSpec:
        """Return what tells of a delete."""
        return toast(f"{entity.title} deleted")

    def _show_errors(self, errors: dict[str, str]) -> EventSpec | None:
        shown = {each["name"] for each in self.inputs}
        self.inputs = [{**each, "error": errors.get(each["name"], "")} for each in self.inputs]
        self.form = {
            **self.form,
            "error": " ".join(text for name, text in errors.items() if name not in shown),
        }
        return rx.call_script(entry.FOCUS_FIRST_ERROR)

    def _value_of(self, name: str) -> str:
        return next((each["value"] for each in self.inputs if each["name"] == name), "")

    def _gone(self) -> EventSpec | None:
        self._reload_all(self._app())
        return toast("That record is gone: somebody deleted it.", is_error=True)

    def _close_all(self) -> None:
        super()._close_all()
        self.form, self.question, self.picker = NO_FORM, NO_QUESTION, NO_PICKER
