"""Files of SQL: which of them are one database, in which dialect, and how they are read."""

import codecs
import re
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from dataforms.sheets import encoding
from dataforms.sheets.refused import ImportRefused
from protoddfd.importers.found import Finding, Source
from protoddfd.importers.kinds.sql_together import SqlDatabase, SqlFile

_HEAD = 1 << 18
_BLOCK = 1 << 20
_OTHERWISE = "another file makes one of its tables too, or is of another dialect"
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
    ("oracle", re.compile(rb"\bvarchar2\b|\bnumber\s*\(|\bnomaxvalue\b|\.nextval\b|:new\.", re.IGNORECASE)),
    ("sqlite", re.compile(rb"\bautoincrement\b|\bpragma\b", re.IGNORECASE)),
)


def find(source: Source, scratch: Path) -> Finding:
    """Return the tables that SQL statements make, with their rows; raise ImportRefused."""
    return find_together([source], scratch)


def find_together(sources: Sequence[Source], scratch: Path) -> Finding:
    """Return the tables of a database whose statements are in several files; raise ImportRefused.

    A file of another dialect, or that makes a table once more, is a database of its own, and a note says so.
    """
    files = [_opened(source, scratch) for source in sources]
    dialect = _dialect_of(files)
    places = [n for n, each in enumerate(files) if each.dialect in (None, dialect)]
    whole = SqlDatabase([files[n] for n in places], dialect)
    if whole.is_torn:
        places = [places[n] for n in whole.first_of_each()]
        whole = SqlDatabase([files[n] for n in places], dialect)
    found = [whole.finding([sources[n] for n in places])]
    notes: list[str] = []
    for n in range(len(files)):
        if n not in places:
            found.append(find(sources[n], scratch))
            notes.append(f"{sources[n].name}: It was taken for a database of its own: {_OTHERWISE}.")
    return Finding(
        tables=tuple(table for each in found for table in each.tables),
        notes=(*notes, *(note for each in found for note in each.notes)),
    )


def _dialect_of(files: Sequence[SqlFile]) -> str:
    """Return the dialect that most of those files are in that show any."""
    known = [each.dialect for each in files if each.dialect is not None]
    return max(known, key=known.count, default="postgres")


def _opened(source: Source, scratch: Path) -> SqlFile:
    try:
        path, encoding = _readable(Path(source.path), scratch)
    except ImportRefused as refusal:
        raise ImportRefused(f"{source.name}: {refusal}", refusal.hint) from refusal
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return SqlFile(path, encoding, _start(head), _dialect(head))


def _start(head: bytes) -> int:
    return len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0


def _dialect(head: bytes) -> str | None:
    """Return the dialect that a file is written in, by its first bytes; None where it could be any."""
    for name, pattern in _SIGNED:
        if pattern.search(head, 0, 2_000):
            return name
    plain = _TEXTS.sub(b"", head)
    return next((name for name, pattern in _LIKE if pattern.search(plain)), None)


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
