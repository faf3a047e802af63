"""From the meaning of an expression to SQL, for records that are stored and for some that are not yet.

Only the database computes: what a form shows while it is being filled in is computed from the typed values
by the same SQL, so no expression has two meanings. Runs no statement.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from dataforms.around import ALONE, Around
from dataforms.asker import Asker
from dataforms.computing_forms import FORMS, Sql, bytewise, fifteen, truth, units
from dataforms.meaning import Along, Apply, Meaning, Member, Read, Total, Value, promoted
from dataforms.operations import Kind, KindName
from dataforms.schema import Many, Schema, Stored, stored_type
from dataforms.spec import Entity
from dataforms.typerow import Storage
from dataforms.typerow import Value as Canonical

STORAGES: dict[KindName, Storage] = {
    "text": "text", "integer": "integer", "real": "real", "money": "money", "boolean": "boolean",
    "date": "date", "time": "time", "datetime": "datetime", "duration": "duration", "choices": "choices",
    "record": "integer", "opaque": "text", "empty": "text",
}  # fmt: skip


class Source(Protocol):
    """Where the fields of one record are read, and what of the records around it is not stored."""

    def read(self, name: str) -> Sql:
        """Return a field, or the `id`."""

    def along(self, name: str) -> "Source | None":
        """Return the record that a reference leads to if it is typed; None where the stored one counts."""

    def many(self, name: str) -> "tuple[Many, Source] | None":
        """Return the typed rows of a field of children, or the records picked in one of references.

        None where the stored ones count.
        """


class Columns:
    """A table or an alias of one; `via` is its reference to a record that is typed."""

    def __init__(self, table: sa.FromClause, via: str = "", parent: "Source | None" = None) -> None:
        self._table, self._via, self._parent = table, via, parent

    def read(self, name: str) -> Sql:
        """Return a column."""
        return self._table.c[name]

    def along(self, name: str) -> "Source | None":
        """Return the typed parent."""
        return self._parent if name == self._via else None

    def many(self, name: str) -> "tuple[Many, Source] | None":
        """Return None: what lies below the rows of a table is stored."""
        return None


class Typed:
    """Values that are not stored yet; those that are missing are empty."""

    def __init__(
        self, schema: Schema, entity: str, values: Mapping[str, Canonical], around: Around = ALONE
    ) -> None:
        self._schema, self._entity, self._values, self._around = schema, entity, values, around

    def read(self, name: str) -> Sql:
        """Return a parameter."""
        return _parameter(self._schema.rows[self._entity].c[name], self._values)

    def along(self, name: str) -> "Source | None":
        """Return the typed parent."""
        if name != self._around.via:
            return None
        target = self._schema.target(self._entity, name)
        return Typed(self._schema, target, self._around.parent, self._around.of_parent or ALONE)

    def many(self, name: str) -> "tuple[Many, Source] | None":
        """Return the typed rows as a table of parameters, or the records that are picked."""
        if name in self._around.children:
            return self._rows(name)
        if self._schema.is_linked(self._entity, name) and name in self._values:
            many = self._schema.many(self._entity, name, self.read("id"), _ids(self._values[name]))
            return many, Columns(many.table)
        return None

    def _rows(self, name: str) -> "tuple[Many, Source]":
        target, via = self._schema.children(self._entity, name)
        columns = self._schema.rows[target].c
        rows = self._around.children[name]
        made = [sa.select(*(_parameter(each, row).label(each.name) for each in columns)) for row in rows]
        none = sa.select(*(_parameter(each, {}).label(each.name) for each in columns)).where(sa.false())
        table = (sa.union_all(*made) if len(made) > 1 else made[0] if made else none).subquery()
        return Many(target, table, ()), Columns(table, via, self)


def _parameter(column: sa.ColumnElement[Any], values: Mapping[str, Canonical]) -> Sql:
    return sa.cast(sa.literal(values.get(column.key or ""), column.type), column.type)


def _ids(value: Canonical) -> tuple[int, ...]:
    return tuple(id for id in value if isinstance(id, int)) if isinstance(value, tuple) else ()


class Computing:
    """Makes the SQL for the records of one schema."""

    def __init__(self, schema: Schema, *, is_sqlite: bool) -> None:
        self._schema = schema
        self._is_sqlite = is_sqlite

    def column(self, entity: Entity, meaning: Meaning, asker: Asker) -> Sql:
        """Return what an expression gives for each row of an entity's table, as a canonical value."""
        return self.of_rows(entity, meaning, self._schema.rows[entity.name], asker)

    def of_rows(self, entity: Entity, meaning: Meaning, rows: sa.FromClause, asker: Asker) -> Sql:
        """Return what an expression gives for each of some rows with the columns of an entity."""
        return self._canonical(meaning, Columns(rows), entity.name, asker)

    def condition(self, entity: Entity, meaning: Meaning, asker: Asker) -> sa.ColumnElement[bool]:
        """Return a condition on the rows of an entity's table; one that is empty does not hold."""
        return self._maker(asker).make(meaning, Columns(self._schema.rows[entity.name]), entity.name)

    def of_values(
        self,
        entity: Entity,
        meaning: Meaning,
        values: Mapping[str, Canonical],
        asker: Asker,
        around: Around = ALONE,
    ) -> Sql:
        """Return what an expression gives for a record that is not stored, as a canonical value."""
        source = Typed(self._schema, entity.name, values, around)
        return self._canonical(meaning, source, entity.name, asker)

    def _maker(self, asker: Asker) -> "_Maker":
        return _Maker(self._schema, asker, is_sqlite=self._is_sqlite)

    def _canonical(self, meaning: Meaning, source: Source, entity: str, asker: Asker) -> Sql:
        made = self._maker(asker).make(meaning, source, entity)
        if meaning.kind.name == "boolean":  # a comparison is no column, and SQLite has no booleans
            made = sa.case((made, sa.true()), (sa.not_(made), sa.false()))
        return sa.type_coerce(made, Stored(STORAGES[meaning.kind.name]))


