"""The rows of a table or a view of another database, read as a stream; nothing can be written there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.engine_source import SourceConnections
from dataforms.sheets.batch import BATCH_ROWS, Batch
from dataforms.syncing.failed import SourceFailed, absent
from dataforms.words import say


@contextmanager
def open_table(url: str, schema: str | None, table: str, columns: Sequence[str]) -> Iterator["DatabaseRows"]:
    """Lend the named columns of a table or a view; raise SourceFailed, DatabaseUnavailable."""
    connections = SourceConnections(url)
    try:
        with connections.reading() as connection:
            yield DatabaseRows(connection, schema, table, columns)
    finally:
        connections.close()


class DatabaseRows:
    """The rows of a table in no order."""

    notes: tuple[str, ...] = ()

    def __init__(
        self, connection: Connection, schema: str | None, table: str, columns: Sequence[str]
    ) -> None:
        inspector = sa.inspect(connection)
        try:
            known = [column["name"] for column in inspector.get_columns(table, schema)]
        except sa.exc.NoSuchTableError as error:
            there = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
            raise SourceFailed(
                say("There is no table {table} in that database.", table=repr(table)),
                say("It has {tables}.", tables=", ".join(sorted(there)[:20])) if there else "",
            ) from error
        for column in columns:
            if column not in known:
                raise absent(column, known)
        self._connection = connection
        self._table = sa.table(table, *(sa.column(each) for each in columns), schema=schema)
        self.header = tuple(columns)

    def batches(self) -> Iterator[Batch]:
        """Yield all rows."""
        many = self._connection.execute(sa.select(sa.func.count()).select_from(self._table)).scalar_one()
        columns = [self._table.c[name] for name in self.header]
        streamed = {"stream_results": True, "yield_per": BATCH_ROWS}
        read = 0
        with self._connection.execute(sa.select(*columns), execution_options=streamed) as result:
            for rows in result.partitions():
                numbers = list(range(read + 1, read + len(rows) + 1))
                read += len(rows)
                cells = [[_cell(value) for value in row] for row in rows]
                yield Batch(rows=cells, numbers=numbers, done=min(1.0, read / max(1, many)))


def _cell(value: Any) -> object:
    """Return a value of any driver as cells are."""
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(each, str | int) for each in value):
        return ", ".join(map(str, value))
    if isinstance(value, list | dict):
        return msgspec.json.encode(value).decode()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    known = (str, bool, int, float)
    return value if isinstance(value, known) or hasattr(value, "isoformat") else _other(value)


def _other(value: Any) -> object:
    from datetime import timedelta
    from decimal import Decimal

    return value if isinstance(value, Decimal | timedelta) else str(value)
