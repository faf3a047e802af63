"""Lets events of a tab through to its state only for who is signed in, and to that account's state."""

from typing import Any

import reflex as rx
from reflex.event import Event
from reflex.istate.delta import _resolve_delta
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex.utils.format import format_event_handler

from dataforms.accounts.account import Account
from dataforms.accounts.accounts import Accounts
from dataforms.accounts.gate import SESSION_HEADER
from dataforms.errors import DataError
from dataforms.speaking import Listening
from dataforms.ui.live import live
from dataforms.ui.state import Ui
from dataforms.ui.state_login import to_login
from dataforms.ui.visiting import ALLOWED, visitors_of

RELOAD = "location.reload()"


class Guard(Middleware):
    """Asks before every event whose session the tab's connection has, and which language it is read in.

    Who has no account gets to the login and, where a role is for visitors, to what that one may see. A tab
    that was another account's, or nobody's, starts afresh: nothing of what it held reaches the next.
    """

    def __init__(self, listening: Listening) -> None:
        self._listening = listening
        handlers = (Ui.event_handlers[name] for name in ("load_login", "load_join"))
        self._for_all = {format_event_handler(handler) for handler in handlers}

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Return what is done in place of the event; None to let it through."""
        root = state._get_root_state()
        self._listening(root.router_data.get("headers", {}))
        try:
            accounts = live().accounts
            if accounts is None:
                return None
            session = str(root.router_data.get("headers", {}).get(SESSION_HEADER, ""))
            account = accounts.session(session)
        except DataError as failed:
            return await self._failed(root, event, failed)
        is_other = self._take(await root.get_state(Ui), account, session)
        if _is_internal(event):
            return None
        if account is None and not self._is_for_visitors(event, accounts):
            return await _instead(root, to_login(str(root.router_data.get("asPath", ""))))
        if account is None and event.name in self._for_all:
            return None
        return await _instead(root, rx.call_script(RELOAD)) if is_other else None

    def _is_for_visitors(self, event: Event, accounts: Accounts) -> bool:
        """Tell whether who has no account may do that here; the database has its own say in it."""
        if event.name in self._for_all:
            return True
        return visitors_of(accounts) is not None and event.name.rpartition(".")[2] in ALLOWED

    def _take(self, ui: Ui, account: Account | None, session: str) -> bool:
        """Have the tab be the account's; tell whether it was one with other rights a moment ago."""
        visitor = "" if account is None else session
        was, access = ui._account, None if account is None else account.access
        if ui._visitor == visitor and (None if was is None else was.access) == access:
            if was != account:
                ui._receive(account)
            return False
        ui.reset()  # type: ignore[no-untyped-call]  # Reflex gives it no type
        ui._visitor = visitor
        ui._receive(account)
        return was is not None

    async def _failed(self, root: BaseState, event: Event, failed: DataError) -> StateUpdate | None:
        ui = await root.get_state(Ui)
        ui.reset()  # type: ignore[no-untyped-call]  # Reflex gives it no type
        ui.failure = f"{failed} {failed.hint}".strip()
        return None if _is_internal(event) else await _instead(root, None)


def _is_internal(event: Event) -> bool:
    """Return whether an event is Reflex's own: it brings a tab up to date, or asks what its page loads."""
    return event.name.rpartition(".")[0].rpartition(".")[2].startswith("reflex___")


async def _instead(root: BaseState, spec: Any) -> StateUpdate:
    """Return what happens in place of an event, and what has changed by now."""
    delta = await _resolve_delta(root.get_delta())
    root._clean()  # type: ignore[no-untyped-call]  # nor this
    return StateUpdate(delta=delta, events=Event.from_event_type(spec))
