"""The rows of a database that is another's, as the rows of this app's own tables would be. Opens nothing.

Each entity is a subquery with an `id` and a column a field, which databases see through: a column that is
written as this app writes it is compared, found and ordered by the indexes that are there.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import quoted_name

from dataforms.pairs import KEY_TYPE, Aliased
from dataforms.schema_types import Stored
from dataforms.source_forms import read_as
from dataforms.spec import AppSpec, Entity, Field
from dataforms.spec_origin import ColumnOrigin, TableOrigin
from dataforms.storage import tolerated
from dataforms.types import is_stored, type_of

Sql = sa.ColumnElement[Any]
ROWID = "rowid"
KEY_FUNCTION = "df_key"
"""Makes a number of the text of a key, on SQLite."""
KEY_BITS = 52
"""How many bits of a number every browser keeps exactly, less one."""
BETWEEN = "\x1f"
"""Stands between the values of a key of several columns."""


class Found(Stored):
    """The column type of a value that another program wrote: one that is none of the type is empty."""

    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> object:
        """Return the canonical value, or None."""
        return tolerated(
            self.storage, value, lambda each: super(Found, self).process_result_value(each, dialect)
        )


class SourceRows:
    """The rows and the pairs of a spec whose entities have an origin."""

    def __init__(self, spec: AppSpec, *, is_sqlite: bool) -> None:
        self._is_sqlite = is_sqlite
        self._origins = {each.name: each.origin for each in spec.entities if each.origin is not None}
        self.tables: dict[str, sa.FromClause] = {
            each.name: self._rows(each, each.origin) for each in spec.entities if each.origin is not None
        }
        """By entity."""
        self._pairs = {
            (each.name, field.name): self._pairs_of(each.origin, field, field.origin)
            for each in spec.entities
            for field in each.fields
            if type_of(field).linked and each.origin is not None and field.origin is not None
        }

    def linked(self, entity: str, field: str) -> Aliased:
        """Return the pairs of a field of references, under a name of their own."""
        pairs = self._pairs[entity, field].subquery()
        return Aliased(pairs, pairs.c.source, pairs.c.target)

    def _rows(self, entity: Entity, origin: TableOrigin) -> sa.FromClause:
        fields = [(each, each.origin) for each in entity.fields if is_stored(each)]
        named = [
            name for _, column in fields if column is not None for name in (column.column, *column.columns)
        ]
        table = _table(origin, [*named, *origin.key], origin.table)
        columns = [
            sa.type_coerce(self._value(table, field, column), Found(type_of(field).storage or "text")).label(
                field.name
            )
            for field, column in fields
            if column is not None
        ]
        return sa.select(self._key(table, origin).label("id"), *columns).subquery(entity.name)

    def _value(self, table: sa.FromClause, field: Field, origin: ColumnOrigin) -> Sql:
        column = table.c[origin.column]
        if field.type == "reference" and origin.columns:
            return self._together(table, origin, field.target or "")
        if field.type == "reference":
            return self._reference(column, field.target or "", origin.to)
        return read_as(column, origin.form, type_of(field).storage or "text", is_sqlite=self._is_sqlite)

    def _pairs_of(self, origin: TableOrigin, field: Field, at: ColumnOrigin) -> sa.Select[Any]:
        there = TableOrigin(table=at.table or "", schema_=origin.schema_)
        table = _table(there, [at.column, at.back or ""])
        source = self._named(table.c[at.back or ""], origin, at.back_to).label("source")
        target = self._reference(table.c[at.column], field.target or "", at.to).label("target")
        return sa.select(source, target)

    def _reference(self, column: Sql, target: str, to: str | None) -> Sql:
        origin = self._origins.get(target)
        return sa.null() if origin is None else self._named(column, origin, to)

    def _together(self, table: sa.FromClause, at: ColumnOrigin, target: str) -> Sql:
        """Return the `id` of the row that has the values of several columns; None where one has none."""
        origin = self._origins.get(target)
        if origin is None:
            return sa.null()
        there = _table(origin, [*at.keys, *origin.key])
        same = [there.c[key] == table.c[name] for name, key in zip(at.columns, at.keys, strict=True)]
        found = sa.select(self._key(there, origin)).where(*same).limit(1)
        return found.correlate_except(there).scalar_subquery()

    def _named(self, column: Sql, origin: TableOrigin, to: str | None) -> Sql:
        """Return the `id` of the row whose column `to`, or whose key, has the value of a column."""
        if to is None or origin.key == (to,):
            return self._number([column], origin)
        there = _table(origin, [to, *origin.key])
        found = sa.select(self._key(there, origin)).where(there.c[to] == column).limit(1)
        return found.correlate_except(there).scalar_subquery()

    def _key(self, table: sa.FromClause, origin: TableOrigin) -> Sql:
        return self._number([table.c[name] for name in origin.key or (ROWID,)], origin)

    def _number(self, columns: list[Sql], origin: TableOrigin) -> Sql:
        if origin.is_number or not origin.key:
            return sa.type_coerce(columns[0], KEY_TYPE)
        texts = [sa.cast(each, sa.Text()) for each in columns]
        whole: Sql = texts[0]
        for each in texts[1:]:
            whole = whole + sa.literal(BETWEEN, sa.Text(), literal_execute=True) + each
        if self._is_sqlite:
            return sa.type_coerce(getattr(sa.func, KEY_FUNCTION)(whole), KEY_TYPE)
        hashed = sa.func.hashtextextended(whole, sa.literal_column("0"), type_=sa.BigInteger())
        return sa.type_coerce(hashed.op("&")(sa.literal_column(str(2**KEY_BITS - 1))), KEY_TYPE)


def _table(origin: TableOrigin, columns: Iterable[str], name: str | None = None) -> sa.FromClause:
    """Return a table under a name; without one SQLite takes a quoted column that is gone for a text.

    Where none is given it is one of its own, for a question inside a question.
    """
    named: list[sa.ColumnClause[Any]] = [
        sa.column(quoted_name(each, quote=True)) for each in dict.fromkeys([*columns, ROWID])
    ]
    schema = None if origin.schema_ is None else quoted_name(origin.schema_, quote=True)
    return sa.table(quoted_name(origin.table, quote=True), *named, schema=schema).alias(name)
