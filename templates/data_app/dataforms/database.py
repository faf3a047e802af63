"""The data of one app: read, searched, changed and bulk-loaded by entity name.

Alone in deciding what runs within one transaction; what happens there is `reading`'s and `writing`'s.
"""

import copy
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec
from sqlalchemy.engine import Connection

from dataforms import saved_views
from dataforms.access import EVERYTHING, Access, Action, Rights
from dataforms.asker import Asker
from dataforms.changes import Listener
from dataforms.computed import resolved
from dataforms.computing import Computing
from dataforms.conditions import Conditions
from dataforms.engine import Connections
from dataforms.errors import UnknownName
from dataforms.files import Files
from dataforms.grow import grow, grown
from dataforms.limits import Limits
from dataforms.load import load_rows
from dataforms.meta import TABLES_KEY, recall, record, recorded_spec, tables_digest
from dataforms.query import Option, Page, Query, Record, Selection
from dataforms.reading import BATCH, Reading
from dataforms.records import defaults_of
from dataforms.saved_views import SavedView
from dataforms.schema import Schema
from dataforms.several import Report, Several, Which
from dataforms.spec import AppSpec, Entity
from dataforms.standing import Standing
from dataforms.transaction import Transaction
from dataforms.trash import Deleted, Trash, TrashItem
from dataforms.tuning import is_tuned, tune
from dataforms.typerow import Attachment, TotalName, Value
from dataforms.violations import told
from dataforms.watching import Changes
from dataforms.writing import Writing, not_allowed

__all__ = ["Database", "Option", "Page", "Query", "Record"]


class _Base(msgspec.Struct, frozen=True, kw_only=True):
    """What all views of one database share."""

    schema: Schema
    computing: Computing
    conditions: Conditions
    whole: Reading


