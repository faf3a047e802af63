"""The form in a browser tab: what is typed, followed, checked and stored."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import reflex as rx
from reflex.event import EventSpec

from dataforms.access import Action
from dataforms.around import ChildRow
from dataforms.errors import DataError, RecordChanged, RecordInvalid, UnknownRecord
from dataforms.forms import Layout, is_rows, layout_of, thanks_of
from dataforms.query import Record
from dataforms.spec import Entity, Field, table_name
from dataforms.standing import Standing
from dataforms.ui import entry, grids, present_form
from dataforms.ui.changed import Changed
from dataforms.ui.linking import chipped, chipped_rows
from dataforms.ui.live import Live
from dataforms.ui.shapes import Grid, Input
from dataforms.ui.state_app import handler, toast
from dataforms.ui.state_inputs import NO_FORM, NO_PICKER, InputState
from dataforms.ui.visiting import count_visit, is_form_alone
from dataforms.words import say

TO_THE_TOP = "globalThis.scrollTo(0, 0); globalThis.dfFocus?.('#thanks')"
FOCUS_FIRST_ERROR = "globalThis.dfFocus?.('[aria-invalid=true]')"


class FormState(InputState, mixin=True):
    """The form in front of a page, or on one of its own."""

    thanks: str = ""
    """What is said in place of the form to a visitor who has sent it."""

    @handler
    def add(self) -> None:
        """Open the form for a new record."""
        app, entity = self._here()
        self._open_form(app, entity, self._new(app, entity))

    @handler
    def edit(self, record: str) -> EventSpec | None:
        """Open the form with a record in it."""
        app, entity = self._here()
        found = app.database.get(entity.name, int(record))
        if found is None:
            return self._gone()
        self._open_form(app, entity, found)
        return None

    @handler
    def close(self) -> None:
        """Close the form and forget what was typed."""
        self.form = {**self.form, "open": False}
        self.picker = NO_PICKER

    @handler
    def save(self, typed: dict[str, Any]) -> list[EventSpec] | EventSpec | None:
        """Check and store what was typed, or go to the next step; stay and say what is wrong if refused."""
        app, entity = self._form_here()
        if self.form["shut"]:
            return None
        typed = self._typed = {**typed, **entry.picked_of(self._all_inputs())}
        changed = self._changed(app, entity, typed)
        try:
            if self.form["last"]:
                count_visit(app, self.router.session.client_ip)
                id = self._store(app, entity, changed)
            else:
                errors = app.database.check(entity.name, self._record(), changed.values, changed.children)
                return self._go_on(app, entity, typed, changed.by_key(errors))
        except RecordInvalid as refused:
            return self._refused(app, entity, changed, refused)
        except RecordChanged as theirs:
            return self._compare(app, entity, changed, theirs)
        except UnknownRecord:
            self._is_gone(app)
            return None
        except DataError as failed:
            self.form = {**self.form, "error": f"{failed} {failed.hint}".strip()}
            return None
        return self._saved(app, entity, id)

    @handler
    def back(self, step: int) -> None:
        """Show a step that has been filled in before; what is typed stays."""
        if 0 <= step < self.form["step"]:
            self._show_step(self._layout(), step)

    @handler
    def go_to(self, name: str) -> EventSpec | None:
        """Show the step that an input is in, and go there."""
        place = next(
            (each["section"] for each in self.inputs if each["name"] == name.partition(".")[0]), None
        )
        if place is not None and self.steps and place != self.form["step"]:
            self._show_step(self._layout(), place)
        return rx.call_script(f"globalThis.dfFocus?.({json.dumps('[id=' + json.dumps('in-' + name) + ']')})")

    @handler
    def typing(self, typed: dict[str, Any], name: str, finished: bool) -> None:
        """Show, hide and compute as what is typed demands; say what is wrong with the input `name`.

        Of a form that is not lively, only that input is sent.
        """
        app, entity = self._form_here()
        now = Standing()
        if self.form["lively"]:
            self._typed = dict(typed)
            now = self._follow(app, entity)
        name = entry.field_name(name)
        place = self._place(app, entity, name)
        if place is not None:
            owner, field, key = place
            prefix = name.removesuffix(field.name)
            text = entry.message(field, entry.raw_value(field, typed, prefix), finished=finished)
            if not text and finished and field.unique:
                text = self._taken(app, owner, field, key, entry.raw_value(field, typed, prefix))
            self._tell(name, text)
            self._tell_checks(owner, prefix, field, self._of_row(now, prefix), finished=finished)

    def _open_form(self, app: Live, entity: Entity, found: Record, *, page: bool = False) -> None:
        self._opened += 1
        layout = layout_of(app.spec, entity)
        record = str(found.id) if found.id else ""
        slug = table_name(entity.name)
        self.picker, self.faults, self.lines = NO_PICKER, [], []
        right: Action = "update" if record else "create"
        is_shut = not app.database.may(right, entity.name)
        self.inputs = self._inputs_of(app, entity, layout, found, is_shut=is_shut)
        self._version = found.version
        self._open_grids(app, entity, layout, found, is_shut=is_shut)
        children = [field.target or "" for field in layout.fields if is_rows(field)]
        me = app.database.access.me or ""
        self.form = {
            **NO_FORM,
            "open": not page,
            "page": page,
            "key": f"{slug}-{self._opened}",
            "slug": slug,
            "singular": entity.title,
            "record": record,
            "lively": any(app.database.is_lively(name) for name in (entity.name, *children)),
            "draft": json.dumps(["df-draft", app.spec.name, me, slug, record]),
            "wide": bool(children) or any(part.columns > 2 for part in layout.parts),
            "shut": is_shut,
        }
        self._show_step(layout, 0)
        self._stored = {**found.values, "id": found.id} if record else dict(found.values)
        self._typed = entry.typed_of(self._all_inputs())
        self._follow(app, entity)

    def _inputs_of(
        self, app: Live, entity: Entity, layout: Layout, found: Record, *, is_shut: bool
    ) -> list[Input]:
        target, slug = self._target_of(app), table_name(entity.name)
        inputs = present_form.inputs(layout, found.values, found.labels, target, slug)
        return [{**each, "fixed": is_shut} for each in chipped(app, layout.fields, inputs)]

    def _open_grids(self, app: Live, entity: Entity, layout: Layout, found: Record, *, is_shut: bool) -> None:
        made, kept = dict[str, Grid](), dict[str, dict[str, Record]]()
        for field in layout.fields:
            if not is_rows(field):
                continue
            child = self._child(app, field)
            limit = grids.EDITED + 1
            rows = app.database.related(entity.name, field.name, found.id, limit) if found.id else []
            rights = {
                action: not is_shut and app.database.may(action, child.name)
                for action in ("create", "update", "delete")
            }
            grid = grids.grid(field, child, rows, rights, self._target_of(app))
            made[field.name] = chipped_rows(app, child, grid)
            kept[field.name] = {str(row.id): row for row in rows[: grids.EDITED]}
            if made[field.name]["more"]:
                kept[field.name] = {}
        self.grids, self._kept = made, kept

    def _follow(self, app: Live, entity: Entity) -> Standing:
        """Show the inputs as what is typed demands; return how the conditions stand."""
        if not self.form["lively"]:
            return Standing()
        typed = {**self._typed, **entry.picked_of(self._all_inputs())}
        fixed = self._fixed(app, entity)
        raw = entry.typed_values(self._layout().fields, typed, fixed)
        values = {**self._stored, **entry.canonical(entity, raw)}
        rows = {
            field.name: grids.canonical_rows(
                self._child(app, field),
                self._raw_rows(app, field, typed),
                self._kept[field.name],
                app.database.defaults(field.target or ""),
            )
            for field in self._grid_fields(entity)
        }
        now = app.database.standing(entity.name, values, rows)
        self.inputs = present_form.follow(self.inputs, entity.fields, now, values, fixed)
        self.grids = self.grids | {
            field.name: grids.with_standing(
                self.grids[field.name], self._child(app, field), now.rows[field.name], rows[field.name]
            )
            for field in self._grid_fields(entity)
        }
        if self.lines:
            self.lines = present_form.summary(self._layout(), self.inputs, values)
        return now

    def _changed(self, app: Live, entity: Entity, typed: Mapping[str, object]) -> Changed:
        values = entry.typed_values(self._layout().fields, typed, self._fixed(app, entity))
        keys, children = dict[str, list[str]](), dict[str, list[ChildRow]]()
        for field in self._grid_fields(entity):
            raw = self._raw_rows(app, field, typed)
            child, kept = self._child(app, field), self._kept[field.name]
            keys[field.name], children[field.name] = grids.changes(child, raw, kept)
        return Changed(values=values, keys=keys, children=children)

    def _store(self, app: Live, entity: Entity, changed: Changed) -> int:
        return app.database.save(
            entity.name, self._record(), changed.values, changed.children, expect=self._version
        )

    def _compare(
        self, app: Live, entity: Entity, changed: Changed, theirs: RecordChanged
    ) -> list[EventSpec] | EventSpec | None:
        """Tell that somebody else changed the record meanwhile."""
        self.form = {**self.form, "error": f"{theirs} {theirs.hint}"}
        return None

    def _refused(
        self, app: Live, entity: Entity, changed: Changed, refused: RecordInvalid
    ) -> EventSpec | None:
        """Show what is wrong; who saves again knows of the rows that somebody else has changed."""
        errors = changed.by_key(refused.errors)
        id = self._record()
        for field in self._grid_fields(entity):
            kept = self._kept[field.name]
            told = {key for key in kept if f"{field.name}.{key}." in errors}
            if told and id is not None:
                rows = app.database.related(entity.name, field.name, id, grids.EDITED + 1)
                now = {str(row.id): row.version for row in rows if str(row.id) in told}
                self._kept[field.name] = kept | {
                    key: msgspec.structs.replace(kept[key], version=version) for key, version in now.items()
                }
        return self._show_errors(app, entity, errors)

    def _go_on(
        self, app: Live, entity: Entity, typed: Mapping[str, object], errors: Mapping[str, str]
    ) -> EventSpec | None:
        """Go to the next step unless something in this one or before it is wrong."""
        layout, step = self._layout(), self.form["step"]
        here = {field.name for part in layout.parts[: step + 1] for field in part.fields}
        wrong = {name: text for name, text in errors.items() if name and name.partition(".")[0] in here}
        if wrong:
            return self._show_errors(app, entity, wrong)
        self._show_errors(app, entity, {})
        self._show_step(layout, step + 1)
        if self.form["last"]:
            raw = entry.typed_values(layout.fields, typed, self._fixed(app, entity))
            values = {**self._stored, **entry.canonical(entity, raw)}
            self.lines = present_form.summary(layout, self.inputs, values)
        return rx.call_script("globalThis.dfFocus?.('.df-section, [type=submit]')")

    def _show_errors(self, app: Live, entity: Entity, errors: Mapping[str, str]) -> EventSpec | None:
        self.inputs = [{**each, "error": errors.get(each["name"], "")} for each in self.inputs]
        self.grids = {name: grids.with_errors(grid, name, errors) for name, grid in self.grids.items()}
        self.faults = present_form.faults(self._all_inputs(), errors)
        self.form = {**self.form, "error": ""}
        if self.steps and errors:
            first = min((each["section"] for each in self.inputs if self._is_faulty(each)), default=None)
            if first is not None:
                self._show_step(self._layout(), first)
        return rx.call_script(FOCUS_FIRST_ERROR)

    def _saved(self, app: Live, entity: Entity, id: int) -> list[EventSpec]:
        """Close the form, and say so; return also what has the browser forget its draft."""
        done = toast(say("{entity} saved" if self.form["record"] else "{entity} added", entity=entity.title))
        forget = self._forget_draft()
        if self.form["page"] and is_form_alone(app, entity):
            self.form = NO_FORM
            self.view = {**self.view, "state": "thanks"}
            self.thanks = thanks_of(app.spec, entity) or say("What you sent has arrived.")
            return [forget, rx.call_script(TO_THE_TOP)]
        if self.form["page"]:
            self.form = NO_FORM
            return [forget, rx.redirect(f"/t/{table_name(entity.name)}"), done]
        self.close()
        self._reload_all(app)
        return [forget, done]

    def _forget_draft(self) -> EventSpec:
        return rx.call_script(f"globalThis.dfDrafts?.forget({json.dumps(self.form['draft'])})")

    def _new(self, app: Live, entity: Entity) -> Record:
        return Record(id=0, values=app.database.defaults(entity.name), labels={})

    def _is_gone(self, app: Live) -> None:
        """Tell that the record in the form was deleted; what is typed stays, to be saved once it is back."""
        text = say(
            "Somebody deleted this meanwhile. Restore it under Recently deleted to save what you typed."
        )
        self.form = {**self.form, "error": text}
        if not self.form["page"]:
            self._reload_all(app)

    def _gone(self) -> EventSpec | None:
        self._reload_all(self._app())
        return toast(say("That record is gone: somebody deleted it."), is_error=True)

    def _close_all(self) -> None:
        super()._close_all()
        self.form, self.picker = NO_FORM, NO_PICKER

    def _target_of(self, app: Live) -> present_form.Target:
        """Return what says how a new record for a picker is called; empty where none may be made."""

        def target(field: Field) -> str:
            if field.type not in entry.PICKED or not app.database.may("create", field.target or ""):
                return ""
            return app.spec.entity(field.target or "").title

        return target
