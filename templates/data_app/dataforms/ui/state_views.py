"""The pages of views in a browser tab: which one is shown, and the record on a page of its own."""

from reflex.event import EventSpec

from dataforms.errors import DataError, RecordInvalid, UnknownRecord
from dataforms.forms import is_entered
from dataforms.query import Record
from dataforms.spec import Entity, Field, View, table_name
from dataforms.types import Value
from dataforms.ui import present
from dataforms.ui.live import Live
from dataforms.ui.look import Look
from dataforms.ui.state_app import handler, toast
from dataforms.ui.state_rows import RowsState
from dataforms.ui.views import present_views
from dataforms.ui.views.present_views import NO_VISTA
from dataforms.ui.views.shapes import Detail, Related, Tab, Vista
from dataforms.ui.visiting import may_look
from dataforms.views.chosen import find
from dataforms.views.questions import Listing, Question, Wanted
from dataforms.words import number, say

NO_DETAIL: Detail = {
    "record": "", "label": "", "facts": [], "related": [], "before": "", "after": "", "may_delete": False,
}  # fmt: skip
RELATED = 8


class ViewsState(RowsState, mixin=True):
    """The view shown."""

    vista: Vista = NO_VISTA
    ways: list[Tab] = []  # noqa: RUF012 - Reflex copies defaults
    """The views among which the page's tabs lead."""
    detail: Detail = NO_DETAIL

    @handler
    def load_detail(self) -> EventSpec | None:
        """Show the page of the record that the address names."""
        if out := self._to_the_only_form():
            return out
        self._try(self._show_detail)
        return None

    @handler
    def load_view(self) -> EventSpec | None:
        """Show the view that the address names, as it was left if it is the one shown last."""
        if out := self._to_the_only_form():
            return out
        self._try(self._show_view)
        return None

    @handler
    def add_shown(self) -> None:
        """Open the form for a new record of what the view shows."""
        app = self._app()
        self._open_with(app, self._entity_shown(app), {}, {})

    @handler
    def edit_shown(self) -> EventSpec | None:
        """Open the form with the record that the page shows."""
        app = self._app()
        self._turn_to(app, self._entity_shown(app))
        return self.edit(self.detail["record"])

    @handler
    def delete_shown(self) -> None:
        """Ask whether the record that the page shows shall go."""
        app = self._app()
        self._turn_to(app, self._entity_shown(app))
        self.ask_delete(self.detail["record"], self.detail["label"])

    @handler
    def add_related(self, key: str) -> None:
        """Open the form for a new record that refers to the one shown; `key` names table and field."""
        slug, _, name = key.partition(".")
        shown = {each["key"] for each in self.detail["related"] if each["may_add"]}
        app = self._app()
        entity = present.entity_of(app.spec, slug)
        if key in shown and entity is not None:
            label = {name: self.detail["label"]}
            self._open_with(app, entity, {name: int(self.detail["record"])}, label)

    def _open_with(self, app: Live, entity: Entity, values: dict[str, Value], labels: dict[str, str]) -> None:
        """Open the form for a new record that starts with these values."""
        self._turn_to(app, entity)
        known = {**app.database.defaults(entity.name), **values}
        self._open_form(app, entity, Record(id=0, values=known, labels=labels))

    def _turn_to(self, app: Live, entity: Entity) -> None:
        """Have form and question be about the records of an entity."""
        self.view = present.view(entity, "rows")
        self._allow(app, entity)

    def _show_home(self) -> None:
        super()._show_home()
        self.vista = NO_VISTA
        app = self._app()
        self.ways = present_views.home_tabs(app.spec, "") if may_look(app) else []

    def _show_table(self, slug: str, look: Look | None = None) -> None:
        if self.vista["slug"]:  # the form of a view was about some table, none was shown
            self.vista, self.view = NO_VISTA, present.blank_view("", "loading")
        super()._show_table(slug, look)
        app = self._app()
        entity = present.entity_of(app.spec, slug)
        self.ways = [] if entity is None else present_views.table_tabs(app.spec, entity, "table")

    def _show_form(self) -> None:
        self.vista = NO_VISTA
        super()._show_form()

    def _refresh(self) -> None:
        if self.vista["slug"]:
            self._reload_all(self._app())
        else:
            super()._refresh()

    def _reload_all(self, app: Live) -> None:
        if self.vista["slug"]:
            self._load_head(app, with_recent=False)
            self._try(lambda: self._load_view(app))
        else:
            super()._reload_all(app)

    def _table_slug(self) -> str:
        return self.vista["href"].rpartition("/")[2]

    def _show_detail(self) -> None:
        app = self._app()
        _, slug, record = self._address()
        here = f"{slug}/{record}"
        self._arrive(app, here)
        self.place = slug
        entity = present.entity_of(app.spec, slug)
        if entity is None:
            self._find_nothing(app, here)
            return
        self._turn_to(app, entity)
        view = View(name="detail", title="", kind="detail")
        self.vista = present_views.vista(
            entity,
            here,
            view,
            may_add=app.database.may("create", entity.name),
            may_change=app.database.may("update", entity.name),
        )
        self._load_view(app)

    def _show_view(self) -> None:
        app = self._app()
        slug = self._address()[-1]
        found = find(app.spec, slug)
        self._arrive(app, slug)
        if found is None:
            self._find_nothing(app, slug)
            return
        view, entity = found
        self.page_title = f"{say(view.title)} · {app.spec.title}"
        if entity is None:
            self.place = ""
            self.vista = {**NO_VISTA, "slug": slug, "kind": "dashboard", "title": say(view.title)}
            self.ways = present_views.home_tabs(app.spec, slug)
        else:
            self.place = table_name(entity.name)
            self._turn_to(app, entity)
            self.page_title = f"{present.plural(entity)}: {self.page_title}"
            self.vista = present_views.vista(
                entity,
                slug,
                view,
                may_add=app.database.may("create", entity.name),
                may_change=app.database.may("update", entity.name),
            )
            self.ways = present_views.table_tabs(app.spec, entity, slug)
        self._load_view(app)

    def _arrive(self, app: Live, slug: str) -> None:
        if self.vista["slug"] != slug:  # else the connection was lost and is back: what is typed stays
            self._close_all()
            self._begin_view()
        self._load_head(app, with_recent=False)

    def _begin_view(self) -> None:
        """Forget how the view before was left; each part of the state forgets its own."""

    def _find_nothing(self, app: Live, slug: str) -> None:
        self.vista = {**NO_VISTA, "slug": slug, "state": "unknown"}
        self.ways = []
        self.page_title = say("Not found · {app}", app=app.spec.title)

    def _load_view(self, app: Live) -> None:
        """Ask for what the view shows; each part of the state asks for its own kind."""
        if self.vista["kind"] == "detail":
            self._load_detail(app)

    def _entity_shown(self, app: Live) -> Entity:
        entity = present.entity_of(app.spec, self._table_slug())
        if entity is None:
            raise UnknownRecord(say("The table is not there any more."), hint=say("Load the page again."))
        return entity

    def _view_shown(self, app: Live) -> View:
        found = find(app.spec, self.vista["slug"])
        if found is None:
            raise UnknownRecord(say("The view is not there any more."), hint=say("Load the page again."))
        return found[0]

    def _load_detail(self, app: Live) -> None:
        entity = self._entity_shown(app)
        text = self.vista["slug"].rpartition("/")[2]
        record = app.database.get(entity.name, int(text)) if text.isdecimal() else None
        self.ways = []
        if record is None:
            self.vista = {**self.vista, "state": "gone"}
            self.page_title = say("Not found · {app}", app=app.spec.title)
            return
        before, after = app.database.neighbours(entity.name, record.id)
        label = present_views.name_of(entity, record)
        self.page_title = f"{label} · {app.spec.title}"
        self.detail = {
            "record": str(record.id),
            "label": label,
            "facts": present_views.facts(app.spec, entity, record),
            "related": self._related(app, entity, record),
            "before": "" if before is None else present_views.address(entity, before),
            "after": "" if after is None else present_views.address(entity, after),
            "may_delete": app.database.may("delete", entity.name),
        }
        self.vista = {**self.vista, "state": "ready"}

    def _related(self, app: Live, entity: Entity, record: Record) -> list[Related]:
        titles = {
            (field.target, field.via): field.title for field in entity.fields if field.type == "children"
        }
        found: list[Related] = []
        for other in app.spec.entities:
            if not app.database.may("read", other.name):
                continue
            for field in other.fields:
                if field.type == "reference" and field.target == entity.name and not field.hidden:
                    title = titles.get((other.name, field.name)) or _title(entity, other, field)
                    found.append(_related(app, other, field, record.id, title))
        return found

    def _store_move(self, app: Live, record: str, values: dict[str, object], done: str) -> EventSpec:
        """Change a record as moving its card demands, and tell why if it must stay."""
        entity = self._entity_shown(app)
        try:
            app.database.update(entity.name, int(record), values)
        except RecordInvalid as refused:
            fields = {field.name: field.title for field in entity.fields}
            said = [
                f"{fields[name]}: {text}" if name in fields else text for name, text in refused.errors.items()
            ]
            return toast(" ".join(said), is_error=True)
        except (DataError, ValueError) as failed:
            self._reload_all(app)
            return toast(str(failed), is_error=True)
        self._reload_all(app)
        return toast(done)


def _title(entity: Entity, other: Entity, field: Field) -> str:
    same = [each for each in other.fields if each.type == "reference" and each.target == entity.name]
    plural = present.plural(other)
    return plural if len(same) == 1 else f"{plural} ({field.title})"


def _related(app: Live, other: Entity, field: Field, id: int, title: str) -> Related:
    wanted = Wanted(equal=((field.name, id),))
    [count] = app.database.figures(other.name, Question(wanted=wanted))
    rows = app.database.some(other.name, Listing(wanted=wanted, sort="-id", limit=RELATED))
    total = count.value if isinstance(count.value, int) else 0
    may_add = app.database.may("create", other.name) and is_entered(field)
    return {
        "key": f"{table_name(other.name)}.{field.name}",
        "title": title,
        "singular": other.title,
        "count": number(total),
        "rows": [present_views.related_row(other, each, field.name) for each in rows],
        "more": say("The latest {count:,} of {total:,}", count=RELATED, total=total)
        if total > RELATED
        else "",
        "may_add": may_add,
    }
