"""The pages of a browser tab whose visitor is not signed in; and who is, on all others."""

from collections.abc import Mapping
from urllib.parse import quote

import reflex as rx
from reflex.event import EventSpec

from dataforms.accounts.account import Account
from dataforms.accounts.accounts import Accounts
from dataforms.accounts.cookies import Note, read_note
from dataforms.accounts.gate import NOTE_HEADER
from dataforms.accounts.origin import own_path
from dataforms.ui import present
from dataforms.ui.live import Running, live
from dataforms.ui.shapes_login import Entry, Me
from dataforms.ui.state_app import AppState, handler
from dataforms.words import say

NOBODY: Me = {
    "on": False, "name": "", "email": "", "initial": "", "admin": False, "has_password": False,
}  # fmt: skip
NO_ENTRY: Entry = {
    "state": "loading", "kind": "", "action": "", "next": "/", "message": "", "email": "", "email_error": "",
    "name": "", "name_error": "", "password_error": "", "asks_code": False, "asks_email": False,
    "asks_name": False, "open": False, "providers": [],
}  # fmt: skip
ASKS: Mapping[str, frozenset[str]] = {
    "new": frozenset(("email", "name")),
    "first": frozenset(("code", "email", "name")),
    "invitation": frozenset(("code",)),
    "reset": frozenset(("code",)),
}
"""What the page at `/join/<kind>` asks for, apart from a password."""


def to_login(path: str) -> EventSpec:
    """Return what sends a tab to the login, and afterwards to `path`."""
    next = own_path(path)
    return _to("/login/" if next == "/" else f"/login/?next={quote(next, safe='/')}")


def _to(path: str) -> EventSpec:
    return rx.redirect(path)


class LoginState(AppState, mixin=True):
    """Who a tab's visitor is, and the forms to become one."""

    me: Me = NOBODY
    entry: Entry = NO_ENTRY

    def _receive(self, account: Account | None) -> None:
        """Have the tab be an account's, or nobody's."""
        self._account = account
        self.me = NOBODY if account is None else me_of(account)

    @handler
    def load_login(self) -> EventSpec | None:
        """Show the form to sign in, unless somebody is."""
        running = live()
        next = own_path(self.router.url.query_parameters.get("next", "/"))
        if running.accounts is None or self._account is not None:
            return _to(next)
        self._show_head(running)
        self.page_title = say("Sign in · {app}", app=running.spec.title)
        if running.accounts.is_empty():
            self.entry = {**NO_ENTRY, "state": "first"}
        else:
            self.entry = self._entry(running.accounts, "login", "/auth/sign-in", next)
        return None

    @handler
    def load_join(self) -> EventSpec | None:
        """Show the form that a one-time link leads to, or the one to sign up."""
        running = live()
        kind = ([*self._address(), ""])[1]
        accounts = running.accounts
        if accounts is None:
            return _to("/")
        self._show_head(running)
        self.page_title = running.spec.title
        if kind not in ASKS or (kind == "new" and accounts.settings.sign_up != "open"):
            self.entry = {**NO_ENTRY, "state": "none"}
        else:
            action = "/auth/sign-up" if kind == "new" else f"/auth/join/{kind}"
            self.entry = self._entry(accounts, kind, action, "/")
        return None

    def _entry(self, accounts: Accounts, kind: str, action: str, next: str) -> Entry:
        note = self._note()
        asks = ASKS.get(kind, frozenset(("email",)))
        return {
            "state": "form",
            "kind": kind,
            "action": action,
            "next": next,
            "message": note.message,
            "email": note.email,
            "email_error": note.errors.get("email", ""),
            "name": note.name,
            "name_error": note.errors.get("name", ""),
            "password_error": note.errors.get("password", ""),
            "asks_code": "code" in asks,
            "asks_email": "email" in asks,
            "asks_name": "name" in asks,
            "open": accounts.settings.sign_up == "open",
            "providers": [
                {"title": each.provider.title, "action": f"/auth/with/{each.provider.name}"}
                for each in accounts.settings.providers
            ],
        }

    def _note(self) -> Note:
        headers = self.router_data.get("headers", {})
        return read_note(str(headers.get(NOTE_HEADER, ""))) or Note()

    def _show_head(self, running: Running) -> None:
        self.head = present.head(running.spec)


def me_of(account: Account) -> Me:
    """Return what pages show of who is signed in."""
    return {
        "on": True,
        "name": account.name,
        "email": account.email,
        "initial": account.name[:1].upper(),
        "admin": account.is_admin,
        "has_password": account.has_password,
    }
