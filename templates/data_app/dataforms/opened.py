"""One database as one account sees it: its tables, its connections, and who asks. Reads no record."""

import copy
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from sqlalchemy.engine import Connection

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
from dataforms.meta import TABLES_KEY, recall, record, recorded_spec, tables_digest
from dataforms.origin import is_over, source_url
from dataforms.parts import Base, Parts
from dataforms.query import Selection
from dataforms.reading import Reading
from dataforms.saving import Saving
from dataforms.schema import Schema
from dataforms.spec import AppSpec, Entity
from dataforms.views.asking import Asking
from dataforms.violations import told
from dataforms.watching import Changes
from dataforms.writing import Writing, not_allowed


class Opened:
    """The tables of `spec` at `url`, made and opened on first use, as far as no record is concerned.

    Where the rows of `spec` are in a database that is another's, `source` or the environment says where; what
    is the app's own, such as saved views, is at `url` all the same.
    """

    def __init__(
        self, spec: AppSpec, url: str, files: Files | None = None, *, source: str | None = None
    ) -> None:
        self._written = spec
        self.whole_spec = resolved(spec)
        self.url = url
        self.spec = self.whole_spec
        """What of the app the account gets to see."""
        self.access = EVERYTHING
        self._entities = by_name(self.spec)
        self._files = files
        self.is_over = is_over(spec)
        """Are the rows in a database that is another's?"""
        self._own = Connections(url, told=lambda error: told(error, self.whole_spec, self._base().schema))
        self._connections = _source(source) if self.is_over else self._own
        self.changes = Changes(self._connections)
        """Tells when anything has changed, here or in another process."""
        self._lock = threading.RLock()
        self._shared: list[Base] = []
        self._made: Parts | None = None
        self._listeners: list[Listener] = []
        self._committed: list[Callable[[], None]] = []

    def acting(self, access: Access) -> Self:
        """Return the same database as an account may see and change it."""
        other = copy.copy(self)
        other.access = access
        other.spec = Rights(self.whole_spec, access).seen(self.whole_spec)
        other._entities = by_name(other.spec)
        other._made = None
        return other

    @property
    def is_limited(self) -> bool:
        """Tell whether roles limit the account."""
        return Rights(self.whole_spec, self.access).is_limited

    @property
    def is_heard(self) -> bool:
        """Tell whether anybody is told of every single change."""
        return bool(self._listeners)

    @property
    def schema(self) -> Schema:
        """Return the tables."""
        return self._base().schema

    @property
    def conditions(self) -> Conditions:
        """Return what the spec makes depend on a record's values."""
        return self._base().conditions

    def may(self, action: Action, entity: str) -> bool:
        """Tell whether the account may do that with any record of an entity."""
        return Rights(self.whole_spec, self.access).may(action, entity)

    def may_all(self, action: Action, entity: str) -> bool:
        """Tell whether the account may do that with every record of an entity."""
        rights = Rights(self.whole_spec, self.access)
        return rights.may(action, entity) and not rights.conditions(action, entity)

    @contextmanager
    def beside(self) -> Iterator[Connection]:
        """Lend a connection that reads what the app keeps beside its records."""
        with self._own.reading() as connection:
            yield connection

    def create(self) -> None:
        """Make what is missing: tables, columns, indexes. Cheap when there is nothing to do; deletes no data.

        Raises:
            SchemaDiffers: tables are there that the spec does not fit; nothing was changed.
        """
        if self.is_current():
            return
        schema = self._base().schema
        with self._own.reading() as connection:
            tables = recorded_spec(connection)
        with self._own.writing() as connection:
            grow(connection, schema)
            record(connection, self._written, grown(tables, self._written))

    def is_current(self) -> bool:
        """Tell whether the tables were made or changed for this very spec."""
        with self._own.reading() as connection:
            return recall(connection, TABLES_KEY) == tables_digest(self._written)

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        self.changes.close()
        self._connections.close()
        self._own.close()

    def _base(self) -> Base:
        with self._lock:
            if not self._shared:
                schema = Schema(self.whole_spec, is_sqlite=self._connections.is_sqlite)
                computing = Computing(schema, is_sqlite=self._connections.is_sqlite)
                limits = Limits(self.whole_spec, schema, computing, Rights(self.whole_spec, EVERYTHING))
                select = self._selection(self.whole_spec, schema, computing, limits)
                made = Base(
                    schema=schema,
                    computing=computing,
                    conditions=Conditions(self.whole_spec, computing),
                    whole=Reading(by_name(self.whole_spec), select),
                )
                self._shared.append(made)
            return self._shared[0]

    def _parts(self) -> Parts:
        with self._lock:
            if self._made is None:
                base = self._base()
                rights = Rights(self.whole_spec, self.access)
                limits = Limits(self.whole_spec, base.schema, base.computing, rights)
                select = self._selection(self.spec, base.schema, base.computing, limits)
                reading = Reading(self._entities, select) if rights.is_limited else base.whole
                entities = by_name(self.whole_spec)
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
                saving = Saving(
                    entities, self._entities, writing, base.conditions, seen=reading, whole=base.whole
                )
                asking = Asking(
                    self.spec, reading, select, limits, base.computing, is_sqlite=self._connections.is_sqlite
                )
                self._made = Parts(
                    limits=limits, reading=reading, writing=writing, saving=saving, asking=asking
                )
            return self._made

    def _selection(self, spec: AppSpec, schema: Schema, computing: Computing, limits: Limits) -> Selection:
        return Selection(spec, schema, computing, limits, is_sqlite=self._connections.is_sqlite)

    @property
    def _reading(self) -> Reading:
        return self._parts().reading

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


def _source(url: str | None) -> Connections:
    from dataforms.engine_source import SourceConnections  # of no use to other apps

    return SourceConnections(url or source_url(os.environ))


def by_name(spec: AppSpec) -> dict[str, Entity]:
    """Return the entities of a spec by their names."""
    return {entity.name: entity for entity in spec.entities}
