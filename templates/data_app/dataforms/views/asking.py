"""The questions of views as SQL, in one transaction: figures, some records, neighbours. Changes nothing."""

from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.computing import STORAGES, Computing
from dataforms.computing_forms import fifteen, units
from dataforms.errors import UnknownName
from dataforms.limits import Limits
from dataforms.operations import KindName
from dataforms.query import Record, Selection
from dataforms.reading import Reading
from dataforms.schema import Stored, stored_type
from dataforms.spec import Aggregate, AppSpec, Entity, Field, Period
from dataforms.types import type_of
from dataforms.views.openness import is_open
from dataforms.views.questions import Figure, Listing, Question, Wanted

Sql = sa.ColumnElement[Any]
RECORDS_LIMIT = 2_000


class Asking:
    """Asks for what `select` and `limits` leave to an account; `spec` is what it sees of the app."""

    def __init__(
        self, spec: AppSpec, reading: Reading, select: Selection, limits: Limits, computing: Computing,
        *, is_sqlite: bool,
    ) -> None:  # fmt: skip
        self._spec, self._reading, self._select = spec, reading, select
        self._limits, self._computing, self._is_sqlite = limits, computing, is_sqlite

    def figures(self, connection: Connection, entity: Entity, question: Question) -> list[Figure]:
        """Return the figures of a question; raise UnknownName for what the account does not get to see."""
        inner = self._inner(entity, question).where(*self._conditions(entity, question.wanted)).subquery()
        made = self._aggregated(entity, question, inner)
        if question.group is None:
            found = connection.execute(sa.select(made).select_from(inner)).scalar_one()
            return [Figure(value=found)]
        statement = sa.select(inner.c.key, made).select_from(inner).group_by(inner.c.key)
        order = [inner.c.key.desc()] if question.every else [made.desc().nulls_last(), inner.c.key]
        if question.every:
            statement = statement.where(inner.c.key.is_not(None))
        rows = connection.execute(statement.order_by(*order).limit(question.limit)).all()
        group = self._field(entity, question.group)
        labels: dict[int, str] = {}
        target = self._seen(group.target) if group.type == "reference" else None
        if target is not None:
            labels = self._reading.labels(connection, target, [row[0] for row in rows if row[0] is not None])
        return [Figure(key=row[0], label=labels.get(row[0], ""), value=row[1]) for row in rows]

    def some(self, connection: Connection, entity: Entity, listing: Listing) -> list[Record]:
        """Return some records; raise UnknownName."""
        conditions = self._conditions(entity, listing.wanted)
        limit = min(listing.limit, RECORDS_LIMIT)
        statement = self._select.some(entity, conditions, listing.sort).limit(limit).offset(listing.skip)
        return self._reading.records(connection, entity, connection.execute(statement).all())

    def neighbours(self, connection: Connection, entity: Entity, id: int) -> tuple[int | None, int | None]:
        """Return the ids of the records before and after one, in the order of ids; None at the ends."""
        key = self._select.key(entity)
        before = self._select.rows(entity, sa.func.max(key)).where(key < id).scalar_subquery()
        after = self._select.rows(entity, sa.func.min(key)).where(key > id).scalar_subquery()
        row = connection.execute(sa.select(before, after)).one()
        return row[0], row[1]

    def _inner(self, entity: Entity, question: Question) -> sa.Select[Any]:
        """Return the statement for the `key` and the `each` of every record that counts."""
        each: Sql = sa.literal(1)
        if question.aggregate != "count":
            each = self._value(entity, question.value or "")
        key: Sql = sa.null()
        if question.group is not None:
            key = self._select.column(entity, self._field(entity, question.group))
            if question.every is not None:
                key = self._span(key, question.every)
        return self._select.rows(entity, key.label("key"), each.label("each"))

    def _value(self, entity: Entity, text: str) -> Sql:
        field = next((field for field in entity.fields if field.name == text), None)
        if field is not None and type_of(field).kind != "records":
            return self._select.column(entity, field)
        self._refuse_closed(entity, text)
        return self._computing.column(entity, self._limits.meaning(entity, text), self._limits.asker())

    def _kind(self, entity: Entity, text: str) -> KindName:
        field = next((field for field in entity.fields if field.name == text), None)
        if field is not None and type_of(field).kind != "records":
            return type_of(field).kind
        return self._limits.meaning(entity, text).kind.name

    def _aggregated(self, entity: Entity, question: Question, inner: sa.Subquery) -> Sql:
        if question.aggregate == "count":
            return sa.func.count()
        kind = self._kind(entity, question.value or "")
        return aggregated(question.aggregate, kind, inner.c.each, is_sqlite=self._is_sqlite)

    def _conditions(self, entity: Entity, wanted: Wanted) -> list[Sql]:
        found: list[Sql] = []
        if wanted.where is not None:
            self._refuse_closed(entity, wanted.where)
            meaning = self._limits.meaning(entity, wanted.where)
            found.append(self._computing.condition(entity, meaning, self._limits.asker()))
        for name, value in wanted.equal:
            column = self._select.column(entity, self._field(entity, name))
            found.append(column.is_(None) if value is None else column == value)
        if wanted.within is not None:
            found += self._within(entity, wanted.within, wanted.until)
        return found

    def _within(
        self, entity: Entity, within: tuple[str, date | None, date | None], until: str | None
    ) -> list[Sql]:
        name, first, last = within
        start = self._field(entity, name)
        column = self._select.column(entity, start)
        found: list[Sql] = []
        if first is not None:
            ends: Sql = column
            if until is not None:
                end = self._select.column(entity, self._field(entity, until))
                ends = sa.case((end > column, end), else_=column)
            found.append(sa.type_coerce(ends, column.type) >= _moment(start, first))
        if last is not None:
            after = last + timedelta(days=1) if last < date.max else last
            found.append(column < _moment(start, after))
        return found

    def _refuse_closed(self, entity: Entity, text: str) -> None:
        if not is_open(text, entity, self._spec, self._limits.rights):
            raise UnknownName(f"{entity.title} has no {text!r}.")

    def _field(self, entity: Entity, name: str) -> Field:
        field = next((field for field in entity.fields if field.name == name), None)
        if field is None:
            raise UnknownName(f"{entity.title} has no field {name!r}.")
        return field

    def _seen(self, name: str | None) -> Entity | None:
        may = name is not None and self._limits.rights.may("read", name)
        return next((each for each in self._spec.entities if may and each.name == name), None)

    def _span(self, moment: Sql, every: Period) -> Sql:
        """Return the first day of the span that a moment is in."""
        made = (
            _span_lite(moment, every)
            if self._is_sqlite
            else sa.cast(sa.func.date_trunc(every, moment), sa.Date())
        )
        return sa.type_coerce(made, Stored("date"))


