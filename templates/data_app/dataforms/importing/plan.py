"""What an import shall do and what came of it. Structs alone; imports neither SQLAlchemy nor Reflex."""

from typing import Literal

import msgspec

ID = "id"
"""The field name that stands for a record's own number."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """Where one column of the file goes."""

    header: str
    field: str | None = None
    """The field's name, or `id`; None leaves the column out."""
    format: str | None = None
    """How its texts are written (a name of `sheets.formats`); None as the field itself reads them."""
    by: str | None = None
    """For a reference: the field of the target that the cells name it by, or `id`."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How the rows of a file become records of one entity."""

    entity: str
    columns: tuple[Column, ...]
    """One for each column of the file, in its order."""
    key: str | None = None
    """The field, or `id`, in which a row and a stored record are the same; None takes every row as new."""
    matched: Literal["update", "skip", "refuse"] = "update"
    """What becomes of a row whose record is there."""
    unmatched: Literal["insert", "skip", "refuse"] = "insert"
    """What becomes of a row whose record is not there."""
    blank: Literal["keep", "clear", "follow"] = "keep"
    """What an empty cell does to a value that is there; `follow` clears it if the field has no default."""
    needs_key: bool = False
    """Is a row without a value of `key` faulty? Else it is a new one."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row was left out: its line or row in the file, from 1, and the cell if it is one's fault."""

    number: int
    reason: str
    column: str = ""
    text: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did, or would do: numbers of rows."""

    rows: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    faulty: int = 0
    examples: tuple[Fault, ...] = ()
    """The first faults; all of them are in the file of faulty rows."""
    notes: tuple[str, ...] = ()
