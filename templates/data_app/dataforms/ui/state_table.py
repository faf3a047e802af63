"""The table in a browser tab: which rows of which entity, in which order."""

from dataforms.spec import Entity
from dataforms.ui import present
from dataforms.ui.live import Live
from dataforms.ui.shapes import Column, Pager, Row, View
from dataforms.ui.state_app import handler
from dataforms.ui.state_rights import RightsState


class TableState(RightsState, mixin=True):
    """The rows shown."""

    view: View = present.blank_view("", "loading")
    columns: list[Column] = []  # noqa: RUF012 - Reflex copies defaults, here and below
    rows: list[Row] = []  # noqa: RUF012
    pager: Pager = present.pager(1, present.DEFAULT_SIZE, 0)
    search: str = ""

    _sort: str = ""
    _total: int = 0
    """How many rows match."""

    @handler
    def load_table(self) -> None:
        """Show the table that the address names, as it was left if it is the one shown last."""
        self._try(lambda: self._show_table(self._slug_in_address()))

    @handler
    def sort_by(self, column: str) -> None:
        """Sort by a column: upwards, then downwards, then not at all."""
        turns = {column: f"-{column}", f"-{column}": ""}
        if any(each["name"] == column and each["order"] for each in self.columns):
            self._sort = turns.get(self._sort, column)
            self._reload(page=1)

    @handler
    def find(self, text: str) -> None:
        """Show the rows that contain the words of `text`."""
        self.search = text.strip()
        self._reload(page=1)

    @handler
    def turn(self, step: int) -> None:
        """Show another page: one back or one forward."""
        self._reload(page=self.pager["page"] + step)

    @handler
    def resize(self, size: str) -> None:
        """Show `size` rows a page, starting over."""
        if size in present.PAGE_SIZES:
            self.pager = present.pager(1, int(size), 0)
            self._reload(page=1)

    def _show_table(self, slug: str) -> None:
        app = self._app()
        if self.view["slug"] != slug:  # else the connection was lost and is back: what is typed stays
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

    def _reload(self, page: int) -> None:
        app, entity = self._here()
        self.pager = {**self.pager, "page": max(1, page)}
        self._try(lambda: self._load_rows(app, entity))

    def _reload_all(self, app: Live) -> None:
        self._load_head(app, with_recent=False)
        self._reload(self.pager["page"])

    def _load_rows(self, app: Live, entity: Entity) -> None:
        size = int(self.pager["size"])
        found = app.rows(entity, self.search, self._sort, self.pager["page"], size)
        self._total = found.total
        self.pager = present.pager(found.page, size, found.total)
        self.columns = present.columns(entity, self._sort)
        self.rows = found.rows
        state = "rows" if found.total else "nothing_found" if self.search else "empty"
        self.view = present.view(entity, state)
