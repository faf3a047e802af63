"""What every page of a browser tab has: the app's head, its menu, and why there is nothing to see."""

from collections.abc import Callable
from typing import TypeVar, cast

import reflex as rx
from reflex.event import EventSpec

from dataforms.accounts.account import Account, SignInNeeded
from dataforms.errors import DataError
from dataforms.ui import present, visiting
from dataforms.ui.live import Live, live
from dataforms.ui.shapes import Head, TableLink
from dataforms.words import say

Method = TypeVar("Method", bound=Callable[..., object])

NO_HEAD: Head = {
    "title": "",
    "initial": "",
    "description": "",
    "accent": "indigo",
    "gray": "slate",
    "radius": "medium",
    "logo": "",
}


def handler(method: Method) -> Method:
    """Make `method` one that the browser may call, and keep its type."""
    return cast("Method", rx.event(method))


def toast(text: str, *, is_error: bool = False) -> EventSpec:
    """Return what shows a short message above the page."""
    return cast("EventSpec", rx.toast.error(text) if is_error else rx.toast.success(text))


class AppState(rx.State, mixin=True):
    """The app in one tab."""

    head: Head = NO_HEAD
    page_title: str = ""
    place: str = ""
    """The slug of the table that the page shows; empty on the first page."""
    tables: list[TableLink] = []  # noqa: RUF012 - Reflex copies defaults
    visiting: bool = False
    """Has whoever looks at the page no account, where there is a login?"""
    has_syncs: bool = False
    """Is anything fetched from elsewhere that the account may run?"""
    failure: str = ""
    """Why there is nothing to see at all; empty as a rule."""

    _account: Account | None = None
    """Who is signed in; `Guard` sees to it before every event."""
    _visitor: str = ""
    """The digest of the session that the tab was last used with."""

    @handler
    def load_home(self) -> EventSpec | None:
        """Show the list of tables; a visitor who may fill in one form and nothing else gets that."""
        if out := self._to_the_only_form():
            return out
        self._try(self._show_home)
        return None

    @handler
    def load_nowhere(self) -> None:
        """Show the menu beside what says that there is no such page."""
        self._try(self._show_home)
        self.place = "?"
        self.page_title = say("Not found · {app}", app=self.head["title"])

    def _try(self, show: Callable[[], None]) -> None:
        """Show a page, or why the database does not let us; the next try starts afresh."""
        self.failure = ""
        try:
            show()
        except DataError as failed:
            self.failure = f"{failed} {failed.hint}".strip()

    def _to_the_only_form(self) -> EventSpec | None:
        """Return what sends a visitor who may fill in one form and nothing else there; None for others."""
        try:
            form = visiting.only_form(self._app())
        except DataError:
            return None  # what is asked next says so
        return rx.redirect(form, replace=True) if form else None

    def _app(self) -> Live:
        """Return the app as this tab may see it; raise SignInNeeded."""
        running = live()
        if running.accounts is None:
            return running
        visitors = visiting.visitors_of(running.accounts)
        if self._account is None and visitors is not None:
            return running.acting(visitors)
        return running.acting(self._signed_in().access)

    def _signed_in(self) -> Account:
        """Return whose tab it is; raise SignInNeeded."""
        if self._account is None:
            raise SignInNeeded(say("Nobody is signed in."), hint=say("Sign in, and do it again."))
        return self._account

    def _show_home(self) -> None:
        app = self._app()
        self._close_all()
        self._load_head(app, with_recent=True)
        self.place = ""
        self.page_title = app.spec.title

    def _load_head(self, app: Live, *, with_recent: bool) -> None:
        self.head = present.head(app.spec)
        self.visiting = app.database.access.is_visitor
        self.has_syncs = _has_syncs(app)
        counts = app.database.counts()
        self.tables = [
            visiting.link(entity)
            if visiting.is_form_alone(app, entity)
            else present.table_link(
                entity, counts.get(entity.name, 0), app.recent(entity) if with_recent else ()
            )
            for entity in app.spec.entities
        ]

    def _close_all(self) -> None:
        """Close what is open in front of a page; each part of the state closes its own."""

    def _next(self) -> EventSpec | None:
        """Return what the page does after it was shown again."""
        return None

    def _address(self) -> list[str]:
        """Return the parts of the page's path."""
        return [part for part in self.router.url.path.split("/") if part]


def _has_syncs(app: Live) -> bool:
    if not app.database.whole_spec.syncs:
        return False
    from dataforms.syncing.allowed import allowed  # of no use to apps without any

    return bool(allowed(app.database))
