"""Many records at once, by the same rules as one: what the rules of one record cost is paid once a batch.

For tables whose records depend on no other record of the same table but by being unique; `importing.run`
takes the others one by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.asker import Asker
from dataforms.conditions import Conditions
from dataforms.errors import FieldError
from dataforms.importing.trial import Trial, Values, by_names
from dataforms.meta import remember
from dataforms.pairs import store_links
from dataforms.records import defaults_of
from dataforms.rules import TAKEN
from dataforms.schema import Schema
from dataforms.spec import Entity, Field
from dataforms.standing import judge
from dataforms.typerow import Value
from dataforms.types import is_given, is_stored, type_of
from dataforms.words import all_of, say

_ASKED = 500

Together = tuple[Value, ...]
"""The values of fields that are unique together."""


class Batches:
    """Inserts and updates records of one entity within a transaction."""

    def __init__(
        self, connection: Connection, schema: Schema, conditions: Conditions, entity: Entity, asker: Asker
    ) -> None:
        self._connection, self._schema, self._entity = connection, schema, entity
        self._table = schema.tables[entity.name]
        self._given = [field for field in entity.fields if is_given(field) and is_stored(field)]
        self._linked = [field for field in entity.fields if type_of(field).linked and is_given(field)]
        self._defaults = defaults_of(entity, asker)
        self._trial = None
        if conditions.restrain(entity) and conditions.apart(entity):
            self._trial = Trial(connection, schema, conditions, entity, asker)
        self._unique: list[tuple[str, ...]] = [(field.name,) for field in self._given if field.unique]
        self._unique += [rule.fields for rule in entity.rules if rule.kind == "unique"]
        self._messages = {rule.fields: rule.message for rule in entity.rules if rule.kind == "unique"}

    def stored(self, key: str, wanted: Iterable[Value]) -> dict[Value, tuple[int, Values]]:
        """Return the records whose `key` has one of the values: their ids and what they hold."""
        names = [field.name for field in self._given]
        columns = [self._table.c[name] for name in names]
        found: dict[Value, tuple[int, Values]] = {}
        for some in _parts(sorted(set(wanted), key=repr)):
            statement = sa.select(self._table.c[key], self._table.c.id, *columns)
            for row in self._connection.execute(statement.where(self._table.c[key].in_(some))):
                found.setdefault(row[0], (row[1], dict(zip(names, row[2:], strict=True))))
        self._add_links(dict(found.values()))
        return found

    def insert(self, records: Sequence[Values]) -> list[dict[str, str]]:
        """Store new records of canonical values; return for each what is wrong with it, by field."""
        whole = [{**self._defaults, **record} for record in records]
        faults = [self._missing(record, [*self._given, *self._linked]) for record in whole]
        if self._trial is not None and whole:
            for record, fault, now in zip(whole, faults, self._trial.of_new(whole), strict=True):
                judge(self._entity, record, fault, now)
        self._refuse_twice([(None, record) for record in whole], faults)
        self._refuse_unknown(whole, faults)
        good = [record for record, fault in zip(whole, faults, strict=True) if not fault]
        self._number(good)
        names = [field.name for field in self._entity.fields if is_stored(field)]
        rows = [{name: record.get(name) for name in names} for record in good]
        if rows and self._linked:
            key = sa.insert(self._table).returning(self._table.c.id, sort_by_parameter_order=True)
            self._link(list(self._connection.execute(key, rows).scalars()), good)
        elif rows:
            self._connection.execute(sa.insert(self._table), rows)
        return faults

    def update(self, changes: Sequence[tuple[int, Values, Values]]) -> list[dict[str, str]]:
        """Change records: an id, what is stored, what changes. Return what is wrong with each, by field."""
        faults = [
            self._missing(
                changed, [field for field in (*self._given, *self._linked) if field.name in changed]
            )
            for _, _, changed in changes
        ]
        if self._trial is not None and changes:
            standings = self._trial.of_changed(
                [(id, self._columns_of(changed)) for id, _, changed in changes]
            )
            for (_, stored, changed), fault, (before, now) in zip(changes, faults, standings, strict=True):
                judge(self._entity, changed, fault, now, stored=stored, before=before)
        self._refuse_twice([(id, {**stored, **changed}) for id, stored, changed in changes], faults)
        self._refuse_unknown([changed for _, _, changed in changes], faults)
        good = [(id, changed) for (id, _, changed), fault in zip(changes, faults, strict=True) if not fault]
        for field in self._linked:
            link = self._schema.links[self._entity.name, field.name]
            for id, changed in good:
                if field.name in changed:
                    store_links(self._connection, link, id, changed[field.name])
        in_columns = [(id, self._columns_of(changed)) for id, changed in good]
        for names, rows in by_names([each for each in in_columns if each[1]]).items():
            statement = sa.update(self._table).where(self._table.c.id == sa.bindparam("row_id"))
            self._connection.execute(statement.values({name: sa.bindparam(name) for name in names}), rows)
        return faults

    def _columns_of(self, changed: Values) -> Values:
        linked = {field.name for field in self._linked}
        return {name: value for name, value in changed.items() if name not in linked}

    def _link(self, ids: Sequence[int], records: Sequence[Values]) -> None:
        """Link new records to those that they name."""
        for field in self._linked:
            link = self._schema.links[self._entity.name, field.name]
            pairs = [
                {link.source.name: id, link.target.name: target}
                for id, record in zip(ids, records, strict=True)
                for target in _several(record.get(field.name))
            ]
            if pairs:
                self._connection.execute(sa.insert(link.table), pairs)

    def _add_links(self, records: Mapping[int, Values]) -> None:
        """Add to stored records, by their ids, what they are linked to."""
        for field in self._linked:
            link = self._schema.links[self._entity.name, field.name]
            found: dict[int, list[int]] = {}
            for some in _parts(list(records)):
                pairs = sa.select(link.source, link.target).where(link.source.in_(some))
                for id, target in self._connection.execute(pairs):
                    found.setdefault(id, []).append(target)
            for id, values in records.items():
                values[field.name] = tuple(sorted(found.get(id, ()))) or None

    def _missing(self, record: Mapping[str, Value], fields: Iterable[Field]) -> dict[str, str]:
        faults: dict[str, str] = {}
        for field in fields:
            if field.required and record.get(field.name) is None:
                try:
                    type_of(field).parse(None, field)
                except FieldError as error:
                    faults[field.name] = str(error)
        return faults

    def _refuse_twice(
        self, records: Sequence[tuple[int | None, Values]], faults: Sequence[dict[str, str]]
    ) -> None:
        for names in self._unique:
            wanted = [tuple(record.get(name) for name in names) for _, record in records]
            there = self._owners(names, [values for values in wanted if None not in values])
            for (id, _), values, fault in zip(records, wanted, faults, strict=True):
                if None in values or names[-1] in fault:
                    continue
                owner = there.get(values)
                if owner is not None and owner != id:
                    fault[names[-1]] = self._said(names)
                elif not fault:
                    there[values] = -1 if id is None else id

    def _owners(self, names: Sequence[str], wanted: Sequence[Together]) -> dict[Together, int]:
        columns = [self._table.c[name] for name in names]
        found: dict[Together, int] = {}
        firsts = sorted({values[0] for values in wanted}, key=repr)
        for some in _parts(firsts):
            statement = sa.select(self._table.c.id, *columns).where(columns[0].in_(some))
            found |= {tuple(row[1:]): row[0] for row in self._connection.execute(statement)}
        return found

    def _said(self, names: tuple[str, ...]) -> str:
        if len(names) == 1:
            return say(TAKEN)
        titles = [field.title for field in self._entity.fields if field.name in names]
        return self._messages.get(names) or say(
            "Another record has the same {fields}.", fields=all_of(titles)
        )

    def _refuse_unknown(self, records: Sequence[Values], faults: Sequence[dict[str, str]]) -> None:
        for field in (*self._given, *self._linked):
            if field.target is None:
                continue
            ids = {id for record in records for id in _several(record.get(field.name))}
            key = self._schema.tables[field.target].c.id
            there: set[Value] = set()
            for some in _parts(sorted(ids, key=repr)):
                there |= set(self._connection.execute(sa.select(key).where(key.in_(some))).scalars())
            for record, fault in zip(records, faults, strict=True):
                if unknown := sorted(set(_several(record.get(field.name))) - there, key=str):
                    fault.setdefault(
                        field.name, say("There is no {entity} {id}.", entity=field.target, id=unknown[0])
                    )

    def _number(self, records: Sequence[Values]) -> None:
        """Give the records the next numbers of every auto_number field."""
        meta = self._schema.meta
        for field in self._entity.fields:
            if field.type != "auto_number" or not records:
                continue
            key = f"last:{self._table.name}.{field.name}"
            known = sa.select(meta.c.value).where(meta.c.key == key)
            highest = sa.select(sa.func.max(self._table.c[field.name]))
            last = [self._connection.execute(each).scalar_one_or_none() for each in (known, highest)]
            first = max(int(each or 0) for each in last) + 1
            for number, record in enumerate(records, first):
                record[field.name] = number
            remember(self._connection, key, str(first + len(records) - 1))


def _several(value: Value) -> tuple[Value, ...]:
    """Return the ids in the value of a field that leads to other records."""
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _parts(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[start : start + _ASKED] for start in range(0, len(values), _ASKED)]
