"""A PostgreSQL database by its URL: reflected, and read through the server's cursor. Tells no password."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.engine import Connection, Inspector
from sqlalchemy.engine.reflection import ObjectKind

from dataforms.sheets.batch import BATCH_ROWS
from dataforms.sheets.csv_file import MOST_COLUMNS, Chunk
from dataforms.sheets.refused import ImportRefused
from protoddfd.importers.found import Finding, Source
from protoddfd.importers.kinds.blobs import LARGEST, MOST_BYTES, Blobs, left_out
from protoddfd.importers.kinds.cells import bounded
from protoddfd.importers.kinds.sql_schema import AN_APP_OVER_IT, SqlColumn, SqlReference, SqlTable
from protoddfd.importers.kinds.sql_tables import binary_columns, finding
from protoddfd.importers.kinds.sql_types import said_by
from protoddfd.importers.profile import refuse_width

_ROW_WEIGHT = 50
_DIALECT: sa.Dialect = pg.dialect()  # type: ignore[no-untyped-call]  # it has no types
_CONNECT_S = 10
_SETTINGS = (
    "-c datestyle=ISO,YMD -c intervalstyle=iso_8601 -c timezone=UTC -c lc_monetary=C -c extra_float_digits=1"
)


class PostgresqlReading(msgspec.Struct, frozen=True, kw_only=True, tag="postgresql"):
    """How some columns of a table are read; each is an expression of SQL that gives text."""

    url: str
    schema: str
    table: str
    columns: tuple[str, ...]
    expressions: tuple[str, ...]
    order: tuple[str, ...]
    rows: int
    most: int | None = None
    binary: tuple[str, ...] = ()
    """Which of the columns hold bytes."""
    files: str = ""
    """The folder that these go to."""

    def __repr__(self) -> str:
        """Return it without its URL, which has a password in it."""
        return f"PostgresqlReading(table={self.table!r})"

    @property
    def weight(self) -> int:
        """Return a number that grows with the rows."""
        return max(1, self.rows * _ROW_WEIGHT)

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows in the order of their key; raise ImportRefused."""
        order = f" ORDER BY {', '.join(map(quoted, self.order))}" if self.order else ""
        order += "" if self.most is None else f" LIMIT {self.most}"
        statement = (
            f"SELECT {', '.join(self.expressions)} "  # noqa: S608 -- names of the database's own, in quotes
            f"FROM {quoted(self.schema)}.{quoted(self.table)}{order}"
        )
        options = {"stream_results": True, "max_row_buffer": 4 if self.binary else BATCH_ROWS}
        with opened(self.url) as connection:
            result = connection.execute(sa.text(statement.replace(":", r"\:")), execution_options=options)
            count = 0
            while cells := list(islice(self._cells(result, count), BATCH_ROWS)):
                lines = list(range(count + 1, count + len(cells) + 1))
                count += len(cells)
                yield Chunk(rows=cells, lines=lines, bytes_done=count * _ROW_WEIGHT)

    def _cells(self, result: sa.CursorResult[Any], count: int) -> Iterator[list[str]]:
        blobs = Blobs(self.files)
        for number, row in enumerate(result, count + 1):
            yield [
                ""
                if cell is None
                else blobs.cell(bytes(cell), name, number)
                if isinstance(cell, bytes | memoryview)
                else bounded(cell)
                for name, cell in zip(self.columns, row, strict=True)
            ]


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    """Lend a connection in a transaction that reads one state and changes nothing; raise ImportRefused."""
    try:
        import psycopg  # noqa: F401 -- an extra of ours
    except ImportError as error:
        raise ImportRefused(
            "there is no driver for PostgreSQL", "pip install 'proto-ddf[postgresql]'"
        ) from error
    try:
        address = sa.make_url(url).set(drivername="postgresql+psycopg")
    except (sa.exc.ArgumentError, ValueError):
        raise ImportRefused("it is no address", "postgresql://user@host/database") from None
    given = address.query.get("options", "")
    options = f"{given if isinstance(given, str) else ' '.join(given)} {_SETTINGS}"
    engine = sa.create_engine(
        address.difference_update_query(["options"]),
        poolclass=sa.pool.NullPool,
        connect_args={"connect_timeout": _CONNECT_S, "options": options},
        isolation_level="REPEATABLE READ",
    )
    try:
        with engine.connect().execution_options(postgresql_readonly=True) as connection:
            yield connection
    except sa.exc.SQLAlchemyError as error:
        raise ImportRefused(
            f"PostgreSQL says: {_said(error, address)}", "check the address, and what its user may read"
        ) from None
    finally:
        engine.dispose()


def _said(error: sa.exc.SQLAlchemyError, address: sa.URL) -> str:
    """Return the first line of an error, without the password."""
    cause = getattr(error, "orig", None) or error
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    said = lines[0][:300]
    return said.replace(str(address.password), "***") if address.password else said


