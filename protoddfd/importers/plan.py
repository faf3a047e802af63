"""What an import decided: plain, frozen documents that can be stored, shown and carried out later.

Owns the structs and nothing else; `propose` makes them, `load` and `rows` follow them.
"""

import msgspec

from dataforms.spec import AppSpec
from protoddfd.importers.found import Reading, Source


class KeyPart(msgspec.Struct, frozen=True, kw_only=True):
    """One of several columns that refer to a record together: the field that it has values of."""

    index: int
    field: str
    format: str
    missing: tuple[str, ...] = ()


class KeyReference(msgspec.Struct, frozen=True, kw_only=True):
    """What the cells of a reference column hold: values of `field` (`id` is the record's own) of `entity`."""

    entity: str
    field: str
    complete: bool = False
    """Whether every value was found among the keys while proposing."""
    by_place: bool = False
    """Whether the cells hold the places of the records in their file, from 1, in place of a key."""
    parts: tuple[KeyPart, ...] = ()
    """The columns that hold the key together, in place of `field`."""


class ColumnPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How one column of a file becomes one field."""

    index: int
    """Which cell of a row, the first being 0. Two columns may share one."""
    header: str
    field: str | None
    """The field's name; `id` becomes the record's own id; None leaves the column out."""
    format: str
    """The name of the way text becomes a value, a key of `formats.ALL`."""
    reference: KeyReference | None = None
    missing: tuple[str, ...] = ()
    """Texts besides the empty one that mean: no value."""


class TablePlan(msgspec.Struct, frozen=True, kw_only=True):
    """How one file becomes the records of one entity."""

    source: Source
    entity: str
    reading: Reading
    columns: tuple[ColumnPlan, ...]
    rows: int
    """Records counted while proposing."""
    is_sampled: bool = False
    """Whether some values were not tested for what they are."""


class JoinPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How the rows of a table, two keys each, become the links of the field `field` of `entity`."""

    source: Source
    label: str
    entity: str
    field: str
    reading: Reading
    ends: tuple[ColumnPlan, ColumnPlan]
    """The columns with the keys of `entity`, and of what the field leads to."""
    rows: int


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """An app for some files: its spec, how the files fill it, and what a person should know."""

    spec: AppSpec
    tables: tuple[TablePlan, ...]
    """Referred-to tables come before those that refer to them, unless they refer to each other."""
    joins: tuple[JoinPlan, ...] = ()
    notes: tuple[str, ...] = ()
    confidence: float
    """0 to 1: how much of it had to be guessed."""


class Misfit(msgspec.Struct, frozen=True, kw_only=True):
    """A cell that did not become a value: its line in the file (the first is 1), column and text, and why."""

    line: int
    column: str
    text: str
    reason: str


class EntityReport(msgspec.Struct, frozen=True, kw_only=True):
    """What loading one entity came to. `misfits` counts all cells; `examples` are the first few."""

    entity: str
    rows: int
    misfits: int = 0
    unlike: int = 0
    """How many of them are not of the type that was found, so that it was the wrong one."""
    examples: tuple[Misfit, ...] = ()


class LoadReport(msgspec.Struct, frozen=True, kw_only=True):
    """What loading came to, entity by entity in the order loaded."""

    entities: tuple[EntityReport, ...]
    joins: tuple[EntityReport, ...] = ()
    """What linking records came to, by `entity.field`."""

    @property
    def rows(self) -> int:
        """Return the number of records loaded."""
        return sum(entity.rows for entity in self.entities)

    @property
    def misfits(self) -> int:
        """Return the number of cells that did not become a value."""
        return sum(entity.misfits for entity in self.entities)
