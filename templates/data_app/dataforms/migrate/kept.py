"""The table `dataforms_kept`: what migrations took out of other tables, for the way back.

A value is kept under the names of the spec that it lived in, and is found under them by the migration the
other way. It stands there as JSON of its SQLite form, whatever the database is.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.storage import FORMS
from dataforms.typerow import Attachment, Storage, Value

KEPT_TABLE = "dataforms_kept"
WHOLE = ""
"""In place of a column: a whole record, or the two sides of a pair."""
Way = Literal["up", "down"]
_BATCH = 1_000


class Kept(NamedTuple):
    """A value that was kept, and what came in its place: None where nothing did; both as JSON."""

    value: str
    became: str | None


def kept_table() -> sa.Table:
    """Return the table."""
    return sa.Table(
        KEPT_TABLE,
        sa.MetaData(),
        sa.Column("migration", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("way", sa.Text(), primary_key=True),
        sa.Column("table_name", sa.Text(), primary_key=True),
        sa.Column("column_name", sa.Text(), primary_key=True),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("became", sa.Text()),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


class Keeper:
    """Keeps what one migration takes away, and finds what the migration the other way took."""

    def __init__(self, connection: Connection, number: int, way: Way) -> None:
        self._connection = connection
        self._number, self._way = number, way
        self._found: set[tuple[str, str]] | None = None
        self._waiting: list[dict[str, Any]] = []
        self._table = kept_table()

    def open(self) -> None:
        """Make the table where it is missing, and forget what an earlier run of this migration kept."""
        self._table.create(self._connection, checkfirst=True)
        kept = self._table.c
        mine = (kept.migration == self._number, kept.way == self._way)
        self._connection.execute(sa.delete(self._table).where(*mine))
        places = sa.select(kept.table_name, kept.column_name).where(*self._theirs()).distinct()
        self._found = {(row[0], row[1]) for row in self._connection.execute(places)}

    def keep(self, table: str, column: str, id: int, value: str, became: str | None = None) -> None:
        """Keep a value, as `as_json` wrote it; `flush` afterwards."""
        self._waiting.append(
            {
                **{"migration": self._number, "way": self._way, "table_name": table, "column_name": column},
                **{"id": id, "value": value, "became": became},
            }
        )
        if len(self._waiting) >= _BATCH:
            self.flush()

    def keep_emptied(self, table: str, column: str, id: int, value: str) -> None:
        """Keep a value that gives way to none; one of the same place that was kept before stays."""
        self.flush()
        kept = self._table.c
        same = (kept.table_name == table, kept.column_name == column, kept.id == id)
        mine = (kept.migration == self._number, kept.way == self._way)
        known = self._connection.execute(sa.update(self._table).where(*mine, *same).values(became="null"))
        if not known.rowcount:
            self.keep(table, column, id, value, "null")

    def flush(self) -> None:
        """Store what waits."""
        if self._waiting:
            self._connection.execute(sa.insert(self._table), self._waiting)
            self._waiting.clear()

    def has(self, table: str, column: str) -> bool:
        """Tell whether the migration the other way kept anything of a column."""
        return (table, column) in (self._found or ())

    def of(self, table: str, column: str, first: int, last: int) -> dict[int, Kept]:
        """Return what it kept of a column for the records from `first` to `last`, by id."""
        if not self.has(table, column):
            return {}
        kept = self._table.c
        statement = sa.select(kept.id, kept.value, kept.became).where(
            *self._theirs(),
            kept.table_name == table,
            kept.column_name == column,
            kept.id.between(first, last),
        )
        return {row[0]: Kept(row[1], row[2]) for row in self._connection.execute(statement)}

    def greatest(self, table: str, column: str) -> int:
        """Return the greatest of the numbers that it kept of a column; 0 without any."""
        if not self.has(table, column):
            return 0
        kept = self._table.c
        number = sa.cast(sa.func.nullif(kept.value, "null"), sa.BigInteger())
        statement = sa.select(sa.func.max(number)).where(
            *self._theirs(), kept.table_name == table, kept.column_name == column
        )
        return int(self._connection.execute(statement).scalar_one() or 0)

    def whole(self, table: str) -> list[tuple[int, str]]:
        """Return the records of a table that it kept."""
        kept = self._table.c
        statement = sa.select(kept.id, kept.value).where(
            *self._theirs(), kept.table_name == table, kept.column_name == WHOLE
        )
        return [(row[0], row[1]) for row in self._connection.execute(statement.order_by(kept.id))]

    def close(self) -> None:
        """Store what waits, and forget what was brought back."""
        self.flush()
        self._connection.execute(sa.delete(self._table).where(*self._theirs()))

    def _theirs(self) -> tuple[sa.ColumnElement[bool], ...]:
        other = "down" if self._way == "up" else "up"
        return self._table.c.migration == self._number, self._table.c.way == other


def kept_attachments(connection: Connection) -> Iterator[Attachment]:
    """Yield the files of what migrations took away: the way back needs them."""
    if sa.inspect(connection).has_table(KEPT_TABLE):
        kept = sa.table(KEPT_TABLE, sa.column("value", sa.Text()))
        texts = sa.select(kept.c.value).where(kept.c.value.contains("digest"))
        for text in connection.execute(texts).scalars():
            yield from _attachments_in(text)


def _attachments_in(value: object) -> Iterator[Attachment]:
    """Yield those in a JSON value and in the texts of it that are JSON."""
    if isinstance(value, dict):
        try:
            yield msgspec.convert(value, Attachment)
        except msgspec.ValidationError:
            for part in value.values():
                yield from _attachments_in(part)
    elif isinstance(value, str) and "digest" in value:
        try:
            yield from _attachments_in(msgspec.json.decode(value))
        except (msgspec.DecodeError, RecursionError):
            return


def as_json(value: Value, storage: Storage | None) -> str:
    """Return a canonical value's SQLite form as JSON; without a storage it is the ids of references."""
    store = None if storage is None else FORMS[storage].store
    return msgspec.json.encode(value if value is None or store is None else store(value)).decode()


def from_json(text: str, storage: Storage | None) -> Value:
    """Return the canonical value that `as_json` wrote."""
    if storage is None:
        return msgspec.json.decode(text, type=tuple[int, ...] | None)
    return _restored(msgspec.json.decode(text), storage)


def record_as_json(values: Mapping[str, Value], storages: Mapping[str, Storage]) -> str:
    """Return a record's canonical values as one JSON object."""
    parts = {name: msgspec.Raw(as_json(value, storages[name]).encode()) for name, value in values.items()}
    return msgspec.json.encode(parts).decode()


def record_from_json(text: str, storages: Mapping[str, Storage]) -> dict[str, Value]:
    """Return the values of a kept record that have a column in `storages`."""
    stored: dict[str, Any] = msgspec.json.decode(text)
    return {name: _restored(stored.get(name), storages[name]) for name in storages}


def ids_of(rows: Iterable[tuple[Any, ...]]) -> tuple[int, int]:
    """Return the first and the last id of rows in the order of their ids, which come first in each."""
    ids = [row[0] for row in rows]
    return ids[0], ids[-1]


def _restored(stored: Any, storage: Storage) -> Value:
    restore = FORMS[storage].restore
    value: Value = stored if stored is None or restore is None else restore(stored)
    return value
