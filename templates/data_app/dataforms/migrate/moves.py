"""What happens to every field of an entity that keeps values: in a column, or as pairs. Runs no statement.

`was` is the entity as its table is after the renames, `now` as it is to be.
"""

from typing import Literal

import msgspec

from dataforms.columns import is_nullable
from dataforms.spec import Entity, Field
from dataforms.types import is_kept, type_of

Kind = Literal["copy", "convert", "add"]
_ASK_NOTHING = (
    "name",
    "title",
    "help",
    "hidden",
    "read_only",
    "default",
    "required",
    "unique",
    "currency",
    "unit",
)
"""Attributes of a field that no stored value of its type can break, or that are counted by themselves."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """How a field gets its values: as they are, by a conversion, or out of nothing."""

    kind: Kind
    now: Field
    was: Field | None = None
    must: bool = False
    """Whether there may be no record without a value from now on."""
    loosened: bool = False
    """Whether there may be one again."""

    @property
    def links(self) -> bool:
        """Whether its values are to be pairs in a table of their own."""
        return type_of(self.now).linked

    @property
    def column(self) -> str | None:
        """The name of the column that the values were in; None where there was none."""
        return None if self.was is None or type_of(self.was).linked else self.was.name


class Moves(msgspec.Struct, frozen=True, kw_only=True):
    """All of one entity: what becomes of its fields, and which go."""

    moves: tuple[Move, ...]
    removed: tuple[Field, ...]


def moves_of(was: Entity, now: Entity) -> Moves:
    """Return what happens to each field that keeps values."""
    before = {field.name: field for field in was.fields if is_kept(field)}
    after = {field.name: field for field in now.fields if is_kept(field)}
    return Moves(
        moves=tuple(_move(before.get(name), field) for name, field in after.items()),
        removed=tuple(field for name, field in before.items() if name not in after),
    )


def _move(was: Field | None, now: Field) -> Move:
    if was is None:
        return Move(kind="add", now=now, must=_is_never_empty(now))
    converts = _converts(was, now)
    return Move(
        kind="convert" if converts else "copy",
        now=now,
        was=was,
        must=(converts or not _is_never_empty(was)) and _is_never_empty(now),
        loosened=_is_never_empty(was) and not _is_never_empty(now),
    )


def _is_never_empty(field: Field) -> bool:
    return not type_of(field).linked and not is_nullable(field)


def _converts(was: Field, now: Field) -> bool:
    if was.type != now.type or was.target != now.target:
        return True
    return not set(was.choices) <= set(now.choices)


def rules_changed(was: Field, now: Field) -> bool:
    """Tell whether values of a field that stays what it is may break what it asks now."""
    return any(
        getattr(was, name) != getattr(now, name)
        for name in type(now).__struct_fields__
        if name not in _ASK_NOTHING
    )
