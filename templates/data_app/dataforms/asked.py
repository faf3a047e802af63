"""What a database is asked: each method is one transaction that changes nothing."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from dataforms.around import Rows
from dataforms.errors import UnknownName
from dataforms.forms import is_rows, is_shared
from dataforms.migrate.kept import kept_attachments
from dataforms.opened import Opened
from dataforms.query import Option, Page, Query, Record
from dataforms.reading import BATCH
from dataforms.records import defaults_of
from dataforms.standing import Standing
from dataforms.trash import Trash, TrashItem
from dataforms.typerow import Attachment, TotalName, Value


class Asked(Opened):
    """A database, as far as it is read."""

    def counts(self) -> dict[str, int]:
        """Return the number of records of every entity that may be read."""
        with self._connections.reading() as connection:
            return self._reading.counts(connection)

    def page(self, entity: str, query: Query) -> Page:
        """Return one page of the records that match; none on a page after the last."""
        described = self._readable(entity)
        with self._connections.reading() as connection:
            return self._reading.page(connection, described, query)

    def stream(self, entity: str, query: Query, size: int = BATCH) -> Generator[list[Record], None, None]:
        """Yield the records of all pages, `size` at a time, as they were at the first.

        In one transaction: take them as they come, in one thread, and close the iterator that is not used up.
        """
        described = self._readable(entity)
        with self._connections.reading() as connection:
            yield from self._reading.stream(connection, described, query, size)

    def get(self, entity: str, id: int) -> Record | None:
        """Return a record; None without one."""
        described = self._readable(entity)
        with self._connections.reading() as connection:
            return self._reading.get(connection, described, id)

    def totals(self, entity: str, query: Query, totals: Sequence[tuple[str, TotalName]]) -> list[Value]:
        """Return totals over all the records that match, one for each pair of a field and a function.

        The average of whole numbers is a Decimal; a total of nothing is None, but a count.
        """
        described = self._readable(entity)
        with self._connections.reading() as connection:
            return self._reading.totals(connection, described, query, totals)

    def tally(self, entity: str, query: Query, field: str, values: Sequence[Value]) -> dict[Value, int]:
        """Return how many of the records that match have each of these values of a field."""
        described = self._readable(entity)
        with self._connections.reading() as connection:
            return self._reading.tally(connection, described, query, field, values)

    def options(self, entity: str, search: str = "", limit: int = 50) -> list[Option]:
        """Return up to `limit` records whose label holds every word of `search`, by label."""
        described = self._readable(entity)
        with self._connections.reading() as connection:
            return self._reading.options(connection, described, search, limit)

    def labels(self, entity: str, ids: Iterable[int]) -> dict[int, str]:
        """Return the labels of records by id; ids that are not there are left out."""
        described = self._readable(entity)
        with self._connections.reading() as connection:
            return self._reading.labels(connection, described, ids)

    def keys(self, entity: str, field: str) -> dict[Value, int]:
        """Return the id of every record by its value of `field`; the first one's where several have it."""
        described = self._readable(entity)
        with self._connections.reading() as connection:
            return self._reading.keys(connection, described, field)

    def keys_among(self, entity: str, field: str, values: Iterable[Value]) -> dict[Value, int]:
        """Return the ids of the records whose `field` has one of the values, by value."""
        described = self._readable(entity)
        with self._connections.reading() as connection:
            return self._reading.keys_among(connection, described, field, values)

    def attachments(self) -> Iterator[Attachment]:
        """Yield the files of records, of deleted ones and of removed fields, whatever the account sees."""
        if self.is_over:
            return
        base = self._base()
        with self._connections.reading() as connection:
            yield from base.whole.attachments(connection)
            yield from Trash(base.schema, base.whole).attachments(connection, self.whole_spec.entities)
            yield from kept_attachments(connection)

    def standing(
        self, entity: str, values: Mapping[str, Value], children: Rows = MappingProxyType({})
    ) -> Standing:
        """Return how the conditions stand for a record with these canonical values, stored or not.

        `children` are all of its rows as they are typed, by field; they count in place of the stored ones.
        """
        whole = self.whole_spec.entity(self._entity(entity).name)
        conditions = self._base().conditions
        if not children and not conditions.depend(whole):
            return Standing()
        with self._connections.reading() as connection:
            return conditions.of_family(connection, whole, values, self._asker(), children)

    def related(self, entity: str, field: str, id: int, limit: int) -> list[Record]:
        """Return up to `limit` of the children that a field of one record stands for, oldest first."""
        described = self._readable(entity)
        found = next((each for each in described.fields if each.name == field and is_rows(each)), None)
        if found is None or found.target is None or found.via is None:
            raise UnknownName(f"{described.title} has no children {field!r}.")
        child = self._readable(found.target)
        if is_shared(self.whole_spec.entities, found):
            raise UnknownName(f"{described.title} shares its {found.title} with others.")
        with self._connections.reading() as connection:
            return self._reading.related(connection, child, found.via, id, limit)

    def is_lively(self, entity: str) -> bool:
        """Tell whether a form has to follow what is typed into it: something depends on its values."""
        return self._base().conditions.depend(self.whole_spec.entity(self._entity(entity).name))

    def defaults(self, entity: str) -> dict[str, Value]:
        """Return what every field of a new record starts with, if the account adds it now."""
        return defaults_of(self._entity(entity), self._asker())

    def deleted(self, entity: str, limit: int = 100) -> list[TrashItem]:
        """Return up to `limit` records that were deleted lately, the last first.

        Where roles limit the account, only those that it deleted itself.
        """
        described = self._entity(entity)
        if self.is_over:
            return []
        with self._connections.reading() as connection:
            return self._parts().writing.deleted(connection, described, self._asker(), limit)
