"""Where the rows of an import go: all of a batch at once, or one by one where they depend on more."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol

from dataforms.errors import DataError, RecordInvalid
from dataforms.importing.plan import ID
from dataforms.importing.trial import Values
from dataforms.spec import Entity
from dataforms.transaction import Transaction
from dataforms.typerow import Value
from dataforms.types import type_of


class Store(Protocol):
    """Takes the records of a batch."""

    def insert(self, records: Sequence[Values]) -> list[dict[str, str]]:
        """Store new records; return for each what is wrong with it, by field."""

    def update(self, changes: Sequence[tuple[int, Values, Values]]) -> list[dict[str, str]]:
        """Change records: each an id, what is stored, what changes. Return what is wrong with each."""


class Seen:
    """Knows stored records as far as the account may see them: others are not even told to be there."""

    def __init__(self, transaction: Transaction, entity: Entity) -> None:
        self._transaction, self._entity = transaction, entity

    def stored(self, key: str, wanted: Iterable[Value]) -> dict[Value, tuple[int, Values]]:
        """Return the records whose `key` has one of the values: their ids and what they hold."""
        name = self._entity.name
        if key == ID:
            ids: dict[Value, int] = {value: value for value in wanted if isinstance(value, int)}
        else:
            ids = self._transaction.keys_among(name, key, wanted)
        records = ((value, self._transaction.get(name, id)) for value, id in ids.items())
        return {value: (each.id, dict(each.values)) for value, each in records if each is not None}


class OneByOne:
    """Stores each record as a form would: with its conditions, its checks and the account's roles."""

    def __init__(self, transaction: Transaction, entity: Entity) -> None:
        self._transaction, self._entity = transaction, entity
        self._fields = {field.name: field for field in entity.fields}

    def insert(self, records: Sequence[Values]) -> list[dict[str, str]]:
        """Store new records; return for each what is wrong with it, by field."""
        insert, name = self._transaction.insert, self._entity.name
        return [self._tried(partial(insert, name, self._raw(record))) for record in records]

    def update(self, changes: Sequence[tuple[int, Values, Values]]) -> list[dict[str, str]]:
        """Change records: each an id, what is stored, what changes. Return what is wrong with each."""
        update, name = self._transaction.update, self._entity.name
        return [self._tried(partial(update, name, id, self._raw(changed))) for id, _, changed in changes]

    def _raw(self, values: Values) -> dict[str, object]:
        fields = ((self._fields[name], value) for name, value in values.items())
        return {field.name: type_of(field).edit(value, field) for field, value in fields}

    def _tried(self, change: Callable[[], object]) -> dict[str, str]:
        try:
            with self._transaction.attempt():
                change()
        except RecordInvalid as refused:
            return refused.errors
        except DataError as refused:
            return {"": str(refused)}
        return {}
