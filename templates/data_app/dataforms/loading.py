"""What bulk loads have in common: numbers given out, values put into stored form, faults told by row."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.errors import LoadFailed, UnknownName
from dataforms.schema import Schema
from dataforms.spec import Entity
from dataforms.storage import FORMS
from dataforms.typerow import Storage, Value
from dataforms.types import is_stored, type_of

Rows = Iterable[Mapping[str, Value]]
Store = Callable[..., object]
LINKS_AT_ONCE = 1_000


class Loading(ABC):
    """One bulk load into one table; `row` is the one that is being read, from 1."""

    def __init__(
        self, connection: Connection, schema: Schema, entity: Entity, *, checks_references: bool
    ) -> None:
        self.connection = connection
        self.table = schema.tables[entity.name]
        self.links = {
            field.name: schema.links[entity.name, field.name]
            for field in entity.fields
            if type_of(field).linked
        }
        self._pairs: dict[str, list[tuple[int, int]]] = {name: [] for name in self.links}
        self.entity = entity
        self.checks_references = checks_references
        self.fields = [field for field in entity.fields if is_stored(field)]
        self.names = ["id", *(field.name for field in self.fields)]
        self.last_numbers = {
            field.name: self.last(field.name) for field in entity.fields if field.type == "auto_number"
        }
        self.row = 0
        self.has_ids = False
        self.last_id = 0

    @abstractmethod
    def run(self, rows: Rows) -> int:
        """Insert all; return how many."""

    def numbered_rows(self, rows: Rows) -> Iterator[Mapping[str, Value]]:
        """Yield the rows, auto-numbered where they are not, and keep count of them."""
        allowed = frozenset(self.names) | self.links.keys()
        last = self.last_numbers
        for row in rows:
            self.row += 1
            self.has_ids = self.has_ids or "id" in row
            if not row.keys() <= allowed:
                unknown = sorted(row.keys() - allowed)[0]
                raise UnknownName(f"Row {self.row}: {self.entity.title} has no field {unknown!r}.")
            if last:
                row = dict(row)
                for name in last:
                    given = row.get(name)
                    last[name] = max(last[name], given) if isinstance(given, int) else last[name] + 1
                    row.setdefault(name, last[name])
            yield row

    def note_links(self, row: Mapping[str, Value], id: int) -> None:
        """Keep what the record `id` is linked to; `store_links` stores it when all rows are there."""
        for name, pairs in self._pairs.items():
            ids = row.get(name)
            if isinstance(ids, tuple):
                pairs.extend((id, each) for each in ids if isinstance(each, int))

    def store_links(self) -> None:
        """Store the links of all rows."""
        for name, link in self.links.items():
            found = self._pairs[name]
            for start in range(0, len(found), LINKS_AT_ONCE):
                some = found[start : start + LINKS_AT_ONCE]
                pairs = [{link.source.name: one, link.target.name: other} for one, other in some]
                self.connection.execute(sa.insert(link.table), pairs)

    def stores(self, is_wanted: Callable[[Storage], bool]) -> list[tuple[int, Store]]:
        """Return the places in a row of values that have a stored form of a wanted storage, and its maker."""
        return [
            (place, store)
            for place, field in enumerate(self.fields, 1)
            if (storage := type_of(field).storage) is not None
            and is_wanted(storage)
            and (store := FORMS[storage].store) is not None
        ]

    def stored(self, store: Store, place: int, value: object) -> object:
        """Return the stored form of a value; raise LoadFailed."""
        try:
            return store(value)
        except (TypeError, ValueError, ArithmeticError) as error:
            title = self.fields[place - 1].title
            raise LoadFailed(f"Row {self.row}: {title} cannot be stored: {error}.", self.row) from error

    def last(self, name: str) -> int:
        """Return the greatest number in a column; 0 without any."""
        return int(self.connection.execute(sa.select(sa.func.max(self.table.c[name]))).scalar_one() or 0)

    def failed(self, id: int, message: str) -> LoadFailed:
        """Return the error for the record of that id; its row is known where ids were given out in order."""
        row = None if self.has_ids else id - self.last_id + self.row
        return LoadFailed(f"Row {row}: {message}." if row else f"The record {id}: {message}.", row)

    def title(self, name: str) -> str:
        """Return what people call a column."""
        return next((field.title for field in self.entity.fields if field.name == name), name)
