"""The tables of a spec, as SQLAlchemy Core metadata. Opens no connection.

One table an entity (`spec.table_name`), an integer key `id`, a column a field. A `references` field has a
table of pairs (`dataforms.pairs`); its name holds a double underscore, which no entity's table does.
"""

from collections.abc import Collection, Mapping
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from dataforms.columns import is_nullable
from dataforms.origin import is_over
from dataforms.pairs import KEY_TYPE, Aliased, Link
from dataforms.schema_types import Stored, stored_type
from dataforms.source_rows import SourceRows
from dataforms.spec import AppSpec, Entity, Field, table_name
from dataforms.sqlnames import sql_name
from dataforms.types import is_stored, type_of

__all__ = ["LAYOUT", "META_TABLE", "TRASH_TABLE", "Many", "Schema", "Stored", "stored_type"]

META_TABLE = "dataforms_meta"
TRASH_TABLE = "dataforms_trash"
LAYOUT = 2
"""Grows whenever the same spec gets other tables."""


class Many(NamedTuple):
    """The records that a field of children or references stands for."""

    entity: str
    table: sa.FromClause
    conditions: tuple[sa.ColumnElement[bool], ...]


class Schema:
    """The tables of one spec, found by entity name.

    `rows` is what is read; that is the `tables`, which are there to be written, unless the rows are in a
    database that is another's, and then there are no tables. `is_sqlite` says of what kind that one is.
    """

    def __init__(self, spec: AppSpec, *, is_sqlite: bool = True) -> None:
        self.metadata = sa.MetaData()
        self.meta = sa.Table(
            META_TABLE,
            self.metadata,
            sa.Column("key", sa.Text(), primary_key=True),
            sa.Column("value", sa.Text(), nullable=False),
            sqlite_strict=True,
        )
        self.trash = sa.Table(
            TRASH_TABLE,
            self.metadata,
            sa.Column("id", KEY_TYPE, primary_key=True),
            sa.Column("entity", sa.Text(), nullable=False),
            sa.Column("record", KEY_TYPE, nullable=False),
            sa.Column("label", sa.Text(), nullable=False),
            sa.Column("document", sa.Text(), nullable=False),
            sa.Column("who", sa.Text()),
            sa.Column("deleted", sa.Text(), nullable=False),
            sa.Index(f"ix_{TRASH_TABLE}_deleted", "deleted"),
            sqlite_strict=True,
            sqlite_autoincrement=True,
        )
        self.source = SourceRows(spec, is_sqlite=is_sqlite) if is_over(spec) else None
        own = () if self.source else spec.entities
        self.tables = {entity.name: self._table(entity) for entity in own}
        self.rows: Mapping[str, sa.FromClause] = self.source.tables if self.source else self.tables
        fields = [(entity.name, field) for entity in spec.entities for field in entity.fields]
        self._linked = {(name, field.name) for name, field in fields if type_of(field).linked}
        self.links = {
            (entity.name, field.name): self._link(entity.name, field)
            for entity in own
            for field in entity.fields
            if type_of(field).linked
        }
        """The tables of pairs of every `references` field, by entity and field."""
        self.users = users_of(spec)
        self._linking = {
            target.name: tuple(
                (entity, field)
                for entity in spec.entities
                for field in entity.fields
                if type_of(field).linked and field.target == target.name
            )
            for target in spec.entities
        }
        self._targets = {(name, each.name): each.target or "" for name, each in fields}
        self._vias = {(name, each.name): each.via or "" for name, each in fields}

    def target(self, entity: str, field: str) -> str:
        """Return the entity that a reference points at."""
        return self._targets[entity, field]

    def linking(self, entity: str) -> tuple[tuple[Entity, Field], ...]:
        """Return the references fields that may name records of an entity, and their entities."""
        return self._linking.get(entity, ())

    def children(self, entity: str, field: str) -> tuple[str, str]:
        """Return whose records a field of children stands for, and their reference that leads back."""
        return self._targets[entity, field], self._vias[entity, field]

    def is_linked(self, entity: str, field: str) -> bool:
        """Tell whether a field is one of `references`."""
        return (entity, field) in self._linked

    def linked(self, entity: str, field: str) -> Aliased:
        """Return the pairs of a `references` field, under a name of their own."""
        if self.source is not None:
            return self.source.linked(entity, field)
        return self.links[entity, field].alias()

    def many(
        self, entity: str, field: str, id: sa.ColumnElement[Any], picked: Collection[int] | None = None
    ) -> Many:
        """Return the records that a field of children or references stands for in the record `id`.

        What is `picked` in references, and not stored yet, comes before what is.
        """
        target = self._targets[entity, field]
        table = self.rows[target].alias()
        if self.is_linked(entity, field):
            link = self.linked(entity, field)
            if picked is not None:
                return Many(target, table, (table.c.id.in_(picked),))
            linked = sa.select(link.target).where(link.source == id).correlate_except(link.table)
            return Many(target, table, (table.c.id.in_(linked),))
        via = self._vias[entity, field]
        if self.is_linked(target, via):
            link = self.linked(target, via)
            linked = sa.select(link.source).where(link.target == id).correlate_except(link.table)
            return Many(target, table, (table.c.id.in_(linked),))
        return Many(target, table, (sa.type_coerce(table.c[via], KEY_TYPE) == id,))

    def _table(self, entity: Entity) -> sa.Table:
        name = table_name(entity.name)
        stored = [field for field in entity.fields if is_stored(field)]
        columns = [_column(field) for field in stored]
        checks = [_yes_or_no(field) for field in stored if type_of(field).storage == "boolean"]
        indexes = [_index(name, field) for field in entity.fields if _is_indexed(field)]
        together = [
            sa.Index(sql_name(f"uq_{name}_{'_'.join(rule.fields)}"), *rule.fields, unique=True)
            for rule in entity.rules
            if rule.kind == "unique"
        ]
        key = sa.Column("id", KEY_TYPE, primary_key=True)
        return sa.Table(
            name,
            self.metadata,
            key,
            *columns,
            *checks,
            *indexes,
            *together,
            sqlite_strict=True,
            sqlite_autoincrement=True,  # the id of a deleted record never comes again
        )

    def _link(self, entity: str, field: Field) -> Link:
        """Return the table of pairs of a `references` field: `post__tags`, with `post_id` and `tag_id`."""
        here, there = table_name(entity), table_name(field.target or "")
        name = sql_name(f"{here}__{field.name}")
        source = _link_column(f"{here}_id", entity)
        target = _link_column(f"{there}_id" if here != there else f"related_{there}_id", field.target or "")
        table = sa.Table(
            name,
            self.metadata,
            source,
            target,
            sa.Index(sql_name(f"ix_{name}_{target.name}"), target.name),
            sqlite_strict=True,
            sqlite_with_rowid=False,
        )
        return Link(table, source, target)


