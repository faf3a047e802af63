"""An SQLite database: its tables, with all that it says of them; opened so that nothing can change in it."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import msgspec

from dataforms.sheets.batch import BATCH_ROWS
from dataforms.sheets.csv_file import LARGEST_CELL, Chunk
from dataforms.sheets.refused import ImportRefused
from protoddfd.importers.found import Finding, Source
from protoddfd.importers.kinds.blobs import LARGEST, MOST_BYTES, Blobs, left_out
from protoddfd.importers.kinds.cells import bounded, text_of
from protoddfd.importers.kinds.sql_schema import AN_APP_OVER_IT, SqlColumn, SqlReference, SqlTable
from protoddfd.importers.kinds.sql_tables import binary_columns, finding
from protoddfd.importers.profile import refuse_width

_ROW_WEIGHT = 50
_SQL_LENGTH = 1_000_000
_PRECISE = ".17g"


class SqliteReading(msgspec.Struct, frozen=True, kw_only=True, tag="sqlite"):
    """How some columns of a table are read."""

    path: str
    table: str
    columns: tuple[str, ...]
    order: tuple[str, ...]
    rows: int
    most: int | None = None
    binary: tuple[str, ...] = ()
    """Which of the columns hold bytes."""
    files: str = ""
    """The folder that these go to."""

    @property
    def weight(self) -> int:
        """Return a number that grows with the rows."""
        return max(1, self.rows * _ROW_WEIGHT)

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows in the order of their key; raise ImportRefused."""
        columns = ", ".join(map(self._expression, self.columns))
        blobs = Blobs(self.files)
        places = [(self.columns.index(name), name) for name in self.binary]
        order = f" ORDER BY {', '.join(map(quoted, self.order))}" if self.order else ""
        order += "" if self.most is None else f" LIMIT {self.most}"
        statement = f"SELECT {columns} FROM {quoted(self.table)}{order}"  # noqa: S608 -- names, in quotes
        with opened(Path(self.path)) as database, closing(database.execute(statement)) as cursor:
            if places:
                database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST + LARGEST_CELL)
            count = 0
            while cells := list(islice(self._cells(cursor, blobs, places, count), BATCH_ROWS)):
                lines = list(range(count + 1, count + len(cells) + 1))
                count += len(cells)
                yield Chunk(rows=cells, lines=lines, bytes_done=count * _ROW_WEIGHT)

    def _cells(
        self, cursor: sqlite3.Cursor, blobs: Blobs, places: list[tuple[int, str]], count: int
    ) -> Iterator[list[str]]:
        """Yield rows, one at a time where some of their values are large."""
        for number, row in enumerate(cursor, count + 1):
            kept = list(row)
            for place, name in places:
                content = row[place]
                if content is not None:
                    content = content if isinstance(content, bytes) else _text(content).encode()
                    kept[place] = blobs.cell(content, name, number)
            yield [_text(cell) for cell in kept]

    def _expression(self, column: str) -> str:
        name = quoted(column)
        return f"CASE WHEN length({name}) <= {LARGEST} THEN {name} END" if column in self.binary else name


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def _text(cell: object) -> str:
    if isinstance(cell, bytes):
        try:
            return bounded(cell.decode())
        except UnicodeDecodeError:
            return bounded("0x" + cell.hex())
    if isinstance(cell, float) and not cell.is_integer():
        return repr(cell)
    return text_of(cell)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Lend a connection that can only read; raise ImportRefused for whatever SQLite says."""
    beside = path.with_name(f"{path.name}-wal")
    how = "mode=ro" if beside.exists() else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF").close()
            database.execute("PRAGMA cell_size_check = ON").close()
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 8 * LARGEST_CELL)
            database.text_factory = lambda content: content.decode("utf-8", "replace")
            yield database
    except sqlite3.Error as error:
        if "too big" in str(error):
            raise ImportRefused("a cell is larger than an app can hold", "leave that column out") from error
        raise ImportRefused(
            f"SQLite says: {str(error)[:200]}", "check it with sqlite3 FILE 'PRAGMA integrity_check'"
        ) from error


def find(source: Source, scratch: Path) -> Finding:
    """Return the tables of an SQLite database; views are named in a note. Raise ImportRefused."""
    path = Path(source.path)
    notes: list[str] = []
    with opened(path) as database:
        tables = [*tables_of(database, notes, source.views is None), *(source.views or ())]
        counts = {table.name: _count(database, table.name) for table in tables}
        files = frozenset(_files(database, tables, source.files, notes))

    def reader(table: SqlTable, columns: tuple[str, ...]) -> SqliteReading:
        return SqliteReading(
            path=source.path,
            table=table.name,
            columns=columns,
            order=table.key,
            rows=counts[table.name],
            most=source.most,
            binary=tuple(name for name in columns if (table.name, name) in files),
            files=source.files or "",
        )

    if not tables:
        raise ImportRefused("there is no table in it", "choose another database")
    return finding(source, tables, reader, dialect="sqlite", loose=True, notes=notes, files=files)


def _files(
    database: sqlite3.Connection, tables: list[SqlTable], files: str | None, notes: list[str]
) -> Iterator[tuple[str, str]]:
    """Yield the tables and columns whose bytes are kept."""
    for table in tables:
        for column in binary_columns(table):
            size = large = 0
            if files is not None:
                name = quoted(column)
                kept = f"CASE WHEN length({name}) <= {LARGEST} THEN length({name}) END"
                statement = f"SELECT sum({kept}), sum(length({name}) > {LARGEST}) FROM {quoted(table.name)}"  # noqa: S608 -- names, in quotes
                size, large = (int(each or 0) for each in rows_of(database, statement)[0])
            note = left_out(table.name, column, size=size, large=large, files=files)
            notes += [note] if note else []
            if files is not None and size <= MOST_BYTES:
                yield table.name, column


def tables_of(database: sqlite3.Connection, notes: list[str], names_views: bool = True) -> Iterator[SqlTable]:
    """Yield the tables of an open database; what is none is named in a note."""
    kinds = {row[1]: row[2] for row in rows_of(database, "PRAGMA table_list") if row[0] == "main"}
    for name, sql in rows_of(database, "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'view')"):
        kind = kinds.get(name, "table")
        if name.startswith("sqlite_") or kind == "shadow":
            continue
        if kind == "table":
            yield _table(database, name, str(sql or "")[:_SQL_LENGTH])
        elif kind == "view" and names_views:
            notes.append(f"{name} is a view, so it was left out{AN_APP_OVER_IT}.")
        elif kind != "view":
            notes.append(f"{name} is a virtual table, so it was left out.")


def views_of(database: sqlite3.Connection) -> Iterator[SqlTable]:
    """Yield the views of an open database, as far as they can be read."""
    for (name,) in rows_of(database, "SELECT name FROM sqlite_master WHERE type = 'view'"):
        try:
            yield _table(database, name, "")
        except sqlite3.OperationalError:  # what it is made of is not there any more
            yield SqlTable(name=name, columns=())


def rows_of(database: sqlite3.Connection, statement: str) -> list[tuple[str, ...]]:
    """Return all rows of a statement."""
    with closing(database.execute(statement)) as cursor:
        return cursor.fetchall()


def _count(database: sqlite3.Connection, table: str) -> int:
    return int(rows_of(database, f"SELECT count(*) FROM {quoted(table)}")[0][0])  # noqa: S608 -- a name, in quotes


def _table(database: sqlite3.Connection, name: str, sql: str) -> SqlTable:
    columns: list[SqlColumn] = []
    key: dict[int, str] = {}
    for _, column, kind, not_null, default, place, hidden in rows_of(
        database, f"PRAGMA table_xinfo({quoted(name)})"
    ):
        if int(hidden) == 1:
            continue
        if int(place):
            key[int(place)] = column
        columns.append(
            SqlColumn(
                name=column, type=kind or "", not_null=bool(not_null), default=default,
                computed=int(hidden) > 1,
            )
        )  # fmt: skip
    refuse_width(len(columns))
    return SqlTable(
        name=name,
        columns=tuple(columns),
        key=tuple(key[place] for place in sorted(key)),
        unique=tuple(_unique(database, name)),
        references=tuple(_references(database, name)),
        checks=_checks(sql),
    )


def _unique(database: sqlite3.Connection, table: str) -> Iterator[tuple[str, ...]]:
    for _, index, unique, origin, partial, *_ in rows_of(database, f"PRAGMA index_list({quoted(table)})"):
        if not int(unique) or int(partial) or origin == "pk":
            continue
        columns = [row[2] for row in rows_of(database, f"PRAGMA index_info({quoted(index)})")]
        if columns and all(columns):
            yield tuple(columns)


def _references(database: sqlite3.Connection, table: str) -> Iterator[SqlReference]:
    found: dict[int, list[tuple[str, ...]]] = {}
    for row in rows_of(database, f"PRAGMA foreign_key_list({quoted(table)})"):
        found.setdefault(int(row[0]), []).append(row)
    for number in sorted(found, reverse=True):  # SQLite lists the last one first
        rows = found[number]
        keys = tuple(row[4] for row in rows)
        yield SqlReference(
            columns=tuple(row[3] for row in rows), table=rows[0][2], keys=keys if all(keys) else ()
        )


def _checks(sql: str) -> tuple[str, ...]:
    if not re.search(r"\bcheck\b", sql, re.IGNORECASE):
        return ()
    from protoddfd.importers.kinds import ddl  # its parser takes half a second to load

    return ddl.checks_in(sql, "sqlite")
