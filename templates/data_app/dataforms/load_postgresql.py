"""Bulk loading into PostgreSQL: one COPY, its rows streamed."""

import re
from collections.abc import Iterator

import psycopg
import sqlalchemy as sa
from psycopg import sql

from dataforms.errors import DatabaseUnavailable, LoadFailed
from dataforms.loading import Loading, Rows
from dataforms.sequences import go_on_after, last_given_out
from dataforms.storage import FORMS
from dataforms.types import type_of

_LINE = re.compile(r"^COPY [^,]*,\D*(\d+)")
"""The row of a fault in what the server says of where it was, in any language."""


class PostgresqlLoading(Loading):
    """One bulk load; ids are given out here, so that those that are given and those that are not may mix."""

    def run(self, rows: Rows) -> int:
        """Insert all; return how many."""
        driver = self.connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)  # noqa: S101 - the dialect says so
        with driver.cursor() as cursor:
            self.last_id = max(self.last("id"), last_given_out(self.connection, self.table))
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            self._copy(cursor, rows)
            self.store_links()
            go_on_after(self.connection, self.table, self.last_id)
            if self.checks_references:
                self._check_references(cursor)
        return self.row

    def _copy(self, cursor: psycopg.Cursor, rows: Rows) -> None:
        columns = sql.SQL(", ").join(map(sql.Identifier, self.names))
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(self.table.name), columns)
        try:
            with cursor.copy(statement) as copy:
                for values in self._stored(rows):
                    try:
                        copy.write_row(values)
                    except (UnicodeEncodeError, psycopg.DataError) as error:
                        raise self._refused(self.row, f"a value cannot be stored: {error}") from error
        except psycopg.IntegrityError as error:
            raise self._refused(_line(error), self._said(error)) from error
        except psycopg.DataError as error:
            message = error.diag.message_primary or str(error)
            raise self._refused(_line(error), f"a value cannot be stored: {message}") from error
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable(f"The database cannot be used now: {error}.") from error

    def _stored(self, rows: Rows) -> Iterator[list[object]]:
        own = [
            False,
            *(FORMS[storage].native for field in self.fields if (storage := type_of(field).storage)),
        ]
        stores = self.stores(lambda storage: True)
        for row in self.numbered_rows(rows):
            values: list[object] = [row.get(name) for name in self.names]
            id = values[0] = self._id(values[0])
            self.note_links(row, id)
            for place, store in stores:
                if values[place] is not None:
                    form = self.stored(store, place, values[place])
                    values[place] = values[place] if own[place] else form
            yield values

    def _id(self, given: object) -> int:
        id = given if isinstance(given, int) else self.last_id + 1
        self.last_id = max(self.last_id, id)
        return id

    def _check_references(self, cursor: psycopg.Cursor) -> None:
        cursor.execute("SAVEPOINT loaded")
        try:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.IntegrityError as error:
            cursor.execute("ROLLBACK TO SAVEPOINT loaded")
            raise self._lost() from error

    def _lost(self) -> LoadFailed:
        for key in self.table.foreign_keys:
            there = key.column.table.alias()
            reference = key.parent
            known = sa.exists().where(sa.type_coerce(there.c.id, sa.BigInteger()) == reference)
            first = sa.select(sa.func.min(self.table.c.id)).where(reference.is_not(None), ~known)
            id = self.connection.execute(first).scalar_one()
            if id is not None:
                name = key.column.table.name
                return self.failed(id, f"it refers to a record of {name} that is not there")
        return LoadFailed("A row refers to a record that is not there.")

    def _refused(self, row: int | None, message: str) -> LoadFailed:
        return LoadFailed(f"Row {row}: {message}." if row else f"A row was refused: {message}.", row)

    def _said(self, error: psycopg.IntegrityError) -> str:
        if isinstance(error, psycopg.errors.NotNullViolation):
            return f"{self.title(str(error.diag.column_name))} is required"
        for index in self.table.indexes:
            if index.name == error.diag.constraint_name:
                titles = " and ".join(self.title(column.name) for column in index.columns)
                return f"another record has the same {titles}"
        return error.diag.message_primary or str(error)


def _line(error: psycopg.Error) -> int | None:
    found = _LINE.search(error.diag.context or "")
    return int(found[1]) if found else None