def users_of(spec: AppSpec) -> dict[str, tuple[tuple[Entity, Field], ...]]:
    """Return, for every entity name, the reference fields that point at it and their entities."""
    return {
        target.name: tuple(
            (entity, field)
            for entity in spec.entities
            for field in entity.fields
            if field.type == "reference" and field.target == target.name
        )
        for target in spec.entities
    }


def _link_column(name: str, entity_name: str) -> sa.Column[int]:
    key = foreign_key(entity_name, "CASCADE")
    return sa.Column(name, KEY_TYPE, key, primary_key=True)


def foreign_key(entity_name: str, ondelete: Literal["CASCADE", "RESTRICT"]) -> sa.ForeignKey:
    """Return what keeps a column to records that are there; a bulk load may put off the check to its end."""
    return sa.ForeignKey(
        f"{table_name(entity_name)}.id", ondelete=ondelete, deferrable=True, initially="IMMEDIATE"
    )


def _yes_or_no(field: Field) -> sa.CheckConstraint:
    """Return what keeps SQLite, which has no booleans, from storing anything else.

    It is the table's: a column's would be made in every database.
    """
    quoted = field.name.replace('"', '""')
    return sa.CheckConstraint(f'"{quoted}" IN (0, 1)').ddl_if(dialect="sqlite")


def _column(field: Field) -> sa.Column[Any]:
    row = type_of(field)
    assert row.storage is not None  # noqa: S101 - is_stored has said so
    constraints: list[sa.schema.SchemaItem] = []
    if field.type == "reference" and field.target is not None:
        constraints.append(foreign_key(field.target, "RESTRICT"))
    return sa.Column(
        field.name,
        Stored(row.storage),
        *constraints,
        nullable=is_nullable(field),
    )


def _is_indexed(field: Field) -> bool:
    return is_stored(field) and (field.unique or field.type in ("reference", "auto_number"))


def _index(name: str, field: Field) -> sa.Index:
    is_unique = field.unique or field.type == "auto_number"
    kind = "uq" if is_unique else "ix"
    return sa.Index(sql_name(f"{kind}_{name}_{field.name}"), field.name, unique=is_unique)