def _span_lite(moment: Sql, every: Period) -> Sql:
    text = sa.type_coerce(moment, sa.Text())
    match every:
        case "day":
            return sa.func.substr(text, 1, 10)
        case "week":
            return sa.func.date(text, "weekday 0", "-6 days")
        case "month":
            return sa.func.substr(text, 1, 8).concat("01")
        case "quarter":
            month = (sa.cast(sa.func.substr(text, 6, 2), sa.Integer()) + 2) // 3 * 3 - 2
            named = sa.func.printf("-%02d-01", month, type_=sa.Text())
            return sa.func.substr(text, 1, 4, type_=sa.Text()).concat(named)
        case "year":
            return sa.func.substr(text, 1, 5).concat("01-01")


def _moment(field: Field, day: date) -> date:
    is_moment = type_of(field).kind == "datetime"
    return datetime.combine(day, time()) if is_moment else day


def aggregated(function: Aggregate, kind: KindName, each: Sql, *, is_sqlite: bool) -> Sql:
    """Return a sum, an average, the least or the greatest of `each`, as a canonical value.

    The average of whole numbers is a decimal; of nothing there is none, but the sum is 0.
    """
    if function == "count":
        return sa.func.count()
    if function in ("min", "max"):
        return sa.type_coerce(getattr(sa.func, function)(each), Stored(STORAGES[kind]))
    plain = sa.type_coerce(each, stored_type(STORAGES[kind], is_sqlite=is_sqlite))
    if function == "sum":
        return _sum(kind, plain, is_sqlite=is_sqlite)
    made = sa.func.avg(plain)
    if kind in ("integer", "real"):
        return sa.type_coerce(fifteen(made, is_sqlite=is_sqlite), Stored("real"))
    return sa.type_coerce(units(kind, made, is_sqlite=is_sqlite), Stored(STORAGES[kind]))


def _sum(kind: KindName, plain: Sql, *, is_sqlite: bool) -> Sql:
    made: Sql = sa.func.coalesce(sa.func.sum(plain), 0)
    if kind == "real":
        made = fifteen(made, is_sqlite=is_sqlite)
    elif kind != "money":
        made = sa.cast(made, sa.BigInteger())
    return sa.type_coerce(made, Stored(STORAGES[kind]))
