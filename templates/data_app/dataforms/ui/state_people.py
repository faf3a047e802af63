"""The people page of a browser tab: for administrators alone, which every handler asks again."""

from typing import Any

import reflex as rx
from reflex.event import EventSpec

from dataforms.accounts.account import Account, LinkKind
from dataforms.accounts.accounts import Accounts
from dataforms.errors import DataError, NotAllowed
from dataforms.ui.live import live
from dataforms.ui.shapes_login import Person, PersonForm
from dataforms.ui.state_account import NO_SECRET, AccountState, day, title_of
from dataforms.ui.state_app import handler, toast
from dataforms.words import phrase, say

NO_PERSON: PersonForm = {
    "open": False, "key": "", "id": "", "email": "", "name": "", "admin": False, "active": True, "roles": [],
    "error": "",
}  # fmt: skip
TOLD = {
    "invitation": phrase(
        "Send it to the person: whoever opens it chooses a password. It works once, for 7 days."
    ),
    "reset": phrase(
        "Send it to the person: whoever opens it chooses a new password. It works once, for an hour."
    ),
}


class PeopleState(AccountState, mixin=True):
    """Everybody's accounts."""

    people: list[Person] = []  # noqa: RUF012 - Reflex copies defaults
    person: PersonForm = NO_PERSON
    may_invite: bool = False

    @handler
    def load_people(self) -> EventSpec | None:
        """Show everybody, to an administrator."""
        if live().accounts is None:
            return rx.redirect("/")
        self._try(self._show_people)
        return None

    @handler
    def invite(self) -> None:
        """Open the dialog for a new account."""
        accounts = self._administering()
        self._open(None, accounts.settings.default_roles)

    @handler
    def open_person(self, id: str) -> None:
        """Open the dialog for an account."""
        account = self._person(id)
        self._open(account, account.roles)

    @handler
    def person_open_changed(self, is_open: bool) -> None:
        """Follow the dialog, which Escape closes."""
        if not is_open:
            self.person = NO_PERSON

    @handler
    def close_person(self) -> None:
        """Close the dialog."""
        self.person = NO_PERSON

    @handler
    def save_person(self, typed: dict[str, Any]) -> EventSpec | None:
        """Invite, or change what an account may do."""
        accounts = self._administering()
        roles = tuple(each["value"] for each in self.person["roles"] if f"role:{each['value']}" in typed)
        is_admin = "admin" in typed
        try:
            if self.person["id"]:
                account = self._person(self.person["id"])
                accounts.change(account.id, roles=roles, is_admin=is_admin, is_active="active" in typed)
            else:
                email, name = str(typed.get("email", "")), str(typed.get("name", ""))
                account = accounts.add(email, name, roles=roles, is_admin=is_admin)
        except DataError as refused:
            self.person = {**self.person, "error": f"{refused} {refused.hint}".strip()}
            return None
        is_new = not self.person["id"]
        self.person = NO_PERSON
        self._list_people(accounts)
        if is_new:
            self._show_link("invitation", account)
            return None
        return toast(say("{account} saved", account=account.name))

    @handler
    def new_link(self, id: str) -> None:
        """Make a one-time link for who has no password yet, or forgot it."""
        account = self._person(id)
        self.person = NO_PERSON
        self._show_link("reset" if account.has_password else "invitation", account)

    def _show_link(self, kind: LinkKind, account: Account) -> None:
        accounts = self._administering()
        key = accounts.link(kind, account.id)
        base = accounts.settings.url or self.router.url.origin
        self.secret = {
            "open": True,
            "title": say("A link for {account}", account=account.name),
            "help": say(TOLD[kind]),
            "text": f"{base}/join/{kind}/#{key}",
        }

    def _show_people(self) -> None:
        app = self._app()
        self._close_all()
        self._load_head(app, with_recent=False)
        self.place = "@people"
        self.page_title = say("People · {app}", app=app.spec.title)
        self._list_people(self._administering())

    def _list_people(self, accounts: Accounts) -> None:
        me = self._signed_in().id
        self.may_invite = accounts.settings.sign_up != "none"
        self.people = [_line(each, me) for each in accounts.everybody()]

    def _open(self, account: Account | None, roles: tuple[str, ...]) -> None:
        self.person = {
            "open": True,
            "key": f"{account.id if account else 'new'}",
            "id": str(account.id) if account else "",
            "email": account.email if account else "",
            "name": account.name if account else "",
            "admin": account.is_admin if account else False,
            "active": account.is_active if account else True,
            "roles": [
                {"value": role.name, "text": role.title, "picked": role.name in roles}
                for role in live().spec.roles
            ],
            "error": "",
        }

    def _person(self, id: str) -> Account:
        found = [each for each in self._administering().everybody() if str(each.id) == id]
        if not found:
            raise LookupError(f"no account {id!r}")
        return found[0]

    def _administering(self) -> Accounts:
        """Return the accounts to an administrator; raise NotAllowed to everybody else."""
        if not self._signed_in().is_admin:
            raise NotAllowed(say("Only administrators see the people of this app."))
        return self._accounts()

    def _close_all(self) -> None:
        super()._close_all()
        self.person, self.secret = NO_PERSON, NO_SECRET


def _line(account: Account, me: int) -> Person:
    titles = [say("Administrator")] if account.is_admin else []
    titles += [title_of(live().spec, name) for name in account.roles]
    if not account.is_active:
        text = say("Not active")
    elif account.signed_in is None:
        text = say("Invited")
    else:
        text = say("Signed in {day}", day=day(account.signed_in))
    return {
        "id": str(account.id),
        "name": account.name,
        "email": account.email,
        "initial": account.name[:1].upper(),
        "roles": ", ".join(titles) or say("No role"),
        "text": text,
        "admin": account.is_admin,
        "active": account.is_active,
        "me": account.id == me,
    }
