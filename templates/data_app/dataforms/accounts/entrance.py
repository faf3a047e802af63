"""The ways into an app: the transactions in which people sign in, sign up, and use the links they got."""

import time
from collections.abc import Callable

from dataforms.accounts import attempts, passwords, people, sessions
from dataforms.accounts.account import (
    Account,
    AccountInvalid,
    Identity,
    LinkKind,
    SignInRefused,
    clean_email,
)
from dataforms.accounts.settings import Settings
from dataforms.accounts.tables import METADATA
from dataforms.engine import Connections
from dataforms.errors import FieldError
from dataforms.spec import Field
from dataforms.types_text import read_email
from dataforms.words import phrase, say

NAME_LENGTH = 100
FIRST_S = 86_400
INVITATION_S = 7 * 86_400
RESET_S = 3_600
_EMAIL = Field(name="email", title="E-mail", type="email")
LASTS_S: dict[LinkKind, int] = {"first": FIRST_S, "invitation": INVITATION_S, "reset": RESET_S}
"""How long the one-time links of a kind can be used."""
TAKEN = phrase("There is an account with this address.")


class Entrance:
    """The way to the accounts in the database at `url`; `settings` say how people sign in.

    `clock` is in seconds. May be used from several threads and processes. Methods raise DatabaseUnavailable.
    """

    def __init__(self, url: str, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self._connections = Connections(url)
        self._clock = clock

    def create(self) -> None:
        """Make the tables that are missing."""
        with self._connections.writing() as connection:
            METADATA.create_all(connection)

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        self._connections.close()

    def sign_in(self, email: str, password: str, address: str) -> tuple[Account, str]:
        """Return the account and the secret of its new session; `address` is the browser's.

        Raises:
            SignInRefused: for one message and in one time, whatever is wrong.
            TooManyTries: after wrong passwords for the account or from the address.
        """
        email = clean_email(email)
        with self._connections.writing() as connection:
            attempts.count(connection, email, address, self._now())
        with self._connections.reading() as connection:
            account = people.by_email(connection, email)
            stored = None if account is None else people.password_of(connection, account.id)
        is_right = passwords.matches(password, stored)  # no transaction is open while it takes its time
        if account is None or stored is None or not is_right or not account.is_active:
            raise _wrong()
        again = passwords.hashed(password) if passwords.is_outdated(stored) else None
        with self._connections.writing() as connection:
            attempts.forgive(connection, email, address)
            if again is not None:
                people.change(connection, account.id, password=again)
            people.change(connection, account.id, signed_in=self._now())
            return account, sessions.open_session(connection, account.id, self._now())

    def sign_in_with(self, identity: Identity) -> tuple[Account, str]:
        """Return the account of whom a provider vouches for, and the secret of its new session.

        It is the one linked before, else the one of the verified address; where everybody may sign up, a new
        one. Raise SignInRefused.
        """
        email = clean_email(identity.email)
        with self._connections.writing() as connection:
            account = people.by_identity(connection, identity)
            if account is None:
                if not email or not identity.email_verified:
                    raise SignInRefused(say("The provider does not vouch for the e-mail address."))
                account = people.by_email(connection, email)
                if account is None:
                    if self.settings.sign_up != "open":
                        raise SignInRefused(
                            say("There is no account for {email}.", email=email),
                            hint=say("Ask to be invited."),
                        )
                    new = self._new(email, identity.name or email)
                    account = people.by_id(connection, people.add(connection, new, None, self._now()))
                    assert account is not None  # noqa: S101 - it was just added
                people.link(connection, identity, account.id)
            if not account.is_active:
                raise SignInRefused(say("This account is not active."), hint=say("Ask an administrator."))
            if identity.roles is not None:
                people.set_roles(connection, account.id, identity.roles)
            people.change(connection, account.id, signed_in=self._now())
            return account, sessions.open_session(connection, account.id, self._now())

    def sign_up(self, email: str, name: str, password: str, address: str) -> tuple[Account, str]:
        """Return a new account and the secret of its session.

        Raise AccountInvalid, SignInRefused and TooManyTries.
        """
        if self.settings.sign_up != "open":
            raise SignInRefused(say("Nobody may sign up here."), hint=say("Ask to be invited."))
        new = self._new(clean_email(email), name.strip())
        self._check(new, password)
        with self._connections.writing() as connection:
            attempts.count(connection, new.email, address, self._now())
        stored = passwords.hashed(password)
        with self._connections.writing() as connection:
            if people.by_email(connection, new.email) is not None:
                raise AccountInvalid(email=say(TAKEN))
            attempts.forgive(connection, new.email)
            id = people.add(connection, new, stored, self._now())
            people.change(connection, id, signed_in=self._now())
            account = people.by_id(connection, id)
            assert account is not None  # noqa: S101 - it was just added
            return account, sessions.open_session(connection, id, self._now())

    def join(self, kind: LinkKind, code: str, email: str, name: str, password: str) -> tuple[Account, str]:
        """Return the account that a one-time link is for, its password set, and a session's secret.

        `email` and `name` are the first account's, and count for no other.

        Raise AccountInvalid and SignInRefused.
        """
        first = Account(id=0, email=clean_email(email), name=name.strip(), is_admin=True)
        if kind == "first":
            self._check(first, password)
        elif problem := passwords.fault(password):
            raise AccountInvalid(password=problem)
        stored = passwords.hashed(password)
        with self._connections.writing() as connection:
            taken = sessions.take_link(connection, kind, code.strip(), self._now())
            if taken is None:
                raise _used_up()
            if kind == "first":
                if not people.is_empty(connection):
                    raise _used_up()
                id = people.add(connection, first, stored, self._now())
                sessions.end_links(connection, "first")
            else:
                id = taken[0] or 0
                people.change(connection, id, password=stored)
                sessions.end_sessions(connection, id)
            account = people.by_id(connection, id)
            if account is None or not account.is_active:
                raise _used_up()
            people.change(connection, id, signed_in=self._now())
            return account, sessions.open_session(connection, id, self._now())

    def link(self, kind: LinkKind, account: int | None = None) -> str:
        """Return the secret of a new one-time link, the account's only one of that kind."""
        with self._connections.writing() as connection:
            return sessions.add_link(connection, kind, account, LASTS_S[kind], self._now())

    def note(self, kind: str, data: str, lasts_s: int) -> str:
        """Return the secret under which `data` can be had once."""
        with self._connections.writing() as connection:
            return sessions.add_link(connection, kind, None, lasts_s, self._now(), data)

    def noted(self, kind: str, key: str) -> str | None:
        """Return what `note` was told, once; None later."""
        with self._connections.writing() as connection:
            taken = sessions.take_link(connection, kind, key, self._now())
        return None if taken is None else taken[1]

    def is_empty(self) -> bool:
        """Tell whether there is no account."""
        with self._connections.reading() as connection:
            return people.is_empty(connection)

    def _new(
        self, email: str, name: str, roles: tuple[str, ...] | None = None, *, is_admin: bool = False
    ) -> Account:
        given = self.settings.default_roles if roles is None else roles
        return Account(id=0, email=email, name=name[:NAME_LENGTH], roles=given, is_admin=is_admin)

    def _check(self, account: Account, password: str | None) -> None:
        errors: dict[str, str] = {}
        try:
            read_email(account.email, _EMAIL)
        except FieldError as error:
            errors["email"] = str(error)
        if not account.name:
            errors["name"] = say("This is required.")
        if password is not None and (problem := passwords.fault(password, account.email)):
            errors["password"] = problem
        if errors:
            raise AccountInvalid(**errors)

    def _now(self) -> int:
        return int(self._clock())


def _wrong() -> SignInRefused:
    return SignInRefused(
        say("E-mail and password do not match."), hint=say("Try again, or ask for a new password.")
    )


def _used_up() -> SignInRefused:
    return SignInRefused(say("This link cannot be used any more."), hint=say("Ask for a new one."))
