"""Makes the tables of a spec, and grows those that are there: adds columns and indexes, deletes no data."""

from collections.abc import Iterator, Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.schema import CreateIndex

from dataforms.errors import SchemaDiffers
from dataforms.relations import written_out
from dataforms.schema import Schema
from dataforms.spec import AppSpec, Field
from dataforms.types import is_kept

_HINT = "Run `python -m dataforms.migrate plan` in the app's folder, or change the spec back."


def grow(connection: Connection, schema: Schema) -> None:
    """Make tables, columns and indexes that are missing.

    Raises:
        SchemaDiffers: something there does not fit, and to change it could lose data; the caller rolls back.
    """
    there = set(sa.inspect(connection).get_table_names())
    schema.metadata.create_all(connection, checkfirst=bool(there))
    linking = [link.table for link in schema.links.values()]
    for table in (*schema.tables.values(), *linking):
        if table.name in there:
            _grow_columns(connection, table)
            _grow_indexes(connection, table)


def _grow_columns(connection: Connection, table: sa.Table) -> None:
    stored = {column["name"]: column for column in sa.inspect(connection).get_columns(table.name)}
    for fault in _misfits(connection, table, stored):
        raise SchemaDiffers(fault, hint=_HINT)
    quote = connection.dialect.identifier_preparer.quote
    for column in table.columns:
        if column.name not in stored:
            kind = column.type.compile(connection.dialect)
            parts = ["ALTER TABLE", quote(table.name), "ADD COLUMN", quote(column.name), kind]
            for key in column.foreign_keys:
                parts += ["REFERENCES", quote(key.column.table.name), "(id) ON DELETE RESTRICT"]
                parts += ["DEFERRABLE INITIALLY IMMEDIATE"]
            connection.exec_driver_sql(" ".join(parts))


def _misfits(connection: Connection, table: sa.Table, stored: dict[str, ReflectedColumn]) -> Iterator[str]:
    for column in table.columns:
        if column.name not in stored:
            if not column.nullable and _has_rows(connection, table):
                yield f"{table.name}.{column.name} is required, and the records that are there have none."
        elif not column.primary_key:
            yield from _misfit(connection, column, stored[column.name])
    for name, was in stored.items():
        if name not in table.columns and not was["nullable"]:
            yield f"{table.name}.{name} is required in the database, and not in the spec at all."


def _misfit(connection: Connection, column: sa.Column[object], was: ReflectedColumn) -> Iterator[str]:
    kind = column.type.compile(connection.dialect)
    if was["type"].compile(connection.dialect) != kind:
        yield f"{column.table.name}.{column.name} is stored as {was['type']}, and the spec needs {kind}."
    elif column.nullable and not was["nullable"]:
        yield f"{column.table.name}.{column.name} is required in the database, and not in the spec."


def _grow_indexes(connection: Connection, table: sa.Table) -> None:
    stored = {str(index["name"]) for index in sa.inspect(connection).get_indexes(table.name)}
    wanted = {str(index.name): index for index in table.indexes}
    for name in sorted(stored - set(wanted)):
        if name.startswith((f"uq_{table.name}_", f"ix_{table.name}_")):
            quote = connection.dialect.identifier_preparer.quote
            connection.exec_driver_sql(f"DROP INDEX {quote(name)}")
    for name in sorted(set(wanted) - stored):
        try:
            connection.execute(CreateIndex(wanted[name]))
        except sa.exc.IntegrityError as error:
            columns = " and ".join(column.name for column in wanted[name].columns)
            fault = f"{table.name}.{columns} shall be unique, and records that are there have the same."
            raise SchemaDiffers(fault, hint=_HINT) from error


def _has_rows(connection: Connection, table: sa.Table) -> bool:
    return connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None


def grown(tables: AppSpec | None, spec: AppSpec) -> AppSpec:
    """Return what the tables are those of once they have grown: `spec`, and what else they were there for."""
    if tables is None:
        return spec
    whole, before = written_out(spec), written_out(tables)
    names = {entity.name for entity in whole.entities}
    gone = [entity for entity in before.entities if entity.name not in names]
    left = {entity.name: _left(before, entity.name, entity.fields) for entity in whole.entities}
    if not gone and not any(left.values()):
        return spec
    entities = [
        msgspec.structs.replace(entity, fields=(*entity.fields, *left[entity.name]))
        for entity in whole.entities
    ]
    return msgspec.structs.replace(whole, entities=(*entities, *gone))


def _left(before: AppSpec, entity: str, fields: Sequence[Field]) -> list[Field]:
    """Return the fields that an entity had before besides `fields`, and whose values are still there."""
    names = {field.name for field in fields}
    return [
        msgspec.structs.replace(field, unique=False)
        for was in before.entities
        if was.name == entity
        for field in was.fields
        if field.name not in names and is_kept(field)
    ]
