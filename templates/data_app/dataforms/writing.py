"""What is changed within one transaction: records checked by every rule, then inserted, updated, deleted."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import sqlalchemy as sa
from msgspec.structs import replace
from sqlalchemy.engine import Connection

from dataforms.access import Access, Action
from dataforms.around import ALONE, Around
from dataforms.asker import Asker
from dataforms.changes import Change, Event, Listener
from dataforms.conditions import Conditions
from dataforms.errors import NotAllowed, RecordChanged, RecordInUse, RecordInvalid
from dataforms.files import Files, file_errors
from dataforms.limits import Limits
from dataforms.meta import remember
from dataforms.pages import Record
from dataforms.pairs import store_links
from dataforms.reading import Reading
from dataforms.records import changed_values, new_values
from dataforms.rules import no_such, stored_errors
from dataforms.schema import Schema
from dataforms.spec import Entity, Field, Permission
from dataforms.standing import judge
from dataforms.trash import Deleted, Trash, TrashItem
from dataforms.typerow import Value
from dataforms.types import type_of
from dataforms.words import all_of, number, phrase, say

_REFUSED: dict[Action, str] = {
    "create": phrase("Your roles do not let this {entity} be added."),
    "read": phrase("Your roles do not let this {entity} be read."),
    "update": phrase("Your roles do not let this {entity} be changed."),
    "delete": phrase("Your roles do not let this {entity} be deleted."),
}


class Writing:
    """Changes records as `limits` let it; `seen` reads what may be seen, `whole` all of `entities`.

    Records may have those files that are in `files`; without it, what they say of files is believed.
    """

    def __init__(
        self,
        entities: Mapping[str, Entity],
        schema: Schema,
        conditions: Conditions,
        *,
        seen: Reading,
        whole: Reading,
        limits: Limits,
        files: Files | None,
        listeners: Sequence[Listener] = (),
    ) -> None:
        self._entities, self._schema, self._conditions = entities, schema, conditions
        self._seen, self._whole, self._limits = seen, whole, limits
        self._files, self._listeners = files, listeners
        self._trash = Trash(schema, whole)

    def insert(
        self,
        connection: Connection,
        entity: Entity,
        values: Mapping[str, object],
        asker: Asker,
        around: Around = ALONE,
        *,
        within: str = "",
    ) -> int:
        """Store a new record of raw values; return its id. Raise RecordInvalid and NotAllowed.

        `within` is the reference to the record that it is stored with, if there is one.
        """
        self._refuse_unless(entity, "create")
        # Before anything is compared with other records: what is hidden would be told by what is refused.
        self._refuse_names(self._limits.rights.permissions("create", entity.name), values)
        whole = self._entities[entity.name]
        parsed, errors = new_values(whole, values, asker)
        judge(whole, parsed, errors, self._conditions.standing(connection, whole, parsed, asker, around))
        conflicts = stored_errors(connection, self._schema, whole, parsed, errors)
        chosen = {name: parsed[name] for name in values if name in parsed and name != within}
        conflicts |= self._unseen(connection, whole, chosen, {})
        errors |= self._file_errors(whole, parsed, {})
        if errors or conflicts:
            raise RecordInvalid(errors | conflicts, conflicts=conflicts.keys() - errors)
        parsed |= self._numbers(connection, whole)
        id = stored_new(connection, self._schema, whole, parsed)
        self._refuse_fixed(connection, entity, id, "create", values)
        self._tell(connection, whole, id, "created")
        return id

    def update(
        self,
        connection: Connection,
        entity: Entity,
        id: int,
        values: Mapping[str, object],
        asker: Asker,
        around: Around = ALONE,
        *,
        expect: str | None = None,
    ) -> None:
        """Change fields to raw values. Raise RecordInvalid, RecordChanged, UnknownRecord and NotAllowed."""
        self._refuse_unless(entity, "update")
        seen = self._seen.known(connection, entity, id)
        if expect is not None and seen.version != expect:
            raise RecordChanged(
                say("Somebody else changed this {entity} meanwhile.", entity=entity.title),
                values=seen.values,
                labels=seen.labels,
                version=seen.version,
            )
        self._refuse_fixed(connection, entity, id, "update", values)
        whole = self._entities[entity.name]
        stored = self._whole_of(connection, whole, seen).values
        parsed, errors = changed_values(whole, values, stored)
        unseen = self._unseen(connection, whole, parsed, stored)
        parsed |= self._with_unseen(whole, parsed, stored, seen.values)
        judge(
            whole,
            parsed,
            errors,
            self._conditions.standing(connection, whole, {**stored, **parsed, "id": id}, asker, around),
            stored=stored,
            before=self._conditions.standing(connection, whole, {**stored, "id": id}, asker)
            if self._conditions.fix(whole)
            else None,
        )
        conflicts = stored_errors(connection, self._schema, whole, parsed, errors, stored=stored, id=id)
        conflicts |= unseen
        errors |= self._file_errors(whole, parsed, stored)
        if errors or conflicts:
            raise RecordInvalid(errors | conflicts, conflicts=conflicts.keys() - errors)
        if parsed:
            store_changes(connection, self._schema, whole, id, parsed)
            self._refuse_fixed(connection, entity, id, "update", {})
            self._tell(connection, whole, id, "updated")

    def delete(self, connection: Connection, entity: Entity, id: int, asker: Asker) -> Deleted:
        """Move a record to the trash. Raise RecordInUse, UnknownRecord and NotAllowed."""
        self._refuse_unless(entity, "delete")
        seen = self._seen.known(connection, entity, id)
        self._refuse_fixed(connection, entity, id, "delete", {})
        self._refuse_if_used(connection, entity, id)
        whole = self._entities[entity.name]
        kept = self._trash.keep(connection, whole, self._whole_of(connection, whole, seen), asker)
        table = self._schema.tables[entity.name]
        connection.execute(sa.delete(table).where(table.c.id == id))
        self._tell(connection, whole, id, "deleted")
        told = {
            name: many
            for name, many in kept.unlinked.items()
            if not self._limits.visible(self._entities[name])  # else the number tells of what is not seen
        }
        return replace(kept, unlinked=told)

    def restore(self, connection: Connection, entity: Entity, item: int, asker: Asker) -> int:
        """Bring a record back; return its id. Raise RecordInvalid, UnknownRecord and NotAllowed."""
        self._refuse_unless(entity, "delete")
        whole = self._entities[entity.name]
        id, values = self._trash.take(connection, whole, item, self._own(asker))
        errors = stored_errors(connection, self._schema, whole, values, {})
        if errors:
            raise RecordInvalid(errors)
        stored_new(connection, self._schema, whole, values, id=id)
        self._trash.link_again(connection, whole, item, id)
        self._refuse_fixed(connection, entity, id, "delete", {})
        self._tell(connection, whole, id, "created")
        return id

    def deleted(self, connection: Connection, entity: Entity, asker: Asker, limit: int) -> list[TrashItem]:
        """Return what of an entity was deleted lately, the last first. Raise NotAllowed."""
        self._refuse_unless(entity, "delete")
        return self._trash.items(connection, entity, self._own(asker), limit)

    def label(self, connection: Connection, entity: Entity, id: int) -> str:
        """Return what a record is called, as the account may know it."""
        return self._seen.labels(connection, entity, (id,)).get(id) or f"{entity.title} {id}"

    def _whole_of(self, connection: Connection, entity: Entity, seen: Record) -> Record:
        """Return all of a record of which the account sees this."""
        return seen if self._seen is self._whole else self._whole.known(connection, entity, seen.id)

    def _own(self, asker: Asker) -> tuple[str | None, ...]:
        """Return whose deletions alone the account gets to see; nobody's name is everybody's."""
        return (asker.me,) if self._limits.rights.is_limited else ()

    def _unseen(
        self,
        connection: Connection,
        entity: Entity,
        values: Mapping[str, Value],
        stored: Mapping[str, Value],
    ) -> dict[str, str]:
        """Return a message for each new reference to what the account does not see."""
        if not self._limits.rights.is_limited:
            return {}
        errors: dict[str, str] = {}
        for field in entity.fields:
            if field.target is None or values.get(field.name) is None:
                continue
            wanted = _ids(values[field.name]) - _ids(stored.get(field.name))
            target = self._entities[field.target]
            sees = self._limits.rights.may("read", target.name)
            seen = self._seen.labels(connection, target, wanted) if sees and wanted else {}
            if missing := sorted(wanted - set(seen)):
                errors[field.name] = no_such(field.target, missing[0])
        return errors

    def _with_unseen(
        self,
        entity: Entity,
        parsed: Mapping[str, Value],
        stored: Mapping[str, Value],
        seen: Mapping[str, Value],
    ) -> dict[str, Value]:
        """Return the links that change, with those that the account does not see and so cannot have meant."""
        found: dict[str, Value] = {}
        for field in entity.fields:
            if type_of(field).linked and field.name in parsed:
                unseen = _ids(stored.get(field.name)) - _ids(seen.get(field.name))
                found[field.name] = tuple(sorted(_ids(parsed[field.name]) | unseen)) or None
        return found

    def _tell(self, connection: Connection, entity: Entity, id: int, event: Event) -> None:
        change = Change(connection, entity, id, event, partial(self._whole.known, connection, entity, id))
        for listener in self._listeners:
            listener(change)

    def _file_errors(
        self, entity: Entity, values: Mapping[str, Value], stored: Mapping[str, Value]
    ) -> dict[str, str]:
        return {} if self._files is None else file_errors(self._files, entity, values, stored)

    def _refuse_unless(self, entity: Entity, action: Action) -> None:
        if not self._limits.rights.may(action, entity.name):
            raise not_allowed(action, entity)

    def _refuse_fixed(
        self, connection: Connection, entity: Entity, id: int, action: Action, values: Mapping[str, object]
    ) -> None:
        """Raise NotAllowed unless some permission lets the account do that, and to these fields of it."""
        if not self._limits.rights.is_limited:
            return
        those = self._limits.permitting(connection, entity, id, action)
        if not those:
            raise not_allowed(action, entity)
        self._refuse_names(those, values)

    def _refuse_names(self, those: Sequence[Permission], values: Mapping[str, object]) -> None:
        """Raise RecordInvalid for a field that none of some permissions lets the account change."""
        if not self._limits.rights.is_limited:
            return
        for name in values:
            if all(name in each.hidden or name in each.read_only for each in those):
                raise RecordInvalid({name: say("Cannot be changed.")})

    def _refuse_if_used(self, connection: Connection, entity: Entity, id: int) -> None:
        """Raise RecordInUse; what the account may not see is neither named nor counted in it."""
        users: dict[str, int] = {}
        is_used = False
        for user, those in self._using(entity, id):
            table = self._schema.tables[user.name]
            seen = sa.and_(sa.true(), *self._limits.visible(user))
            counted = sa.select(sa.func.count(), sa.func.count().filter(seen)).select_from(table).where(those)
            many, shown = connection.execute(counted).one()
            is_used = is_used or many > 0
            if shown:
                users[user.name] = users.get(user.name, 0) + shown
        if is_used:
            raise RecordInUse(self._in_use(entity, users), users)

    def _using(self, entity: Entity, id: int) -> Iterator[tuple[Entity, sa.ColumnElement[bool]]]:
        """Yield which records need the record `id`."""
        for user, field in self._schema.users[entity.name]:
            yield user, self._schema.tables[user.name].c[field.name] == id
        for user, field in self._schema.linking(entity.name):
            if field.required:
                yield user, self._schema.tables[user.name].c.id.in_(self._left_short(user, field, id))

    def _in_use(self, entity: Entity, users: Mapping[str, int]) -> str:
        if not users:
            return say(
                "Records that you may not see use this {entity}, so it cannot be deleted.",
                entity=entity.title,
            )
        return say(
            "{users} uses this {entity}, so it cannot be deleted."
            if sum(users.values()) == 1
            else "{users} use this {entity}, so it cannot be deleted.",
            users=all_of([_counted(self._entities[name], many) for name, many in users.items()]),
            entity=entity.title,
        )

    def _left_short(self, user: Entity, field: Field, id: int) -> sa.Select[int]:
        """Return the records of `user` that need the link to the record `id`: they have too few without."""
        link = self._schema.links[user.name, field.name]
        those = sa.select(link.source).where(link.target == id)
        least = max(1, field.min if isinstance(field.min, int) else 1)
        return (
            sa.select(link.source)
            .where(link.source.in_(those))
            .group_by(link.source)
            .having(sa.func.count() <= least)
        )

    def _numbers(self, connection: Connection, entity: Entity) -> dict[str, Value]:
        """Return the next number of every auto_number field; one that was given out never comes again."""
        table = self._schema.tables[entity.name]
        numbers: dict[str, Value] = {}
        for field in entity.fields:
            if field.type == "auto_number":
                key = f"last:{table.name}.{field.name}"
                meta = self._schema.meta
                last = connection.execute(
                    sa.select(
                        sa.select(sa.func.max(table.c[field.name])).scalar_subquery(),
                        sa.select(meta.c.value).where(meta.c.key == key).scalar_subquery(),
                    )
                ).one()
                number = max(int(last[0] or 0), int(last[1] or 0)) + 1
                remember(connection, key, str(number))
                numbers[field.name] = number
        return numbers


def stored_new(
    connection: Connection, schema: Schema, entity: Entity, values: Mapping[str, Value], id: int | None = None
) -> int:
    """Insert canonical values as they are, with an `id` or the next one; return it."""
    columns, links = _divided(entity, values)
    given = columns if id is None else {**columns, "id": id}
    key = connection.execute(sa.insert(schema.tables[entity.name]).values(given)).inserted_primary_key
    assert key is not None  # noqa: S101 - every table has one
    for name, ids in links.items():
        store_links(connection, schema.links[entity.name, name], int(key[0]), ids)
    return int(key[0])


def store_changes(
    connection: Connection, schema: Schema, entity: Entity, id: int, values: Mapping[str, Value]
) -> None:
    """Change fields of a record to canonical values."""
    columns, links = _divided(entity, values)
    table = schema.tables[entity.name]
    if columns:
        connection.execute(sa.update(table).where(table.c.id == id).values(columns))
    for name, ids in links.items():
        store_links(connection, schema.links[entity.name, name], id, ids)


def _divided(entity: Entity, values: Mapping[str, Value]) -> tuple[dict[str, Value], dict[str, Value]]:
    linked = {field.name for field in entity.fields if type_of(field).linked}
    return (
        {name: value for name, value in values.items() if name not in linked},
        {name: value for name, value in values.items() if name in linked},
    )


def _ids(value: Value) -> set[int]:
    if isinstance(value, int):
        return {value}
    return {id for id in value if isinstance(id, int)} if isinstance(value, tuple) else set()


def not_allowed(action: Action, entity: Entity) -> NotAllowed:
    """Return the error for what no role of the account allows."""
    return NotAllowed(
        say(_REFUSED[action], entity=entity.title),
        hint=say("Ask whoever runs the app for a role that does."),
    )


def refuse_visitor(access: Access) -> None:
    """Raise NotAllowed for somebody without an account; for what is for people who can be told apart."""
    if access.is_visitor:
        raise NotAllowed(say("This is not for visitors."), hint=say("Sign in, and do it again."))


def _counted(entity: Entity, many: int) -> str:
    return f"{number(many)} {entity.title if many == 1 else entity.plural or entity.title}"
