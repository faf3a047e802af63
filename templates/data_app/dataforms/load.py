"""Bulk loading: many rows into one table, fast, all or none of them."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateIndex, DropIndex

from dataforms.errors import LoadFailed, UnknownName
from dataforms.schema import is_stored
from dataforms.spec import Entity
from dataforms.storage import FORMS
from dataforms.typerow import Value
from dataforms.types import type_of

Rows = Iterable[Mapping[str, Value]]
_COLUMN = re.compile(r"\w+\.(\w+)")


def load_rows(connection: Connection, table: sa.Table, entity: Entity, rows: Rows, *, batch: int) -> int:
    """Insert canonical values within the open transaction; return the number of rows.

    Raises:
        LoadFailed: a row was refused; the caller rolls back.
    """
    load = _SqliteLoad if connection.dialect.name == "sqlite" else _Load
    return load(connection, table, entity).run(rows, batch)


class _Load:
    """One bulk load, through SQLAlchemy."""

    def __init__(self, connection: Connection, table: sa.Table, entity: Entity) -> None:
        self.connection = connection
        self.table = table
        self.entity = entity
        self.fields = [field for field in entity.fields if is_stored(field)]
        self.names = ["id", *(field.name for field in self.fields)]
        self.numbered = [field.name for field in entity.fields if field.type == "auto_number"]
        self.row = 0
        self.has_ids = False
        self.last_id = 0

    def run(self, rows: Rows, batch: int) -> int:
        """Insert all; return how many."""
        statement = sa.insert(self.table)
        complete = self._complete(rows)
        while some := list(islice(complete, max(batch, 1))):
            try:
                self.connection.execute(statement, some)
            except sa.exc.StatementError as error:
                raise LoadFailed(f"A row before row {self.row + 1} was refused: {error.orig}.") from error
        return self.row

    def _complete(self, rows: Rows) -> Iterator[dict[str, Value]]:
        for row in self._numbered(rows):
            yield {name: row.get(name) for name in self.names if name != "id" or "id" in row}

    def _numbered(self, rows: Rows) -> Iterator[Mapping[str, Value]]:
        """Yield the rows, auto-numbered where they are not, and keep count of them."""
        allowed = frozenset(self.names)
        last = {name: self._last(name) for name in self.numbered}
        for row in rows:
            self.row += 1
            self.has_ids = self.has_ids or "id" in row
            if not row.keys() <= allowed:
                unknown = sorted(row.keys() - allowed)[0]
                raise UnknownName(f"Row {self.row}: {self.entity.title} has no field {unknown!r}.")
            if last:
                row = dict(row)
                for name in last:
                    given = row.get(name)
                    last[name] = max(last[name], given) if isinstance(given, int) else last[name] + 1
                    row.setdefault(name, last[name])
            yield row

    def _last(self, name: str) -> int:
        return int(self.connection.execute(sa.select(sa.func.max(self.table.c[name]))).scalar_one() or 0)


class _SqliteLoad(_Load):
    """One bulk load through the driver itself, several times as fast.

    The tables are strict, so SQLite itself checks texts and integers. Indexes of an empty table come last.
    """

    def run(self, rows: Rows, batch: int) -> int:
        """Insert all; return how many."""
        driver = self.connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - the dialect says so
        quoted = f'"{self.table.name}"'
        driver.execute("PRAGMA defer_foreign_keys = ON").close()
        is_empty = driver.execute(f"SELECT 1 FROM {quoted} LIMIT 1").fetchone() is None  # noqa: S608 - a name of ours
        indexes = sorted(self.table.indexes, key=lambda index: str(index.name)) if is_empty else []
        for index in indexes:
            self.connection.execute(DropIndex(index))
        marks = ", ".join("?" * len(self.names))
        columns = ", ".join(f'"{name}"' for name in self.names)
        statement = f"INSERT INTO {quoted} ({columns}) VALUES ({marks})"  # noqa: S608 - names are the spec's
        try:
            driver.executemany(statement, self._stored(rows)).close()
        except (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError) as error:
            raise LoadFailed(f"Row {self.row}: {self._said(str(error))}.", self.row) from error
        except (OverflowError, UnicodeEncodeError, sqlite3.ProgrammingError) as error:
            raise LoadFailed(f"Row {self.row}: a value cannot be stored: {error}.", self.row) from error
        self.last_id = self._last("id")
        for index in indexes:
            self._index(index)
        self._check_references(driver)
        return self.row

    def _stored(self, rows: Rows) -> Iterator[list[Any]]:
        names = self.names
        stores = [
            (place, store)
            for place, field in enumerate(self.fields, 1)
            if (storage := type_of(field).storage) not in (None, "text", "integer")
            and (store := FORMS[storage].store) is not None
        ]
        for row in self._numbered(rows):
            values: list[Any] = [row.get(name) for name in names]
            for place, store in stores:
                if values[place] is not None:
                    try:
                        values[place] = store(values[place])
                    except (TypeError, ValueError, ArithmeticError) as error:
                        title = self.fields[place - 1].title
                        raise LoadFailed(
                            f"Row {self.row}: {title} cannot be stored: {error}.", self.row
                        ) from error
            yield values

    def _index(self, index: sa.Index) -> None:
        try:
            self.connection.execute(CreateIndex(index))
        except sa.exc.IntegrityError as error:
            columns = list(index.columns)
            twice = (
                sa.select(sa.func.max(self.table.c.id), *columns)
                .where(*(column.is_not(None) for column in columns))
                .group_by(*columns)
                .having(sa.func.count() > 1)
                .limit(1)
            )
            found = self.connection.execute(twice).one()
            titles = " and ".join(self._title(column.name) for column in columns)
            value = ", ".join(str(part) for part in found[1:])
            raise self._failed(found[0], f"another record has the same {titles}, {value}") from error

    def _check_references(self, driver: sqlite3.Connection) -> None:
        if not self.table.foreign_keys:
            return
        check = driver.execute(f"PRAGMA foreign_key_check('{self.table.name}')")
        lost = check.fetchone()
        check.close()
        if lost is not None:
            raise self._failed(lost[1], f"it refers to a record of {lost[2]} that is not there")

    def _failed(self, id: int, message: str) -> LoadFailed:
        """Return the error for the record of that id; its row is known where ids were given out in order."""
        row = None if self.has_ids else id - self.last_id + self.row
        return LoadFailed(f"Row {row}: {message}." if row else f"The record {id}: {message}.", row)

    def _said(self, message: str) -> str:
        column = _COLUMN.search(message)
        title = self._title(column[1]) if column else ""
        if message.startswith("UNIQUE"):
            return f"another record has the same {title}"
        if message.startswith("NOT NULL"):
            return f"{title} is required"
        return f"{title}: {message}" if title else message

    def _title(self, name: str) -> str:
        return next((field.title for field in self.entity.fields if field.name == name), name)
