"""Where rows are that are another program's: the parts of an AppSpec that say it. Owns the structs alone."""

from typing import Literal

import msgspec

from dataforms.spec_struct import SpecStruct

Form = Literal["plain", "cast", "unix", "unix_ms"]


class ColumnOrigin(SpecStruct, frozen=True, kw_only=True):
    """Where a field's values are, in an app over a database that is another's."""

    column: str
    """The column; of a field of type references, the one of `table` that names the other record."""
    form: Form = "plain"
    """How a value is written: as this app would, in another way of the database, or as seconds since 1970."""
    to: str | None = None
    """For a reference: the column of the target that it holds a value of; its key without it."""
    columns: tuple[str, ...] = ()
    """For a reference by several columns: all of them, in the order of `keys`."""
    keys: tuple[str, ...] = ()
    """For a reference by several columns: the columns of the target that they hold the values of."""
    table: str | None = None
    """For references: the table of pairs."""
    back: str | None = None
    """For references: the column of `table` that names the record itself."""
    back_to: str | None = None
    """For references: the column of the record that `back` holds a value of; its key without it."""


class TableOrigin(SpecStruct, frozen=True, kw_only=True):
    """The table that an entity's rows are in and stay in, in a database that is another's and only read."""

    table: str
    """Its name there."""
    schema_: str | None = msgspec.field(default=None, name="schema")
    """The schema it is in, of PostgreSQL."""
    key: tuple[str, ...] = ()
    """The columns that tell its rows apart; without any it is SQLite's own number of a row."""
    is_number: bool = False
    """Is the key a whole number, and so the record's own number?"""
