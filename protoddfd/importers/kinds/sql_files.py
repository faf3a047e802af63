"""A file of SQL: the tables that its statements make, and the rows that they bring."""

import codecs
import re
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import msgspec

from dataforms.sheets import encoding
from dataforms.sheets.refused import ImportRefused
from protoddfd.importers.found import Finding, Found, Source
from protoddfd.importers.kinds.blobs import left_out
from protoddfd.importers.kinds.ddl import NoRows, Statements
from protoddfd.importers.kinds.sql_rows import SqlReading, way_of
from protoddfd.importers.kinds.sql_schema import SqlTable
from protoddfd.importers.kinds.sql_script import Rows, Script
from protoddfd.importers.kinds.sql_tables import binary_columns, finding
from protoddfd.importers.kinds.sql_tape import Tape
from protoddfd.importers.kinds.sql_values import Written

_HEAD = 1 << 18
_BLOCK = 1 << 20
_MOST_RANGES = 500
_NEAR = 4_096
"""Bytes between two statements of a table that are read rather than jumped over."""
_NARROW = ("utf-8", "utf-8-sig", "ascii", "cp1252", "latin-1")
_TEXTS = re.compile(rb"'(?:[^'\\]|''|\\.)*+'|--[^\n]*+", re.DOTALL)
_SIGNED = (
    ("mysql", re.compile(rb"--\s*(?:mysql|mariadb|phpmyadmin)|/\*!\d{5}", re.IGNORECASE)),
    ("postgres", re.compile(rb"--\s*postgresql database", re.IGNORECASE)),
    ("sqlite", re.compile(rb"\A\s*(?:PRAGMA foreign_keys|BEGIN TRANSACTION)", re.IGNORECASE)),
)
_LIKE = (
    ("mysql", re.compile(rb"`|\bauto_increment\b|\bengine\s*=", re.IGNORECASE)),
    (
        "tsql",
        re.compile(
            rb"\[dbo\]|\bidentity\s*\(|^\s*go\s*$|\bnvarchar\s*\(max\)|\buniqueidentifier\b",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
    ("oracle", re.compile(rb"\bvarchar2\b|\bnumber\s*\(", re.IGNORECASE)),
    ("sqlite", re.compile(rb"\bautoincrement\b|\bpragma\b", re.IGNORECASE)),
)


class _Place(msgspec.Struct):
    """Where the rows of a table are, and the names of columns that were seen with them."""

    name: str
    columns: tuple[str, ...] | None
    ranges: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        """Note where some more rows are; what is near, or too much to note, is read as one."""
        if self.ranges and (start - self.ranges[-1][1] <= _NEAR or len(self.ranges) >= _MOST_RANGES):
            self.ranges[-1] = (self.ranges[-1][0], end)
        else:
            self.ranges.append((start, end))


def find(source: Source, scratch: Path) -> Finding:
    """Return the tables that SQL statements make, with their rows; raise ImportRefused."""
    path, text = _readable(Path(source.path), scratch)
    with path.open("rb") as file:
        head = file.read(_HEAD)
        dialect = _dialect(head)
        statements = Statements(dialect)
        written = Written(dialect, text)
        places, odd = _walk(Script(Tape(file, _start(head)), written), statements)
    tables = statements.tables()
    loose = [place for name, place in places.items() if name not in {each.name.casefold() for each in tables}]
    if not tables and not any(place.columns for place in loose):
        raise ImportRefused("there is no CREATE TABLE in it that can be read", "check that it is plain SQL")

    def reader(table: SqlTable, columns: tuple[str, ...]) -> SqlReading | NoRows:
        place = places.get(table.name.casefold())
        if place is None:
            return NoRows()
        kinds = {each.name: each.type for each in table.columns}
        return SqlReading(
            path=str(path), dialect=dialect, encoding=text, table=table.name,
            all_columns=tuple(each.name for each in table.columns if not each.computed), columns=columns,
            ways=tuple(way_of(kinds[name], dialect) for name in columns), ranges=tuple(place.ranges),
        )  # fmt: skip

    notes = [*statements.notes(), *_notes(written, odd, loose)]
    notes += [
        str(left_out(table.name, column, size=0, large=0, files=None))
        for table in tables
        for column in binary_columns(table)
    ]
    found = finding(source, tables, reader, dialect=dialect, loose=dialect == "sqlite", notes=notes)
    undeclared = [_undeclared(source, str(path), written, text, place) for place in loose if place.columns]
    return msgspec.structs.replace(found, tables=(*found.tables, *undeclared))


def _walk(script: Script, statements: Statements) -> tuple[dict[str, _Place], int]:
    """Return where the rows of each table are, and how many statements have rows that cannot be read."""
    places: dict[str, _Place] = {}
    odd = 0
    for each in script:
        if not isinstance(each, Rows):
            statements.take(each.text.decode("utf-8", "replace"))
        elif each.how == "odd":
            odd += 1
        elif not each.table.startswith("sqlite_"):
            place = places.setdefault(each.table.casefold(), _Place(each.table, each.columns))
            script.skip()
            place.add(each.start, script.tape.place)
    return places, odd


def _notes(written: Written, odd: int, loose: Sequence[_Place]) -> list[str]:
    notes = []
    if written.odd:
        what = "value is" if written.odd == 1 else "values are"
        notes.append(f"{written.odd:,} {what} computed by the database, so there is nothing in their place.")
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


def _undeclared(source: Source, path: str, written: Written, text: str, place: _Place) -> Found:
    """Return a table whose rows are there, and no statement that makes it."""
    columns = place.columns or ()
    return Found(
        source=source,
        called=place.name,
        label=f"{source.name}, {place.name}",
        header=columns,
        reading=SqlReading(
            path=path, dialect=written.dialect, encoding=text, table=place.name, all_columns=columns,
            columns=columns, ways=("",) * len(columns), ranges=tuple(place.ranges),
        ),
    )  # fmt: skip


def _start(head: bytes) -> int:
    return len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0


def _dialect(head: bytes) -> str:
    """Return the dialect that a file is written in, by its first bytes."""
    for name, pattern in _SIGNED:
        if pattern.search(head, 0, 2_000):
            return name
    plain = _TEXTS.sub(b"", head)
    return next((name for name, pattern in _LIKE if pattern.search(plain)), "postgres")


def _readable(path: Path, scratch: Path) -> tuple[Path, str]:
    """Return a file whose marks are those of ASCII, and the encoding of what in it is not UTF-8."""
    try:
        name = encoding.detect(path).name
    except ImportRefused:
        with path.open("rb") as file:
            if b"\0" in file.read(100) or not path.stat().st_size:
                raise
        return path, "cp1252"  # texts of other bytes among its rows
    if name in _NARROW:
        return path, "cp1252" if name.startswith("utf-8") else name
    scratch.mkdir(parents=True, exist_ok=True)
    made = scratch / f"script-{uuid4().hex}.sql"
    decoder = codecs.getincrementaldecoder(name)("replace")
    with path.open("rb") as file, made.open("wb") as plain:
        while block := file.read(_BLOCK):
            plain.write(decoder.decode(block).encode("utf-8", "replace"))
        plain.write(decoder.decode(b"", final=True).encode("utf-8", "replace"))
    return made, "cp1252"