class _Maker:
    """Makes the SQL of one expression for one asker."""

    def __init__(self, schema: Schema, asker: Asker, *, is_sqlite: bool) -> None:
        self._schema, self._asker, self._is_sqlite = schema, asker, is_sqlite

    def make(self, meaning: Meaning, source: Source, entity: str) -> Sql:
        match meaning:
            case Value():
                return self._constant(meaning)
            case Read():
                return self._read(meaning, source, entity)
            case Along():
                return self._along(meaning, source, entity)
            case Apply():
                arguments = [self.make(each, source, entity) for each in meaning.arguments]
                form = FORMS[meaning.operation][0 if self._is_sqlite else 1]
                return self._raw(form(meaning.kind.name, *arguments), meaning.kind)
            case Member():
                return self._member(meaning, source, entity)
            case Total():
                return self._total(meaning, source, entity)

    def _raw(self, made: Sql, kind: Kind) -> Sql:
        """Return `made` typed as it lies in the database, so that SQL's operators take it as that."""
        if kind.name == "boolean" and isinstance(made.type, sa.Boolean):
            return made  # which `not` puts in brackets; a coerced one it does not
        return sa.type_coerce(made, self._type(kind.name))

    def _type(self, name: KindName) -> TypeEngine[Any]:
        if name == "boolean":
            return sa.Boolean(create_constraint=False)
        return stored_type(STORAGES[name], is_sqlite=self._is_sqlite)

    def _constant(self, constant: Value) -> Sql:
        value, kind = constant.value, constant.kind.name
        if value is None:
            return sa.null()
        if isinstance(value, bool):
            return sa.true() if value else sa.false()
        if kind == "real" and self._is_sqlite:
            return sa.literal(float(value), sa.REAL())
        made = sa.literal(value, self._type(kind))
        return made if self._is_sqlite else sa.cast(made, self._type(kind))

    def _read(self, read: Read, source: Source, entity: str) -> Sql:
        if read.name not in self._schema.rows[entity].c:
            return self._special(read.name)
        made = self._raw(source.read(read.name), read.kind)
        return truth(made) if read.kind.name == "boolean" else made

    def _special(self, name: str) -> Sql:
        now = self._asker.now.replace(microsecond=0)
        match name:
            case "me":
                return sa.cast(sa.literal(self._asker.me, sa.Text()), sa.Text())
            case "today":
                made = sa.literal(now.date(), Stored("date"))
                return sa.type_coerce(sa.cast(made, made.type), self._type("date"))
            case "now":
                made = sa.literal(now, Stored("datetime"))
                return sa.type_coerce(sa.cast(made, made.type), self._type("datetime"))
            case _:
                raise KeyError(name)

    def _along(self, along: Along, source: Source, entity: str) -> Sql:
        target = self._schema.target(entity, along.name)
        typed = source.along(along.name)
        if typed is not None:
            return self.make(along.each, typed, target)
        there = self._schema.rows[target].alias()
        made = self.make(along.each, Columns(there), target)
        reference = sa.type_coerce(source.read(along.name), sa.BigInteger())
        found = sa.select(made).where(there.c.id == reference).correlate_except(there)
        return self._raw(found.scalar_subquery(), along.kind)

    def _member(self, member: Member, source: Source, entity: str) -> Sql:
        value = self.make(member.value, source, entity)
        filled = [
            self.make(promoted(each, member.value.kind.name), source, entity)
            for each in member.values
            if each.value is not None
        ]
        tests: list[Sql] = [value.in_(filled)] if filled else []
        if len(filled) < len(member.values):
            tests.append(value.is_(None))
        return sa.or_(sa.false(), *tests)

    def _total(self, total: Total, source: Source, entity: str) -> Sql:
        many, rows = source.many(total.name) or self._stored(total.name, source, entity)
        conditions = list(many.conditions)
        each: Sql = sa.literal(1)
        if total.each is not None:
            each = self.make(total.each, rows, many.entity)
        if total.function == "count" and total.each is not None:
            conditions.append(truth(each))
        made = sa.select(self._aggregate(total, each)).select_from(many.table).where(*conditions)
        return self._raw(made.correlate_except(many.table).scalar_subquery(), total.kind)

    def _stored(self, name: str, source: Source, entity: str) -> tuple[Many, Source]:
        many = self._schema.many(entity, name, sa.type_coerce(source.read("id"), sa.BigInteger()))
        return many, Columns(many.table)

    def _aggregate(self, total: Total, each: Sql) -> Sql:
        kind = total.kind.name
        match total.function:
            case "count":
                return sa.func.count()
            case "sum":
                made: Sql = sa.func.coalesce(sa.func.sum(each), 0)
                if kind == "real":
                    return fifteen(made, is_sqlite=self._is_sqlite)
                return made if kind == "money" else sa.cast(made, sa.BigInteger())
            case "average":
                made = sa.func.avg(each)
                if kind == "real":
                    return fifteen(made, is_sqlite=self._is_sqlite)
                return units(kind, made, is_sqlite=self._is_sqlite)
            case "min":
                return sa.func.min(self._in_order(each))
            case _:
                return sa.func.max(self._in_order(each))

    def _in_order(self, each: Sql) -> Sql:
        return each if self._is_sqlite else bytewise(each)
