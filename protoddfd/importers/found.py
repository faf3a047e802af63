"""What a kind of source finds in one: its tables, how each is read, what the source itself says of them.

Owns the structs and nothing else. Readings are frozen, plain documents that can be followed again and again.
"""

from collections.abc import Iterator
from typing import Protocol

import msgspec

from dataforms.sheets.csv_file import Chunk
from dataforms.spec import Entity, FieldType, Relation, Scalar
from protoddfd.importers.kinds.sql_schema import SqlTable


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One file to import: the name its owner gave it, and where it lies now; or the URL of a database."""

    name: str
    path: str
    most: int | None = None
    """How many rows of each table of a database are looked at; all of them without it."""
    files: str | None = None
    """The folder that the bytes in binary columns of a database go to; without it they are left out."""
    views: tuple[SqlTable, ...] | None = None
    """The views of a database that are read like tables; without it they are left out, and a note says so."""


class Reading(Protocol):
    """How one table is read."""

    @property
    def weight(self) -> int:
        """Return how much there is to read, in bytes or what takes as long."""

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows as texts; raise ImportRefused."""


class DeclaredColumn(msgspec.Struct, frozen=True, kw_only=True):
    """What a source says of one column."""

    types: tuple[FieldType, ...] = ()
    """What it can become, the first where there are no values; anything when there is none."""
    title: str = ""
    required: bool = False
    unique: bool = False
    choices: tuple[str, ...] = ()
    min: int | float | str | None = None
    max: int | float | str | None = None
    pattern: str | None = None
    default: Scalar = None
    places: int | None = None
    help: str | None = None


class DeclaredReference(msgspec.Struct, frozen=True, kw_only=True):
    """The values of a column are those of the column `key` of the table called `table`."""

    column: int
    table: str
    key: int | None
    """None: the column has the places of that table's records, from 1."""


class DeclaredTogether(msgspec.Struct, frozen=True, kw_only=True):
    """The values of several columns are, together, those of the columns `keys` of the table `table`."""

    columns: tuple[int, ...]
    table: str
    keys: tuple[int, ...]


class DeclaredRule(msgspec.Struct, frozen=True, kw_only=True):
    """Columns that are unique together, or an expression over `{0}`, `{1}`, the fields of these columns."""

    columns: tuple[int, ...]
    expression: str | None = None
    written: str = ""
    """As the source has it."""


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """What a source says of one table, so that nothing of it has to be guessed."""

    columns: tuple[DeclaredColumn, ...]
    key: int | None = None
    """The column that is the primary key, if it is one column."""
    references: tuple[DeclaredReference, ...] = ()
    together: tuple[DeclaredTogether, ...] = ()
    rules: tuple[DeclaredRule, ...] = ()
    description: str | None = None
    is_join: bool = False
    """Its two references are all that it has, so that it links records and is none."""
    complete: bool = True
    """Whether what it does not say is not so: what may be empty is not required."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One table of a source."""

    source: Source
    called: str
    """What its records are called after: the name of a file, a sheet, a table."""
    label: str
    """How remarks name it."""
    header: tuple[str, ...]
    reading: Reading
    delimiter: str = ","
    notes: tuple[str, ...] = ()
    guessed: bool = False
    """Whether the encoding was guessed."""
    headless: bool = False
    declared: Declared | None = None


class Drafted(msgspec.Struct, frozen=True, kw_only=True):
    """What a schema without records says: entities as they will be."""

    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...] = ()


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """All that is in one source."""

    tables: tuple[Found, ...] = ()
    drafted: Drafted = Drafted(entities=())
    notes: tuple[str, ...] = ()
