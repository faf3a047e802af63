"""Connections to the database: made on first use, with the settings that SQLite needs. Knows no table."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.pool import StaticPool

from dataforms.errors import DatabaseUnavailable, RecordInvalid

BUSY_TIMEOUT_MS = 10_000
_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)


class Connections:
    """Lends connections: `reading` sees one state of the data, `writing` commits or rolls back."""

    def __init__(self, url: str) -> None:
        self.url: URL = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection in a transaction that is rolled back; raise DatabaseUnavailable."""
        with _explained(), self._open().connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Lend a connection in a transaction that is committed at the end; raise DatabaseUnavailable."""
        engine = self._open().execution_options(dataforms_writes=True)
        with _explained(), engine.begin() as connection:
            yield connection

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

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _open(self) -> Engine:
        with self._lock:
            if self._engine is None:
                self._engine = self._sqlite() if self.is_sqlite else sa.create_engine(self.url)
            return self._engine

    def _sqlite(self) -> Engine:
        file = self.url.database
        if file in (None, "", ":memory:"):
            engine = sa.create_engine(
                self.url, poolclass=StaticPool, connect_args={"check_same_thread": False}
            )
        else:
            _make_folder(Path(str(file)).parent)
            engine = sa.create_engine(self.url)
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)
        return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(f"The folder of the database cannot be made: {error}.") from error


def _configure(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None  # transactions are ours: see _begin
    connection.create_function("df_lower", 1, _lower, deterministic=True)  # SQLite's own know ASCII only
    connection.create_function("df_upper", 1, _upper, deterministic=True)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma).close()
    except sqlite3.Error:
        connection.close()  # the pool forgets one that it could not set up
        raise


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _upper(text: str | None) -> str | None:
    return None if text is None else text.upper()


def _begin(connection: Connection) -> None:
    """Take the write lock at once where there will be writes: a later one cannot be waited for."""
    writes = connection.get_execution_options().get("dataforms_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sa.exc.IntegrityError as error:  # not on SQLite, where writing is alone
        raise RecordInvalid({"": "Another change came first; look at the record again."}) from error
    except sa.exc.DBAPIError as error:
        if type(error) not in (sa.exc.OperationalError, sa.exc.DatabaseError):
            raise
        raise DatabaseUnavailable(f"The database cannot be used now: {error.orig}.") from error
    except sqlite3.DatabaseError as error:
        if type(error) not in (sqlite3.OperationalError, sqlite3.DatabaseError):
            raise
        raise DatabaseUnavailable(f"The database cannot be used now: {error}.") from error
