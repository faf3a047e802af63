"""Engines for PostgreSQL, by psycopg 3: few connections, one writer at a time. Knows no table."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine

from dataforms.errors import DatabaseUnavailable

CONNECTIONS = 5
"""How many one process opens at most."""
IDLE_MS = 60_000
"""After how long the server closes the one that is kept; the next use opens another."""
CONNECT_TIMEOUT_S = 10
LOCK_TIMEOUT_MS = 10_000
PACKAGE = "psycopg[binary]"
_LOCK = 0x64663031
_SET_UP = "SELECT set_config(name, %s, false) FROM pg_settings WHERE name = 'idle_session_timeout'"
_BEGIN = (
    f"SELECT set_config('lock_timeout', '{LOCK_TIMEOUT_MS}', true),"
    f" pg_advisory_xact_lock({_LOCK}, hashtext(coalesce(current_schema(), '')))"
)


def postgresql_engine(url: URL) -> Engine:
    """Return an engine; raise DatabaseUnavailable where the driver is not installed.

    Of its connections one is kept, and checked before each use, so a server may restart at any time.
    """
    arguments = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_TIMEOUT_S}
    try:
        engine = sa.create_engine(
            url,
            pool_size=1,
            max_overflow=CONNECTIONS - 1,
            pool_pre_ping=True,
            connect_args=arguments,
        )
    except ImportError as error:
        raise DatabaseUnavailable(
            f"PostgreSQL needs the package {PACKAGE}, which is not installed here.",
            hint=f"Add {PACKAGE} to requirements.txt and install it: pip install '{PACKAGE}'.",
        ) from error
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: Any, record: object) -> None:  # psycopg may not be installed, nor its types
    connection.execute(_SET_UP, (str(IDLE_MS),)).close()  # a server before 14 knows no such setting
    connection.commit()


def _begin(connection: Connection) -> None:
    """Wait until no other writes: what is looked up first, such as a rule or the next number, holds."""
    if connection.get_execution_options().get("dataforms_writes", False):
        connection.exec_driver_sql(_BEGIN)
