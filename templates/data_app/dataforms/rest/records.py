"""What each request does with the data. Runs in a thread; knows HTTP only as what is asked and answered."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from dataforms.database import Database
from dataforms.errors import RecordInvalid
from dataforms.query import Record
from dataforms.rest import ROOT, forms
from dataforms.rest.listing import query_of
from dataforms.rest.problems import Refused
from dataforms.spec import Entity, table_name
from dataforms.transaction import Transaction


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A status, headers and what the body says in JSON; None for no body."""

    status: int = 200
    headers: dict[str, str] = {}
    body: Any = None


def entity_at(database: Database, key: str) -> Entity:
    """Return the entity whose table is called `key`; raise Refused."""
    for entity in database.spec.entities:
        if table_name(entity.name) == key:
            return entity
    raise Refused(
        404, "entity-unknown", f"There are no records called {key!r} here.", hint=f"See {ROOT}/openapi.json."
    )


def listed(database: Database, entity: Entity, parameters: Iterable[tuple[str, str]]) -> Answer:
    """Return a page of records, and where the next one is."""
    given = list(parameters)
    query = query_of(entity, given)
    page = database.page(entity.name, query)
    items = [_written(entity, record) for record in page.rows]
    body = {"items": items, "total": page.total, "next": None}
    if query.page * query.size >= page.total:
        return Answer(body=body)
    others = [pair for pair in given if pair[0] != "page"]
    after = f"{ROOT}/{table_name(entity.name)}?{urlencode([*others, ('page', query.page + 1)])}"
    return Answer(body={**body, "next": after}, headers={"Link": f'<{after}>; rel="next"'})


def read(database: Database, entity: Entity, id: int, if_none_match: str | None) -> Answer:
    """Return a record, or 304 while it is as the client knows it."""
    answer = _tagged(entity, _known(entity, id, database.get(entity.name, id)))
    if if_none_match is not None and names(if_none_match, answer.headers["ETag"]):
        return Answer(status=304, headers=answer.headers)
    return answer


def created(database: Database, entity: Entity, document: Mapping[str, Any]) -> Answer:
    """Store a record and return it; without a body where the account may not read it."""
    with database.transaction() as transaction:
        id = insert(transaction, entity, document)
        record = transaction.get(entity.name, id) if database.may("read", entity.name) else None
    if database.access.is_visitor and record is None:
        return Answer(status=201)  # the number would tell how many there are
    place = {"Location": f"{ROOT}/{table_name(entity.name)}/{id}"}
    if record is None:
        return Answer(status=201, headers=place)
    answer = _tagged(entity, record)
    return Answer(status=201, headers={**answer.headers, **place}, body=answer.body)


def changed(
    database: Database, entity: Entity, id: int, document: Mapping[str, Any], if_match: str | None
) -> Answer:
    """Change the fields that are named, while the record is the one the client knows; return it."""
    with database.transaction() as transaction:
        update(transaction, entity, id, document, if_match)
        record = transaction.get(entity.name, id)
    return Answer(status=204) if record is None else _tagged(entity, record)


def deleted(database: Database, entity: Entity, id: int, if_match: str | None) -> Answer:
    """Delete a record, while it is the one the client knows."""
    with database.transaction() as transaction:
        delete(transaction, entity, id, if_match)
    return Answer(status=204)


def insert(transaction: Transaction, entity: Entity, document: Mapping[str, Any]) -> int:
    """Store a record of JSON values; return its id."""
    values, errors = forms.read(entity, document, is_new=True)
    if errors:
        raise RecordInvalid(errors)
    return transaction.insert(entity.name, values)


def update(
    transaction: Transaction, entity: Entity, id: int, document: Mapping[str, Any], if_match: str | None
) -> None:
    """Change a record to JSON values; what is sent back as it was read is left as it is."""
    stored = _matching(transaction, entity, id, if_match)
    news = {
        name: value
        for name, value in document.items()
        if name not in stored or not _same(value, stored[name])
    }
    values, errors = forms.read(entity, news, is_new=False)
    if errors:
        raise RecordInvalid(errors)
    transaction.update(entity.name, id, values)


def delete(transaction: Transaction, entity: Entity, id: int, if_match: str | None) -> None:
    """Delete a record."""
    _matching(transaction, entity, id, if_match)
    transaction.delete(entity.name, id)


def names(condition: str, tag: str) -> bool:
    """Tell whether the value of If-Match or If-None-Match is `*` or names an entity tag."""
    tags = [each.strip().removeprefix("W/") for each in condition.split(",")]
    return condition.strip() == "*" or tag in tags


def _same(sent: object, stored: object) -> bool:
    return type(sent) is type(stored) and sent == stored


def _matching(transaction: Transaction, entity: Entity, id: int, if_match: str | None) -> dict[str, Any]:
    stored = _written(entity, _known(entity, id, transaction.get(entity.name, id)))
    if if_match is not None and not names(if_match, tag := forms.etag(stored)):
        raise Refused(
            412,
            "record-changed",
            f"{entity.title} {id} has changed since it was read.",
            hint="Read it again, and decide what of your change still holds.",
            headers={"ETag": tag},
        )
    return stored


def _known(entity: Entity, id: int, record: Record | None) -> Record:
    if record is None:
        raise Refused(
            404, "record-unknown", f"There is no {entity.title} {id}.", hint="It may have been deleted."
        )
    return record


def _written(entity: Entity, record: Record) -> dict[str, Any]:
    return forms.written(entity, record.id, record.values, record.labels)


def _tagged(entity: Entity, record: Record) -> Answer:
    body = _written(entity, record)
    return Answer(body=body, headers={"ETag": forms.etag(body)})