class _Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What serves one account."""

    limits: Limits
    reading: Reading
    writing: Writing


class Database:
    """The tables of `spec` at `url` (`sqlite:///data/app.db`, relative to the working folder).

    Builds and opens nothing before the first use; may be used from several threads and processes. Methods
    raise UnknownName for an entity or a field that the spec does not have or the account does not get to see,
    NotAllowed for what its roles do not let it do, and DatabaseUnavailable. Records may have those files that
    are in `files`; without it, what they say of files is believed.
    """

    def __init__(self, spec: AppSpec, url: str, files: Files | None = None) -> None:
        self._written = spec
        self.whole_spec = resolved(spec)
        self.spec = self.whole_spec
        """What of the app the account gets to see."""
        self.access = EVERYTHING
        self._entities = _by_name(self.spec)
        self._files = files
        self._connections = Connections(
            url, told=lambda error: told(error, self.whole_spec, self._base().schema)
        )
        self.changes = Changes(self._connections)
        """Tells when anything has changed, here or in another process."""
        self._lock = threading.RLock()
        self._shared: list[_Base] = []
        self._made: _Parts | None = None
        self._listeners: list[Listener] = []
        self._committed: list[Callable[[], None]] = []

    def acting(self, access: Access) -> "Database":
        """Return the same database as an account may see and change it."""
        other = copy.copy(self)
        other.access = access
        other.spec = Rights(self.whole_spec, access).seen(self.whole_spec)
        other._entities = _by_name(other.spec)
        other._made = None
        return other

    @property
    def is_limited(self) -> bool:
        """Tell whether roles limit the account."""
        return Rights(self.whole_spec, self.access).is_limited

    @property
    def schema(self) -> Schema:
        """Return the tables."""
        return self._base().schema

    def may(self, action: Action, entity: str) -> bool:
        """Tell whether the account may do that with any record of an entity."""
        return Rights(self.whole_spec, self.access).may(action, entity)

    def _base(self) -> _Base:
        with self._lock:
            if not self._shared:
                schema = Schema(self.whole_spec)
                computing = Computing(schema, is_sqlite=self._connections.is_sqlite)
                limits = Limits(self.whole_spec, schema, computing, Rights(self.whole_spec, EVERYTHING))
                select = self._selection(self.whole_spec, schema, computing, limits)
                made = _Base(
                    schema=schema,
                    computing=computing,
                    conditions=Conditions(self.whole_spec, computing),
                    whole=Reading(_by_name(self.whole_spec), select),
                )
                self._shared.append(made)
            return self._shared[0]

    def _parts(self) -> _Parts:
        with self._lock:
            if self._made is None:
                base = self._base()
                rights = Rights(self.whole_spec, self.access)
                limits = Limits(self.whole_spec, base.schema, base.computing, rights)
                reading = base.whole
                if rights.is_limited:
                    select = self._selection(self.spec, base.schema, base.computing, limits)
                    reading = Reading(self._entities, select)
                entities = _by_name(self.whole_spec)
                writing = Writing(
                    entities,
                    base.schema,
                    base.conditions,
                    seen=reading,
                    whole=base.whole,
                    limits=limits,
                    files=self._files,
                    listeners=self._listeners,
                )
                self._made = _Parts(limits=limits, reading=reading, writing=writing)
            return self._made

    def _selection(self, spec: AppSpec, schema: Schema, computing: Computing, limits: Limits) -> Selection:
        return Selection(spec, schema, computing, limits, is_sqlite=self._connections.is_sqlite)

    @property
    def _reading(self) -> Reading:
        return self._parts().reading

    def create(self) -> None:
        """Make what is missing: tables, columns, indexes. Cheap when there is nothing to do; deletes no data.

        Raises:
            SchemaDiffers: tables are there that the spec does not fit; nothing was changed.
        """
        if self.is_current():
            return
        schema = self._base().schema
        with self._connections.reading() as connection:
            tables = recorded_spec(connection)
        with self._connections.writing() as connection:
            grow(connection, schema)
            record(connection, self._written, grown(tables, self._written))

    def is_current(self) -> bool:
        """Tell whether the tables were made or changed for this very spec."""
        with self._connections.reading() as connection:
            return recall(connection, TABLES_KEY) == tables_digest(self._written)

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        self.changes.close()
        self._connections.close()

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

    def attachments(self) -> Iterator[Attachment]:
        """Yield the files that records have, deleted ones and those too that the account does not see."""
        base = self._base()
        with self._connections.reading() as connection:
            yield from base.whole.attachments(connection)
            yield from Trash(base.schema, base.whole).attachments(connection, self.whole_spec.entities)

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

    def views(self, entity: str) -> list[SavedView]:
        """Return the views of an entity that are kept for everybody or for the account."""
        described = self._readable(entity)
        with self._connections.reading() as connection:
            return saved_views.views_of(connection, described.name, self.access.me)

    def save_view(
        self, entity: str, name: str, parameters: Mapping[str, str], *, is_shared: bool = True
    ) -> None:
        """Keep a view under a name, in place of the one that has it; an account's own unless it is shared."""
        described = self._readable(entity)
        with self._connections.writing() as connection:
            owner = None if is_shared else self.access.me
            saved_views.save(connection, described.name, name, parameters, owner)

    def delete_view(self, id: int) -> None:
        """Delete a view that the account sees, if it is there."""
        with self._connections.writing() as connection:
            saved_views.delete(connection, id, self.access.me)

    def is_tuned(self, entity: str) -> bool:
        """Tell whether a table is as quick as it gets: a small one always is."""
        described = self.whole_spec.entity(self._entity(entity).name)
        with self._connections.reading() as connection:
            return is_tuned(connection, described, self._base().schema.tables[entity])

    def tune(self, entity: str) -> bool:
        """Take one step towards that; return whether nothing is left to do. Others can write in between."""
        described = self.whole_spec.entity(self._entity(entity).name)
        with self._connections.writing() as connection:
            return tune(connection, described, self._base().schema.tables[entity])

    def get(self, entity: str, id: int) -> Record | None:
        """Return a record; None without one."""
        described = self._readable(entity)
        with self._connections.reading() as connection:
            return self._reading.get(connection, described, id)

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

    def deleted(self, entity: str, limit: int = 100) -> list[TrashItem]:
        """Return up to `limit` records that were deleted lately, the last first.

        Where roles limit the account, only those that it deleted itself.
        """
        described = self._entity(entity)
        with self._connections.reading() as connection:
            return self._parts().writing.deleted(connection, described, self._asker(), limit)

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

    def standing(self, entity: str, values: Mapping[str, Value]) -> Standing:
        """Return how the conditions stand for a record with these canonical values, stored or not."""
        whole = self.whole_spec.entity(self._entity(entity).name)
        conditions = self._base().conditions
        if not conditions.depend(whole):
            return Standing()
        with self._connections.reading() as connection:
            return conditions.standing(connection, whole, values, self._asker())

    def is_lively(self, entity: str) -> bool:
        """Tell whether a form has to follow what is typed into it: something depends on its values."""
        return self._base().conditions.depend(self.whole_spec.entity(self._entity(entity).name))

    def defaults(self, entity: str) -> dict[str, Value]:
        """Return what every field of a new record starts with, if the account adds it now."""
        return defaults_of(self._entity(entity), self._asker())

    def _asker(self) -> Asker:
        return self._parts().limits.asker()

    @contextmanager
    def _writes(self) -> Iterator[Connection]:
        """Lend a connection in a transaction; who watches `changes` is told once it is committed."""
        with self._connections.writing() as connection:
            yield connection
        self.changes.tell()
        for committed in self._committed:
            committed()

    def _entity(self, name: str) -> Entity:
        if name not in self._entities:
            raise UnknownName(f"There is no entity {name!r}.")
        return self._entities[name]

    def _readable(self, name: str) -> Entity:
        entity = self._entity(name)
        if not self._parts().limits.rights.may("read", name):
            raise not_allowed("read", entity)
        return entity


def _by_name(spec: AppSpec) -> dict[str, Entity]:
    return {entity.name: entity for entity in spec.entities}
