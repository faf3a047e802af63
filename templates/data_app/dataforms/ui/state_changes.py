"""What a browser tab does when others change the same data: it follows, compares, and loses nothing."""

from collections.abc import Mapping

from reflex.event import EventSpec

from dataforms.errors import DataError, RecordChanged, RecordInvalid
from dataforms.spec import Entity, Field
from dataforms.types import Value, type_of
from dataforms.ui import entry, present
from dataforms.ui.linking import chipped
from dataforms.ui.live import Live
from dataforms.ui.shapes_rows import Comparison, Side
from dataforms.ui.state_app import handler, toast
from dataforms.ui.state_form import FormState

NO_COMPARISON: Comparison = {"open": False, "title": "", "sides": []}


class ChangesState(FormState, mixin=True):
    """Mine and theirs."""

    comparison: Comparison = NO_COMPARISON

    _mine: dict[str, object] = {}  # noqa: RUF012 - Reflex copies defaults, here and below
    """The raw values that were to be stored."""
    _theirs: dict[str, Value] = {}  # noqa: RUF012

    @handler
    def refresh(self) -> None:
        """Show what others have changed; what is open in front of it stays as it is."""
        self._try(self._refresh)

    def _refresh(self) -> None:
        app = self._app()
        if self.place and self.view["slug"] == self.place and self.view["state"] != "unknown":
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
    def save_compared(self) -> EventSpec | None:
        """Store what was chosen, unless yet another change came first."""
        app, entity = self._here()
        given_up = {each["name"] for each in self.comparison["sides"] if each["keep"] == "theirs"}
        mine = {name: value for name, value in self._mine.items() if name not in given_up}
        self._stored = {**self._theirs, "id": int(self.form["record"])}
        self.comparison = NO_COMPARISON
        try:
            self._store(app, entity, mine)
        except RecordChanged as changed:
            return self._compare(app, entity, self._mine, changed)
        except RecordInvalid as refused:
            self._show_again(app, entity, mine)
            return self._show_errors(refused.errors)
        except DataError as failed:
            self._show_again(app, entity, mine)
            self.form = {**self.form, "error": str(failed)}
            return None
        self.close()
        self._reload_all(app)
        return toast(f"{entity.title} saved")

    def _compare(
        self, app: Live, entity: Entity, values: Mapping[str, object], changed: RecordChanged
    ) -> EventSpec | None:
        mine = {**changed.values, **entry.canonical(entity, values)}
        sides = [
            self._side(app, field, values[field.name], mine[field.name], changed)
            for field in entity.fields
            if field.name in values
            and changed.values.get(field.name) != self._stored.get(field.name)
            and mine[field.name] != changed.values.get(field.name)
        ]
        self._mine, self._theirs = dict(values), dict(changed.values)  # type: ignore[arg-type]  # canonical ones
        self._version = changed.version
        self.comparison = {"open": True, "title": str(changed), "sides": sides}
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

    def _show_again(self, app: Live, entity: Entity, mine: Mapping[str, object]) -> None:
        """Fill the form anew with what was chosen, as it was typed where it is not right."""
        values = {**self._theirs, **entry.canonical(entity, mine)}
        labels = {
            field.name: ", ".join(app.database.labels(field.target, _ids(values.get(field.name))).values())
            for field in entity.fields
            if field.target is not None and entry.is_entered(field)
        }
        inputs = chipped(app, entity, present.inputs(entity, values, labels, {}), values)
        typed = {name: raw for name, raw in mine.items() if isinstance(raw, str)}
        self.inputs = [
            {**each, "value": typed[each["name"]]} if not each["value"] and each["name"] in typed else each
            for each in inputs
        ]
        self.form = {**self.form, "key": f"{self.form['key']}+", "error": ""}

    def _close_all(self) -> None:
        super()._close_all()
        self.comparison = NO_COMPARISON


def _ids(value: Value) -> tuple[int, ...]:
    if isinstance(value, tuple):
        return tuple(each for each in value if isinstance(each, int))
    return (value,) if isinstance(value, int) else ()
