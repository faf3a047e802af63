"""What an app fetches from elsewhere: the parts of an AppSpec that say it. Owns the structs alone."""

from typing import Literal

import msgspec

from dataforms.spec_struct import SpecStruct


class SyncSource(SpecStruct, frozen=True, kw_only=True):
    """Where the rows of a sync come from. There is no place for a password in it: those are in variables."""

    kind: Literal["file", "url", "database"]
    """A file or a folder of them, a web address, or a table of a database."""
    env: str | None = None
    """The environment variable that names the place: a path, an address, or the URL of a database."""
    place: str | None = None
    """The place itself, if it is no secret: a path in the app's folder, `https://…`, `sqlite:///data/x.db`."""
    authorization: str | None = None
    """For a url: the environment variable with what the header `Authorization` says, such as `Bearer …`."""
    files: str | None = None
    """For a folder: which of its files, such as `orders-*.csv`; all that can be read without it."""
    sheet: str | None = None
    """For a workbook: the name of its sheet; the first one with rows without it."""
    records: str | None = None
    """For JSON: where the list of records is in it, such as `data.items`; the document itself without it."""
    table: str | None = None
    """For a database: the table or view to read."""
    schema_: str | None = msgspec.field(default=None, name="schema")
    """For PostgreSQL: the schema that the table is in."""


class Sync(SpecStruct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Rows from elsewhere that become records, and stay up to date with each run."""

    name: str
    """Identifies it in commands and addresses: lower case letters, digits and underscores."""
    title: str
    """What people read of it."""
    into: str
    """The entity that the rows become records of."""
    from_: SyncSource
    """Where the rows are."""
    match: str
    """The unique field in which a row and a record are the same."""
    mapping: dict[str, str]
    """The field that each column goes into; `customer.email` is a reference, named by its target's field."""
    formats: dict[str, str] = {}  # noqa: RUF012 - msgspec copies it
    """How a column's texts are written, such as `date dmy` or `decimal ,`; its first ones tell without it."""
    on_match: Literal["update", "skip"] = "update"
    """What becomes of a record that is there already."""
    missing: Literal["keep", "mark", "delete"] = "keep"
    """What becomes of a record that came by this sync when its row is there no more."""
    mark: str | None = None
    """For `mark`: the field of type boolean that says so; it is false again once the row is back."""
    every: str | None = None
    """How often the running app does it by itself: `15m`, `6h` or `1d`; only when asked without it."""
