"""Sessions, tokens and one-time links within one transaction. All are stored as digests of their secrets."""

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.access import Access
from dataforms.accounts import people
from dataforms.accounts.account import Account, Token, lent
from dataforms.accounts.keys import digest, new_key
from dataforms.accounts.tables import ACCOUNTS, LINKS, SESSIONS, TOKENS

SESSION_S = 30 * 86_400
"""How long a session lasts at most."""
IDLE_S = 7 * 86_400
"""How long it lasts unused."""
SEEN_S = 300
"""How exactly it is noted when a session or a token was last used."""
TOKEN_PREFIX = "dft_"  # noqa: S105 - by which scanners of sources recognise one


def open_session(connection: Connection, account: int, now: int) -> str:
    """Return the secret of a new session, and forget sessions that ended."""
    connection.execute(sa.delete(SESSIONS).where(_ended(now)))
    key = new_key()
    values = {"digest": digest(key), "account": account, "seen": now, "expires": now + SESSION_S}
    connection.execute(sa.insert(SESSIONS).values(values))
    return key


def session(connection: Connection, digest: str, now: int) -> tuple[Account, bool] | None:
    """Return whose session it is, and whether it should be noted that it is used; None if it is nobody's."""
    whose = people.known(SESSIONS.c.seen).join_from(SESSIONS, ACCOUNTS)
    alive = (SESSIONS.c.digest == digest, ACCOUNTS.c.is_active == 1, sa.not_(_ended(now)))
    row = connection.execute(whose.where(*alive)).one_or_none()
    return None if row is None else (people.read(row), row.seen + SEEN_S < now)


def touch(connection: Connection, digest: str, now: int) -> None:
    """Note that a session is used."""
    connection.execute(sa.update(SESSIONS).where(SESSIONS.c.digest == digest).values(seen=now))


def end_session(connection: Connection, digest: str) -> None:
    """End one session."""
    connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.digest == digest))


def end_sessions(connection: Connection, account: int, *, but: str = "") -> None:
    """End all sessions of an account, but the one of that digest."""
    connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.account == account, SESSIONS.c.digest != but))


def add_token(
    connection: Connection,
    account: int,
    name: str,
    roles: tuple[str, ...] | None,
    expires: int | None,
    now: int,
) -> str:
    """Return the secret of a new token."""
    key = new_key(TOKEN_PREFIX)
    values = {
        "digest": digest(key),
        "account": account,
        "name": name,
        "roles": None if roles is None else msgspec.json.encode(roles).decode(),
        "created": now,
        "expires": expires,
    }
    connection.execute(sa.insert(TOKENS).values(values))
    return key


def tokens(connection: Connection, account: int) -> list[Token]:
    """Return the tokens of an account, the newest first."""
    c = TOKENS.c
    columns = (c.id, c.name, c.roles, c.created, c.expires, c.used)
    rows = connection.execute(sa.select(*columns).where(c.account == account).order_by(c.id.desc()))
    return [
        Token(
            id=row.id, name=row.name, roles=_roles(row.roles), created=row.created, expires=row.expires,
            used=row.used,
        )
        for row in rows
    ]  # fmt: skip


def token_access(connection: Connection, key: str, now: int) -> tuple[Access, int | None] | None:
    """Return what a token may do, and its id if its use should be noted; None if it is nobody's."""
    c = TOKENS.c
    whose = people.known(c.roles.label("lent"), c.used, c.id.label("token")).join_from(TOKENS, ACCOUNTS)
    alive = (sa.or_(c.expires.is_(None), c.expires > now), ACCOUNTS.c.is_active == 1)
    row = connection.execute(whose.where(c.digest == digest(key), *alive)).one_or_none()
    if row is None:
        return None
    is_news = row.used is None or row.used + SEEN_S < now
    return lent(people.read(row), _roles(row.lent)), row.token if is_news else None


def use_token(connection: Connection, id: int, now: int) -> None:
    """Note that a token is used."""
    connection.execute(sa.update(TOKENS).where(TOKENS.c.id == id).values(used=now))


def end_token(connection: Connection, account: int, id: int) -> None:
    """Revoke a token of an account."""
    connection.execute(sa.delete(TOKENS).where(TOKENS.c.id == id, TOKENS.c.account == account))


def add_link(
    connection: Connection, kind: str, account: int | None, lasts_s: int, now: int, data: str = ""
) -> str:
    """Return the secret of a new one-time link; the account's others of that kind end."""
    connection.execute(sa.delete(LINKS).where(LINKS.c.expires <= now))
    if account is not None:
        connection.execute(sa.delete(LINKS).where(LINKS.c.kind == kind, LINKS.c.account == account))
    key = new_key()
    values = {
        "digest": digest(key), "kind": kind, "account": account, "data": data, "expires": now + lasts_s,
    }  # fmt: skip
    connection.execute(sa.insert(LINKS).values(values))
    return key


def take_link(connection: Connection, kind: str, key: str, now: int) -> tuple[int | None, str] | None:
    """Return whom a link is for and what was noted with it, and end it; None if there is none."""
    c = LINKS.c
    these = (c.digest == digest(key), c.kind == kind)
    found = connection.execute(sa.select(c.account, c.data).where(*these, c.expires > now)).one_or_none()
    ended = connection.execute(sa.delete(LINKS).where(*these))
    return None if found is None or not ended.rowcount else (found.account, found.data)


def end_links(connection: Connection, kind: str) -> None:
    """End all links of a kind."""
    connection.execute(sa.delete(LINKS).where(LINKS.c.kind == kind))


def end_links_of(connection: Connection, account: int) -> None:
    """End all links of an account."""
    connection.execute(sa.delete(LINKS).where(LINKS.c.account == account))


def _ended(now: int) -> sa.ColumnElement[bool]:
    return sa.or_(SESSIONS.c.expires <= now, SESSIONS.c.seen <= now - IDLE_S)


def _roles(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else msgspec.json.decode(text, type=tuple[str, ...])
