"""The table in a browser tab: which rows of which entity, in which order, and what its address says."""

from typing import Any

import msgspec
import reflex as rx
from reflex.event import EventSpec

from dataforms.cursor import END
from dataforms.errors import CursorInvalid, FilterInvalid, UnknownName
from dataforms.filters import Filter
from dataforms.paging import COUNT_LIMIT
from dataforms.spec import Entity, table_name
from dataforms.ui import present, present_table, visiting
from dataforms.ui.live import Live, Rows
from dataforms.ui.look import SIZES, Look, address, first_page, look_of
from dataforms.ui.shapes import Choice, Column, Pager, Row, Sum, View
from dataforms.ui.state_app import handler
from dataforms.ui.state_rights import RightsState
from dataforms.words import say


class TableState(RightsState, mixin=True):
    """The rows shown."""

    view: View = present.blank_view("", "loading")
    columns: list[Column] = []  # noqa: RUF012 - Reflex copies defaults, here and below
    rows: list[Row] = []  # noqa: RUF012
    pager: Pager = present.pager(1, present.DEFAULT_SIZE, 0)
    search: str = ""
    column_choices: list[Choice] = []  # noqa: RUF012
    group_choices: list[Choice] = []  # noqa: RUF012
    total_choices: list[Choice] = []  # noqa: RUF012
    sums: list[Sum] = []  # noqa: RUF012
    grouped: str = ""
    """The field that the rows are grouped by."""
    kept_columns: str = rx.LocalStorage("", name="dataforms_columns")
    """The columns chosen in this browser, by the slug of their table, as JSON."""

    _look: Look = Look()
    _ends: tuple[str, str] = ("", "")
    """The cursors of the first and the last row shown."""
    _moved: str = ""
    """The address that this tab goes to while it shows what is there already."""
    _left: str = ""
    """The one that it then leaves."""
    _loaded_in: str = ""
    """The connection over which it last asked what its address shows."""
    _summed: Look = Look()
    """What the totals are of."""
    _total: int = 0
    """How many rows match."""

    @handler
    def load_table(self) -> EventSpec | None:
        """Show the table that the address names, as it says."""
        look = look_of(self.router.url.query_parameters)
        slug, typed = self._slug_in_address(), self.search
        moved, left, self._moved = self._moved, self._left, ""
        connection = self.router.session.session_id
        is_first, self._loaded_in = self._loaded_in != connection, connection
        if moved == address(slug, look):
            return None
        if moved and is_first and left == address(slug, look):  # it has not heard yet where to go
            self._try(lambda: self._show_table(slug))
            return self._move(moved, left, replace=True)
        self._try(lambda: self._show_table(slug, look))
        form = self._form_alone(slug)
        if form:
            self.failure = ""
            return rx.redirect(form, replace=True)
        written: Any = rx.set_value("search", self.search) if self.search != typed else None
        return written  # type: ignore[no-any-return]  # of a library without types

    def _form_alone(self, slug: str) -> str:
        """Return the address of a table's form if that is all that a visitor sees of it; else nothing."""
        app = self._app() if self.visiting else None
        entity = None if app is None else present.entity_of(app.spec, slug)
        if app is None or entity is None or not visiting.is_form_alone(app, entity):
            return ""
        return visiting.form_of(entity)

    @handler
    def sort_by(self, column: str) -> EventSpec | None:
        """Sort by a column: upwards, then downwards, then not at all."""
        turns = {column: f"-{column}", f"-{column}": ""}
        if any(each["name"] == column and each["order"] for each in self.columns):
            return self._go(first_page(self._look, sort=turns.get(self._look.sort, column)))
        return None

    @handler
    def find(self, text: str) -> EventSpec | None:
        """Show the rows that contain the words of `text`."""
        return self._go(first_page(self._look, search=text.strip()), replace=True)

    @handler
    def turn(self, step: int) -> EventSpec | None:
        """Show another page: one back or one forward."""
        look, (first, last) = self._look, self._ends
        page = look.page + step if look.page else 0
        is_near = look.page and not self.pager["capped"] and page * look.size <= COUNT_LIMIT
        after, before = ("", "") if is_near else (last, "") if step > 0 else ("", first)
        if page == 1 or not (is_near or after or before):
            return self._go(first_page(look))
        return self._go(msgspec.structs.replace(look, page=page, after=after, before=before))

    @handler
    def turn_to_first(self) -> EventSpec | None:
        """Show the first page."""
        return self._go(first_page(self._look))

    @handler
    def turn_to_last(self) -> EventSpec | None:
        """Show the last page."""
        if self.pager["capped"]:
            return self._go(first_page(self._look, page=0, before=END))
        return self._go(first_page(self._look, page=self.pager["pages"]))

    @handler
    def resize(self, size: str) -> EventSpec | None:
        """Show `size` rows a page, starting over."""
        return self._go(first_page(self._look, size=int(size))) if size in SIZES else None

    @handler
    def show_column(self, name: str, shown: bool) -> EventSpec | None:
        """Show a column, or do not; the browser keeps it."""
        _, entity = self._here()
        names = {each["name"] for each in self.columns} ^ {name}
        chosen = tuple(field.name for field in present.shown_fields(entity) if field.name in names)
        if not chosen or shown is not (name in names):
            return None
        self.kept_columns = present_table.keep_columns(self.kept_columns, self.view["slug"], chosen)
        return self._go(msgspec.structs.replace(self._look, columns=chosen))

    @handler
    def group_by(self, name: str) -> EventSpec | None:
        """Put the rows with the same value of a field together; an empty name ends that."""
        return self._go(first_page(self._look, group=name))

    @handler
    def show_total(self, total: str, shown: bool) -> EventSpec | None:
        """Show a total below the table, or do not: a field and a function, `amount:sum`."""
        others = tuple(each for each in self._look.totals if each != total)
        return self._go(msgspec.structs.replace(self._look, totals=(*others, total) if shown else others))

    def _show_table(self, slug: str, look: Look | None = None) -> None:
        app = self._app()
        if self.view["slug"] != slug:  # else the connection was lost and is back: what is typed stays
            self._close_all()
        self._load_head(app, with_recent=False)
        self.place = slug
        entity = present.entity_of(app.spec, slug)
        if entity is None:
            self.view = present.blank_view(slug, "unknown")
            self.page_title = say("Not found · {app}", app=app.spec.title)
            return
        if look is None:
            look = self._look if self.view["slug"] == slug else Look(size=self._look.size)
        self._look = look
        self._allow(app, entity)
        self.page_title = f"{present.plural(entity)} · {app.spec.title}"
        self._load_rows(app, entity)

    def _here(self) -> tuple[Live, Entity]:
        """Return the app and the entity whose table is shown."""
        app = self._app()
        slug = self.view["slug"] or self._slug_in_address()
        entity = present.entity_of(app.spec, slug)
        if entity is None:
            raise LookupError(f"no table {slug!r}")
        return app, entity

    def _slug_in_address(self) -> str:
        return self.router.url.path.rstrip("/").rpartition("/")[2]

    def _go(self, look: Look, *, replace: bool = False) -> EventSpec | None:
        """Show a table in another way, and have the address say so."""
        app, entity = self._here()
        slug = table_name(entity.name)
        before = address(slug, self._look)
        self._look = look
        self._try(lambda: self._load_rows(app, entity, moved=True))
        there = address(slug, self._look)
        if there == before:
            return None
        return self._move(there, self._left if self._moved else before, replace=replace)

    def _move(self, there: str, left: str, *, replace: bool) -> EventSpec:
        """Have the browser go to an address; `left` is the one that it has by now."""
        self._moved, self._left = there, left
        moved: Any = rx.redirect(there, replace=replace)
        return moved  # type: ignore[no-any-return]  # of a library without types

    def _reload(self) -> None:
        app, entity = self._here()
        self._try(lambda: self._load_rows(app, entity))

    def _reload_all(self, app: Live) -> None:
        self._load_head(app, with_recent=False)
        self._reload()

    def _load_rows(self, app: Live, entity: Entity, *, moved: bool = False) -> None:
        """Load the page that is looked at; who has `moved` among the same records has their totals."""
        look = self._look
        slug = table_name(entity.name)
        names = look.columns or present_table.kept_columns(self.kept_columns, slug)
        found = self._found(app, entity, names)
        look = self._look = msgspec.structs.replace(self._look, page=found.page)
        self.search = look.search
        self._total = found.total
        self._ends = (found.first, found.last)
        self.pager = present.pager(
            found.page,
            look.size,
            found.total,
            rows=len(found.rows),
            capped=found.is_capped,
            more=found.has_more,
        )
        self.columns = present.columns(entity, look.sort, names)
        self.rows = found.rows
        self.column_choices = present_table.column_choices(entity, self.columns)
        self.group_choices = present_table.group_choices(entity, look.group)
        self.total_choices = present_table.total_choices(entity, look.totals)
        self.grouped = look.group
        if not moved or self._summed != look.summed:
            self.sums = app.sums(entity, look)
            self._summed = look.summed
        state = "rows" if found.total else "nothing_found" if look.picks else "empty"
        self.view = present.view(entity, state)

    def _found(self, app: Live, entity: Entity, names: tuple[str, ...]) -> Rows:
        """Return the rows; what an address asks for in vain, since the spec has changed, is left out."""
        look = self._look
        try:
            return app.rows(entity, look, names)
        except CursorInvalid:
            self._look = first_page(look)
        except FilterInvalid:
            self._look = first_page(look, filter=Filter())
        except UnknownName:
            self._look = first_page(look, sort="", group="", totals=())
        return app.rows(entity, self._look, names)
