"""Subscriptions to what happens to records: made, listed and deleted by whoever may do everything."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from dataforms.changes import EVENTS
from dataforms.database import Database
from dataforms.jsonform import JsonSchema
from dataforms.origin import read_only
from dataforms.rest import ROOT, outbox
from dataforms.rest.conforming import misfit
from dataforms.rest.outbox import DELIVERIES, WEBHOOKS
from dataforms.rest.problems import Fault, Refused, pointer
from dataforms.rest.records import Answer
from dataforms.rest.sending import NotSent, refuse_private_number, target_of
from dataforms.rest.signing import SECRET_BYTES, secret_of
from dataforms.spec import AppSpec, table_name

URL_LENGTH = 2_000
WEBHOOKS_MOST = 100
SHOWN = 100
"""Deliveries that a list has, the newest first."""


def sent_schema(spec: AppSpec) -> JsonSchema:
    """Return the schema of a new subscription."""
    keys = [table_name(entity.name) for entity in spec.entities]
    return {
        "type": "object",
        "properties": {
            "url": {"type": "string", "format": "uri", "pattern": "^https?://", "maxLength": URL_LENGTH},
            "entities": {
                **_some_of(keys),
                "description": "Those whose records it is about; all without any.",
            },
            "events": {**_some_of(list(EVENTS)), "minItems": 1},
        },
        "required": ["url"],
        "additionalProperties": False,
    }


def _some_of(names: list[str]) -> JsonSchema:
    return {"type": "array", "items": {"type": "string", "enum": names}, "uniqueItems": True}


def stored_schema() -> JsonSchema:
    """Return the schema of a subscription."""
    texts = {"type": "array", "items": {"type": "string"}}
    properties = {
        "id": {"type": "integer", "format": "int64"},
        "url": {"type": "string"},
        "entities": texts,
        "events": texts,
        "secret": {"type": "string", "description": "The signing key; told once, to whoever subscribes."},
    }
    return {"type": "object", "properties": properties, "required": ["id", "url", "entities", "events"]}


def delivery_schema() -> JsonSchema:
    """Return the schema of a delivery that was not accepted, or not yet."""
    text, moment = {"type": "string"}, {"type": "string", "format": "date-time"}
    properties = {
        "id": {"type": "integer", "format": "int64"},
        "message": text,
        "event": text,
        "made_at": moment,
        "attempts": {"type": "integer"},
        "due_at": {"anyOf": [moment, {"type": "null"}], "description": "Null: a dead letter."},
        "failure": {"anyOf": [text, {"type": "null"}]},
        "body": text,
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def listed(database: Database) -> Answer:
    """Return every subscription."""
    _refuse_limited(database)
    with database.transaction() as transaction:
        rows = _rows(transaction.connection, sa.select(WEBHOOKS).order_by(WEBHOOKS.c.id))
    return Answer(body={"items": [_webhook(row) for row in rows]})


def created(database: Database, document: Mapping[str, Any], mark: Path) -> Answer:
    """Store a subscription and return it with its secret; `mark` is the file that says there are some."""
    _refuse_limited(database)
    _refuse_malformed(database.spec, document)
    secret = secret_of(secrets.token_bytes(SECRET_BYTES))
    values = {
        "url": document["url"],
        "secret": secret,
        "entities": msgspec.json.encode(document.get("entities", [])).decode(),
        "events": msgspec.json.encode(document.get("events", list(EVENTS))).decode(),
    }
    with database.transaction() as transaction:
        connection = transaction.connection
        outbox.make(connection)
        many = connection.execute(sa.select(sa.func.count()).select_from(WEBHOOKS)).scalar_one()
        if many >= WEBHOOKS_MOST:
            raise Refused(409, "webhooks-too-many", f"There are {WEBHOOKS_MOST}, as many as there may be.")
        key = connection.execute(sa.insert(WEBHOOKS).values(values)).inserted_primary_key
        assert key is not None  # noqa: S101 - the table has one
        row = connection.execute(sa.select(WEBHOOKS).where(WEBHOOKS.c.id == key[0])).one()
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    place = f"{ROOT}/webhooks/{row.id}"
    return Answer(status=201, headers={"Location": place}, body={**_webhook(row), "secret": secret})


def read(database: Database, id: int) -> Answer:
    """Return a subscription."""
    _refuse_limited(database)
    with database.transaction() as transaction:
        return Answer(body=_webhook(_known(transaction.connection, id)))


def deleted(database: Database, id: int) -> Answer:
    """Delete a subscription, and what waits for it."""
    _refuse_limited(database)
    with database.transaction() as transaction:
        _known(transaction.connection, id)
        transaction.connection.execute(sa.delete(WEBHOOKS).where(WEBHOOKS.c.id == id))
    return Answer(status=204)


def deliveries(database: Database, id: int) -> Answer:
    """Return what a subscriber has not accepted: what waits, and the dead letters."""
    _refuse_limited(database)
    those = sa.select(DELIVERIES).where(DELIVERIES.c.webhook == id).order_by(DELIVERIES.c.id.desc())
    with database.transaction() as transaction:
        _known(transaction.connection, id)
        rows = transaction.connection.execute(those.limit(SHOWN)).all()
    return Answer(body={"items": [_delivery(row) for row in rows]})


def retried(database: Database, id: int, now: float) -> Answer:
    """Have all that a subscriber has not accepted delivered again, dead letters too."""
    _refuse_limited(database)
    again = sa.update(DELIVERIES).where(DELIVERIES.c.webhook == id).values(due_at=now, attempts=0)
    with database.transaction() as transaction:
        _known(transaction.connection, id)
        transaction.connection.execute(again)
    return Answer(status=204)


def _refuse_limited(database: Database) -> None:
    if database.is_over:
        raise read_only()
    if database.is_limited:
        raise Refused(403, "not-allowed", "Webhooks are for accounts that no role limits.")


def _refuse_malformed(spec: AppSpec, document: Mapping[str, Any]) -> None:
    schema = sent_schema(spec)
    known = schema["properties"]
    missing = [each for each in schema["required"] if each not in document]
    faults = [Fault(pointer="#", detail=f"Must have {each}.") for each in missing]
    for name, value in document.items():
        said = misfit(value, known[name]) if name in known else f"There are only {', '.join(known)}."
        if said:
            faults.append(Fault(pointer=pointer("#", name), detail=said))
    if faults:
        raise Refused(422, "webhook-invalid", "The subscription is not as it must be.", errors=faults)
    try:
        refuse_private_number(target_of(document["url"]))
    except NotSent as error:
        fault = Fault(pointer="#/url", detail=str(error))
        text = "The address cannot be asked from here."
        raise Refused(409, "webhook-unreachable", text, errors=[fault]) from error


def _rows(connection: Connection, statement: sa.Select[Any]) -> list[Row[Any]]:
    return list(connection.execute(statement)) if outbox.is_made(connection) else []


def _known(connection: Connection, id: int) -> Row[Any]:
    rows = _rows(connection, sa.select(WEBHOOKS).where(WEBHOOKS.c.id == id)) if id < 2**63 else []
    if not rows:
        raise Refused(404, "webhook-unknown", f"There is no webhook {id}.")
    return rows[0]


def _webhook(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "url": row.url,
        "entities": msgspec.json.decode(row.entities),
        "events": msgspec.json.decode(row.events),
    }


def _delivery(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "message": row.message,
        "event": row.event,
        "made_at": _moment(row.made_at),
        "attempts": row.attempts,
        "due_at": None if row.due_at is None else _moment(row.due_at),
        "failure": row.failure,
        "body": row.body,
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="milliseconds")
