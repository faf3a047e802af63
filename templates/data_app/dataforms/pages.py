"""What a table is asked, and what comes of it. Structs alone; imports neither SQLAlchemy nor Reflex."""

import msgspec

from dataforms.filters import Filter
from dataforms.typerow import Value

PAGE_SIZE = 25
PAGE_SIZE_LIMIT = 1_000
SEARCH_LENGTH = 200
SEARCH_WORDS = 10


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which records of an entity, in which order, and which part of them."""

    search: str = ""
    """Words, of which each has to be found in some text of the record."""
    filter: Filter | None = None
    group: str | None = None
    """A field by which the records come first, upwards; `sort` orders those that are the same."""
    sort: str | None = None
    """A field, with a leading `-` for descending; without one the records come in order of their `id`."""
    page: int = 1
    """The first is 1. With `after` or `before` it counts nothing: those say where the page begins or ends."""
    size: int = PAGE_SIZE
    after: str | None = None
    """The cursor of a record: the page begins behind it, however deep that is."""
    before: str | None = None
    """The cursor of a record: the page ends before it; `END` for the last page."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record: canonical values by field name, and by reference field the label of what it points at.

    The labels of several records have commas between them. `version` changes with any stored value.
    """

    id: int
    values: dict[str, Value]
    labels: dict[str, str]
    version: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """The records of one page, and how many match in all."""

    rows: list[Record]
    total: int
    is_capped: bool = False
    """Whether there are more than `total`: no more are counted where some are left out."""
    first: str = ""
    """The cursor of the first record, for `before`; empty without one."""
    last: str = ""
    """The cursor of the last record, for `after`; empty without one."""
    has_more: bool = False
    """Whether records follow behind the page."""


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A record to pick, in a reference field."""

    id: int
    label: str


def words(search: str) -> list[str]:
    """Return the words that a search must all find; what cannot be in a text is left out."""
    clean = search[:SEARCH_LENGTH].replace("\0", " ").encode(errors="ignore").decode()
    return clean.split()[:SEARCH_WORDS]
