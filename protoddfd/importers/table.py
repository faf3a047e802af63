"""A file with its decisions taken: what relations and specs are made from. Pure."""

import re

import msgspec

from dataforms.sheets.vocabulary import word_set
from dataforms.types import TYPES
from protoddfd.importers import names
from protoddfd.importers.columns import ColumnProfile
from protoddfd.importers.found import Declared, DeclaredColumn
from protoddfd.importers.infer import Customs, Decision, customs, decide, decide_said
from protoddfd.importers.profile import TableProfile

_KEY_WORDS = word_set(
    """id key code no nr num number sku iban isbn ean uuid guid email slug username login barcode serial ref
    reference iata icao faa abbreviation abbr symbol tailnum vin"""
)
_NUMBER_WORDS = frozenset(("id", "key", "no", "nr", "num", "number", "pk", ""))
_SPACELESS = re.compile(r"[^\s]{1,20}")
_ENOUGH_ROWS = 10
WHOLE = ("integer", "integer 64")
"""The formats of whole numbers that keys may have."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One file, the entity it becomes, and what each of its columns is."""

    profile: TableProfile
    entity: str
    habit: Customs
    decisions: tuple[Decision, ...]
    keys: frozenset[int]
    """The columns that have another value in every row and could tell the records apart."""
    id_column: int | None
    """The column that becomes the records' own id."""

    @property
    def columns(self) -> list[ColumnProfile]:
        """Return the columns' profiles."""
        return self.profile.columns

    @property
    def declared(self) -> Declared | None:
        """Return what the source says of the table."""
        return self.profile.found.declared

    def said(self, index: int) -> DeclaredColumn:
        """Return what the source says of a column."""
        declared = self.declared
        if declared is None or index >= len(declared.columns):
            return DeclaredColumn()
        return declared.columns[index]

    def is_required(self, index: int) -> bool:
        """Return whether a column has a value in each of enough rows, or in every one as its source says."""
        column = self.columns[index]
        if self.declared is not None and self.declared.complete:
            return self.said(index).required and self.is_filled(index)
        filled = not column.empty and not (self.decisions[index].missing and column.missing_cells)
        if self.decisions[index].type == "enum" and self.decisions[index].missing:
            filled = False
        return filled and column.filled >= _ENOUGH_ROWS and self.decisions[index].type != "boolean"

    def is_filled(self, index: int) -> bool:
        """Return whether every row that there is has a value in a column."""
        column, decision = self.columns[index], self.decisions[index]
        return not column.empty and not (decision.missing and column.missing_cells)

    def is_unique(self, index: int) -> bool:
        """Return whether a column is a key by its values and by its name or look, or as its source says."""
        if self.declared is not None and self.declared.complete:
            kind = self.decisions[index].type
            return self.said(index).unique and self.columns[index].differs() and TYPES[kind].unique
        if index not in self.keys or self.columns[index].filled < 2:
            return False
        if names.plain(self.columns[index].header).split("_")[-1] in _KEY_WORDS:
            return True
        column = self.columns[index]
        code = column.longest <= 12 and _SPACELESS.fullmatch(column.example) is not None and _codes(column)
        return index == 0 and self.decisions[index].type == "text" and code


def table(profile: TableProfile, entity: str) -> Table:
    """Return a file with its decisions taken."""
    habit = customs(profile.columns, profile.found.delimiter)
    said = profile.found.declared.columns if profile.found.declared is not None else ()
    decisions = tuple(
        decide_said(column, habit, said[place]) if place < len(said) else decide(column, habit)
        for place, column in enumerate(profile.columns)
    )
    keys = frozenset(
        place
        for place, (column, decision) in enumerate(zip(profile.columns, decisions, strict=True))
        if _is_key_type(decision)
        and column.could_be_key()
        and _stays_distinct(column, decision)
        and column.is_distinct()
    )
    made = Table(profile=profile, entity=entity, habit=habit, decisions=decisions, keys=keys, id_column=None)
    return msgspec.structs.replace(made, id_column=_id_column(made))


def _is_key_type(decision: Decision) -> bool:
    return decision.type in ("text", "email") or decision.format in WHOLE


def _stays_distinct(column: ColumnProfile, decision: Decision) -> bool:
    """Return whether texts that differ become values that differ."""
    if decision.missing or column.has_plus:
        return False
    if decision.type == "email":
        return column.distinct is not None and len({text.lower() for text in column.distinct}) == column.rows
    return True


def _codes(column: ColumnProfile) -> bool:
    """Return whether texts look like codes: no blanks inside, not all lower-case words."""
    texts = column.distinct or set()
    return all(_SPACELESS.fullmatch(text) for text in texts) and any(
        any(char.isdigit() or char.isupper() for char in text[1:]) for text in texts
    )


def _id_column(made: Table) -> int | None:
    """Return the column of whole, positive, distinct numbers that is called the record's number."""
    declared = made.declared
    if declared is not None and declared.complete:
        return declared.key if _numbers_records(made, declared) else None
    if len(made.columns) < 2:
        return None
    found = [(rank, index) for index in sorted(made.keys) if (rank := _id_rank(made, index)) is not None]
    return min(found)[1] if found else None


def _id_rank(made: Table, index: int) -> int | None:
    column = made.columns[index]
    if made.decisions[index].type != "integer" or not _positive(column):
        return None
    name = names.plain(column.header)
    entity = names.plain(made.entity)
    if name in ("id", "pk", "key"):
        return 0
    parts = name.split("_")
    if parts[-1] not in _NUMBER_WORDS:
        return None
    owner = "".join(parts[:-1])
    if owner and owner in (entity.replace("_", ""), entity.split("_")[-1]):
        return 1
    if parts[-1] in ("id", "pk") and index == 0:
        return 2
    return 3 if len(parts) == 1 and index == 0 else None


def _numbers_records(made: Table, declared: Declared) -> bool:
    """Return whether the primary key is a column of positive numbers that refer to no other table."""
    key = declared.key
    if key is None or len(made.columns) < 2 or any(each.column == key for each in declared.references):
        return False
    column = made.columns[key]
    whole = made.decisions[key].type == "integer" and not made.decisions[key].missing
    return whole and _positive(column) and not column.empty and column.differs()


def _positive(column: ColumnProfile) -> bool:
    return not column.has_zero_or_less
