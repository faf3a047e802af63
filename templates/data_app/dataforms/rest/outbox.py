"""The subscriptions to events, and the deliveries that wait: tables beside the data, made when first needed.

A delivery is written in the transaction of the change that it tells of, so none is lost and none is invented.
"""

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.changes import Change
from dataforms.database import Database
from dataforms.rest import forms
from dataforms.schema import META_TABLE
from dataforms.spec import table_name

METADATA = sa.MetaData()
_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WEBHOOKS = sa.Table(
    "dataforms_webhook",
    METADATA,
    sa.Column("id", _KEY, primary_key=True),
    sa.Column("url", sa.Text(), nullable=False),
    sa.Column("secret", sa.Text(), nullable=False),
    sa.Column("entities", sa.Text(), nullable=False),
    sa.Column("events", sa.Text(), nullable=False),
    sqlite_autoincrement=True,
)
DELIVERIES = sa.Table(
    "dataforms_delivery",
    METADATA,
    sa.Column("id", _KEY, primary_key=True),
    sa.Column("webhook", sa.ForeignKey(WEBHOOKS.c.id, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("message", sa.Text(), nullable=False),
    sa.Column("event", sa.Text(), nullable=False),
    sa.Column("body", sa.Text(), nullable=False),
    sa.Column("made_at", sa.Float(), nullable=False),
    sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("due_at", sa.Float(), index=True),
    sa.Column("failure", sa.Text()),
    sqlite_autoincrement=True,
)
"""`due_at` is in seconds since 1970; null for a dead letter, which nobody tries again by itself."""
_META = sa.table(META_TABLE, sa.column("key", sa.Text), sa.column("value", sa.Text))
_MADE = "webhooks"
MARK = Path("data/webhooks")
"""The file that has an app look into its outbox when it starts; others need not open their database."""
LEASE_S = 120.0
"""So long a delivery belongs to the process that took it; then it was lost with it, and is another's."""


def is_made(connection: Connection) -> bool:
    """Tell whether the tables are there."""
    return connection.execute(sa.select(_META.c.value).where(_META.c.key == _MADE)).first() is not None


def make(connection: Connection) -> None:
    """Make the tables, if they are not there."""
    if not is_made(connection):
        METADATA.create_all(connection)
        connection.execute(sa.insert(_META).values(key=_MADE, value="1"))


def watch(database: Database) -> None:
    """Have what changes in `database` written down, if anybody ever wanted that; the app delivers it."""
    if MARK.exists():
        database.listen(note, lambda: None)


def note(change: Change) -> int:
    """Write down a delivery for everyone who wants to know of a change; return how many they are."""
    if not is_made(change.connection):
        return 0
    key = table_name(change.entity.name)
    wanting = [
        row.id
        for row in change.connection.execute(sa.select(WEBHOOKS))
        if change.event in _list(row.events) and (row.entities == "[]" or key in _list(row.entities))
    ]
    if wanting:
        body, event = _body(change, key), f"{key}.{change.event}"
        now = time.time()
        rows = [
            {"webhook": id, "message": f"msg_{secrets.token_hex(12)}", "event": event, "body": body,
             "made_at": now, "due_at": now}
            for id in wanting
        ]  # fmt: skip
        change.connection.execute(sa.insert(DELIVERIES), rows)
    return len(wanting)


def _body(change: Change, key: str) -> str:
    data: dict[str, Any] = {"id": change.id}
    if change.event != "deleted":
        record = change.record()
        data = forms.written(change.entity, record.id, record.values, record.labels)
    moment = datetime.now(tz=UTC).isoformat(timespec="milliseconds")
    message = {"type": f"{key}.{change.event}", "timestamp": moment, "data": data}
    return msgspec.json.encode(message).decode()


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that is to be made now."""

    id: int
    url: str
    secret: str
    message: str
    body: str
    attempts: int
    """This one included."""


def take(connection: Connection, now: float, most: int) -> list[Due]:
    """Take up to `most` deliveries that are due; no other process gets them before `LEASE_S` have passed."""
    if not is_made(connection):
        return []
    columns = (DELIVERIES.c.id, DELIVERIES.c.message, DELIVERIES.c.body, DELIVERIES.c.attempts)
    due = (
        sa.select(*columns, WEBHOOKS.c.url, WEBHOOKS.c.secret)
        .join(WEBHOOKS, WEBHOOKS.c.id == DELIVERIES.c.webhook)
        .where(DELIVERIES.c.due_at <= now)
        .order_by(DELIVERIES.c.due_at, DELIVERIES.c.id)
        .limit(most)
        .with_for_update(skip_locked=True, of=DELIVERIES)
    )
    rows = connection.execute(due).all()
    ids = [row.id for row in rows]
    later = {"due_at": now + LEASE_S, "attempts": DELIVERIES.c.attempts + 1}
    connection.execute(sa.update(DELIVERIES).where(DELIVERIES.c.id.in_(ids)).values(later))
    return [
        Due(
            id=row.id,
            url=row.url,
            secret=row.secret,
            message=row.message,
            body=row.body,
            attempts=row.attempts + 1,
        )
        for row in rows
    ]


def next_due_at(connection: Connection) -> float | None:
    """Return when the next delivery is due, in seconds since 1970; None while none waits."""
    if not is_made(connection):
        return None
    found = connection.execute(sa.select(sa.func.min(DELIVERIES.c.due_at))).scalar_one()
    return None if found is None else float(found)


def delivered(connection: Connection, id: int) -> None:
    """Forget a delivery that was accepted."""
    connection.execute(sa.delete(DELIVERIES).where(DELIVERIES.c.id == id))


def failed(connection: Connection, id: int, reason: str, due_at: float | None) -> None:
    """Keep a delivery for another try at `due_at`; None makes it a dead letter."""
    values = {"failure": reason, "due_at": due_at}
    connection.execute(sa.update(DELIVERIES).where(DELIVERIES.c.id == id).values(values))


def _list(text: str) -> Sequence[str]:
    return msgspec.json.decode(text, type=list[str])
