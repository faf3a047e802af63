"""The data of one app: read, searched, changed and bulk-loaded by entity name.

Alone in deciding what changes within one transaction; what happens there is `reading`'s and `writing`'s.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import NoReturn

from sqlalchemy.engine import Connection

from dataforms import saved_views
from dataforms.around import Children, ChildRow
from dataforms.asked import Asked
from dataforms.changes import Listener
from dataforms.errors import RecordInvalid
from dataforms.filling import Filling
from dataforms.load import load_rows
from dataforms.opened import by_name
from dataforms.query import Option, Page, Query, Record
from dataforms.saved_views import SavedView
from dataforms.several import Report, Several, Which
from dataforms.spec import Entity
from dataforms.transaction import Transaction
from dataforms.trash import Deleted
from dataforms.tuning import Tables, is_tuned, tune
from dataforms.typerow import Value
from dataforms.views.database import Viewed
from dataforms.writing import refuse_visitor

__all__ = ["ChildRow", "Database", "Option", "Page", "Query", "Record"]


class _TakenBack(Exception):
    """What was written was to see whether it could be."""


class Database(Asked, Viewed):
    """The tables of `spec` at `url` (`sqlite:///data/app.db`, relative to the working folder).

    Builds and opens nothing before the first use; may be used from several threads and processes. Methods
    raise UnknownName for an entity or a field that the spec does not have or the account does not get to see,
    NotAllowed for what its roles do not let it do, and DatabaseUnavailable. Records may have those files that
    are in `files`; without it, what they say of files is believed.
    """

    def views(self, entity: str) -> list[SavedView]:
        """Return the views of an entity that are kept for everybody or for the account; none for visitors."""
        described = self._readable(entity)
        if self.access.is_visitor:
            return []
        with self._own.reading() as connection:
            return saved_views.views_of(connection, described.name, self.access.me)

    def save_view(
        self, entity: str, name: str, parameters: Mapping[str, str], *, is_shared: bool = True
    ) -> None:
        """Keep a view under a name, in place of the one that has it; an account's own unless it is shared."""
        refuse_visitor(self.access)
        described = self._readable(entity)
        with self._own.writing() as connection:
            owner = None if is_shared else self.access.me
            saved_views.save(connection, described.name, name, parameters, owner)

    def delete_view(self, id: int) -> None:
        """Delete a view that the account sees, if it is there."""
        refuse_visitor(self.access)
        with self._own.writing() as connection:
            saved_views.delete(connection, id, self.access.me)

    def is_tuned(self, entity: str) -> bool:
        """Tell whether a table is as quick as it gets: a small one always is."""
        self._entity(entity)
        if self.is_over:
            return True
        with self._connections.reading() as connection:
            return is_tuned(connection, self._tables(), entity)

    def tune(self, entity: str) -> bool:
        """Take one step towards that; return whether nothing is left to do. Others can write in between."""
        self._entity(entity)
        with self._connections.writing() as connection:
            return tune(connection, self._tables(), entity)

    def _tables(self) -> Tables:
        tables = self._base().schema.tables
        return {each.name: (each, tables[each.name]) for each in self.whole_spec.entities}

    def insert(self, entity: str, values: Mapping[str, object]) -> int:
        """Store a new record of raw values, and defaults for those not given; return its id.

        Raises:
            RecordInvalid: with a message for every wrong field; nothing was stored.
        """
        with self.transaction() as transaction:
            return transaction.insert(entity, values)

    def update(
        self, entity: str, id: int, values: Mapping[str, object], *, expect: str | None = None
    ) -> None:
        """Change the fields that `values` names to these raw values.

        Raises:
            RecordInvalid: with a message for every wrong field; nothing was changed.
            RecordChanged: its version is not the one expected, so somebody changed it since it was read.
            UnknownRecord: there is none of that id.
        """
        with self.transaction() as transaction:
            transaction.update(entity, id, values, expect=expect)

    def save(
        self,
        entity: str,
        id: int | None,
        values: Mapping[str, object],
        children: Children = MappingProxyType({}),
        *,
        expect: str | None = None,
    ) -> int:
        """Store a record, new without an `id`, together with its children, all or nothing; return its id.

        Raises:
            RecordInvalid: with a message for every wrong field; that of `name` in row `n` of a field of
                children is `field.n.name`. Nothing was changed.
            RecordChanged: its version is not the one expected, so somebody changed it since it was read.
            UnknownRecord: there is none of that id.
        """
        described = self._entity(entity)
        with self.transaction() as transaction:
            return self._parts().saving.save(
                transaction.connection, described, id, values, children, transaction.asker, expect=expect
            )

    def check(
        self,
        entity: str,
        id: int | None,
        values: Mapping[str, object],
        children: Children = MappingProxyType({}),
    ) -> dict[str, str]:
        """Return the messages that `save` would refuse these values with; nothing is changed."""
        described = self._entity(entity)
        try:
            with suppress(_TakenBack), self._writes() as connection:
                self._parts().saving.save(connection, described, id, values, children, self._asker())
                _take_back()
        except RecordInvalid as refused:
            return refused.errors
        return {}

    def delete(self, entity: str, id: int) -> Deleted:
        """Delete a record; what `references` name it do so no more. It can be restored for a while.

        Raises:
            RecordInUse: other records refer to it, or need it among those that they name.
            UnknownRecord: there is none of that id.
        """
        with self.transaction() as transaction:
            return transaction.delete(entity, id)

    def listen(self, listener: Listener, committed: Callable[[], None]) -> None:
        """Have `listener` called within the transaction of every change, whichever account makes it.

        `committed` is called after each transaction, in the thread that it was made in.
        """
        self._listeners.append(listener)
        self._committed.append(committed)

    def restore(self, entity: str, items: Iterable[int]) -> Report:
        """Bring deleted records back, by their places in the trash; what was linked to them is again."""
        described = self._entity(entity)
        with self._writes() as connection:
            return self._several(connection, described).restore(items)

    def change(self, entity: str, which: Which, values: Mapping[str, object]) -> Report:
        """Change these raw values in many records, or in all that match; those that refuse it stay.

        Raises:
            RecordInvalid: they are more than `several.BULK_LIMIT`.
        """
        described = self._readable(entity)
        with self._writes() as connection:
            return self._several(connection, described).change(which, values)

    def delete_many(self, entity: str, which: Which) -> Report:
        """Delete many records, or all that match; those that refuse it stay.

        Raises:
            RecordInvalid: they are more than `several.BULK_LIMIT`.
        """
        described = self._readable(entity)
        with self._writes() as connection:
            return self._several(connection, described).delete(which)

    def _several(self, connection: Connection, entity: Entity) -> Several:
        return Several(connection, entity, self._reading, self._parts().writing, self._asker())

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Lend a transaction, which is committed at the end, or rolled back by what is raised within."""
        parts = self._parts()
        with self._writes() as connection:
            yield Transaction(connection, self._entities, parts.reading, parts.writing, parts.limits.asker())

    @contextmanager
    def rehearsal(self) -> Iterator["Database"]:
        """Lend a database with the same data in which changes can be tried.

        SQLite is copied, so nobody waits meanwhile; elsewhere it is this one, and the caller rolls back.
        """
        with self._connections.copied() as url:
            if url is None:
                yield self
                return
            copied = Database(self.whole_spec, url)
            try:
                yield copied.acting(self.access)
            finally:
                copied.close()

    def load(self, entity: str, rows: Iterable[Mapping[str, Value]]) -> int:
        """Insert canonical values in bulk, in one transaction; return the number of rows.

        `id` may be given; references need not be in order. Required, unique and references are checked;
        beyond that values are trusted to come from `TypeRow.parse`, defaults are not filled in, and no role
        is asked: what loads is the app's owner.

        Raises:
            LoadFailed: a row was refused, and none was kept.
        """
        described = self._entity(entity)
        with self._writes() as connection:
            return load_rows(connection, self._base().schema, described, rows)

    @contextmanager
    def filling(self) -> Iterator[Filling]:
        """Lend a bulk load of several tables in any order: one transaction, references checked at its end."""
        base = self._base()
        with self._writes() as connection:
            yield Filling(connection, base.schema, by_name(self.whole_spec), base.whole)


def _take_back() -> NoReturn:
    raise _TakenBack
