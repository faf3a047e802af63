"""Accounts within one transaction: found, listed, made and changed."""

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from dataforms.accounts.account import Account, Identity
from dataforms.accounts.tables import ACCOUNTS, IDENTITIES

_C = ACCOUNTS.c
_KNOWN = (
    *(_C.id, _C.email, _C.name, _C.roles, _C.is_admin, _C.is_active, _C.signed_in),
    _C.password.is_not(None).label("has_password"),
)


def by_id(connection: Connection, id: int) -> Account | None:
    """Return an account; None without one."""
    return _account(connection.execute(sa.select(*_KNOWN).where(_C.id == id)).one_or_none())


def by_email(connection: Connection, email: str) -> Account | None:
    """Return the account of a clean address; None without one."""
    return _account(connection.execute(sa.select(*_KNOWN).where(_C.email == email)).one_or_none())


def by_identity(connection: Connection, identity: Identity) -> Account | None:
    """Return the account that a provider's person was linked to before; None without one."""
    linked = sa.select(IDENTITIES.c.account).where(
        IDENTITIES.c.issuer == identity.issuer, IDENTITIES.c.subject == identity.subject
    )
    id = connection.execute(linked).scalar_one_or_none()
    return None if id is None else by_id(connection, id)


def known(*columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Return the statement for an account's columns, and then these; `read` reads its rows."""
    return sa.select(*_KNOWN, *columns)


def read(row: Row[Any]) -> Account:
    """Return the account in a row of `known`."""
    return Account(
        id=row.id,
        email=row.email,
        name=row.name,
        roles=msgspec.json.decode(row.roles, type=tuple[str, ...]),
        is_admin=bool(row.is_admin),
        is_active=bool(row.is_active),
        has_password=bool(row.has_password),
        signed_in=row.signed_in,
    )


def all_of_them(connection: Connection) -> list[Account]:
    """Return every account, by name."""
    rows = connection.execute(sa.select(*_KNOWN).order_by(sa.func.lower(_C.name), _C.email))
    return [read(row) for row in rows]


def is_empty(connection: Connection) -> bool:
    """Tell whether there is no account."""
    return connection.execute(sa.select(_C.id).limit(1)).first() is None


def add(connection: Connection, account: Account, password: str | None, now: int) -> int:
    """Store a new account with the hash of its password; return its id. The address must be free."""
    stored = {
        "email": account.email,
        "name": account.name,
        "roles": msgspec.json.encode(account.roles).decode(),
        "is_admin": int(account.is_admin),
        "is_active": int(account.is_active),
        "password": password,
        "created": now,
    }
    key = connection.execute(sa.insert(ACCOUNTS).values(stored)).inserted_primary_key
    assert key is not None  # noqa: S101 - the table has one
    return int(key[0])


def change(connection: Connection, id: int, **values: object) -> None:
    """Store columns of an account."""
    connection.execute(sa.update(ACCOUNTS).where(_C.id == id).values(values))


def set_roles(connection: Connection, id: int, roles: tuple[str, ...]) -> None:
    """Store the roles of an account."""
    change(connection, id, roles=msgspec.json.encode(roles).decode())


def password_of(connection: Connection, id: int) -> str | None:
    """Return the hash of an account's password; None without one."""
    return connection.execute(sa.select(_C.password).where(_C.id == id)).scalar_one_or_none()


def link(connection: Connection, identity: Identity, id: int) -> None:
    """Remember whose account a provider's person has."""
    values = {"issuer": identity.issuer, "subject": identity.subject, "account": id}
    connection.execute(sa.insert(IDENTITIES).values(values))


def administrators(connection: Connection) -> int:
    """Return how many administrators can sign in."""
    active = sa.select(sa.func.count()).where(_C.is_admin == 1, _C.is_active == 1)
    return connection.execute(active).scalar_one()


def _account(row: Row[Any] | None) -> Account | None:
    return None if row is None else read(row)
