"""Bulk loading into SQLite: through the driver itself, which is several times as fast as SQLAlchemy."""

import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, DropIndex

from dataforms import search
from dataforms.errors import LoadFailed
from dataforms.loading import Loading, Rows
from dataforms.sequences import last_given_out

_COLUMN = re.compile(r"\w+\.(\w+)")


class SqliteLoading(Loading):
    """One bulk load.

    The tables are strict, so SQLite itself checks texts and integers. Indexes of an empty table come last.
    """

    def run(self, rows: Rows) -> int:
        """Insert all; return how many."""
        driver = self.connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - the dialect says so
        quoted = f'"{self.table.name}"'
        driver.execute("PRAGMA defer_foreign_keys = ON").close()
        search.pause(self.connection, self.table.name)
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
        self.store_links()
        self.last_id = self.last("id")
        for index in indexes:
            self._index(index)
        if self.checks_references:
            self._check_references(driver)
        return self.row

    def _stored(self, rows: Rows) -> Iterator[list[Any]]:
        stores = self.stores(lambda storage: storage != "integer")  # the table itself refuses what is none
        last_id = last_given_out(self.connection, self.table) if self.links else 0
        for row in self.numbered_rows(rows):
            values: list[Any] = [row.get(name) for name in self.names]
            if self.links:  # they need the id before there is one
                id = values[0] = values[0] if isinstance(values[0], int) else last_id + 1
                last_id = max(last_id, id)
                self.note_links(row, id)
            for place, store in stores:
                if values[place] is not None:
                    values[place] = self.stored(store, place, values[place])
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
            titles = " and ".join(self.title(column.name) for column in columns)
            value = ", ".join(str(part) for part in found[1:])
            raise self.failed(found[0], f"another record has the same {titles}, {value}") from error

    def _check_references(self, driver: sqlite3.Connection) -> None:
        for table in (self.table, *(link.table for link in self.links.values())):
            if not table.foreign_keys:
                continue
            check = driver.execute(f"PRAGMA foreign_key_check('{table.name}')")
            lost = check.fetchone()
            check.close()
            if lost is not None and table is not self.table:  # a pair has no row
                raise LoadFailed(f"A row refers to a record of {lost[2]} that is not there.")
            if lost is not None:
                raise self.failed(lost[1], f"it refers to a record of {lost[2]} that is not there")

    def _said(self, message: str) -> str:
        column = _COLUMN.search(message)
        title = self.title(column[1]) if column else ""
        if message.startswith("UNIQUE"):
            return f"another record has the same {title}"
        if message.startswith("NOT NULL"):
            return f"{title} is required"
        return f"{title}: {message}" if title else message
