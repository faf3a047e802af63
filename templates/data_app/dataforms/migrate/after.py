"""What rewritten tables have to be looked through for: references to nobody, equal values, broken rules."""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.asker import Asker
from dataforms.columns import is_nullable
from dataforms.computing import Computing
from dataforms.meaning import understand
from dataforms.migrate.convert import breaks, convert
from dataforms.migrate.kept import Keeper, as_json
from dataforms.migrate.moves import Move, Moves, rules_changed
from dataforms.migrate.report import Report, quoted
from dataforms.migrate.rewrite import Names
from dataforms.pairs import gathered
from dataforms.schema import Schema
from dataforms.scope import SpecScope
from dataforms.spec import AppSpec, Entity, Field
from dataforms.typerow import Value
from dataforms.types import is_stored, type_of

_BATCH = 1_000


class Aftercare:
    """Looks through one entity's table as it is to be."""

    def __init__(
        self,
        connection: Connection,
        schema: Schema,
        entity: Entity,
        moves: Moves | None,
        names: Names | None,
        keeper: Keeper,
        report: Report,
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._entity = entity
        self._table = schema.tables[entity.name]
        self._moves = {move.now.name: move for move in moves.moves} if moves else {}
        self._names = names
        self._keeper = keeper
        self._report = report
        columns = sa.inspect(connection).get_columns(self._table.name)
        self._there = {str(column["name"]) for column in columns}
        """Columns that come without any value are added last."""

    def empty_unknown_references(self) -> None:
        """Empty the references to records that are not there."""
        for field in self._entity.fields:
            if field.type == "reference" and field.target is not None and field.name in self._there:
                there = sa.select(self._schema.tables[field.target].c.id)
                column = self._table.c[field.name]
                self._empty(field, column.is_not(None) & column.not_in(there), "unknown")

    def empty_duplicates(self) -> None:
        """Leave what has to be unique to the first record that has it."""
        for index in sorted(self._table.indexes, key=lambda each: str(each.name)):
            names = [column.name for column in index.columns]
            if index.unique and self._there.issuperset(names):
                self._empty_duplicates(names)

    def _empty_duplicates(self, names: list[str]) -> None:
        columns = [self._table.c[name] for name in names]
        filled = [column.is_not(None) for column in columns]
        first = sa.select(sa.func.min(self._table.c.id)).where(*filled).group_by(*columns)
        is_later = sa.and_(*filled, self._table.c.id.not_in(first))
        fields = [field for field in self._entity.fields if field.name in names]
        if len(fields) == 1 and is_nullable(fields[0]) and fields[0].type != "auto_number":
            self._empty(fields[0], is_later, "duplicates")
            return
        later = self._connection.execute(
            sa.select(sa.func.count()).select_from(self._table).where(is_later)
        ).scalar_one()
        self._report.count("unique", f"{self._entity.name}.{'+'.join(names)}", later)

    def _empty(self, field: Field, which: sa.ColumnElement[bool], kind: str) -> None:
        column = self._table.c[field.name]
        found = self._connection.execute(sa.select(self._table.c.id, column).where(which)).all()
        if not found:
            return
        name = f"{self._entity.name}.{field.name}"
        if not is_nullable(field):
            self._report.count("required", name, len(found))
            return
        for id, value in found:
            self._keep(self._moves.get(field.name), id, value)
            self._report.count(kind, name, example=quoted(type_of(field).show(value, field)))
        ids = [row[0] for row in found]
        for start in range(0, len(ids), _BATCH):
            some = self._table.c.id.in_(ids[start : start + _BATCH])
            self._connection.execute(sa.update(self._table).where(some).values({field.name: None}))

    def _keep(self, move: Move | None, id: int, value: Value) -> None:
        if move is None or move.was is None or self._names is None:
            return
        old = convert(value, move.now, move.was).value if move.kind == "convert" else value
        if old is not None:
            column = self._names.column(move.was.name)
            text = as_json(old, type_of(move.was).storage)
            self._keeper.keep_emptied(self._names.table, column, id, text)

    def count_broken_values(self) -> None:
        """Count the values that their fields would not take any more, and records that lack links."""
        for move in self._moves.values():
            name = f"{self._entity.name}.{move.now.name}"
            if move.kind == "copy" and move.was is not None and rules_changed(move.was, move.now):
                for value in self._connection.execute(sa.select(self._values_of(move))).scalars():
                    fault = "" if value is None else breaks(value, move.now)
                    if fault:
                        example = f"{quoted(type_of(move.now).show(value, move.now))}: {fault}"
                        self._report.count("breaks", name, example=example)
            if move.links and move.now.required and not (move.was is not None and move.was.required):
                self._report.count("unlinked", name, self._unlinked(move))

    def _values_of(self, move: Move) -> sa.ColumnElement[Any]:
        if not move.links:
            return self._table.c[move.now.name]
        link = self._schema.links[self._entity.name, move.now.name].alias()
        is_sqlite = self._connection.dialect.name == "sqlite"
        return gathered(link, self._table.c.id, (), is_sqlite=is_sqlite)

    def _unlinked(self, move: Move) -> int:
        source = self._schema.links[self._entity.name, move.now.name].source
        lacking = sa.select(sa.func.count()).where(self._table.c.id.not_in(sa.select(source)))
        return self._connection.execute(lacking).scalar_one()


def count_broken_checks(
    connection: Connection, schema: Schema, spec: AppSpec, was: AppSpec, asker: Asker, report: Report
) -> None:
    """Count the records that break a check which is new."""
    computing = Computing(schema, is_sqlite=connection.dialect.name == "sqlite")
    known = {entity.name: {rule.expression for rule in entity.rules} for entity in was.entities}
    for entity in spec.entities:
        for expression in _checks(entity):
            if entity.name in known and expression not in known[entity.name]:
                meaning = understand(expression, SpecScope(spec, entity))
                holds = computing.column(entity, meaning, asker)
                table = schema.tables[entity.name]
                broken = sa.select(sa.func.count()).select_from(table).where(holds == sa.false())
                report.count("rule", entity.name, connection.execute(broken).scalar_one(), expression)


def _checks(entity: Entity) -> Iterable[str]:
    return [rule.expression for rule in entity.rules if rule.kind == "check" and rule.expression is not None]


def touched(moves: Moves, was: Entity, now: Entity) -> Iterator[str]:
    """Yield why an entity's records have to be looked through again; nothing if they need not be."""
    if any(move.kind == "convert" or move.must for move in moves.moves):
        yield "values change"
    if any(move.kind == "add" and move.now.type == "reference" for move in moves.moves):
        yield "references come back"
    if _unique(now) - _unique(was):
        yield "something is unique now"


def _unique(entity: Entity) -> set[tuple[str, ...]]:
    single = {(field.name,) for field in entity.fields if is_stored(field) and _is_unique(field)}
    return single | {rule.fields for rule in entity.rules if rule.kind == "unique"}


def _is_unique(field: Field) -> bool:
    return field.unique or field.type == "auto_number"
