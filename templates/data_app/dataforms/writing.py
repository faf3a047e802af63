"""What is changed within one transaction: records checked by every rule, then inserted, updated, deleted."""

from collections.abc import Mapping, Sequence
from functools import partial

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.access import Action
from dataforms.asker import Asker
from dataforms.changes import Change, Event, Listener
from dataforms.conditions import Conditions
from dataforms.errors import NotAllowed, RecordInUse, RecordInvalid
from dataforms.files import Files, file_errors
from dataforms.limits import Limits
from dataforms.meta import remember
from dataforms.reading import Reading
from dataforms.records import changed_values, new_values
from dataforms.rules import stored_errors
from dataforms.schema import Schema
from dataforms.spec import Entity
from dataforms.standing import judge
from dataforms.typerow import Value

_DONE: dict[Action, str] = {"create": "added", "read": "read", "update": "changed", "delete": "deleted"}


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

    def insert(
        self, connection: Connection, entity: Entity, values: Mapping[str, object], asker: Asker
    ) -> int:
        """Store a new record of raw values; return its id. Raise RecordInvalid and NotAllowed."""
        self._refuse_unless(entity, "create")
        whole = self._entities[entity.name]
        parsed, errors = new_values(whole, values, asker.now)
        judge(whole, parsed, errors, self._conditions.standing(connection, whole, parsed, asker))
        conflicts = stored_errors(connection, self._schema, whole, parsed, errors)
        errors |= self._file_errors(whole, parsed, {})
        if errors or conflicts:
            raise RecordInvalid(errors | conflicts, conflicts=conflicts.keys() - errors)
        parsed |= self._numbers(connection, whole)
        table = self._schema.tables[entity.name]
        key = connection.execute(sa.insert(table).values(parsed)).inserted_primary_key
        assert key is not None  # noqa: S101 - every table has one
        id = int(key[0])
        self._refuse_fixed(connection, entity, id, "create", values)
        self._tell(connection, whole, id, "created")
        return id

    def update(
        self, connection: Connection, entity: Entity, id: int, values: Mapping[str, object], asker: Asker
    ) -> None:
        """Change fields to raw values. Raise RecordInvalid, UnknownRecord and NotAllowed."""
        self._refuse_unless(entity, "update")
        self._seen.known(connection, entity, id)
        self._refuse_fixed(connection, entity, id, "update", values)
        whole = self._entities[entity.name]
        stored = self._whole.known(connection, whole, id).values
        parsed, errors = changed_values(whole, values, stored)
        judge(
            whole,
            parsed,
            errors,
            self._conditions.standing(connection, whole, {**stored, **parsed, "id": id}, asker),
            stored=stored,
            before=self._conditions.standing(connection, whole, {**stored, "id": id}, asker),
        )
        conflicts = stored_errors(connection, self._schema, whole, parsed, errors, stored=stored, id=id)
        errors |= self._file_errors(whole, parsed, stored)
        if errors or conflicts:
            raise RecordInvalid(errors | conflicts, conflicts=conflicts.keys() - errors)
        if parsed:
            table = self._schema.tables[entity.name]
            connection.execute(sa.update(table).where(table.c.id == id).values(parsed))
            self._refuse_fixed(connection, entity, id, "update", {})
            self._tell(connection, whole, id, "updated")

    def delete(self, connection: Connection, entity: Entity, id: int) -> None:
        """Delete a record. Raise RecordInUse, UnknownRecord and NotAllowed."""
        self._refuse_unless(entity, "delete")
        self._seen.known(connection, entity, id)
        self._refuse_fixed(connection, entity, id, "delete", {})
        self._refuse_if_used(connection, entity, id)
        table = self._schema.tables[entity.name]
        connection.execute(sa.delete(table).where(table.c.id == id))
        self._tell(connection, self._entities[entity.name], id, "deleted")

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
        for name in values:
            if all(name in each.hidden or name in each.read_only for each in those):
                raise RecordInvalid({name: "Cannot be changed."})

    def _refuse_if_used(self, connection: Connection, entity: Entity, id: int) -> None:
        users: dict[str, int] = {}
        for user, field in self._schema.users[entity.name]:
            column = self._schema.tables[user.name].c[field.name]
            many = connection.execute(sa.select(sa.func.count()).where(column == id)).scalar_one()
            if many:
                users[user.name] = users.get(user.name, 0) + many
        if users:
            named = " and ".join(_counted(self._entities[name], many) for name, many in users.items())
            verb = "uses" if sum(users.values()) == 1 else "use"
            raise RecordInUse(f"{named} {verb} this {entity.title}, so it cannot be deleted.", users)

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


def not_allowed(action: Action, entity: Entity) -> NotAllowed:
    """Return the error for what no role of the account allows."""
    return NotAllowed(
        f"Your roles do not let this {entity.title} be {_DONE[action]}.",
        hint="Ask whoever runs the app for a role that does.",
    )


def _counted(entity: Entity, many: int) -> str:
    return f"{many} {entity.title}" if many == 1 else f"{many} {entity.plural or entity.title}"
