"""Copies all data of an app from one database to another: `python -m dataforms.move FROM TO` in its folder.

FROM and TO are addresses as in `DATABASE_URL`; `env:NAME` stands for the address in an environment variable,
which other users of the machine cannot see. The app must not run meanwhile: what it writes
would be left behind.
"""

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.asides import asides_in
from dataforms.computed import resolved
from dataforms.engine import Connections
from dataforms.errors import DataError, MoveRefused
from dataforms.grow import grow
from dataforms.load import load_rows
from dataforms.meta import TABLES_KEY, recall, tables_digest
from dataforms.schema import Schema
from dataforms.sequences import go_on_after, last_given_out
from dataforms.spec import AppSpec, decode

BATCH = 2_000
PROGRESS_ROWS = 50_000
Progress = Callable[[str, int], None]
"""Takes the name of a table and how many of its rows are copied."""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What was copied: rows by table, and what of the source was left, since the spec does not know it."""

    rows: dict[str, int]
    left: tuple[str, ...]
    """Tables, and columns as `table.column`."""
    seconds: float


def move(spec: AppSpec, source: str, target: str, progress: Progress | None = None) -> Moved:
    """Copy all there is, accounts and saved views too, in one transaction of the target, and compare it.

    Memory does not grow with the number of rows.

    Raises:
        MoveRefused: the source was not made for `spec`, the target has data, or what arrived differs.
        DataError: any other trouble of the data layer. The target is as it was, whatever was raised.
    """
    written, spec = spec, resolved(spec)
    started = time.monotonic()
    come, go = Connections(source), Connections(target)
    try:
        with come.reading() as reading, go.writing() as writing:
            if recall(reading, TABLES_KEY) != tables_digest(written):
                raise MoveRefused(
                    "The source has no tables for this appspec.json.",
                    hint="Start the app on it once, so that it makes them, or correct the address.",
                )
            copying = _Copying(spec, reading, writing, progress or _say_nothing)
            rows = copying.run()
            left = tuple(_left(reading, copying.schema))
    finally:
        come.close()
        go.close()
    return Moved(rows=rows, left=left, seconds=time.monotonic() - started)


class _Copying:
    """One move, within the transactions of both sides."""

    def __init__(self, spec: AppSpec, reading: Connection, writing: Connection, progress: Progress) -> None:
        self.spec, self.reading, self.writing, self.progress = spec, reading, writing, progress
        self.schema = Schema(spec)
        self.asides = asides_in(reading)
        self.links = [*(link.table for link in self.schema.links.values()), self.schema.trash]
        """The tables of a spec that hold no records: they are copied as they are, as the `asides` are."""
        self.digests: dict[str, str] = {}

    def run(self) -> dict[str, int]:
        """Copy all; return the rows by table."""
        grow(self.writing, self.schema)
        for aside in self.asides:
            aside.create(self.writing, checkfirst=True)
        self._refuse_data()
        self._copy_meta()
        rows = {}
        for entity in (each for each in self.spec.entities if each.name in self.schema.tables):
            table = self.schema.tables[entity.name]
            names = [column.name for column in table.columns]
            found = (dict(zip(names, row, strict=True)) for row in self._read(table))
            rows[table.name] = load_rows(self.writing, self.schema, entity, found, checks_references=False)
            go_on_after(self.writing, table, last_given_out(self.reading, table))
        for link in self.links:
            rows[link.name] = self._copy_link(link)
        go_on_after(self.writing, self.schema.trash, last_given_out(self.reading, self.schema.trash))
        for aside in self.asides:
            rows[aside.name] = self._copy_link(aside)
            if aside.autoincrement_column is not None:
                go_on_after(self.writing, aside, self._last(aside))
        for table in [*self.schema.tables.values(), *self.links, *self.asides]:
            self._compare(table, rows[table.name])
        return rows

    def _refuse_data(self) -> None:
        for table in [*self.schema.tables.values(), *self.links, *asides_in(self.writing)]:
            if self.writing.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
                raise MoveRefused(
                    f"The target has data already, in the table {table.name}.",
                    hint="Name an empty database; nothing is ever written over.",
                )

    def _last(self, aside: sa.Table) -> int:
        """Return the last id of a table, of which SQLite need not count what it has given out."""
        highest = self.reading.execute(sa.select(sa.func.max(aside.c.id))).scalar_one() or 0
        return max(int(highest), last_given_out(self.reading, aside))

    def _copy_meta(self) -> None:
        meta = self.schema.meta
        self.writing.execute(sa.delete(meta))
        self.writing.execute(
            sa.insert(meta), [row._asdict() for row in self.reading.execute(sa.select(meta))]
        )

    def _copy_link(self, link: sa.Table) -> int:
        names = [column.name for column in link.columns]
        rows, count = self._read(link), 0
        while some := list(islice(rows, BATCH)):
            self.writing.execute(sa.insert(link), [dict(zip(names, row, strict=True)) for row in some])
            count += len(some)
        return count

    def _read(self, table: sa.Table) -> Iterator[Sequence[Any]]:
        """Yield the rows of the source, and note their digest at the end."""
        digest, count = hashlib.sha256(), 0
        for row in _rows(self.reading, table):
            digest.update(canonical(row))
            count += 1
            if count % PROGRESS_ROWS == 0:
                self.progress(table.name, count)
            yield row
        self.progress(table.name, count)
        self.digests[table.name] = digest.hexdigest()

    def _compare(self, table: sa.Table, count: int) -> None:
        digest, found = hashlib.sha256(), 0
        for row in _rows(self.writing, table):
            digest.update(canonical(row))
            found += 1
        if found != count or digest.hexdigest() != self.digests[table.name]:
            raise MoveRefused(
                f"What arrived in the table {table.name} is not what was sent: {found:,} of {count:,} rows.",
                hint="Nothing was kept. Tell the authors, with the kinds of both databases.",
            )


def _rows(connection: Connection, table: sa.Table) -> Iterator[Sequence[Any]]:
    statement = sa.select(table).order_by(*table.primary_key.columns)
    result = connection.execute(statement, execution_options={"stream_results": True, "yield_per": BATCH})
    with result:
        yield from result


def canonical(row: Sequence[Any]) -> bytes:
    """Return what a row is in every database, for a digest: 1.50 is 1.5, and -0 is 0."""
    values = [str(value.normalize() + 0) if isinstance(value, Decimal) else value for value in row]
    return repr(values).encode(errors="surrogatepass")


def _left(connection: Connection, schema: Schema) -> Iterator[str]:
    inspector = sa.inspect(connection)
    known = {**schema.metadata.tables, **{table.name: table for table in asides_in(connection)}}
    for name in sorted(inspector.get_table_names()):
        if name not in known:
            yield name
            continue
        for column in inspector.get_columns(name):
            if column["name"] not in known[name].columns:
                yield f"{name}.{column['name']}"


def _say_nothing(table: str, rows: int) -> None:
    pass


def main(argv: Sequence[str]) -> int:
    """Run it as a command; return 0, 1 for a refusal with the reason on standard error, 2 for wrong usage."""
    words = [word for word in argv if word != "--json"]
    if len(words) != 2:
        sys.stderr.write("usage: python -m dataforms.move [--json] FROM TO\n\n")
        sys.stderr.write(
            "FROM, TO: sqlite:///data/app.db, postgresql://user:password@host/name, env:VARIABLE\n"
        )
        return 2
    started = time.monotonic()

    def say(table: str, rows: int) -> None:
        sys.stderr.write(f"{time.monotonic() - started:8.1f} s  {table}: {rows:,} rows\n")

    try:
        source, target = map(_address, words)
        moved = move(decode(Path("appspec.json").read_bytes()), source, target, say)
    except (DataError, OSError, msgspec.MsgspecError) as error:
        hint = getattr(error, "hint", "")
        sys.stderr.write(f"{error}\n{hint}\n" if hint else f"{error}\n")
        return 1
    if len(words) < len(argv):
        sys.stdout.write(msgspec.json.encode(moved).decode())
    else:
        _report(moved)
    return 0


def _report(moved: Moved) -> None:
    for each in moved.left:
        sys.stderr.write(f"not moved, since appspec.json does not know it: {each}\n")
    many = sum(moved.rows.values())
    rate = f"{many / moved.seconds:,.0f} a second"
    among = "1 table" if len(moved.rows) == 1 else f"{len(moved.rows)} tables"
    sys.stdout.write(f"moved {many:,} rows of {among} in {moved.seconds:.1f} s ({rate})\n")


def _address(word: str) -> str:
    if not word.startswith("env:"):
        return word
    name = word.removeprefix("env:")
    if name not in os.environ:
        raise MoveRefused(f"There is no environment variable {name}.")
    return os.environ[name]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
