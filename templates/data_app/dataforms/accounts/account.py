"""What is known of an account, a token, a provider's word; and what refuses.

Imports neither SQLAlchemy nor Reflex.
"""

from typing import Literal

import msgspec

from dataforms.access import Access
from dataforms.errors import DataError
from dataforms.words import say

LinkKind = Literal["first", "invitation", "reset"]


class SignInRefused(DataError):
    """Whoever it was did not get in; the message tells no stranger why."""


class SignInNeeded(DataError):
    """Nobody is signed in, or no longer."""


class ForeignOrigin(DataError):
    """A page of another site asked with this browser's session."""


class TooManyTries(DataError):
    """So many wrong passwords were given that it has to wait: `wait_s` seconds more."""

    def __init__(self, wait_s: int) -> None:
        self.wait_s = wait_s
        super().__init__(say("Too many wrong tries."), hint=say("Try again in {seconds} s.", seconds=wait_s))


class AccountInvalid(DataError):
    """What was given for an account will not do: `errors` has a message for each field."""

    def __init__(self, **errors: str) -> None:
        self.errors = errors
        super().__init__(" ".join(errors.values()))


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A person. `email` is how they sign in, and what `me` stands for; times are seconds since 1970."""

    id: int
    email: str
    name: str
    roles: tuple[str, ...] = ()
    is_admin: bool = False
    is_active: bool = True
    has_password: bool = False
    signed_in: int | None = None

    @property
    def access(self) -> Access:
        """What the account may do: everything if it is an administrator's."""
        return Access(me=self.email, roles=None if self.is_admin else self.roles)


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token of an account; `roles` are the only ones it lends, None all of the account's."""

    id: int
    name: str
    roles: tuple[str, ...] | None
    created: int
    expires: int | None
    used: int | None


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a provider says it is; `roles` is None where it does not say."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str
    roles: tuple[str, ...] | None = None


def lent(account: Account, roles: tuple[str, ...] | None) -> Access:
    """Return what a token may do: no more than the account at this moment."""
    if roles is None:
        return account.access
    allowed = roles if account.is_admin else tuple(role for role in roles if role in account.roles)
    return Access(me=account.email, roles=allowed)


def clean_email(text: str) -> str:
    """Return an address as it is stored and compared."""
    return text.strip().casefold()
