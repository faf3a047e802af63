"""Several changes to the data at once: all of them are kept, or none."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.engine import Connection

from dataforms.asker import Asker
from dataforms.errors import UnknownName
from dataforms.query import Record
from dataforms.reading import Reading
from dataforms.spec import Entity
from dataforms.trash import Deleted
from dataforms.typerow import Value
from dataforms.writing import Writing


class Transaction:
    """The open transaction of one account; what it does raises as the methods of `Database` do."""

    def __init__(
        self,
        connection: Connection,
        entities: Mapping[str, Entity],
        reading: Reading,
        writing: Writing,
        asker: Asker,
    ) -> None:
        self.connection = connection
        self._entities, self._reading, self._writing, self.asker = entities, reading, writing, asker

    def get(self, entity: str, id: int) -> Record | None:
        """Return a record; None without one."""
        return self._reading.get(self.connection, self._entity(entity), id)

    def keys_among(self, entity: str, field: str, values: Iterable[Value]) -> dict[Value, int]:
        """Return the ids of the records whose `field` has one of the values, by value."""
        return self._reading.keys_among(self.connection, self._entity(entity), field, values)

    def insert(self, entity: str, values: Mapping[str, object]) -> int:
        """Store a new record of raw values; return its id."""
        return self._writing.insert(self.connection, self._entity(entity), values, self.asker)

    def update(
        self, entity: str, id: int, values: Mapping[str, object], *, expect: str | None = None
    ) -> None:
        """Change fields to these raw values, if the record's version is the one expected."""
        self._writing.update(self.connection, self._entity(entity), id, values, self.asker, expect=expect)

    def delete(self, entity: str, id: int) -> Deleted:
        """Delete a record."""
        return self._writing.delete(self.connection, self._entity(entity), id, self.asker)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo what is done within, and only that, when it raises."""
        with self.connection.begin_nested():
            yield

    def _entity(self, name: str) -> Entity:
        if name not in self._entities:
            raise UnknownName(f"There is no entity {name!r}.")
        return self._entities[name]
