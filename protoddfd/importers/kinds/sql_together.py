"""A database whose statements are in one file or in several: its tables, and where the rows of each are."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from dataforms.sheets.refused import ImportRefused
from protoddfd.importers.found import Finding, Found, Source
from protoddfd.importers.kinds.blobs import MOST_BYTES, left_out
from protoddfd.importers.kinds.ddl import NoRows, Statements
from protoddfd.importers.kinds.sql_rows import SqlPart, SqlReading, Weight, way_of
from protoddfd.importers.kinds.sql_schema import SqlTable
from protoddfd.importers.kinds.sql_script import Rows, Script
from protoddfd.importers.kinds.sql_tables import binary_columns, finding
from protoddfd.importers.kinds.sql_tape import Tape
from protoddfd.importers.kinds.sql_values import Written

_MOST_NAMED = 3
_SHORT = 255
_MOST_RANGES = 500
_NEAR = 4_096
"""Bytes between two statements of a table that are read rather than jumped over."""


class _Place(msgspec.Struct):
    """Where the rows of a table are, by file, and the names of columns that were seen with them."""

    name: str
    columns: tuple[str, ...] | None
    ranges: dict[int, list[tuple[int, int]]] = {}

    def add(self, file: int, start: int, end: int) -> None:
        """Note where some more rows are; what is near, or too much to note, is read as one."""
        ranges = self.ranges.setdefault(file, [])
        if ranges and (start - ranges[-1][1] <= _NEAR or len(ranges) >= _MOST_RANGES):
            ranges[-1] = (ranges[-1][0], end)
        else:
            ranges.append((start, end))


class SqlFile(msgspec.Struct, frozen=True):
    """One file, as it can be read: its marks are those of ASCII."""

    path: Path
    encoding: str
    start: int
    """How many bytes stand before its text."""
    dialect: str | None


class SqlDatabase:
    """What the statements in some files make."""

    def __init__(self, files: Sequence[SqlFile], dialect: str) -> None:
        self._files, self._dialect = files, dialect
        self._made: list[set[str]] = []
        """The tables that each file makes."""
        self._statements = Statements(dialect)
        self._places: dict[str, _Place] = {}
        self._computed = self._odd = 0
        for number, each in enumerate(files):
            self._walk(number, each)
            self._made.append(self._statements.made())

    @property
    def is_torn(self) -> bool:
        """Return whether more than one of the files makes the same table."""
        return len(set().union(*self._made)) < sum(map(len, self._made))

    def first_of_each(self) -> list[int]:
        """Return the files, as many tables as possible first, that make tables which none before makes."""
        taken: set[str] = set()
        kept = []
        for number in sorted(range(len(self._made)), key=lambda n: (-len(self._made[n]), n)):
            if taken.isdisjoint(self._made[number]):
                kept.append(number)
                taken |= self._made[number]
        return sorted(kept)

    def _walk(self, number: int, source: SqlFile) -> None:
        """Note where the rows of each table are, and how many statements have rows that cannot be read."""
        written = Written(self._dialect, source.encoding)
        with source.path.open("rb") as file:
            script = Script(Tape(file, source.start), written)
            for each in script:
                if not isinstance(each, Rows):
                    self._statements.take(each.text.decode("utf-8", "replace"))
                elif each.how == "odd":
                    self._odd += 1
                elif not each.table.startswith("sqlite_"):
                    place = self._places.setdefault(each.table.casefold(), _Place(each.table, each.columns))
                    script.skip()
                    place.add(number, each.start, script.tape.place)
        self._computed += written.odd

    def finding(self, sources: Sequence[Source]) -> Finding:
        """Return the tables of files; raise ImportRefused where there are none."""
        source = msgspec.structs.replace(sources[0], name=_called(sources))
        tables = self._statements.tables()
        names = {each.name.casefold() for each in tables}
        loose = [place for name, place in self._places.items() if name not in names]
        if not tables and not any(place.columns for place in loose):
            raise ImportRefused(
                f"{source.name}: there is no CREATE TABLE in it that can be read",
                "check that it is plain SQL",
            )
        notes = [*self._statements.notes(), *_notes(self._computed, self._odd, loose)]
        kept = list(self._kept(tables, source.files, notes))
        tables = [table for table, _ in kept]
        files = frozenset((table.name, column) for table, columns in kept for column in columns)

        def reader(table: SqlTable, columns: tuple[str, ...]) -> SqlReading | NoRows:
            return self._reading(
                table, columns, tuple(name for name in columns if (table.name, name) in files), source.files
            )

        found = finding(
            source, tables, reader, dialect=self._dialect, loose=self._dialect == "sqlite", notes=notes,
            files=files,
        )  # fmt: skip
        undeclared = [self._undeclared(source, place) for place in loose if place.columns]
        return msgspec.structs.replace(found, tables=(*found.tables, *undeclared))

    def _reading(
        self, table: SqlTable, columns: tuple[str, ...], binary: tuple[str, ...], files: str | None
    ) -> SqlReading | NoRows:
        place = self._places.get(table.name.casefold())
        if place is None:
            return NoRows()
        kinds = {each.name: each.type for each in table.columns}
        is_mysql = self._dialect == "mysql"
        return SqlReading(
            dialect=self._dialect, table=table.name, parts=self._parts(place), columns=columns,
            all_columns=self._unnamed(table, self._parts(place)),
            bits=tuple(name for name in kinds if is_mysql and kinds[name].casefold().startswith("bit")),
            ways=tuple("" if name in binary else way_of(kinds[name], self._dialect) for name in columns),
            binary=binary, files=files or "",
        )  # fmt: skip

    def _unnamed(self, table: SqlTable, parts: tuple[SqlPart, ...]) -> tuple[str, ...]:
        """Return the columns of a row whose statement names none: some dumps have computed ones in it."""
        every = tuple(each.name for each in table.columns)
        given = tuple(each.name for each in table.columns if not each.computed)
        if every == given:
            return every
        reading = SqlReading(
            dialect=self._dialect, table=table.name, parts=parts, all_columns=every, columns=(), ways=()
        )
        return every if reading.width() == len(every) else given

    def _parts(self, place: _Place) -> tuple[SqlPart, ...]:
        return tuple(
            SqlPart(path=str(self._files[n].path), encoding=self._files[n].encoding, ranges=tuple(ranges))
            for n, ranges in place.ranges.items()
        )

    def _kept(
        self, tables: Sequence[SqlTable], files: str | None, notes: list[str]
    ) -> Iterator[tuple[SqlTable, list[str]]]:
        """Yield the tables, and which of their columns are kept as files; say what is left out."""
        for table in tables:
            columns = tuple(binary_columns(table))
            reading = self._reading(table, columns, columns, files)
            weights = reading.weights() if isinstance(reading, SqlReading) else {}
            texts = {
                name: weight.longest
                for name, weight in weights.items()
                if self._dialect == "mysql"
                and weight.longest
                and weight.is_text
                and _may_be_text(table, name)
            }
            kept: list[str] = []
            for column in columns:
                weight = weights.get(column, Weight())
                if column in texts:
                    continue
                note = left_out(table.name, column, size=weight.size, large=weight.large, files=files)
                notes += [note] if note else []
                if files is not None and weight.size <= MOST_BYTES:
                    kept.append(column)
            yield _with_texts(table, texts), kept

    def _undeclared(self, source: Source, place: _Place) -> Found:
        """Return a table whose rows are there, and no statement that makes it."""
        columns = place.columns or ()
        return Found(
            source=source,
            called=place.name,
            label=f"{source.name}, {place.name}",
            header=columns,
            reading=SqlReading(
                dialect=self._dialect, table=place.name, parts=self._parts(place), all_columns=columns,
                columns=columns, ways=("",) * len(columns),
            ),
        )  # fmt: skip


def _may_be_text(table: SqlTable, name: str) -> bool:
    column = table.column(name)
    return column is not None and "binary" in column.type.casefold()


def _with_texts(table: SqlTable, texts: Mapping[str, int]) -> SqlTable:
    """Return a table whose columns of bytes that are all texts, of so many at most, are texts."""
    columns = tuple(
        msgspec.structs.replace(each, type="varchar" if texts[each.name] <= _SHORT else "text")
        if each.name in texts
        else each
        for each in table.columns
    )
    return msgspec.structs.replace(table, columns=columns)


def _called(sources: Sequence[Source]) -> str:
    if len(sources) <= _MOST_NAMED:
        return " + ".join(source.name for source in sources)
    return f"{sources[0].name} + {len(sources) - 1} files"


def _notes(computed: int, odd: int, loose: Sequence[_Place]) -> list[str]:
    notes = []
    if computed:
        what = "value is" if computed == 1 else "values are"
        notes.append(f"{computed:,} {what} computed by the database, so there is nothing in their place.")
    if odd:
        notes.append(
            f"The rows of {odd:,} COPY statements are written in another way, so they were left out."
        )
    notes += [
        f"There are rows for {each.name}, and nothing says what its columns are, so they were left out."
        for each in loose
        if not each.columns
    ]
    return notes
