"""A record and its children, changed together within one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy.engine import Connection

from dataforms.around import ROWS_LIMIT, Around, Children, ChildRow
from dataforms.asker import Asker
from dataforms.conditions import Conditions
from dataforms.errors import RecordChanged, RecordInUse, RecordInvalid, UnknownRecord
from dataforms.forms import is_rows, is_shared
from dataforms.reading import Reading
from dataforms.records import changed_values, new_values
from dataforms.spec import Entity, Field
from dataforms.standing import judge
from dataforms.typerow import Value
from dataforms.types import type_of
from dataforms.words import say
from dataforms.writing import Writing


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """A child row with what is known of it: `stored` is empty for a new one."""

    place: int
    wanted: ChildRow
    stored: Mapping[str, Value]


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """The changed rows of one field, and what all of its rows will be."""

    field: str
    entity: Entity
    shown: Entity
    """The same as the account may see it."""
    via: str
    rows: list[_Row]
    typed: list[Mapping[str, Value]]


class Saving:
    """Saves families of records; `seen` reads what may be seen, `whole` all of `entities`.

    `shown` are the entities as the account may see them.
    """

    def __init__(
        self,
        entities: Mapping[str, Entity],
        shown: Mapping[str, Entity],
        writing: Writing,
        conditions: Conditions,
        *,
        seen: Reading,
        whole: Reading,
    ) -> None:
        self._entities, self._shown = entities, shown
        self._writing, self._conditions = writing, conditions
        self._seen, self._whole = seen, whole

    def save(
        self,
        connection: Connection,
        entity: Entity,
        id: int | None,
        values: Mapping[str, object],
        children: Children,
        asker: Asker,
        *,
        expect: str | None = None,
    ) -> int:
        """Store a record, new without an `id`, and its children; return its id.

        Raises:
            RecordInvalid: with a message for every wrong field; the key of one in row number `n` (the first
                is 0) is `field.n.name`, and `field.n.` is the row itself.
            UnknownRecord, RecordChanged, NotAllowed: as for single records.
        """
        if id is not None:
            self._seen.known(connection, entity, id)
        parts = [
            self._part(connection, entity, id, name, rows, asker) for name, rows in children.items() if rows
        ]
        around = Around(children={part.field: part.typed for part in parts})
        stored, errors = id, dict[str, str]()
        try:
            if id is None:
                stored = self._writing.insert(connection, entity, values, asker, around)
            else:
                self._writing.update(connection, entity, id, values, asker, around, expect=expect)
        except RecordInvalid as refused:
            errors |= refused.errors
        for part in parts:
            for row in part.rows:
                fault = self._settled(connection, part, row, stored, asker)
                errors |= {f"{part.field}.{row.place}.{name}": text for name, text in fault.items()}
        if errors or stored is None:
            raise RecordInvalid(errors)
        return stored

    def _part(
        self,
        connection: Connection,
        entity: Entity,
        id: int | None,
        name: str,
        rows: Sequence[ChildRow],
        asker: Asker,
    ) -> _Part:
        field = next((each for each in entity.fields if each.name == name and is_rows(each)), None)
        shown = None if field is None else self._shown.get(field.target or "")
        if field is None or field.via is None or shown is None:
            raise RecordInvalid(
                {name: say("{entity} has no children {name}.", entity=entity.title, name=repr(name))}
            )
        child = self._entities[shown.name]
        if is_shared(self._entities.values(), field):
            raise RecordInvalid(
                {
                    name: say(
                        "{entity} shares its {field} with others.", entity=entity.title, field=field.title
                    )
                }
            )
        found = [] if id is None else self._whole.related(connection, child, field.via, id, ROWS_LIMIT + 1)
        stored = {record.id: {**record.values, "id": record.id} for record in found}
        typed: dict[int | str, Mapping[str, Value]] = dict(stored.items())
        known: list[_Row] = []
        for place, row in enumerate(rows):
            before = stored.get(row.id, {}) if row.id is not None else {}
            known.append(_Row(place=place, wanted=row, stored=before))
            key: int | str = f"new {place}" if row.id is None else row.id
            if row.values is None:
                typed.pop(key, None)
            else:
                typed[key] = _merged(child, row.values, before, asker)
        if len(typed) > ROWS_LIMIT:
            raise RecordInvalid(
                {
                    name: say(
                        "Has {count} rows; {most} can be saved together.", count=len(typed), most=ROWS_LIMIT
                    )
                }
            )
        return _Part(
            field=name,
            entity=child,
            shown=shown,
            via=field.via,
            rows=known,
            typed=list(typed.values()),
        )

    def _settled(
        self, connection: Connection, part: _Part, row: _Row, parent: int | None, asker: Asker
    ) -> dict[str, str]:
        """Store or delete one row; return what is wrong with it."""
        if row.wanted.id is not None and not row.stored:
            return {} if row.wanted.values is None else {"": say("This row is gone: somebody deleted it.")}
        if parent is None:
            return self._faults(connection, part, row, asker)
        try:
            self._store(connection, part, row, parent, asker)
        except RecordInvalid as refused:
            return refused.errors
        except RecordChanged as changed:
            return {"": _changed(part.entity, row.wanted.values or {}, changed)}
        except (RecordInUse, UnknownRecord) as refused:
            return {"": str(refused)}
        return {}

    def _store(self, connection: Connection, part: _Part, row: _Row, parent: int, asker: Asker) -> None:
        id, values = row.wanted.id, row.wanted.values
        if values is None:
            if id is not None:
                self._writing.delete(connection, part.shown, id, asker)
        elif id is None:
            self._writing.insert(connection, part.shown, {**values, part.via: parent}, asker, within=part.via)
        else:
            given = _without(values, part.via)
            self._writing.update(connection, part.shown, id, given, asker, expect=row.wanted.expect)

    def _faults(self, connection: Connection, part: _Part, row: _Row, asker: Asker) -> dict[str, str]:
        """Return what is wrong with a row of a parent that is refused itself, so that all is told at once."""
        if row.wanted.values is None:
            return {}
        values, errors = new_values(part.entity, _without(row.wanted.values, part.via), asker)
        errors.pop(part.via, None)
        judge(part.entity, values, errors, self._conditions.standing(connection, part.entity, values, asker))
        errors.pop(part.via, None)
        return errors


def _changed(entity: Entity, wanted: Mapping[str, object], changed: RecordChanged) -> str:
    """Return what to tell of a row that somebody else has changed: what there is now in place of `wanted`."""
    now = ", ".join(
        f"{field.title}: {changed.labels.get(field.name) or _shown(field, changed.values) or '–'}"
        for field in entity.fields
        if field.name in wanted
    )
    return say("Somebody else changed this row meanwhile ({now}). Save again to replace that.", now=now)


def _shown(field: Field, values: Mapping[str, object]) -> str:
    value: Any = values.get(field.name)
    return type_of(field).show(value, field)


def _without(values: Mapping[str, object], name: str) -> dict[str, object]:
    return {each: value for each, value in values.items() if each != name}


def _merged(
    entity: Entity, raw: Mapping[str, object], stored: Mapping[str, Value], asker: Asker
) -> dict[str, Value]:
    """Return what a row will be, as far as its values are right."""
    values, _ = changed_values(entity, raw, stored) if stored else new_values(entity, raw, asker)
    return {**stored, **values}
