"""Tells the open tabs of this process that the data has changed, whoever changed it.

While a page is open one task asks the database every `ASK_S`, and changes of this process wake it at once;
without an open page there is no task, and nothing wakes up.
"""

import asyncio
import contextlib
from typing import Any

import reflex as rx
from reflex.state import StateUpdate
from reflex_base.event import Event

from dataforms.errors import DataError
from dataforms.frontend import AsgiApp, Receive, Scope, Send
from dataforms.ui.live import live
from dataforms.ui.state import Ui
from dataforms.watching import Changes

ASK_S = 0.5
"""So often the changes of other processes are looked for."""
REST_S = 0.1
"""So long the tabs are left alone after they were told: a burst of changes is told once or twice."""


def pushing(app: rx.App, asgi: AsgiApp) -> AsgiApp:
    """Return `asgi`, the requests to `app`, such that changes are pushed while a websocket is open."""
    watch = _Watch(app)

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await asgi(scope, receive, send)
            return
        watch.join()
        try:
            await asgi(scope, receive, send)
        finally:
            watch.leave()

    return watched


class _Watch:
    """The task, and for how many websockets it runs."""

    def __init__(self, app: rx.App) -> None:
        self._app = app
        self._open = 0
        self._task: asyncio.Task[None] | None = None

    def join(self) -> None:
        self._open += 1
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def leave(self) -> None:
        self._open -= 1
        if not self._open and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        here = asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(here.set)

        try:
            changes = live().database.changes
        except DataError:
            return  # the pages say why there is nothing to see
        unsubscribe = changes.subscribe(wake)
        try:
            _elsewhere(changes)  # what was before is no news
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(here.wait(), ASK_S)
                if _elsewhere(changes) or here.is_set():
                    here.clear()
                    await self._tell()
                    await asyncio.sleep(REST_S)
        finally:
            unsubscribe()
            changes.close()

    async def _tell(self) -> None:
        namespace: Any = self._app.event_namespace
        for token in list(namespace._token_manager.sid_to_token.values()):
            events = Event.from_event_type(Ui.refresh())  # type: ignore[call-arg]  # a handler, once Reflex has it
            await namespace.emit_update(StateUpdate(events=events), token)


def _elsewhere(changes: Changes) -> bool:
    try:
        return changes.changed()
    except DataError:
        return False  # the pages themselves say so, and it is asked again
