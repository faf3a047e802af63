"""Cells on their way to values: plain ones by their text, references by what the record is called."""

import re
from collections.abc import Sequence
from typing import Protocol

from dataforms.errors import FieldError
from dataforms.importing.cells import Cells
from dataforms.spec import Entity, Field
from dataforms.transaction import Transaction
from dataforms.typerow import Value
from dataforms.types import is_empty, type_of
from dataforms.words import say


def parts(field: Field, cell: object) -> Sequence[object]:
    """Return the names in a cell that may name several records; none where a field takes but one."""
    if not type_of(field).linked:
        return ()
    return [part.strip() for part in re.split(r"[,;|\n]", cell)] if isinstance(cell, str) else [cell]


class Reader(Protocol):
    """Reads one column."""

    def look_up(self, cells: Sequence[object]) -> None:
        """Learn what the cells of the next batch stand for."""

    def value(self, cell: object) -> Value:
        """Return a cell's value, None for an empty one; raise FieldError."""


class Plain:
    """Values that stand in the cells themselves."""

    def __init__(self, field: Field, format: str | None) -> None:
        self._cells = Cells(field, format)

    def look_up(self, cells: Sequence[object]) -> None:
        """Do nothing: no other record is asked for."""

    def value(self, cell: object) -> Value:
        """Return a cell's value, None for an empty one; raise FieldError."""
        return self._cells.value(cell)


class Named:
    """Ids of records of `target` that the cells name by its field `by`, several with commas between them."""

    def __init__(self, transaction: Transaction, target: Entity, by: str, field: Field) -> None:
        self._transaction, self._target, self._field = transaction, target, field
        self._by = next(each for each in target.fields if each.name == by)
        self._cells = Cells(self._by, None)
        self._ids: dict[Value, int] = {}

    def look_up(self, cells: Sequence[object]) -> None:
        """Learn the ids of the records that the cells name."""
        wanted = {self._named(name) for cell in cells for name in (cell, *parts(self._field, cell))} - {None}
        unknown = wanted - self._ids.keys()
        if unknown:
            self._ids |= self._transaction.keys_among(self._target.name, self._by.name, unknown)

    def value(self, cell: object) -> Value:
        """Return the id, or the ids, of what a cell names, None for an empty one; raise FieldError."""
        if not type_of(self._field).linked:
            return self._id(cell)
        whole = self._ids.get(self._named(cell))  # a name may have a comma in it
        ids = (
            [whole]
            if whole is not None
            else [self._id(part) for part in parts(self._field, cell) if not is_empty(part)]
        )
        value: Value = type_of(self._field).parse(ids, self._field)
        return value

    def _id(self, cell: object) -> int | None:
        name = self._cells.value(cell)
        if name is None:
            return None
        if name not in self._ids:
            raise FieldError(
                say("There is no {target} with this {by}.", target=self._target.title, by=self._by.title)
            )
        return self._ids[name]

    def _named(self, cell: object) -> Value:
        try:
            return self._cells.value(cell)
        except FieldError:
            return None
