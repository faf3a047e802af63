"""What is typed around a record that is not stored, and what becomes of its children. Imports neither
SQLAlchemy nor Reflex.
"""

from collections.abc import Mapping, Sequence

import msgspec

from dataforms.typerow import Value

ROWS_LIMIT = 400
"""How many rows of children may be typed at once; a database takes 500 in one question."""

Rows = Mapping[str, Sequence[Mapping[str, Value]]]
"""The canonical values of all rows, by the field of type children that they stand in."""


class ChildRow(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one child: new without an `id`, deleted without `values`, else changed to these."""

    id: int | None = None
    values: Mapping[str, object] | None = None
    expect: str | None = None
    """The version that is changed; None for whichever there is."""


Children = Mapping[str, Sequence[ChildRow]]
"""Changed rows by field of type children; stored ones that are not named stay as they are."""


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """The records that count in place of stored ones where an expression follows them from one record."""

    children: Rows = {}
    via: str = ""
    """The reference that leads to `parent`; empty without one."""
    parent: Mapping[str, Value] = {}
    of_parent: "Around | None" = None
    """What is typed around the parent in turn: the record's own siblings."""


ALONE = Around()
