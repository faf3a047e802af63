"""A proposal for copying a database -> a spec for an app over it, which says where the rows are. Pure."""

from collections.abc import Iterator

import msgspec

from dataforms.spec import AppSpec, Entity, Field
from dataforms.spec_origin import ColumnOrigin, TableOrigin
from dataforms.types import TYPES, is_stored
from protoddfd.importers.kinds.postgresql import PostgresqlReading
from protoddfd.importers.kinds.sql_schema import SqlTable
from protoddfd.importers.kinds.sqlite_files import SqliteReading
from protoddfd.importers.over.looking import Looking
from protoddfd.importers.plan import ColumnPlan, JoinPlan, Proposal, TablePlan


class Over(msgspec.Struct, frozen=True, kw_only=True):
    """The spec of an app over a database, and what a person should know."""

    spec: AppSpec
    notes: tuple[str, ...]


class Making:
    """Makes it of one proposal, whose tables are all of the database that is looked into."""

    def __init__(self, proposal: Proposal, look: Looking) -> None:
        self._proposal, self._look = proposal, look
        self._plans = {each.entity: each for each in proposal.tables}
        self._notes: list[str] = []
        self._mended: list[str] = []
        self._origins = dict(self._found_origins())

    def over(self) -> Over:
        """Return the spec, less the tables and the fields that cannot be read where they are."""
        spec = self._proposal.spec
        kept = [each for each in spec.entities if each.name in self._origins]
        entities = tuple(each for each in map(self._entity, kept) if each.fields)
        there = {each.name for each in entities}
        entities = tuple(_without_lost(each, there) for each in entities)
        return Over(
            spec=msgspec.structs.replace(spec, entities=entities, relations=()),
            notes=(*(each for each in self._proposal.notes if not self._is_mended(each)), *self._notes),
        )

    def _is_mended(self, note: str) -> bool:
        return any(begin in note for begin in self._mended)

    def _found_origins(self) -> Iterator[tuple[str, TableOrigin]]:
        for plan in self._proposal.tables:
            table = self._table(plan)
            origin = self._look.origin(table)
            if origin is None:
                self._notes.append(f"{table.name} has no key to tell its rows apart, so it was left out.")
            else:
                yield plan.entity, origin

    def _entity(self, entity: Entity) -> Entity:
        plan = self._plans[entity.name]
        columns = {each.field: each for each in plan.columns}
        joins = {each.field: each for each in self._proposal.joins if each.entity == entity.name}
        fields = []
        for field in entity.fields:
            if field.name in joins:
                fields.append(msgspec.structs.replace(field, origin=self._pairs(joins[field.name])))
            elif _is_by_several(columns.get(field.name)):
                fields.append(msgspec.structs.replace(field, origin=self._several(plan, columns[field.name])))
            elif field.name in columns and is_stored(field):
                fields.append(self._field(plan, columns[field.name], field))
        return msgspec.structs.replace(
            entity, fields=tuple(fields), rules=(), origin=self._origins[entity.name]
        )

    def _field(self, plan: TablePlan, column: ColumnPlan, field: Field) -> Field:
        table, name = self._table(plan), column_of(plan.reading, column.index)
        if field.type == "reference":
            return msgspec.structs.replace(field, origin=ColumnOrigin(column=name, to=self._to(column)))
        seconds = self._look.seconds(table, name) if field.type in ("integer", "text") else None
        if seconds is not None:
            self._mended.append(f", {table.name}: {name}: It should be datetime")
            self._notes.append(f"{table.name}: {name} holds the time since 1970, and is read as such.")
            field = msgspec.structs.replace(_plain(field), type="datetime")
            return msgspec.structs.replace(field, origin=ColumnOrigin(column=name, form=seconds))
        form = self._look.form(table, name, field)
        if form is None:
            self._notes.append(
                f"{table.name}: the values of {name} are not written as a {field.type}, so it is a text."
            )
            field, form = msgspec.structs.replace(_plain(field), type="text"), "cast"
        return msgspec.structs.replace(field, origin=ColumnOrigin(column=name, form=form))

    def _several(self, plan: TablePlan, column: ColumnPlan) -> ColumnOrigin:
        """Return where the columns are that refer to a record together, and what of it they have."""
        reference = column.reference
        parts = reference.parts if reference is not None else ()
        target = self._plans[reference.entity if reference is not None else ""]
        index = {each.field: each.index for each in reversed(target.columns)}
        return ColumnOrigin(
            column=column_of(plan.reading, column.index),
            columns=tuple(column_of(plan.reading, part.index) for part in parts),
            keys=tuple(column_of(target.reading, index[part.field]) for part in parts),
        )

    def _pairs(self, join: JoinPlan) -> ColumnOrigin:
        back, there = join.ends
        return ColumnOrigin(
            table=join.reading.table if isinstance(join.reading, SqliteReading | PostgresqlReading) else "",
            back=column_of(join.reading, back.index),
            back_to=self._to(back),
            column=column_of(join.reading, there.index),
            to=self._to(there),
        )

    def _to(self, column: ColumnPlan) -> str | None:
        """Return the column of the target that a reference has values of; None for its key."""
        if column.reference is None or column.reference.entity not in self._origins:
            return None
        target, origin = self._plans[column.reference.entity], self._origins[column.reference.entity]
        for each in target.columns:
            if each.field == column.reference.field and each.reference is None:
                to = column_of(target.reading, each.index)
                return None if origin.key == (to,) else to
        return None

    def _table(self, plan: TablePlan) -> SqlTable:
        reading = plan.reading
        if not isinstance(reading, SqliteReading | PostgresqlReading):
            raise TypeError(f"{plan.entity} is of no database")
        return self._look.tables[reading.table]


def column_of(reading: object, index: int) -> str:
    """Return the name of a column of a table that is read."""
    if isinstance(reading, SqliteReading | PostgresqlReading):
        return reading.columns[index]
    raise TypeError("it is of no database")


def rows_of(proposal: Proposal) -> dict[str, int]:
    """Return about how many rows each entity has."""
    return {
        each.entity: each.reading.rows
        for each in proposal.tables
        if isinstance(each.reading, SqliteReading | PostgresqlReading)
    }


def _is_by_several(column: ColumnPlan | None) -> bool:
    return column is not None and column.reference is not None and bool(column.reference.parts)


def _plain(field: Field) -> Field:
    """Return a field without what only its type has."""
    return Field(name=field.name, title=field.title, type=field.type, help=field.help)


def _without_lost(entity: Entity, there: set[str]) -> Entity:
    fields = tuple(each for each in entity.fields if each.target is None or each.target in there)
    names = {each.name for each in fields if TYPES[each.type].names}
    display = entity.display if entity.display in names else None
    return msgspec.structs.replace(entity, fields=fields, display=display)
