"""Which kind a source is, by what is in it; its name's ending decides only where that leaves it open."""

import re
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import msgspec

from dataforms.sheets.refused import ImportRefused
from protoddfd.importers.found import Drafted, Finding, Found, Source
from protoddfd.importers.kinds.unpacking import unpacked
from protoddfd.importers.merging import merged

HEAD_BYTES = 1 << 16
_PACKED_SQL = (".sql.gz", ".ddl.gz")
_SQL = re.compile(rb"\bcreate\s+(?:temp\w*\s+|unlogged\s+)?table\b", re.IGNORECASE)
_JDL = re.compile(
    rb"^\s*(?:@\w+(?:\([^)]*\))?\s*)*(?:entity|enum|relationship|application)\b[^;,]*\{", re.MULTILINE
)
_YAML_API = re.compile(rb"^[\"']?(?:openapi|swagger)[\"']?\s*:", re.MULTILINE)


class Head(msgspec.Struct, frozen=True):
    """The name of a source in lower case, and its first bytes."""

    name: str
    start: bytes

    def ends(self, *endings: str) -> bool:
        """Return whether the name has one of these endings."""
        return self.name.endswith(endings)

    @property
    def text(self) -> bytes:
        """Return the first bytes that are neither blank nor a mark of UTF-8."""
        return self.start.removeprefix(b"\xef\xbb\xbf").lstrip()


class Kind(msgspec.Struct, frozen=True):
    """A kind of source, how it is told, and the module whose `find` reads it."""

    name: str
    is_it: Callable[[Head], bool]
    module: str


class Finder(Protocol):
    """What the module of a kind has."""

    def find(self, source: Source, scratch: Path) -> Finding:
        """Return what is in a source; raise ImportRefused."""


KINDS: tuple[Kind, ...] = (
    Kind("SQLite database", lambda head: head.start.startswith(b"SQLite format 3\0"), "sqlite_files"),
    Kind("old Excel workbook", lambda head: head.start.startswith(b"\xd0\xcf\x11\xe0"), "workbooks"),
    Kind("workbook", lambda head: head.start.startswith(b"PK\x03\x04") and _is_workbook(head), "workbooks"),
    Kind("zip archive", lambda head: head.start.startswith((b"PK\x03\x04", b"PK\x05\x06")), "archives"),
    Kind("gzip file", lambda head: head.start.startswith(b"\x1f\x8b"), "archives"),
    Kind("JSON", lambda head: _is_json(head), "json_files"),
    Kind("OpenAPI in YAML", lambda head: _YAML_API.search(head.start) is not None, "json_files"),
    Kind("YAML", lambda head: head.ends(".yaml", ".yml"), "json_files"),
    Kind("SQL", lambda head: head.ends(".sql", ".ddl") or _SQL.search(head.start) is not None, "sql_files"),
    Kind("JDL", lambda head: head.ends(".jdl", ".jh") or _is_jdl(head), "jdl"),
    Kind("CSV", lambda head: True, "csv_tables"),
)
"""In the order tried; whatever is nothing else is taken for CSV."""
DATABASE_URL = re.compile(r"postgres(?:ql)?(?:\+\w+)?://")


def _is_workbook(head: Head) -> bool:
    inside = (b"xl/", b"[Content_Types].xml", b"opendocument.spreadsheet")
    return any(part in head.start for part in inside) or head.ends(".xlsx", ".xlsm", ".xlsb", ".ods")


def _is_json(head: Head) -> bool:
    if head.text[:1] == b"{":
        return True
    return head.text[:1] == b"[" and (
        head.ends(".json", ".jsonl", ".ndjson", ".geojson") or head.text[1:].lstrip()[:1] in (b"{", b"]")
    )


def _is_jdl(head: Head) -> bool:
    return b"\0" not in head.start and not head.ends(".csv", ".tsv") and _JDL.search(head.start) is not None


def find_in(sources: Sequence[Source], scratch: Path | None = None) -> Finding:
    """Return all that is in some sources, in their order.

    Raises:
        ImportRefused: one of them cannot be read; the message begins with its name.
    """
    tables: list[Found] = []
    drafted: list[Drafted] = []
    notes: list[str] = []
    for unit in units(_files(sources), scratch):
        found = find_unit(unit, scratch)
        tables += found.tables
        notes += found.notes
        drafted.append(found.drafted)
    return Finding(tables=tuple(tables), drafted=merged(drafted), notes=tuple(notes))


def units(sources: Sequence[Source], scratch: Path | None) -> list[list[Source]]:
    """Return sources, each for itself; but files of SQL are one database, in place of the first."""
    found: list[list[Source]] = []
    script: list[Source] = []
    for each in sources:
        source = _unpacked(each, scratch) if each.name.lower().endswith(_PACKED_SQL) else each
        if not _is_sql(source):
            found.append([source])
            continue
        if not script:
            found.append(script)
        script.append(source)
    return found


def _is_sql(source: Source) -> bool:
    try:
        return not DATABASE_URL.match(source.path) and _kind(source).module == "sql_files"
    except ImportRefused:
        return False  # it is refused where it is read


def _unpacked(source: Source, scratch: Path | None) -> Source:
    """Return a file of SQL that is packed with gzip as it is unpacked; what is none as it is."""
    try:
        return unpacked(source, scratch or Path(tempfile.gettempdir()))
    except (ImportRefused, OSError):
        return source


def find_unit(unit: Sequence[Source], scratch: Path | None) -> Finding:
    """Return what is in one of `units`; raise ImportRefused, whose message begins with a name."""
    if len(unit) == 1:
        return find_one(unit[0], scratch)
    from protoddfd.importers.kinds import sql_files

    return sql_files.find_together(unit, scratch or Path(tempfile.gettempdir()))


def find_one(source: Source, scratch: Path | None) -> Finding:
    """Return what is in one source; raise ImportRefused, whose message begins with its name."""
    try:
        finder = _finder("postgresql" if DATABASE_URL.match(source.path) else _kind(source).module)
        return finder.find(source, scratch or Path(tempfile.gettempdir()))
    except ImportRefused as refusal:
        if str(refusal).startswith(f"{source.name}: "):
            raise
        raise ImportRefused(f"{source.name}: {refusal}", refusal.hint) from refusal


def _finder(module: str) -> Finder:
    """Return the module of a kind, which may need libraries that no other does."""
    return cast(Finder, import_module(f"protoddfd.importers.kinds.{module}"))


def _kind(source: Source) -> Kind:
    try:
        with Path(source.path).open("rb") as file:
            head = Head(source.name.lower(), file.read(HEAD_BYTES))
    except OSError as error:
        raise ImportRefused(
            f"cannot be read: {error.strerror}", "check the file and its permissions"
        ) from error
    except ValueError as error:
        raise ImportRefused(f"cannot be read: {error}", "check its name") from error
    return next(kind for kind in KINDS if kind.is_it(head))


def _files(sources: Sequence[Source]) -> list[Source]:
    """Return the sources, with the files of a folder in its place."""
    found: list[Source] = []
    for source in sources:
        if DATABASE_URL.match(source.path) or not Path(source.path).is_dir():
            found.append(source)
            continue
        inside = sorted(
            each for each in Path(source.path).iterdir() if each.is_file() and each.name[0] != "."
        )
        if not inside:
            raise ImportRefused(f"{source.name}: there is no file in the folder", "choose another folder")
        found += [msgspec.structs.replace(source, name=each.name, path=str(each)) for each in inside]
    return found
