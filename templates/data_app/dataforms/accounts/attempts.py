"""Wrong passwords within one transaction: counted by account and by address, before each is looked at.

What counts first cannot be raced: of a hundred guesses sent at once no more are looked at than one by one.
"""

import hashlib

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.accounts.account import TooManyTries
from dataforms.accounts.delays import FORGOTTEN_S, FREE_FOR_ACCOUNT, FREE_FOR_ADDRESS, delay_s
from dataforms.accounts.tables import ATTEMPTS


def count(connection: Connection, email: str, address: str, now: int) -> None:
    """Count a try as a wrong one until `forgive` is told; raise TooManyTries, counting none."""
    connection.execute(sa.delete(ATTEMPTS).where(ATTEMPTS.c.last <= now - FORGOTTEN_S))
    keys = _keys(email, address)
    rows = connection.execute(
        sa.select(ATTEMPTS.c.key, ATTEMPTS.c.failures, ATTEMPTS.c.until)
        .where(ATTEMPTS.c.key.in_(keys))
        .order_by(ATTEMPTS.c.key)
        .with_for_update()
    ).all()
    wait_s = max((row.until - now for row in rows), default=0)
    if wait_s > 0:
        raise TooManyTries(wait_s)
    failures = {row.key: row.failures for row in rows}
    for key, free in keys.items():
        many = failures.get(key, 0) + 1
        values = {"failures": many, "until": now + delay_s(many, free), "last": now}
        if key in failures:
            connection.execute(sa.update(ATTEMPTS).where(ATTEMPTS.c.key == key).values(values))
        else:
            connection.execute(sa.insert(ATTEMPTS).values(values | {"key": key}))


def forgive(connection: Connection, email: str, address: str | None = None) -> None:
    """Forget the wrong tries for an account; of those from its address, one: there may be others."""
    account, there = _keys(email, address or "")
    connection.execute(sa.delete(ATTEMPTS).where(ATTEMPTS.c.key == account))
    if address is not None:
        fewer = {"failures": ATTEMPTS.c.failures - 1, "until": 0}
        connection.execute(sa.update(ATTEMPTS).where(ATTEMPTS.c.key == there).values(fewer))


def _keys(email: str, address: str) -> dict[str, int]:
    """Return what tries are counted by, and how many are free; digests, of one length whatever was typed."""
    return {
        hashlib.sha256(text.encode(errors="replace")).hexdigest(): free
        for text, free in ((f"account {email}", FREE_FOR_ACCOUNT), (f"address {address}", FREE_FOR_ADDRESS))
    }
