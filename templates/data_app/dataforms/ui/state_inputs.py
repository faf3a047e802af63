"""What is in the form in a browser tab: its inputs and rows, found by name and told what is wrong."""

from collections.abc import Iterable, Mapping

from dataforms.errors import DataError
from dataforms.forms import Layout, layout_of
from dataforms.query import Record
from dataforms.spec import Entity, Field
from dataforms.standing import Standing, broken_text
from dataforms.types import Value
from dataforms.ui import entry, grids, present, present_form
from dataforms.ui.live import Live
from dataforms.ui.shapes import Fault, Form, Grid, Input, Line, Picker, Section, Step
from dataforms.ui.state_question import QuestionState

NO_FORM: Form = {
    "open": False, "page": False, "key": "", "slug": "", "singular": "", "record": "", "within": "",
    "error": "", "lively": False, "step": 0, "last": True, "draft": "", "restored": "", "wide": False,
    "shut": False,
}  # fmt: skip
NO_PICKER: Picker = {"field": "", "options": [], "more": ""}


class InputState(QuestionState, mixin=True):
    """The inputs; what becomes of them is `FormState`'s."""

    form: Form = NO_FORM
    inputs: list[Input] = []  # noqa: RUF012 - Reflex copies defaults, here and below
    sections: list[Section] = []  # noqa: RUF012
    steps: list[Step] = []  # noqa: RUF012
    grids: dict[str, Grid] = {}  # noqa: RUF012
    faults: list[Fault] = []  # noqa: RUF012
    lines: list[Line] = []  # noqa: RUF012
    picker: Picker = NO_PICKER

    _opened: int = 0
    _version: str = ""
    """Which version of the record is in the form."""
    _stored: dict[str, Value] = {}  # noqa: RUF012
    """What the record in the form has by now, the `id` too; what a new one starts with."""
    _kept: dict[str, dict[str, Record]] = {}  # noqa: RUF012
    """The stored rows of every grid, by key."""
    _typed: dict[str, object] = {}  # noqa: RUF012
    """What the browser last told of what is in the form."""

    def _form_here(self) -> tuple[Live, Entity]:
        """Return the app and the entity whose record is in the form."""
        app = self._app()
        entity = present.entity_of(app.spec, self.form["slug"])
        if entity is None:
            raise LookupError(f"no form of {self.form['slug']!r}")
        return app, entity

    def _record(self) -> int | None:
        return int(self.form["record"]) if self.form["record"] else None

    def _layout(self) -> Layout:
        app, entity = self._form_here()
        return layout_of(app.spec, entity)

    def _show_step(self, layout: Layout, step: int) -> None:
        last = len(layout.parts) if layout.is_wizard else 0
        self.form = {**self.form, "step": step, "last": step == last, "error": ""}
        self.sections = present_form.sections(layout, step)
        self.steps = present_form.steps(layout, step)
        self.lines = []

    def _fixed(self, app: Live, entity: Entity) -> frozenset[str]:
        """Return the fields that must stay as they are stored."""
        if self.form["shut"]:
            return frozenset(field.name for field in entity.fields)
        if not self.form["record"] or not self.form["lively"]:
            return frozenset()
        return app.database.standing(entity.name, self._stored).fixed

    def _all_inputs(self) -> list[Input]:
        cells = (cell for grid in self.grids.values() for row in grid["rows"] for cell in row["cells"])
        return [*self.inputs, *cells]

    def _grid_fields(self, entity: Entity) -> list[Field]:
        return [
            field
            for field in entity.fields
            if field.name in self.grids and not self.grids[field.name]["more"]
        ]

    def _child(self, app: Live, field: Field) -> Entity:
        return app.spec.entity(field.target or "")

    def _raw_rows(self, app: Live, field: Field, typed: Mapping[str, object]) -> dict[str, dict[str, object]]:
        name = field.name
        return grids.typed_rows(field, self._child(app, field), self.grids[name], typed)

    def _place(self, app: Live, entity: Entity, name: str) -> tuple[Entity, Field, str] | None:
        """Return the entity, the field and the key of the record that an input belongs to."""
        if all(each["name"] != name for each in self._all_inputs()):
            return None
        grid, _, rest = name.partition(".")
        if not rest:
            return entity, entry.field_of(entity, name), self.form["record"]
        key, _, cell = rest.partition(".")
        child = self._child(app, next(each for each in entity.fields if each.name == grid))
        return child, entry.field_of(child, cell), key

    def _taken(self, app: Live, owner: Entity, field: Field, key: str, raw: object) -> str:
        """Return what the database has against a value that must be unique."""
        try:
            id = int(key) if key.isdigit() else None
            return app.database.check(owner.name, id, {field.name: raw}).get(field.name, "")
        except DataError:
            return ""  # whoever saves will be told

    def _tell(self, name: str, text: str) -> None:
        """Show what is wrong with one input, or that nothing is any more."""
        if all(each["name"] != name or each["error"] == text for each in self._all_inputs()):
            return
        self._alter(name, {"error": text})
        self.faults = [each for each in self.faults if each["name"] != name]

    def _tell_checks(
        self, owner: Entity, prefix: str, field: Field, now: Standing, *, finished: bool
    ) -> None:
        """Show which checks on `field`, and on others of its record, are broken, and no longer which hold."""
        errors = {each["name"]: each["error"] for each in self._all_inputs()}
        for rule in owner.rules:
            if rule.kind != "check" or field.name not in rule.fields:
                continue
            place, text = prefix + rule.fields[-1], broken_text(rule)
            if rule not in now.broken:
                if errors.get(place) == text:
                    self._tell(place, "")
            elif finished and not errors.get(place):
                self._tell(place, text)

    def _of_row(self, now: Standing, prefix: str) -> Standing:
        """Return how the conditions stand for the record whose inputs have names that begin with `prefix`."""
        grid, _, key = prefix.removesuffix(".").partition(".")
        if not grid:
            return now
        keys = [row["key"] for row in self.grids[grid]["rows"]]
        rows = now.rows.get(grid, ())
        return rows[keys.index(key)] if key in keys[: len(rows)] else Standing()

    def _is_faulty(self, each: Input) -> bool:
        return any(fault["name"].partition(".")[0] == each["name"] for fault in self.faults)

    def _alter(self, name: str, change: Mapping[str, object]) -> None:
        """Change the input of that name."""

        def changed(those: Iterable[Input]) -> list[Input]:
            return [{**each, **change} if each["name"] == name else each for each in those]  # type: ignore[typeddict-item]  # keys of inputs

        grid = name.partition(".")[0]
        if "." not in name:
            self.inputs = changed(self.inputs)
        elif grid in self.grids:
            rows = [{**row, "cells": changed(row["cells"])} for row in self.grids[grid]["rows"]]
            self.grids = {**self.grids, grid: {**self.grids[grid], "rows": rows}}  # type: ignore[typeddict-item]  # still rows
