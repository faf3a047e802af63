"""Engines for SQLite: its settings, its transactions, and letters of every alphabet."""

import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import StaticPool

from dataforms.errors import DatabaseUnavailable

BUSY_TIMEOUT_MS = 10_000
_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)


def sqlite_engine(url: URL) -> Engine:
    """Return an engine, and make the folder of its file; raise DatabaseUnavailable."""
    file = url.database
    if file in (None, "", ":memory:"):
        engine = sa.create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        _make_folder(Path(str(file)).parent)
        engine = sa.create_engine(url)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", begin)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(f"The folder of the database cannot be made: {error}.") from error


def _configure(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None  # transactions are ours: see begin
    add_functions(connection)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma).close()
    except sqlite3.Error:
        connection.close()  # the pool forgets one that it could not set up
        raise


def add_functions(connection: sqlite3.Connection) -> None:
    """Give a connection letters of every alphabet: SQLite's own functions know ASCII only."""
    connection.create_function("df_lower", 1, _lower, deterministic=True)
    connection.create_function("df_upper", 1, _upper, deterministic=True)


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _upper(text: str | None) -> str | None:
    return None if text is None else text.upper()


def begin(connection: Connection) -> None:
    """Take the write lock at once where there will be writes: a later one cannot be waited for."""
    writes = connection.get_execution_options().get("dataforms_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
