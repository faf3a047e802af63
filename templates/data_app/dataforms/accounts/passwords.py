"""Passwords: which will do, and their hashes (argon2id). Imports neither SQLAlchemy nor Reflex."""

from functools import cache
from typing import TYPE_CHECKING

from dataforms.words import say

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST = 10
"""Characters."""
MOST = 200
_MEMORY_KIB = 19_456
_ROUNDS = 2
"""What OWASP asks for with that much memory and one lane; a check takes about 30 ms."""
_COMMON = (
    "password",
    "passwort",
    "qwerty",
    "qwertz",
    "letmein",
    "welcome",
    "iloveyou",
    "abc",
    "123",
    "admin",
)


def fault(password: str, email: str = "") -> str:
    """Return what is wrong with a new password; empty if it will do."""
    if len(password) < LEAST:
        return say("Use {least} characters or more; a few words are easy to remember.", least=LEAST)
    if len(password) > MOST:
        return say("Use {most} characters at most.", most=MOST)
    if _is_plain(password, email):
        return say("This is too easy to guess.")
    return ""


def _is_plain(password: str, email: str) -> bool:
    """Return whether little is left of a password without what everybody tries first."""
    rest = password.lower()
    for word in sorted(
        {*_COMMON, *email.lower().split("@"), *email.lower().split("@")[0].split(".")}, key=len
    ):
        rest = rest.replace(word, "") if len(word) > 2 else rest
    return len(set(rest)) < 4


def hashed(password: str) -> str:
    """Return the hash to store."""
    return _hasher().hash(password)


def matches(password: str, stored: str | None) -> bool:
    """Return whether a password is the one stored; without one it takes as long and is false."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        _hasher().verify(stored or _nobodys(), password if len(password) <= MOST else "")
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Return whether a hash was made with less effort than one is today."""
    return _hasher().check_needs_rehash(stored)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # of no use to an app without a login

    return PasswordHasher(time_cost=_ROUNDS, memory_cost=_MEMORY_KIB, parallelism=1)


@cache
def _nobodys() -> str:
    return hashed("nobody has this one")