def find(source: Source, scratch: Path) -> Finding:
    """Return the tables of a database's first schema; views are named in a note. Raise ImportRefused."""
    notes: list[str] = []
    with opened(source.path) as connection:
        inspector = sa.inspect(connection)
        schema = inspector.default_schema_name or "public"
        if source.views is None:
            notes += [f"{name} is a view, so it was left out{AN_APP_OVER_IT}." for name in _views(inspector)]
        tables = [*tables_of(inspector), *(source.views or ())]
        counts = _counts(connection, schema)
        files = frozenset(_files(connection, schema, tables, source.files, notes))
    if not tables:
        raise ImportRefused(
            f"there is no table in the schema {schema} that its user may read",
            "name another with ?options=-csearch_path=SCHEMA",
        )

    def reader(table: SqlTable, columns: tuple[str, ...]) -> PostgresqlReading:
        kept = [each for each in table.columns if each.name in columns]
        return PostgresqlReading(
            url=source.path,
            schema=schema,
            table=table.name,
            columns=tuple(each.name for each in kept),
            expressions=tuple(_expression(each) for each in kept),
            order=table.key or next(iter(table.unique), ()),
            rows=counts.get(table.name, 0),
            most=source.most,
            binary=tuple(each.name for each in kept if (table.name, each.name) in files),
            files=source.files or "",
        )

    return finding(source, tables, reader, dialect="postgres", notes=notes, files=files)


def _expression(column: SqlColumn) -> str:
    if said_by(column.type).binary:
        name = quoted(column.name)
        return f"CASE WHEN octet_length({name}) <= {LARGEST} THEN {name} END"
    if column.type.endswith("[]"):
        return f"to_json({quoted(column.name)})::text"
    return f"{quoted(column.name)}::text"


def _files(
    connection: Connection, schema: str, tables: list[SqlTable], files: str | None, notes: list[str]
) -> Iterator[tuple[str, str]]:
    """Yield the tables and columns whose bytes are kept."""
    for table in tables:
        for column in binary_columns(table):
            size = large = 0
            if files is not None:
                length = f"octet_length({quoted(column)})".replace(":", r"\:")
                path = f"{quoted(schema)}.{quoted(table.name)}".replace(":", r"\:")
                statement = (
                    f"SELECT coalesce(sum({length}) FILTER (WHERE {length} <= {LARGEST}), 0), "  # noqa: S608 -- names, in quotes
                    f"count(*) FILTER (WHERE {length} > {LARGEST}) FROM {path}"
                )
                size, large = (int(each) for each in connection.execute(sa.text(statement)).one())
            note = left_out(table.name, column, size=size, large=large, files=files)
            notes += [note] if note else []
            if files is not None and size <= MOST_BYTES:
                yield table.name, column


def _views(inspector: Inspector) -> list[str]:
    return sorted([*inspector.get_view_names(), *inspector.get_materialized_view_names()])


def views_of(inspector: Inspector) -> list[SqlTable]:
    """Return the views of the first schema."""
    columns = _by_name(inspector.get_multi_columns(kind=ObjectKind.ANY_VIEW))
    return [
        SqlTable(name=name, columns=tuple(_column(each) for each in columns[name]))
        for name in sorted(columns)
        if len(columns[name]) <= MOST_COLUMNS
    ]


def _counts(connection: Connection, schema: str) -> dict[str, int]:
    """Return about how many rows there are by table; it is for progress alone."""
    statement = sa.text(
        "SELECT relname, greatest(reltuples, 0)::bigint FROM pg_class c JOIN pg_namespace n "
        "ON n.oid = c.relnamespace WHERE n.nspname = :schema"
    )
    return {row[0]: int(row[1]) for row in connection.execute(statement, {"schema": schema})}


def tables_of(inspector: Inspector) -> list[SqlTable]:
    """Return the tables of the first schema."""
    columns = _by_name(inspector.get_multi_columns())
    keys = _by_name(inspector.get_multi_pk_constraint())
    unique = _by_name(inspector.get_multi_unique_constraints())
    indexes = _by_name(inspector.get_multi_indexes())
    foreign = _by_name(inspector.get_multi_foreign_keys())
    checks = _by_name(inspector.get_multi_check_constraints())
    comments = _by_name(inspector.get_multi_table_comment())
    found = []
    for name in sorted(columns):
        refuse_width(len(columns[name]))
        own = [tuple(each["column_names"]) for each in unique.get(name) or ()]
        own += [
            tuple(each["column_names"])
            for each in indexes.get(name) or ()
            if each["unique"]
            and all(each["column_names"])
            and not each.get("dialect_options", {}).get("postgresql_where")
        ]
        found.append(
            SqlTable(
                name=name,
                columns=tuple(_column(each) for each in columns[name]),
                key=tuple((keys.get(name) or {}).get("constrained_columns") or ()),
                unique=tuple(dict.fromkeys(own)),
                references=tuple(
                    SqlReference(
                        columns=tuple(each["constrained_columns"]),
                        table=each["referred_table"],
                        keys=tuple(each["referred_columns"]),
                    )
                    for each in foreign.get(name) or ()
                ),
                checks=tuple(each["sqltext"] for each in checks.get(name) or ()),
                comment=(comments.get(name) or {}).get("text"),
            )
        )
    return found


def _by_name(found: Any) -> dict[str, Any]:
    return {name: each for (_, name), each in found.items()}


def _column(each: Any) -> SqlColumn:
    kind = each["type"]
    choices: tuple[str, ...] = ()
    while isinstance(kind, pg.DOMAIN):
        kind = kind.data_type
    if isinstance(kind, sa.Enum):
        choices = tuple(kind.enums)
    default = each.get("default")
    return SqlColumn(
        name=each["name"],
        type=_written(kind),
        not_null=not each.get("nullable", True),
        default=None if default is None or "nextval(" in default else default,
        choices=choices,
        comment=each.get("comment"),
        computed=each.get("computed") is not None,
    )


def _written(kind: Any) -> str:
    if isinstance(kind, sa.ARRAY):
        return "ARRAY[]"
    if isinstance(kind, sa.Enum):
        return "VARCHAR"
    try:
        return str(kind.compile(dialect=_DIALECT)).upper()
    except sa.exc.CompileError:
        return "TEXT"
