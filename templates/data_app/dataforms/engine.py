"""Connections to the database: made on first use, SQLite's and PostgreSQL's. Knows no table."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import PoolProxiedConnection

from dataforms.engine_postgresql import postgresql_engine
from dataforms.engine_sqlite import sqlite_engine
from dataforms.errors import DatabaseUnavailable, DataError, RecordInvalid
from dataforms.urls import database_url
from dataforms.words import say

Told = Callable[[sa.exc.IntegrityError], DataError | None]
CHANNEL = "dataforms"
"""On which PostgreSQL tells other processes that something has changed."""
STAY = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'"
"""Keeps the server from closing a connection that only listens."""
_READS = {
    "sqlite": {},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


class Connections:
    """Lends connections: `reading` sees one state of the data, `writing` commits or rolls back.

    One connection writes at a time, in every process, so what it looks up holds until it commits. `told`
    puts a rule of the tables that was broken nevertheless, by a program that is not ours, into our terms.
    """

    def __init__(self, url: str, *, told: Told | None = None) -> None:
        self.url: URL = database_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._told = told
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection in a transaction that is rolled back; raise DatabaseUnavailable."""
        engine = self._open().execution_options(**_READS[self.url.get_backend_name()])
        with self._explained(), engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Lend a connection in a transaction that is committed at the end; raise DatabaseUnavailable."""
        engine = self._open().execution_options(dataforms_writes=True)
        with self._explained(), engine.begin() as connection:
            yield connection
            if not self.is_sqlite:
                connection.exec_driver_sql(f"NOTIFY {CHANNEL}")

    @property
    def is_watchable(self) -> bool:
        """Tell whether changes by other processes can be noticed."""
        return True

    def watch(self) -> PoolProxiedConnection:
        """Return a connection of the caller's own, outside of all transactions, that hears of changes."""
        own = self._open().raw_connection()
        own.detach()
        if not self.is_sqlite and self.url.get_driver_name() == "psycopg":
            driver: Any = own.dbapi_connection
            driver.autocommit = True
            driver.execute(STAY).close()
            driver.execute(f"LISTEN {CHANNEL}").close()
        return own

    @property
    def driver_error(self) -> type[Exception]:
        """What the database's driver raises."""
        found: type[Exception] = self._open().dialect.loaded_dbapi.Error
        return found

    @contextmanager
    def copied(self) -> Iterator[str | None]:
        """Lend the URL of a copy of an SQLite file, gone afterwards; None for any other database."""
        if not self.is_sqlite or self.url.database in (None, "", ":memory:"):
            yield None
            return
        folder = Path(str(self.url.database)).parent
        with TemporaryDirectory(dir=folder, prefix="copy-") as beside:
            file = Path(beside) / "copy.db"
            with self.reading() as connection, closing(sqlite3.connect(file)) as copy:
                driver = connection.connection.driver_connection
                assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - the dialect says so
                driver.backup(copy)
            yield f"sqlite:///{file}"

    @contextmanager
    def altering(self, *, keep: bool = True) -> Iterator[Connection]:
        """Lend a connection as `writing` does, on which SQLite leaves references unchecked.

        Without `keep` everything is taken back at the end.
        """
        engine = self._open().execution_options(dataforms_writes=True)
        with self._explained(), engine.connect() as connection:
            self._check_references(connection, "OFF")
            try:
                with connection.begin() as transaction:
                    yield connection
                    if not keep:
                        transaction.rollback()
            finally:
                self._check_references(connection, "ON")

    def _check_references(self, connection: Connection, switch: str) -> None:
        """Switch it outside of any transaction: within one, SQLite ignores that."""
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            driver.execute(f"PRAGMA foreign_keys = {switch}").close()

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _open(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = self._made()
            return self._engine

    def _made(self) -> Engine:
        return sqlite_engine(self.url) if self.is_sqlite else postgresql_engine(self.url)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.IntegrityError as error:
            told = self._told(error) if self._told is not None else None
            came_first = {"": say("Another change came first; look at the record again.")}
            raise (told or RecordInvalid(came_first, conflicts=came_first)) from error
        except sa.exc.DBAPIError as error:
            if not _is_unavailable(error):
                raise
            raise DatabaseUnavailable(_said(error.orig)) from error
        except sqlite3.DatabaseError as error:
            if type(error) not in (sqlite3.OperationalError, sqlite3.DatabaseError):
                raise
            raise DatabaseUnavailable(_said(error)) from error


def _is_unavailable(error: sa.exc.DBAPIError) -> bool:
    kinds = (sa.exc.OperationalError, sa.exc.DatabaseError, sa.exc.InterfaceError)
    return error.connection_invalidated or type(error) in kinds


def _said(error: BaseException | None) -> str:
    lines = str(error).strip().splitlines()
    return say("The database cannot be used now: {error}.", error=lines[0] if lines else type(error).__name__)
