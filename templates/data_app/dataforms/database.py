"""The data of one app: read, searched, changed and bulk-loaded by entity name.

Alone in deciding what runs within one transaction; what a statement says is `dataforms.query`'s.
"""

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.computed import resolved
from dataforms.computing import Asker, Computing
from dataforms.conditions import Conditions
from dataforms.engine import Connections
from dataforms.errors import RecordInUse, RecordInvalid, UnknownName, UnknownRecord
from dataforms.grow import grow, stored_digest
from dataforms.load import load_rows
from dataforms.query import Option, Page, Query, Record, Selection
from dataforms.records import changed_values, new_values
from dataforms.rules import stored_errors
from dataforms.schema import DIGEST_KEY, Schema
from dataforms.spec import AppSpec, Entity
from dataforms.standing import Standing, judge
from dataforms.typerow import Value
from dataforms.types import display_field, type_of
from dataforms.types_time import wall_clock

__all__ = ["Database", "Option", "Page", "Query", "Record"]
_ID_LIMIT = 2**63
_BATCH = 500


class Database:
    """The tables of `spec` at `url` (`sqlite:///data/app.db`, relative to the working folder).

    Builds and opens nothing before the first use; may be used from several threads and processes. Methods
    raise UnknownName for an entity or a field that the spec does not have, and DatabaseUnavailable.
    """

    def __init__(self, spec: AppSpec, url: str) -> None:
        self.spec = resolved(spec)
        self._entities = {entity.name: entity for entity in self.spec.entities}
        self._connections = Connections(url)

        self._lock = threading.Lock()
        self._made: tuple[Schema, Selection, Conditions] | None = None

    @property
    def _schema(self) -> Schema:
        return self._parts()[0]

    @property
    def _select(self) -> Selection:
        return self._parts()[1]

    @property
    def _conditions(self) -> Conditions:
        return self._parts()[2]

    def _parts(self) -> tuple[Schema, Selection, Conditions]:
        with self._lock:
            if self._made is None:
                schema = Schema(self.spec)
                is_sqlite = self._connections.is_sqlite
                conditions = Conditions(self.spec, Computing(schema, is_sqlite=is_sqlite))
                self._made = schema, Selection(self.spec, schema, is_sqlite=is_sqlite), conditions
            return self._made

    def create(self) -> None:
        """Make what is missing: tables, columns, indexes. Cheap when there is nothing to do; deletes no data.

        Raises:
            SchemaDiffers: tables are there that the spec does not fit; nothing was changed.
        """
        digest = hashlib.sha256(msgspec.json.encode(self.spec)).hexdigest()
        with self._connections.reading() as connection:
            if stored_digest(connection) == digest:
                return
        with self._connections.writing() as connection:
            grow(connection, self._schema)
            for key, value in (("spec_version", str(self.spec.version)), (DIGEST_KEY, digest)):
                self._remember(connection, key, value)

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        self._connections.close()

    def counts(self) -> dict[str, int]:
        """Return the number of records of every entity."""
        each = [
            sa.select(sa.func.count()).select_from(table).scalar_subquery()
            for table in self._schema.tables.values()
        ]
        with self._connections.reading() as connection:
            return dict(zip(self._schema.tables, connection.execute(sa.select(*each)).one(), strict=True))

    def page(self, entity: str, query: Query) -> Page:
        """Return one page of the records that match; none on a page after the last."""
        described = self._entity(entity)
        rows, count = self._select.page(described, query)
        with self._connections.reading() as connection:
            total = connection.execute(count).scalar_one()
            records = self._records(connection, described, connection.execute(rows).all())
        return Page(rows=records, total=total)

    def get(self, entity: str, id: int) -> Record | None:
        """Return a record; None without one."""
        described = self._entity(entity)
        with self._connections.reading() as connection:
            return self._get(connection, described, id)

    def insert(self, entity: str, values: Mapping[str, object]) -> int:
        """Store a new record of raw values, and defaults for those not given; return its id.

        Raises:
            RecordInvalid: with a message for every wrong field; nothing was stored.
        """
        described = self._entity(entity)
        parsed, errors = new_values(described, values, wall_clock())
        with self._connections.writing() as connection:
            judge(described, parsed, errors, self._standing(connection, described, parsed))
            errors |= stored_errors(connection, self._schema, described, parsed, errors)
            if errors:
                raise RecordInvalid(errors)
            parsed |= self._numbers(connection, described)
            table = self._schema.tables[entity]
            key = connection.execute(sa.insert(table).values(parsed)).inserted_primary_key
            assert key is not None  # noqa: S101 - every table has one
            return int(key[0])

    def update(self, entity: str, id: int, values: Mapping[str, object]) -> None:
        """Change the fields that `values` names to these raw values.

        Raises:
            RecordInvalid: with a message for every wrong field; nothing was changed.
            UnknownRecord: there is none of that id.
        """
        described = self._entity(entity)
        table = self._schema.tables[entity]
        with self._connections.writing() as connection:
            stored = self._known(connection, described, id).values
            parsed, errors = changed_values(described, values, stored)
            judge(
                described,
                parsed,
                errors,
                self._standing(connection, described, {**stored, **parsed, "id": id}),
                stored=stored,
                before=self._standing(connection, described, {**stored, "id": id}),
            )
            errors |= stored_errors(connection, self._schema, described, parsed, errors, stored=stored, id=id)
            if errors:
                raise RecordInvalid(errors)
            if parsed:
                connection.execute(sa.update(table).where(table.c.id == id).values(parsed))

    def delete(self, entity: str, id: int) -> None:
        """Delete a record.

        Raises:
            RecordInUse: other records refer to it.
            UnknownRecord: there is none of that id.
        """
        described = self._entity(entity)
        table = self._schema.tables[entity]
        with self._connections.writing() as connection:
            self._known(connection, described, id)
            self._refuse_if_used(connection, described, id)
            connection.execute(sa.delete(table).where(table.c.id == id))

    def options(self, entity: str, search: str = "", limit: int = 50) -> list[Option]:
        """Return up to `limit` records whose label holds every word of `search`, by label."""
        described = self._entity(entity)
        statement = self._select.options(described, search, limit)
        with self._connections.reading() as connection:
            rows = connection.execute(statement).all()
        return [Option(id=row[0], label=_label(described, row)) for row in rows]

    def labels(self, entity: str, ids: Iterable[int]) -> dict[int, str]:
        """Return the labels of records by id; ids that are not there are left out."""
        described = self._entity(entity)
        with self._connections.reading() as connection:
            return self._labels(connection, described, ids)

    def keys(self, entity: str, field: str) -> dict[Value, int]:
        """Return the id of every record by its value of `field`; the first one's where several have it."""
        described = self._entity(entity)
        column = self._schema.tables[entity].c[self._field(described, field)]
        key = self._schema.tables[entity].c.id
        statement = sa.select(column, key).where(column.is_not(None)).order_by(key.desc())
        with self._connections.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def load(self, entity: str, rows: Iterable[Mapping[str, Value]], *, batch: int = 1000) -> int:
        """Insert canonical values in bulk, in one transaction; return the number of rows.

        `id` may be given; references need not be in order. Required, unique and references are checked;
        beyond that values are trusted to come from `TypeRow.parse`, and defaults are not filled in.

        Raises:
            LoadFailed: a row was refused, and none was kept.
        """
        described = self._entity(entity)
        with self._connections.writing() as connection:
            return load_rows(connection, self._schema.tables[entity], described, rows, batch=batch)

    def standing(self, entity: str, values: Mapping[str, Value]) -> Standing:
        """Return how the conditions stand for a record with these canonical values, stored or not."""
        described = self._entity(entity)
        if not self._conditions.depend(described):
            return Standing()
        with self._connections.reading() as connection:
            return self._standing(connection, described, values)

    def is_lively(self, entity: str) -> bool:
        """Tell whether a form has to follow what is typed into it: something depends on its values."""
        return self._conditions.depend(self._entity(entity))

    def _standing(self, connection: Connection, entity: Entity, values: Mapping[str, Value]) -> Standing:
        return self._conditions.standing(connection, entity, values, Asker(now=wall_clock()))

    def _entity(self, name: str) -> Entity:
        if name not in self._entities:
            raise UnknownName(f"There is no entity {name!r}.")
        return self._entities[name]

    def _field(self, entity: Entity, name: str) -> str:
        if not any(field.name == name for field in entity.fields):
            raise UnknownName(f"{entity.title} has no field {name!r}.")
        return name

    def _get(self, connection: Connection, entity: Entity, id: int) -> Record | None:
        if not -_ID_LIMIT <= id < _ID_LIMIT:
            return None
        table = self._schema.tables[entity.name]
        columns = self._select.columns(entity)
        row = connection.execute(sa.select(*columns).where(table.c.id == id)).one_or_none()
        return None if row is None else self._records(connection, entity, [row])[0]

    def _known(self, connection: Connection, entity: Entity, id: int) -> Record:
        record = self._get(connection, entity, id)
        if record is None:
            raise UnknownRecord(f"There is no {entity.title} {id}.", hint="It may have been deleted.")
        return record

    def _records(self, connection: Connection, entity: Entity, rows: Iterable[Sequence[Any]]) -> list[Record]:
        names = [field.name for field in entity.fields]
        found: list[tuple[int, dict[str, Any]]] = [
            (row[0], dict(zip(names, row[1:], strict=True))) for row in rows
        ]
        labels: dict[str, dict[int, str]] = {}
        for field in entity.fields:
            if field.type == "reference" and field.target is not None:
                ids = {values[field.name] for _, values in found}
                labels[field.name] = self._labels(connection, self._entities[field.target], ids - {None})
        return [
            Record(
                id=id,
                values=values,
                labels={name: known.get(values[name], "") for name, known in labels.items()},
            )
            for id, values in found
        ]

    def _labels(self, connection: Connection, entity: Entity, ids: Iterable[int]) -> dict[int, str]:
        table = self._schema.tables[entity.name]
        wanted = sorted(ids)
        labels: dict[int, str] = {}
        for start in range(0, len(wanted), _BATCH):
            some = self._select.labels(entity).where(table.c.id.in_(wanted[start : start + _BATCH]))
            labels |= {row[0]: _label(entity, row) for row in connection.execute(some)}
        return labels

    def _refuse_if_used(self, connection: Connection, entity: Entity, id: int) -> None:
        users: dict[str, int] = {}
        for user, field in self._schema.users[entity.name]:
            column = self._schema.tables[user.name].c[field.name]
            many = connection.execute(sa.select(sa.func.count()).where(column == id)).scalar_one()
            if many:
                users[user.name] = users.get(user.name, 0) + many
        if users:
            named = " and ".join(_counted(self._entities[name], many) for name, many in users.items())
            verb = "uses" if sum(users.values()) == 1 else "use"
            raise RecordInUse(f"{named} {verb} this {entity.title}, so it cannot be deleted.", users)

    def _numbers(self, connection: Connection, entity: Entity) -> dict[str, Value]:
        """Return the next number of every auto_number field; one that was given out never comes again."""
        table = self._schema.tables[entity.name]
        numbers: dict[str, Value] = {}
        for field in entity.fields:
            if field.type == "auto_number":
                key = f"last:{table.name}.{field.name}"
                meta = self._schema.meta
                last = connection.execute(
                    sa.select(
                        sa.select(sa.func.max(table.c[field.name])).scalar_subquery(),
                        sa.select(meta.c.value).where(meta.c.key == key).scalar_subquery(),
                    )
                ).one()
                number = max(int(last[0] or 0), int(last[1] or 0)) + 1
                self._remember(connection, key, str(number))
                numbers[field.name] = number
        return numbers

    def _remember(self, connection: Connection, key: str, value: str) -> None:
        meta = self._schema.meta
        known = connection.execute(sa.update(meta).where(meta.c.key == key).values(value=value))
        if not known.rowcount:
            connection.execute(sa.insert(meta).values(key=key, value=value))


def _label(entity: Entity, row: Sequence[Any]) -> str:
    display = display_field(entity)
    text = "" if display is None else type_of(display).show(row[1], display)
    return text or f"{entity.title} {row[0]}"


def _counted(entity: Entity, many: int) -> str:
    return f"{many} {entity.title}" if many == 1 else f"{many} {entity.plural or entity.title}"
