"""Connections to a database that is another's: they read, and nothing can be written through them.

Twice over: SQLite opens the file for reading and refuses statements that write; PostgreSQL gets read-only
transactions in a session whose default they are. Nothing that would write gets that far.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import PoolProxiedConnection

from dataforms.engine import Connections
from dataforms.engine_postgresql import postgresql_engine
from dataforms.engine_sqlite import BUSY_TIMEOUT_MS, add_functions, begin
from dataforms.errors import DatabaseUnavailable
from dataforms.origin import read_only
from dataforms.source_file import FileState, state_of
from dataforms.source_rows import KEY_BITS, KEY_FUNCTION
from dataforms.words import say

_PRAGMAS = (
    "PRAGMA query_only = ON",
    "PRAGMA trusted_schema = OFF",
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
)
_GONE = ("no such column", "no such table")
"""How SQLite's messages begin that are of a table that was changed."""
_SESSION = "-c default_transaction_read_only=on -c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres"


class SourceConnections(Connections):
    """Lends connections that read.

    A file in WAL mode that nobody has open is read as one that stands still, or SQLite would make two files
    beside it; once it changes, or somebody opens it, it is opened anew. So is one that was replaced.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._file = Path(str(self.url.database or ""))
        self._state: FileState | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection in a transaction that reads one state; raise DatabaseUnavailable."""
        if self.is_sqlite:
            self._look_again()
        try:
            with super().reading() as connection:
                yield connection
        except (sa.exc.ProgrammingError, sa.exc.DataError) as error:  # what PostgreSQL says of such
            raise _unfit(error) from error
        except DatabaseUnavailable as error:
            cause = error.__cause__
            if isinstance(cause, sa.exc.OperationalError) and str(cause.orig).startswith(_GONE):
                raise _unfit(cause) from error
            raise

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Raise ReadOnly."""
        raise read_only()
        yield

    @contextmanager
    def altering(self, *, keep: bool = True) -> Iterator[Connection]:
        """Raise ReadOnly."""
        raise read_only()
        yield

    @contextmanager
    def copied(self) -> Iterator[str | None]:
        """Raise ReadOnly: a copy is there to be written to."""
        raise read_only()
        yield

    @property
    def is_watchable(self) -> bool:
        """Tell whether changes can be noticed: SQLite counts them, and PostgreSQL tells nobody of them."""
        if not self.is_sqlite:
            return False
        try:
            self._look_again()
        except DatabaseUnavailable:
            return False
        return self._state is not None and not self._state.is_still

    def watch(self) -> PoolProxiedConnection:
        """Return a connection of the caller's own, outside of all transactions."""
        own = self._open().raw_connection()
        own.detach()
        return own

    def _look_again(self) -> None:
        state = state_of(self._file)
        if state != self._state:
            if self._state is not None:
                self.close()
            self._state = state

    def _made(self) -> Engine:
        if not self.is_sqlite:
            return _postgresql(self.url)
        return _sqlite(self._file, is_still=self._state is not None and self._state.is_still)


def _unfit(error: sa.exc.DBAPIError) -> DatabaseUnavailable:
    line = next(iter(str(error.orig).strip().splitlines()), type(error.orig).__name__)
    return DatabaseUnavailable(
        say("The database that the rows are in does not fit any more: {error}.", error=line),
        hint=say("Its tables were changed; make the app anew, or correct its appspec.json."),
    )


def _sqlite(file: Path, *, is_still: bool) -> Engine:
    how = "mode=ro&immutable=1" if is_still else "mode=ro"
    address = f"file:{quote(str(file.absolute()))}?{how}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, check_same_thread=False)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.QueuePool)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", begin)
    return engine


def _configure(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None
    connection.text_factory = _text
    add_functions(connection)
    connection.create_function(KEY_FUNCTION, 1, _key, deterministic=True)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma).close()
    except sqlite3.Error:
        connection.close()
        raise


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _key(text: str | None) -> int | None:
    """Return a number for the text of a key, the same in every process."""
    if text is None:
        return None
    number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
    return number & ((1 << KEY_BITS) - 1)


def _postgresql(url: URL) -> Engine:
    given = url.query.get("options", "")
    options = f"{given if isinstance(given, str) else ' '.join(given)} {_SESSION}".strip()
    engine = postgresql_engine(url.update_query_dict({"options": options}))
    event.listen(engine, "connect", _read_only)
    return engine


def _read_only(connection: Any, record: object) -> None:  # psycopg may not be installed, nor its types
    from psycopg import DataError
    from psycopg.types import datetime as moments

    def tolerant(loader: type[Any]) -> type[Any]:
        def load(self: Any, data: Any) -> Any:
            try:
                return loader.load(self, data)
            except DataError:  # infinity, a year before 1 or after 9999
                return None

        return type(loader.__name__, (loader,), {"load": load})

    for name, loader in (("date", moments.DateLoader), ("timestamp", moments.TimestampLoader)):
        connection.adapters.register_loader(name, tolerant(loader))
    connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY").close()
    connection.commit()
