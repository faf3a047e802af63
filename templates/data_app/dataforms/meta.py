"""What a database knows of itself, key by key: above all the spec that its tables are those of."""

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.digest import digest_of
from dataforms.schema import LAYOUT, META_TABLE
from dataforms.spec import AppSpec, decode

TABLES_KEY = "tables"
"""What tells the tables from others: what they were made or changed for last, and how that was done."""
SPEC_KEY = "spec"
"""What the tables are those of, as JSON: that spec, and what a former one had and nothing removed."""
MIGRATION_KEY = "migration"
"""The number of the migration that was applied last."""
_META = sa.table(META_TABLE, sa.column("key", sa.Text()), sa.column("value", sa.Text()))


def tables_digest(spec: AppSpec) -> str:
    """Return what tells the tables of one spec from those of another, and from those of an older release."""
    return f"{LAYOUT}:{digest_of(spec)}"


def recall(connection: Connection, key: str) -> str | None:
    """Return a value; None without it or without tables, and then the transaction may be of no more use."""
    question = sa.select(_META.c.value).where(_META.c.key == key)
    try:
        found = connection.execute(question).scalar_one_or_none()
    except (sa.exc.OperationalError, sa.exc.ProgrammingError):
        return None
    return None if found is None else str(found)


def remember(connection: Connection, key: str, value: str) -> None:
    """Store a value in place of the one before."""
    if not connection.execute(sa.update(_META).where(_META.c.key == key).values(value=value)).rowcount:
        connection.execute(sa.insert(_META).values(key=key, value=value))


def rename_key(connection: Connection, key: str, to: str) -> None:
    """Let a value, if there is one, have another key, which must be free."""
    connection.execute(sa.update(_META).where(_META.c.key == key).values(key=to))


def recorded_spec(connection: Connection) -> AppSpec | None:
    """Return what the tables are those of; None without tables, or where that was not recorded yet."""
    text = recall(connection, SPEC_KEY)
    return None if text is None else decode(text)


def record(connection: Connection, spec: AppSpec, tables: AppSpec) -> None:
    """Remember that the tables fit `spec`, and that they are those of `tables`."""
    remember(connection, "spec_version", str(spec.version))
    remember(connection, TABLES_KEY, tables_digest(spec))
    remember(connection, SPEC_KEY, msgspec.json.encode(tables).decode())
