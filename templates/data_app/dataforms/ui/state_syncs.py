"""The syncs in a browser tab: how they stand, how far they are, and buttons to run and to cancel them."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, cast

import reflex as rx
from reflex.event import EventSpec

from dataforms.errors import NotAllowed
from dataforms.ui.live import Live
from dataforms.ui.shapes_syncs import SyncRow
from dataforms.ui.state_app import AppState, handler
from dataforms.words import say, spoken

if TYPE_CHECKING:
    from dataforms.spec_sync import Sync

PLACE = "@syncs"
LOOK_S = 0.5
"""So often a page looks how far a run is."""


class SyncState(AppState, mixin=True):
    """The page of syncs. What it needs is loaded by apps that have some."""

    syncs: list[SyncRow] = []  # noqa: RUF012 - Reflex copies defaults, here and below

    _sync_problems: dict[str, str] = {}  # noqa: RUF012
    _follows_syncs: bool = False

    @handler
    def load_syncs(self) -> EventSpec | None:
        """Show the syncs that the account may run."""
        self._sync_problems = {}
        self._try(self._show_syncs)
        return self._next()

    @rx.event(background=True)
    async def sync_run(self, name: str, is_dry: bool) -> AsyncIterator[None]:
        """Run a sync, or tell what it would do, and follow it."""
        from dataforms.syncing.job import Request  # of no use to apps without any, here and below
        from dataforms.syncing.run import Wish
        from dataforms.syncing.starting import start

        async with self:
            sync = self._sync(name)
            who = "" if self._account is None else self._account.email
            wish = Wish(is_dry=is_dry, is_whole=is_dry, who=who)
            request = Request(name=sync.name, wish=wish, language=spoken())
        began = await start(request)
        async with self:
            self._sync_problems = {**self._sync_problems, name: f"{began.message} {began.hint}".strip()}
        async for each in self._following():
            yield each

    @rx.event(background=True)
    async def sync_follow(self) -> AsyncIterator[None]:
        """Show how far runs are until none goes on."""
        async for each in self._following():
            yield each

    @handler
    def sync_cancel(self, name: str) -> None:
        """Have a run end; nothing of it is kept."""
        from dataforms.syncing.lock import cancel

        if not cancel(self._sync(name).name):
            self._sync_problems = {**self._sync_problems, name: say("It cannot be cancelled from here.")}
        self._list_syncs(self._app())

    async def _following(self) -> AsyncIterator[None]:
        async with self:
            if self._follows_syncs:
                self._list_syncs(self._app())
                return
            self._follows_syncs = True
        goes_on = True
        try:
            while goes_on:
                async with self:
                    goes_on = self.place == PLACE and self._list_syncs(self._app())
                yield
                if goes_on:
                    await asyncio.sleep(LOOK_S)
        finally:
            async with self:
                self._follows_syncs = False

    def _show_syncs(self) -> None:
        app = self._app()
        self._close_all()
        self.place = PLACE
        self._load_head(app, with_recent=False)
        self.page_title = say("Syncs · {app}", app=app.spec.title)

    def _load_head(self, app: Live, *, with_recent: bool) -> None:
        super()._load_head(app, with_recent=with_recent)
        if self.place == PLACE:
            self._list_syncs(app)

    def _list_syncs(self, app: Live) -> bool:
        """Show how the syncs stand; tell whether one runs."""
        if not app.database.whole_spec.syncs:
            self.syncs = []
            return False
        from dataforms.syncing.allowed import allowed
        from dataforms.syncing.asked import standing
        from dataforms.ui.present_syncs import HISTORY, row

        found = [standing(app.database, sync, os.environ, HISTORY + 1) for sync in allowed(app.database)]
        whole = app.database.whole_spec
        self.syncs = [row(whole, each, self._sync_problems.get(each.sync.name, "")) for each in found]
        return any(each.progress is not None for each in found)

    def _next(self) -> EventSpec | None:
        """Return what follows the runs that go on, if any does and nobody follows them yet."""
        if self.place != PLACE or self._follows_syncs or not any(each["runs_now"] for each in self.syncs):
            return None
        follow: Any = type(self).sync_follow  # a handler, once Reflex has it
        return cast("EventSpec", follow())

    def _sync(self, name: str) -> "Sync":
        """Return a sync that the account may run; raise NotAllowed."""
        from dataforms.syncing.allowed import find

        sync = find(self._app().database, name)
        if sync is None:
            raise NotAllowed(say("Your roles do not let you run that."))
        return sync
