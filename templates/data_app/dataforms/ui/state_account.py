"""The account page of a browser tab: password, tokens, and the end of all sessions."""

from datetime import UTC, datetime
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from dataforms.accounts.account import Token
from dataforms.accounts.accounts import Accounts
from dataforms.errors import DataError
from dataforms.spec import AppSpec
from dataforms.ui.live import live
from dataforms.ui.shapes import Choice
from dataforms.ui.shapes_login import Secret, TokenLine
from dataforms.ui.state_app import handler, toast
from dataforms.ui.state_login import LoginState, to_login
from dataforms.words import say

NO_SECRET: Secret = {"open": False, "title": "", "help": "", "text": ""}
DAY_S = 86_400
LASTING = {"30": 30 * DAY_S, "90": 90 * DAY_S, "365": 365 * DAY_S, "": None}
"""How many days a token may last; for ever without a number."""


class AccountState(LoginState, mixin=True):
    """One's own account."""

    tokens: list[TokenLine] = []  # noqa: RUF012 - Reflex copies defaults, here and below
    token_roles: list[Choice] = []  # noqa: RUF012
    secret: Secret = NO_SECRET
    account_error: str = ""
    account_form: int = 0
    """Changes when the forms of the page are to be empty again."""

    @handler
    def load_account(self) -> EventSpec | None:
        """Show the account of whoever is signed in."""
        if live().accounts is None:
            return rx.redirect("/")
        self._try(self._show_account)
        return None

    @handler
    def change_password(self, typed: dict[str, Any]) -> EventSpec | None:
        """Set a new password, if the old one is right."""
        old, new = str(typed.get("old", "")), str(typed.get("password", ""))
        address = self.router.session.client_ip
        try:
            self._accounts().change_password(self._signed_in(), old, new, self._visitor, address)
        except DataError as refused:
            self.account_error = f"{refused} {refused.hint}".strip()
            return None
        self.account_error = ""
        self.account_form += 1
        return toast(say("Password changed; you are signed out everywhere else"))

    @handler
    def sign_out_everywhere(self) -> EventSpec:
        """End all sessions of the account, this one too."""
        self._accounts().sign_out_everywhere(self._signed_in().id)
        return to_login("/")

    @handler
    def add_token(self, typed: dict[str, Any]) -> EventSpec | None:
        """Make a token and show it, once."""
        offered = [each["value"] for each in self.token_roles]
        chosen = tuple(role for role in offered if f"role:{role}" in typed)
        lasts_s = LASTING.get(str(typed.get("lasts", "")), LASTING["30"])
        try:
            key = self._accounts().add_token(
                self._signed_in(), str(typed.get("name", "")), chosen or None, lasts_s
            )
        except DataError as refused:
            return toast(str(refused), is_error=True)
        self.account_form += 1
        self.secret = {
            "open": True,
            "title": say("Your new token"),
            "help": say("Copy it now: it is not shown again. Send it as “Authorization: Bearer …”."),
            "text": key,
        }
        self._list_tokens()
        return None

    @handler
    def revoke_token(self, id: str) -> EventSpec | None:
        """Revoke a token."""
        self._accounts().revoke_token(self._signed_in(), int(id))
        self._list_tokens()
        return toast(say("Token revoked"))

    @handler
    def forget_secret(self) -> None:
        """Close what is shown once."""
        self.secret = NO_SECRET

    @handler
    def secret_open_changed(self, is_open: bool) -> None:
        """Follow the dialog, which Escape closes."""
        if not is_open:
            self.secret = NO_SECRET

    def _show_account(self) -> None:
        app, account = self._app(), self._signed_in()
        self._close_all()
        self._load_head(app, with_recent=False)
        self.place = "@account"
        self.page_title = say("Account · {app}", app=app.spec.title)
        whole = live().spec
        held = [role.name for role in whole.roles if account.is_admin or role.name in account.roles]
        self.token_roles = [{"value": name, "text": title_of(whole, name), "picked": False} for name in held]
        self._list_tokens()

    def _list_tokens(self) -> None:
        spec = live().spec
        self.tokens = [token_line(each, spec) for each in self._accounts().tokens(self._signed_in())]

    def _accounts(self) -> Accounts:
        accounts = live().accounts
        if accounts is None:
            raise LookupError("this app has no accounts")
        return accounts

    def _close_all(self) -> None:
        super()._close_all()
        self.secret, self.account_error = NO_SECRET, ""


def token_line(token: Token, spec: AppSpec) -> TokenLine:
    """Return a token for the list; dates are of UTC."""
    parts = [
        say("All roles of the account")
        if token.roles is None
        else ", ".join(title_of(spec, name) for name in token.roles),
        say("never used") if token.used is None else say("used {day}", day=day(token.used)),
        say("does not expire") if token.expires is None else say("expires {day}", day=day(token.expires)),
    ]
    return {"id": str(token.id), "name": token.name, "text": " · ".join(parts)}


def title_of(spec: AppSpec, role: str) -> str:
    """Return what people read for a role; its name if the spec has it no longer."""
    return next((each.title for each in spec.roles if each.name == role), role)


def day(at: int) -> str:
    """Return the day of a moment, in UTC, as ISO 8601."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()
