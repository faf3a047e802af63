"""What one browser tab sees and does. Every handler asks the database and turns the answer into `shapes`.

The one State class of an app: its name is part of every bundle, so it must not move or be split.
"""

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from dataforms.database import Query
from dataforms.errors import DataError, RecordInUse, RecordInvalid, UnknownRecord
from dataforms.spec import Entity, table_name
from dataforms.ui import entry, present
from dataforms.ui.live import Live, live
from dataforms.ui.shapes import Column, Form, Head, Input, Pager, Picker, Question, Row, TableLink, View

Events = list[EventSpec] | EventSpec | None

NO_HEAD: Head = {
    "title": "",
    "initial": "",
    "description": "",
    "accent": "indigo",
    "gray": "slate",
    "radius": "medium",
}
NO_FORM: Form = {"open": False, "key": "", "title": "", "action": "", "record": "", "error": ""}
NO_QUESTION: Question = {"open": False, "record": "", "label": "", "singular": "", "problem": ""}
NO_PICKER: Picker = {"field": "", "options": [], "more": ""}


class Ui(rx.State):
    """The app, the table and the form in one tab."""

    head: Head = NO_HEAD
    page_title: str = ""
    place: str = ""
    """The slug of the table that the page shows; empty on the first page."""
    tables: list[TableLink] = []
    view: View = present.blank_view("", "loading")
    columns: list[Column] = []
    rows: list[Row] = []
    pager: Pager = present.pager(1, present.DEFAULT_SIZE, 0)
    search: str = ""
    form: Form = NO_FORM
    inputs: list[Input] = []
    question: Question = NO_QUESTION
    picker: Picker = NO_PICKER

    _sort: str = ""
    _opened: int = 0

    @rx.event
    def load_home(self) -> None:
        """Show the list of tables."""
        app = live()
        self._close_all()
        self._load_head(app, with_recent=True)
        self.place = ""
        self.page_title = app.spec.title

    @rx.event
    def load_table(self) -> None:
        """Show the table that the address names, as it was left if it is the one shown last."""
        app = live()
        slug = self.router.url.path.rstrip("/").rpartition("/")[2]
        self._close_all()
        self._load_head(app, with_recent=False)
        self.place = slug
        entity = present.entity_of(app.spec, slug)
        if entity is None:
            self.view = present.blank_view(slug, "unknown")
            self.page_title = f"Not found · {app.spec.title}"
            return
        if self.view["slug"] != slug:
            self.search, self._sort = "", ""
            self.pager = present.pager(1, int(self.pager["size"]), 0)
        self.page_title = f"{present.plural(entity)} · {app.spec.title}"
        self._load_rows(app, entity)

    @rx.event
    def sort_by(self, column: str) -> None:
        """Sort by a column: upwards, then downwards, then not at all."""
        turns = {column: f"-{column}", f"-{column}": ""}
        self._sort = turns.get(self._sort, column)
        self._reload(page=1)

    @rx.event
    def find(self, text: str) -> None:
        """Show the rows that contain the words of `text`."""
        self.search = text.strip()
        self._reload(page=1)

    @rx.event
    def turn(self, step: int) -> None:
        """Show another page: one back or one forward."""
        self._reload(page=self.pager["page"] + step)

    @rx.event
    def resize(self, size: str) -> None:
        """Show `size` rows a page, starting over."""
        if size in present.PAGE_SIZES:
            self.pager = present.pager(1, int(size), 0)
            self._reload(page=1)

    @rx.event
    def add(self) -> None:
        """Open the form for a new record."""
        app, entity = self._here()
        values = entry.starting_values(entity)
        self._open_form(app, entity, "", f"New {entity.title}", values)

    @rx.event
    def edit(self, record: str) -> Events:
        """Open the form with a record in it."""
        app, entity = self._here()
        found = app.database.get(entity.name, int(record))
        if found is None:
            return self._gone()
        self._open_form(app, entity, record, f"Edit {entity.title}", found.values, found.labels)
        return None

    @rx.event
    def close(self) -> None:
        """Close the form and forget what was typed."""
        self.form = {**self.form, "open": False}
        self.picker = NO_PICKER

    @rx.event
    def form_open_changed(self, is_open: bool) -> None:
        """Follow the dialog, which Escape and a click beside it close."""
        if not is_open:
            self.close()

    @rx.event
    def save(self, typed: dict[str, Any]) -> Events:
        """Check and store what was typed; leave the form open, with all that is wrong, if it is refused."""
        app, entity = self._here()
        values = entry.typed_values(entity, typed)
        try:
            self._store(app, entity, values)
        except RecordInvalid as refused:
            return self._show_errors(refused.errors)
        except UnknownRecord:
            self.close()
            return self._gone()
        except DataError as failed:
            self.form = {**self.form, "error": str(failed)}
            return None
        done = "saved" if self.form["record"] else "added"
        self.close()
        self._reload_all(app)
        return rx.toast.success(f"{entity.title} {done}")

    @rx.event
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

    @rx.event
    def question_open_changed(self, is_open: bool) -> None:
        """Follow the question, which Escape closes."""
        self.question = {**self.question, "open": is_open}

    @rx.event
    def delete(self) -> Events:
        """Delete the record that was asked about; keep the question open, with the reason, if it cannot go."""
        app, entity = self._here()
        try:
            app.database.delete(entity.name, int(self.question["record"]))
        except RecordInUse as used:
            self.question = {**self.question, "problem": f"{used} {used.hint}"}
            return None
        except UnknownRecord:
            pass  # somebody else was faster, and it is gone all the same
        self.question = {**self.question, "open": False}
        self._reload_all(app)
        return rx.toast.success(f"{entity.title} deleted")

    @rx.event
    def pick_open(self, name: str) -> None:
        """Open the list of a picker, with the first records in it."""
        self.pick_search(name, "")

    @rx.event
    def pick_search(self, name: str, text: str) -> None:
        """List the records whose label contains `text`."""
        app, entity = self._here()
        target = entry.target_of(entity, name)
        found = app.database.options(target, text.strip(), limit=entry.OPTIONS + 1)
        self.picker = entry.picker(name, found, self._value_of(name))

    @rx.event
    def pick(self, name: str, value: str, text: str) -> None:
        """Choose a record in a picker; an empty `value` chooses none."""
        self.inputs = [
            {**each, "value": value, "shown": text, "error": ""} if each["name"] == name else each
            for each in self.inputs
        ]
        self.picker = NO_PICKER

    @rx.event
    def pick_close(self) -> None:
        """Close the list of the picker."""
        self.picker = NO_PICKER

    def _here(self) -> tuple[Live, Entity]:
        """Return the app and the entity whose table is shown."""
        app = live()
        entity = present.entity_of(app.spec, self.view["slug"])
        if entity is None:
            raise LookupError(f"no table {self.view['slug']!r}")
        return app, entity

    def _load_head(self, app: Live, *, with_recent: bool) -> None:
        self.head = present.head(app.spec)
        counts = app.database.counts()
        self.tables = [
            present.table_link(entity, counts[entity.name], app.recent(entity) if with_recent else ())
            for entity in app.spec.entities
        ]

    def _reload(self, page: int) -> None:
        app, entity = self._here()
        self.pager = {**self.pager, "page": max(1, page)}
        self._load_rows(app, entity)

    def _reload_all(self, app: Live) -> None:
        self._load_head(app, with_recent=False)
        self._reload(self.pager["page"])

    def _load_rows(self, app: Live, entity: Entity) -> None:
        size = int(self.pager["size"])
        found = app.rows(entity, self.search, self._sort, self.pager["page"], size)
        self.pager = present.pager(found.page, size, found.total)
        self.columns = present.columns(entity, self._sort)
        self.rows = found.rows
        state = "rows" if found.total else "nothing_found" if self.search else "empty"
        self.view = present.view(entity, state)

    def _open_form(
        self, app: Live, entity: Entity, record: str, title: str, values: Any, labels: Any = None
    ) -> None:
        self._opened += 1
        self.picker = NO_PICKER
        self.inputs = present.inputs(entity, values, labels or {}, {})
        self.form = {
            "open": True,
            "key": f"{table_name(entity.name)}-{self._opened}",
            "title": title,
            "action": "Save" if record else f"Add {entity.title}",
            "record": record,
            "error": "",
        }

    def _store(self, app: Live, entity: Entity, values: dict[str, object]) -> None:
        if self.form["record"]:
            app.database.update(entity.name, int(self.form["record"]), values)
        else:
            app.database.insert(entity.name, values)

    def _show_errors(self, errors: dict[str, str]) -> Events:
        shown = {each["name"] for each in self.inputs}
        self.inputs = [{**each, "error": errors.get(each["name"], "")} for each in self.inputs]
        self.form = {
            **self.form,
            "error": " ".join(text for name, text in errors.items() if name not in shown),
        }
        return rx.call_script(entry.FOCUS_FIRST_ERROR)

    def _value_of(self, name: str) -> str:
        return next((each["value"] for each in self.inputs if each["name"] == name), "")

    def _gone(self) -> Events:
        self._reload_all(live())
        return rx.toast.error("That record is gone: somebody deleted it.")

    def _close_all(self) -> None:
        self.form, self.question, self.picker = NO_FORM, NO_QUESTION, NO_PICKER
