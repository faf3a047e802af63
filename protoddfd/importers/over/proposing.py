"""One database -> the spec of an app over it. Reads it, and writes nothing anywhere."""

import sqlite3
import time
from pathlib import Path

import msgspec
import sqlalchemy as sa

from dataforms.sheets.refused import ImportRefused
from protoddfd.importers.found import Source
from protoddfd.importers.kinds import postgresql, sqlite_files
from protoddfd.importers.kinds.registry import DATABASE_URL
from protoddfd.importers.over.dashboard import dashboard
from protoddfd.importers.over.making import Making, Over, rows_of
from protoddfd.importers.over.postgresql import PostgresqlLook
from protoddfd.importers.over.sqlite import SqliteLook
from protoddfd.importers.over.views import MOST_S, Views, quoted, readable
from protoddfd.importers.plan import Proposal
from protoddfd.importers.propose import propose

SAMPLE_ROWS = 20_000
"""Of each table, in the order of its key: enough to tell what its columns are."""
_STEPS = 100_000
"""Of SQLite's machine, between two looks at the clock."""
_HEAD = b"SQLite format 3\0"
_HINT = "name one SQLite file or postgresql://user@host/name; without the template its rows are copied"


def propose_over(source: Source, *, name: str, title: str) -> Over:
    """Return the spec of an app over a database.

    Raises:
        ImportRefused: it is none, or nothing in it can be read; `hint` says what helps.
    """
    is_postgresql = DATABASE_URL.match(source.path) is not None
    if not is_postgresql and not _is_sqlite(Path(source.path)):
        raise ImportRefused(f"{source.name}: an app over a database needs a database", _HINT)
    views = _views_of_postgresql(source) if is_postgresql else _views_of_sqlite(source)
    source = msgspec.structs.replace(source, most=SAMPLE_ROWS, views=views.views)
    proposal = propose([source], name=name, title=title)
    made = _of_postgresql(source, proposal) if is_postgresql else _of_sqlite(source, proposal)
    if not made.spec.entities:
        raise ImportRefused(f"{source.name}: no table can be read where it is", _HINT)
    view = dashboard(made.spec, rows_of(proposal))
    spec = msgspec.structs.replace(made.spec, views=(view,))
    notes = tuple(f"{source.name}: {note}" for note in views.notes)
    return msgspec.structs.replace(made, spec=spec, notes=(*notes, *made.notes))


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_HEAD)) == _HEAD
    except OSError as error:
        raise ImportRefused(
            f"cannot be read: {error.strerror}", "check the file and its permissions"
        ) from error


def _views_of_sqlite(source: Source) -> Views:
    with sqlite_files.opened(Path(source.path)) as database:

        def ask(statement: str) -> list[tuple[str, ...]] | None:
            end = time.monotonic() + MOST_S
            database.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
            try:
                return sqlite_files.rows_of(database, statement)
            except sqlite3.OperationalError:
                return None
            finally:
                database.set_progress_handler(None, 0)

        tables = list(sqlite_files.tables_of(database, []))
        return readable(list(sqlite_files.views_of(database)), tables, ask, quoted)


def _views_of_postgresql(source: Source) -> Views:
    with postgresql.opened(source.path) as connection:
        inspector = sa.inspect(connection)
        schema = inspector.default_schema_name or "public"
        connection.execute(sa.text(f"SET LOCAL statement_timeout = '{MOST_S}s'"))

        def ask(statement: str) -> list[tuple[object, ...]] | None:
            try:
                with connection.begin_nested():
                    return [tuple(row) for row in connection.execute(sa.text(statement.replace(":", r"\:")))]
            except sa.exc.DBAPIError:
                return None

        views = postgresql.views_of(inspector)
        tables = postgresql.tables_of(inspector)
        return readable(views, tables, ask, lambda name: f"{quoted(schema)}.{quoted(name)}")


def _of_sqlite(source: Source, proposal: Proposal) -> Over:
    with sqlite_files.opened(Path(source.path)) as database:
        return Making(proposal, SqliteLook(database, source.views or ())).over()


def _of_postgresql(source: Source, proposal: Proposal) -> Over:
    with postgresql.opened(source.path) as connection:
        inspector = sa.inspect(connection)
        schema = inspector.default_schema_name or "public"
        return Making(
            proposal, PostgresqlLook(schema, [*postgresql.tables_of(inspector), *(source.views or ())])
        ).over()
