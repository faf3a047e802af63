"""Deleted records, kept for a while with their links. Runs within one transaction."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.asker import Asker
from dataforms.errors import FieldError, RecordInvalid, UnknownRecord
from dataforms.pairs import linked_from
from dataforms.query import Record
from dataforms.reading import Reading
from dataforms.schema import Schema
from dataforms.spec import Entity, Field
from dataforms.typerow import Attachment, Value
from dataforms.types import is_empty, is_kept, type_of
from dataforms.words import say

KEPT = timedelta(days=30)
"""So long a deleted record can be restored."""


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """What a delete did: where the record lies now, and how many records of which entity have lost a link."""

    item: int
    unlinked: dict[str, int] = {}


class TrashItem(msgspec.Struct, frozen=True, kw_only=True):
    """One deleted record; `who` is the account that deleted it, None without login."""

    id: int
    record: int
    label: str
    who: str | None
    deleted: datetime


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    """A record as its form would show it, and the records that were linked to it by entity and field."""

    values: dict[str, str]
    linked: dict[str, dict[str, tuple[int, ...]]] = {}


class Trash:
    """Keeps the records that `whole` reads."""

    def __init__(self, schema: Schema, whole: Reading) -> None:
        self._schema, self._whole, self._table = schema, whole, schema.trash

    def keep(self, connection: Connection, entity: Entity, record: Record, asker: Asker) -> Deleted:
        """Keep a record that is about to be deleted; forget what was kept long enough."""
        linked: dict[str, dict[str, tuple[int, ...]]] = {}
        for user, field in self._schema.linking(entity.name):
            ids = linked_from(connection, self._schema.links[user.name, field.name], record.id)
            if ids:
                linked.setdefault(user.name, {})[field.name] = ids
        values = {
            field.name: type_of(field).edit(record.values[field.name], field)
            for field in entity.fields
            if is_kept(field) and not is_empty(record.values[field.name])
        }
        table = self._table
        old = (asker.now - KEPT).isoformat(" ", "seconds")
        connection.execute(sa.delete(table).where(table.c.deleted < old))
        key = connection.execute(
            sa.insert(table).values(
                entity=entity.name,
                record=record.id,
                label=self._whole.labels(connection, entity, (record.id,))[record.id],
                document=msgspec.json.encode(_Document(values=values, linked=linked)).decode(),
                who=asker.me,
                deleted=asker.now.isoformat(" ", "seconds"),
            )
        ).inserted_primary_key
        assert key is not None  # noqa: S101 - every table has one
        unlinked = {
            name: len({id for ids in fields.values() for id in ids}) for name, fields in linked.items()
        }
        return Deleted(item=int(key[0]), unlinked=unlinked)

    def items(
        self, connection: Connection, entity: Entity, own: Collection[str | None], limit: int
    ) -> list[TrashItem]:
        """Return up to `limit` deleted records, the last first; given `own`, what these accounts deleted."""
        table = self._table
        columns = (table.c.id, table.c.record, table.c.label, table.c.who, table.c.deleted)
        found = sa.select(*columns).where(table.c.entity == entity.name, *self._by(own))
        rows = connection.execute(found.order_by(table.c.id.desc()).limit(limit))
        return [
            TrashItem(
                id=row[0], record=row[1], label=row[2], who=row[3], deleted=datetime.fromisoformat(row[4])
            )
            for row in rows
        ]

    def attachments(self, connection: Connection, entities: Iterable[Entity]) -> Iterator[Attachment]:
        """Yield the files that deleted records have."""
        table = self._table
        for entity in entities:
            fields = [field for field in entity.fields if type_of(field).media]
            rows = sa.select(table.c.document).where(table.c.entity == entity.name) if fields else None
            for text in connection.execute(rows).scalars() if rows is not None else ():
                values = msgspec.json.decode(text, type=_Document).values
                for field in fields:
                    try:
                        value = type_of(field).read(values.get(field.name, ""), field)
                    except FieldError:
                        continue
                    if isinstance(value, Attachment):
                        yield value

    def take(
        self, connection: Connection, entity: Entity, item: int, own: Collection[str | None]
    ) -> tuple[int, dict[str, Value]]:
        """Return the id and the canonical values of a deleted record. Raise UnknownRecord, RecordInvalid.

        What it was linked to and is not there any more is left out.
        """
        table = self._table
        found = connection.execute(
            sa.select(table.c.record, table.c.document).where(
                table.c.id == item, table.c.entity == entity.name, *self._by(own)
            )
        ).one_or_none()
        if found is None:
            raise UnknownRecord(
                say("That {entity} cannot be restored any more.", entity=entity.title),
                hint=say("It was restored already, or deleted more than {days} days ago.", days=KEPT.days),
            )
        document = msgspec.json.decode(found[1], type=_Document)
        values: dict[str, Value] = {}
        errors: dict[str, str] = {}
        for field in entity.fields:
            if is_kept(field):
                try:
                    values[field.name] = self._value(connection, field, document.values.get(field.name, ""))
                except FieldError as error:
                    errors[field.name] = str(error)
        if errors:
            raise RecordInvalid(errors)
        return found[0], values

    def link_again(self, connection: Connection, entity: Entity, item: int, id: int) -> None:
        """Link those records to a restored one again that were and are still there; forget the item."""
        table = self._table
        text = connection.execute(sa.select(table.c.document).where(table.c.id == item)).scalar_one()
        document = msgspec.json.decode(text, type=_Document)
        for user, field in self._schema.linking(entity.name):
            link = self._schema.links[user.name, field.name]
            key = self._schema.tables[user.name].c.id
            were = document.linked.get(user.name, {}).get(field.name, ())
            there = connection.execute(sa.select(key).where(key.in_(were))).scalars().all()
            linked = set(linked_from(connection, link, id))
            pairs = [{link.source.name: one, link.target.name: id} for one in there if one not in linked]
            if pairs:
                connection.execute(sa.insert(link.table), pairs)
        connection.execute(sa.delete(table).where(table.c.id == item))

    def _value(self, connection: Connection, field: Field, text: str) -> Value:
        if is_empty(text):
            if field.required and field.visible_when is None and not type_of(field).linked:
                raise FieldError(say("This is required."))
            return None
        value: Value = type_of(field).read(text, field)
        if isinstance(value, tuple) and type_of(field).linked:
            key = self._schema.tables[field.target or ""].c.id
            there = connection.execute(sa.select(key).where(key.in_(value))).scalars()
            return tuple(sorted(there)) or None
        return value

    def _by(self, own: Collection[str | None]) -> list[sa.ColumnElement[bool]]:
        who = self._table.c.who
        return [sa.or_(*(who == each if each is not None else who.is_(None) for each in own))] if own else []
