"""Questions to one table, as SQLAlchemy Core statements: columns, search, filter, labels. Runs none of them.

In which order rows come is `dataforms.ordering`'s.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from dataforms.computing import Computing
from dataforms.errors import UnknownName
from dataforms.filtering import condition, holds
from dataforms.filters import Filter, Test, Tests, understood
from dataforms.limits import Limits
from dataforms.ordering import Lane, Order, held, lanes, sort_value
from dataforms.pages import (
    PAGE_SIZE,
    PAGE_SIZE_LIMIT,
    SEARCH_LENGTH,
    Option,
    Page,
    Query,
    Record,
    words,
)
from dataforms.pairs import gathered
from dataforms.schema import Schema
from dataforms.search import SearchIndex, is_indexed
from dataforms.spec import AppSpec, Entity, Field
from dataforms.totals import total_of
from dataforms.typerow import TotalName, Value
from dataforms.types import display_field, type_of
from dataforms.words import say

__all__ = [
    "PAGE_SIZE", "PAGE_SIZE_LIMIT", "SEARCH_LENGTH", "Option", "Page", "Query", "Record", "Selection",
]  # fmt: skip


class Selection:
    """Makes the statements for what `limits` leave of a spec; raises UnknownName and FilterInvalid.

    Every row and every field that anybody gets goes through `_select` and `_column`.
    """

    def __init__(
        self, spec: AppSpec, schema: Schema, computing: Computing, limits: Limits, *, is_sqlite: bool
    ) -> None:
        self._spec = spec
        self._schema = schema
        self.is_sqlite = is_sqlite
        self.has_index = is_sqlite and schema.source is None
        """May there be a search index beside the rows?"""
        self._computing = computing
        self._limits = limits

    def record(self, entity: Entity, id: int) -> sa.Select[Any]:
        """Return the statement for one record: its `id`, then every field in the spec's order."""
        return self.records(entity).where(self.key(entity) == id)

    def records(self, entity: Entity) -> sa.Select[Any]:
        """Return the statement for all records: their `id`, then every field in the spec's order."""
        columns = [self._column(entity, field).label(field.name) for field in entity.fields]
        return self._select(entity, self.key(entity), *columns)

    def key(self, entity: Entity) -> sa.ColumnElement[int]:
        """Return the column `id`."""
        return self._schema.rows[entity.name].c.id

    def related(self, entity: Entity, via: str, id: int, limit: int) -> sa.Select[Any]:
        """Return the statement for the records, as `record` gives them, whose reference `via` is `id`."""
        table = self._schema.rows[entity.name]
        return self.records(entity).where(table.c[via] == id).order_by(table.c.id).limit(limit)

    def counts(self) -> dict[str, sa.Select[int]]:
        """Return the statements for the number of records of every entity that may be read."""
        return {
            entity.name: self._select(entity, sa.func.count())
            for entity in self._spec.entities
            if self._limits.rights.may("read", entity.name)
        }

    def picks(self, entity: Entity, query: Query) -> bool:
        """Tell whether a query leaves any of the entity's records out."""
        filtered = query.filter is not None and bool(query.filter.parts)
        return filtered or bool(words(query.search)) or bool(self._limits.visible(entity))

    def found(
        self, entity: Entity, query: Query, index: SearchIndex | None = None, *, loose: bool = False
    ) -> list[sa.ColumnElement[bool]]:
        """Return what must hold for a query's records.

        `loose` conditions are made so that no index serves them: right where many records match, and the
        index of their order finds some soon.
        """
        tests = understood(query.filter or Filter(), entity)

        def column(test: Test) -> sa.ColumnElement[Any]:
            made = self._column(entity, test.field)
            return held(made) if loose and self.is_sqlite else made

        def names(test: Test, ids: Sequence[int] | None) -> sa.ColumnElement[bool]:
            return self._names(entity, test.field, ids, loose=loose)

        asker = self._limits.asker()
        wanted = [condition(tests, column, names, asker, is_sqlite=self.is_sqlite)] if tests.parts else []
        among = [self._narrowed(entity, test, index) for test in _all_of(tests)]
        places = [sa.or_(sa.false(), *self._places(entity, word, index)) for word in words(query.search)]
        return [each for each in among if each is not None] + places + wanted

    def ids(self, entity: Entity, conditions: Sequence[sa.ColumnElement[bool]]) -> sa.Select[int]:
        """Return the statement for the `id` of the records for which conditions hold."""
        return self._select(entity, self.key(entity)).where(*conditions)

    def lanes(self, entity: Entity, query: Query, *, held_back: bool = False) -> list[Lane]:
        """Return the lanes that the records of a query come in, one behind the other.

        No index serves those `held_back`: right where few records are to be put in order.
        """
        is_held = held_back and self.is_sqlite
        orders = [self._order(entity, name, is_held=is_held) for name in (query.group, query.sort) if name]
        key = self.key(entity)
        return lanes(held(key) if is_held else key, orders)

    def sums(self, entity: Entity, totals: Sequence[tuple[str, TotalName]]) -> sa.Select[Any]:
        """Return the statement for totals, each of a field and by a function that its type has."""
        columns = [self._total(entity, self._field(entity, name), function) for name, function in totals]
        return self._select(entity, *columns)

    def tally(self, entity: Entity, name: str, values: Sequence[Value]) -> sa.Select[Any]:
        """Return the statement for the values of a field, out of these, and how many records have each."""
        column = self._column(entity, self._field(entity, name))
        filled = [value for value in values if value is not None]
        wanted = [column.in_(filled)] if filled else []
        if len(filled) < len(values):
            wanted.append(column.is_(None))
        counted = self._select(entity, column, sa.func.count())
        return counted.where(sa.or_(sa.false(), *wanted)).group_by(column)

    def matching(self, entity: Entity, query: Query, limit: int) -> sa.Select[Any]:
        """Return the statement for the `id` of up to `limit` of all records that match, by their ids."""
        found = self.ids(entity, self.found(entity, query))
        return found.order_by(self.key(entity)).limit(limit)

    def some(
        self, entity: Entity, conditions: Sequence[sa.ColumnElement[bool]], sort: str | None
    ) -> sa.Select[Any]:
        """Return the statement for the records for which conditions hold, in an order."""
        order = self._order(entity, sort or "id", is_held=False)
        found = self.records(entity).where(*conditions)
        if order.target is not None and order.there is not None:
            found = found.outerjoin_from(self._schema.rows[entity.name], order.target, order.there)
        if order.field is None:
            return found.order_by(order.column.desc() if order.is_descending else order.column)
        value = sort_value(order.column, order.field, is_sqlite=self.is_sqlite)
        ordered = value.desc() if order.is_descending else value.asc()
        return found.order_by(ordered.nulls_last(), self.key(entity))

    def rows(self, entity: Entity, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
        """Return the statement for what is made of columns that `column` gave."""
        return self._select(entity, *columns)

    def column(self, entity: Entity, field: Field) -> sa.ColumnElement[Any]:
        """Return what a field is in the rows of its entity's table."""
        return self._column(entity, field)

    def keys(self, entity: Entity, name: str, *, among: Sequence[Value] | None = None) -> sa.Select[Any]:
        """Return the statement for a field and the `id` of the records where it is filled, the last first.

        Those alone where it has one of some values, if they are given.
        """
        column, key = self._column(entity, self._field(entity, name)), self.key(entity)
        filled = column.is_not(None) if among is None else column.in_(among)
        return self._select(entity, column, key).where(filled).order_by(key.desc())

    def options(self, entity: Entity, search: str, limit: int) -> sa.Select[Any]:
        """Return the statement for `id` and the display value of records whose label matches, by label."""
        display = display_field(entity)
        statement = self._labels(entity)
        if display is None:
            return statement.order_by(self.key(entity)).limit(limit)
        column = self._column(entity, display)
        found = [holds(column, word, self.is_sqlite) for word in words(search)]
        order = sort_value(column, display, is_sqlite=self.is_sqlite)
        return statement.where(*found).order_by(order.asc().nulls_last(), self.key(entity)).limit(limit)

    def labels(self, entity: Entity, ids: Sequence[int]) -> sa.Select[Any]:
        """Return the statement for the `id` of those records and, if they have one, their display value."""
        return self._labels(entity).where(self.key(entity).in_(ids))

    def _labels(self, entity: Entity) -> sa.Select[Any]:
        display = display_field(entity)
        columns = [] if display is None else [self._column(entity, display)]
        return self._select(entity, self.key(entity), *columns)

    def _select(self, entity: Entity, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
        """Return the statement for these columns of the records that may be read."""
        table = self._schema.rows[entity.name]
        return sa.select(*columns).select_from(table).where(*self._limits.visible(entity))

    def _field(self, entity: Entity, name: str) -> Field:
        field = next((field for field in entity.fields if field.name == name), None)
        if field is None:
            raise UnknownName(say("{entity} has no field {name}.", entity=entity.title, name=repr(name)))
        return field

    def _narrowed(
        self, entity: Entity, test: Test, index: SearchIndex | None
    ) -> sa.ColumnElement[bool] | None:
        """Return what the search index can say of a condition."""
        if index is None or test.operator.name != "contains" or not is_indexed(test.field):
            return None
        rows = index.rows(self._schema.tables[entity.name], str(test.value))
        return None if rows is None else self.key(entity).in_(rows)

    def _places(self, entity: Entity, word: str, index: SearchIndex | None) -> list[sa.ColumnElement[bool]]:
        shown = [field for field in entity.fields if not field.hidden]
        own = [
            (field, holds(self._column(entity, field), word, self.is_sqlite))
            for field in shown
            if type_of(field).searched
        ]
        labels = self._label_places(entity, word, index)
        rows = None if index is None else index.rows(self._schema.tables[entity.name], word)
        if rows is None:
            return [place for _, place in own] + labels
        among = self.key(entity).in_(rows)
        stored = [place for field, place in own if is_indexed(field)]
        others = [place for field, place in own if not is_indexed(field)]
        return [sa.and_(among, sa.or_(sa.false(), *stored)), *others, *labels]

    def _label_places(
        self, entity: Entity, word: str, index: SearchIndex | None
    ) -> list[sa.ColumnElement[bool]]:
        places: list[sa.ColumnElement[bool]] = []
        for field in entity.fields:
            target = None if field.hidden or type_of(field).computed else self._target(field)
            display = None if target is None else display_field(target)
            if target is None or display is None or not type_of(display).searched:
                continue
            labelled = self._select(target, self.key(target))
            labelled = labelled.where(holds(self._column(target, display), word, self.is_sqlite))
            rows = None
            if index is not None and is_indexed(display):
                rows = index.rows(self._schema.tables[target.name], word)
            if rows is not None:
                labelled = labelled.where(self.key(target).in_(rows))
            places.append(self._refers(entity, field, labelled.correlate(None)))
        return places

    def _names(
        self, entity: Entity, field: Field, ids: Sequence[int] | None, *, loose: bool
    ) -> sa.ColumnElement[bool]:
        """Return whether the records behind a field of pairs have one of these ids; None: are any there.

        Asked of each record alone where it is `loose`, and of all pairs at once otherwise.
        """
        link = self._schema.linked(entity.name, field.name)
        key = self._schema.rows[entity.name].c.id
        wanted = self._readable(field.target or "", link.target)
        if ids is not None:
            wanted.append(link.target.in_(ids))
        if loose:
            each = sa.select(sa.literal(1)).select_from(link.table).where(link.source == key, *wanted)
            found: sa.ColumnElement[bool] = sa.exists(each.correlate_except(link.table))
        else:
            found = key.in_(sa.select(link.source).where(*wanted).correlate(None))
        return self._known(entity, field, found)

    def _refers(self, entity: Entity, field: Field, to: sa.Select[Any]) -> sa.ColumnElement[bool]:
        """Return what must hold for a field to name one of the records whose ids are `to`."""
        if not type_of(field).linked:
            return self._column(entity, field).in_(to)
        link = self._schema.linked(entity.name, field.name)
        key = self._schema.rows[entity.name].c.id
        found = key.in_(sa.select(link.source).where(link.target.in_(to)).correlate(None))
        return self._known(entity, field, found)

    def _known(self, entity: Entity, field: Field, found: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        """Return what holds by the pairs of a field, on the records where the account sees it."""
        if not self._limits.is_shown_on_some(entity, field):
            return found  # as it is, an index can serve it
        return sa.func.coalesce(self._limits.shown(entity, field, found), sa.false())

    def _column(self, entity: Entity, field: Field) -> sa.ColumnElement[Any]:
        return self._limits.shown(entity, field, self._whole_column(entity, field))

    def _whole_column(self, entity: Entity, field: Field) -> sa.ColumnElement[Any]:
        table = self._schema.rows[entity.name]
        if field.expression is not None:
            meaning = self._limits.meaning(entity, field.expression)
            return self._computing.column(entity, meaning, self._limits.asker())
        if type_of(field).linked:
            link = self._schema.linked(entity.name, field.name)
            conditions = self._readable(field.target or "", link.target)
            return gathered(link, table.c.id, conditions, is_sqlite=self.is_sqlite)
        if field.type == "children":
            many = self._schema.many(entity.name, field.name, table.c.id)
            conditions = [*many.conditions, *self._readable(many.entity, many.table.c.id)]
            counted = sa.select(sa.func.count()).select_from(many.table).where(*conditions)
            return counted.correlate(table).scalar_subquery()
        return table.c[field.name]

    def _total(self, entity: Entity, field: Field, function: TotalName) -> sa.ColumnElement[Any]:
        if function not in type_of(field).totals:
            raise UnknownName(say("There is no {function} of {field}.", function=function, field=field.title))
        return total_of(self._column(entity, field), function, is_sqlite=self.is_sqlite)

    def _target(self, field: Field) -> Entity | None:
        """Return the entity that a field refers to, if anything of it may be read."""
        if field.target is None or not self._limits.rights.may("read", field.target):
            return None
        return self._spec.entity(field.target)

    def _readable(self, entity: str, id: sa.ColumnElement[Any]) -> list[sa.ColumnElement[bool]]:
        """Return what must hold for an `id` to be one of a record of `entity` that may be read."""
        if not self._limits.rights.is_limited:
            return []
        target = self._spec.entity(entity)
        return [id.in_(self._select(target, self._schema.rows[entity].c.id).correlate(None))]

    def _order(self, entity: Entity, sort: str, *, is_held: bool) -> Order:
        name, is_descending = sort.removeprefix("-"), sort.startswith("-")
        if name == "id":
            key = self.key(entity)
            return Order(column=held(key) if is_held else key, is_descending=is_descending)
        field = next((field for field in entity.fields if field.name == name), None)
        if field is None or type_of(field).sort is None:
            raise UnknownName(say("{entity} cannot be sorted by {name}.", entity=entity.title, name=name))
        column = self._column(entity, field)
        column = held(column) if is_held else column
        if type_of(field).sort == "label":
            labelled = self._label_order(entity, field, column, is_descending=is_descending)
            if labelled is not None:
                return labelled
        return Order(column=column, field=field, is_descending=is_descending, is_sqlite=self.is_sqlite)

    def _label_order(
        self, entity: Entity, field: Field, column: sa.ColumnElement[Any], *, is_descending: bool
    ) -> Order | None:
        target = self._target(field)
        display = None if target is None else display_field(target)
        if target is None or display is None or self._limits.is_shown_on_some(target, display):
            return None
        alias = self._schema.rows[target.name].alias()
        there = sa.and_(alias.c.id == column, *self._readable(target.name, alias.c.id))
        return Order(
            column=alias.c[display.name],
            field=display,
            is_descending=is_descending,
            is_sqlite=self.is_sqlite,
            reference=column,
            there=there,
            target=alias,
            has_all=display.required and display.visible_when is None and not self._limits.rights.is_limited,
        )


def _all_of(tests: Tests) -> list[Test]:
    """Return the conditions that hold for each record that a filter wants."""
    return [each for each in tests.parts if isinstance(each, Test)] if tests.join == "all" else []
