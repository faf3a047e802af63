"""Lets one process at a time migrate a database, and copies SQLite files while others use them."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection

from dataforms.errors import MigrationRefused

BACKUPS = "backups"
BACKUPS_KEPT = 10
_PAGES = 4_096
_ADVISORY = 0x64666D67
"""The key of PostgreSQL's lock."""


def sqlite_file(url: URL) -> Path | None:
    """Return the file of a SQLite database; None for any other database."""
    if url.get_backend_name() != "sqlite":
        return None
    if url.database in (None, "", ":memory:"):
        raise MigrationRefused("A database in memory has no spec to come from.")
    return Path(str(url.database))


@contextmanager
def alone(file: Path | None) -> Iterator[None]:
    """Wait until no other process migrates this SQLite file; with None it is `lock_within` that waits."""
    if file is None:
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(f"{file.name}.migrating").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def lock_within(connection: Connection) -> None:
    """Wait until no other transaction migrates this database; SQLite's write lock is taken already."""
    if connection.dialect.name != "sqlite":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY)))


def back_up(file: Path, name: str) -> Path:
    """Copy a SQLite file into `backups/` beside it, under a name with the time; return where."""
    folder = file.parent / BACKUPS
    folder.mkdir(exist_ok=True)
    moment = datetime.now(tz=UTC).strftime("%Y%m%dT%H%M%S.%f")
    backup = folder / f"{moment}-{name}{file.suffix}"
    _copy(file, backup)
    for old in sorted(folder.glob(f"*{file.suffix}"))[:-BACKUPS_KEPT]:
        old.unlink()
    return backup


def _copy(file: Path, copy: Path) -> None:
    try:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target, pages=_PAGES)
    except sqlite3.Error as error:
        copy.unlink(missing_ok=True)
        raise MigrationRefused(
            f"The database cannot be copied to {copy}: {error}.", hint="Is there room on that disk?"
        ) from error
