"""The pairs behind `references` fields: which records a record is linked to. Runs within one transaction."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect

from dataforms.typerow import Value

KEY_TYPE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Link(NamedTuple):
    """The table of one `references` field: the record that has it, and one that it names."""

    table: sa.Table
    source: sa.Column[int]
    target: sa.Column[int]

    def alias(self) -> "Aliased":
        """Return the same under a name of its own, for a question inside a question."""
        table = self.table.alias()
        return Aliased(table, table.c[self.source.name], table.c[self.target.name])


class Aliased(NamedTuple):
    """A `Link` under another name."""

    table: sa.FromClause
    source: sa.ColumnElement[int]
    target: sa.ColumnElement[int]


class Ids(sa.types.TypeDecorator[tuple[int, ...]]):
    """What a database gathers as a JSON array: ids in order; none where there are none."""

    impl = sa.Text
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[int, ...] | None:
        """Return the ids."""
        found = msgspec.json.decode(value, type=list[int]) if value else []
        return tuple(sorted(found)) or None


def gathered(
    link: Aliased, id: sa.ColumnElement[Any], conditions: Iterable[sa.ColumnElement[bool]], *, is_sqlite: bool
) -> sa.ColumnElement[Any]:
    """Return, as one column, the ids that the record `id` is linked to and for which the conditions hold."""
    array = sa.func.json_group_array(link.target) if is_sqlite else sa.func.json_agg(link.target)
    made = sa.select(sa.cast(array, sa.Text())).where(link.source == id, *conditions)
    return sa.type_coerce(made.correlate_except(link.table).scalar_subquery(), Ids())


def store_links(connection: Connection, link: Link, id: int, ids: Value) -> None:
    """Link the record `id` to just those records."""
    wanted = set(ids) if isinstance(ids, tuple) else set()
    found = connection.execute(sa.select(link.target).where(link.source == id))
    there: set[object] = {row[0] for row in found}
    if gone := there - wanted:
        connection.execute(sa.delete(link.table).where(link.source == id, link.target.in_(gone)))
    if new := wanted - there:
        pairs: list[Mapping[str, object]] = [
            {link.source.name: id, link.target.name: each} for each in sorted(new, key=str)
        ]
        connection.execute(sa.insert(link.table), pairs)


def linked_from(connection: Connection, link: Link, id: int) -> tuple[int, ...]:
    """Return the ids of the records that are linked to the record `id`."""
    found = connection.execute(sa.select(link.source).where(link.target == id).order_by(link.source))
    return tuple(row[0] for row in found)
