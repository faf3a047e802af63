"""Goes through a table's records and makes new values of old ones; what cannot stay is kept and counted.

A field's values are in its column, or pairs in a table of their own.

How new values get into the table is its subclasses' business: SQLite gets a new table, others new columns.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.meta import recall
from dataforms.migrate.convert import Conversion
from dataforms.migrate.kept import Keeper, Kept, as_json, from_json
from dataforms.migrate.moves import Move, Moves
from dataforms.migrate.report import LossKind, Report, quoted
from dataforms.pairs import KEY_TYPE, Link, gathered
from dataforms.spec import Entity, Field, table_name
from dataforms.typerow import Storage, Value
from dataforms.types import default_value, type_of

BATCH = 1_000
Values = dict[str, Value]


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What a table and its columns were called before the renames."""

    table: str
    entity: str
    columns: dict[str, str]

    def column(self, name: str) -> str:
        """Return the former name of a column."""
        return self.columns.get(name, name)


class New(msgspec.Struct, frozen=True, kw_only=True):
    """A new value; unless the old one can be had back from it, what is lost, and as what that is counted."""

    value: Value
    kind: LossKind | None = None
    loss: str = ""


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """The pairs of an entity's references fields before and after, by the names of the fields."""

    was: Mapping[str, Link]
    now: Mapping[str, Link]


class Rewrite:
    """The change of one entity's table, and of the pairs of its records."""

    def __init__(
        self,
        connection: Connection,
        entity: Entity,
        tables: tuple[sa.Table, sa.Table],
        links: Links,
        moves: Moves,
        names: Names,
        keeper: Keeper,
        report: Report,
        now: datetime,
    ) -> None:
        self.connection = connection
        self.entity = entity
        self.was, self.now = tables
        self.links = links
        self.moves = moves
        self.names = names
        self.keeper = keeper
        self.report = report
        self._moment = now
        self._last = {
            move.now.name: max(
                int(recall(connection, f"last:{self.now.name}.{move.now.name}") or 0),
                keeper.greatest(self.now.name, move.now.name),
            )
            for move in moves.moves
            if move.now.type == "auto_number"
        }
        self._conversions = {
            move.now.name: Conversion(move.was, move.now)
            for move in moves.moves
            if move.was is not None and move.kind == "convert"
        }
        self.worked = [move for move in moves.moves if self._is_worked(move)]
        """The fields whose values have to be looked at."""
        self.changes_columns = (
            any(move.column is not None or not move.links for move in self.worked)
            or any(not type_of(field).linked for field in moves.removed)
            or any(move.loosened for move in moves.moves)
        )
        """Whether the table itself changes, and not only what its records are linked to."""

    @property
    def is_needed(self) -> bool:
        """Whether there is more to do than to add empty columns."""
        return bool(self.worked or self.moves.removed or self.changes_columns)

    def run(self) -> None:
        """Change the table; its name stays, and its indexes are for others to make."""
        if self.changes_columns:
            self.begin()
        if self.worked or self.moves.removed:
            for rows in self._batches():
                self._convert_links(rows)
                made = [(row[0], self._made(row)) for row in rows]
                self._store([(id, values) for id, values in made if values is not None])
            self.keeper.flush()
        else:
            self.copy()
        if self.changes_columns:
            self.finish()

    def begin(self) -> None:
        """Make the place for new values."""
        raise NotImplementedError

    def copy(self) -> None:
        """Take all records over as they are."""
        raise NotImplementedError

    def write(self, rows: list[tuple[int, Values]]) -> None:
        """Store the values of those `written` fields that have a column, by the records' ids."""
        raise NotImplementedError

    def finish(self) -> None:
        """Put the new values in the place of the old ones."""
        raise NotImplementedError

    @property
    def written(self) -> list[Move]:
        """The fields that get values."""
        raise NotImplementedError

    def title(self, field: str) -> str:
        """Return what people know a field of the old spec as."""
        return f"{self.names.entity}.{self.names.column(field)}"

    def _is_worked(self, move: Move) -> bool:
        numbers = move.kind == "add" and move.now.type == "auto_number"
        if move.links:
            return move.kind == "convert" or (move.kind == "add" and self._has_kept(move.now.name))
        return move.kind == "convert" or move.must or numbers or self._has_kept(move.now.name)

    def _has_kept(self, column: str) -> bool:
        return self.keeper.has(self.now.name, column)

    def _batches(self) -> Iterator[list[tuple[Any, ...]]]:
        read = [*(move.was.name for move in self.written if move.was), *(f.name for f in self.moves.removed)]
        self._places = {name: place for place, name in enumerate(read, 1)}
        statement = sa.select(self.was.c.id, *map(self._values_of, read)).order_by(self.was.c.id)
        last = -(2**63)
        while True:
            rows = self.connection.execute(statement.where(self.was.c.id > last).limit(BATCH)).all()
            if not rows:
                return
            first, last = rows[0][0], rows[-1][0]
            self._kept: Mapping[str, dict[int, Kept]] = {
                move.now.name: self.keeper.of(self.now.name, move.now.name, first, last)
                for move in self.worked
            }
            yield [tuple(row) for row in rows]

    def _values_of(self, name: str) -> sa.ColumnElement[Any]:
        if name not in self.links.was:
            return self.was.c[name]
        is_sqlite = self.connection.dialect.name == "sqlite"
        return gathered(self.links.was[name].alias(), self.was.c.id, (), is_sqlite=is_sqlite)

    def _convert_links(self, rows: list[tuple[Any, ...]]) -> None:
        """Find what the records are to be linked to; records that are not there are left out."""
        self._linked: dict[str, dict[int, New]] = {}
        for move in self.worked:
            if move.links:
                made = {row[0]: self._value(move, row[0], self._old(move, row)) for row in rows}
                there = self._there(move.now.target or "", made.values())
                self._linked[move.now.name] = {
                    id: self._without_unknown(move, id, new, there) for id, new in made.items()
                }

    def _there(self, target: str, found: Iterable[New]) -> set[object]:
        table = sa.table(table_name(target), sa.column("id", KEY_TYPE))
        wanted = sorted({id for new in found if isinstance(new.value, tuple) for id in new.value}, key=str)
        there: set[object] = set()
        for start in range(0, len(wanted), BATCH):
            some = sa.select(table.c.id).where(table.c.id.in_(wanted[start : start + BATCH]))
            there.update(self.connection.execute(some).scalars())
        return there

    def _without_unknown(self, move: Move, id: int, new: New, there: set[object]) -> New:
        known: Any = tuple(each for each in _ids(new.value) if each in there)
        if known == (new.value or ()):
            return new
        if id in self._kept[move.now.name]:  # what was deleted since is not lost here
            return New(value=known or None)
        if not known:
            return New(value=None, kind="unknown", loss="There is no such record.")
        return New(value=known, kind="altered", loss=f"Becomes {type_of(move.now).show(known, move.now)}.")

    def _store(self, rows: list[tuple[int, Values]]) -> None:
        linked = [move.now.name for move in self.worked if move.links]
        if self.changes_columns:
            self.write(
                [(id, {name: values[name] for name in values if name not in linked}) for id, values in rows]
            )
        for name in linked:
            link = self.links.now[name]
            pairs = [
                {link.source.name: id, link.target.name: each}
                for id, values in rows
                for each in _ids(values[name])
            ]
            for start in range(0, len(pairs), BATCH):
                self.connection.execute(sa.insert(link.table), pairs[start : start + BATCH])

    def _old(self, move: Move, row: tuple[Any, ...]) -> Value:
        old: Value = row[self._places[move.was.name]] if move.was is not None else None
        return old

    def _made(self, row: tuple[Any, ...]) -> Values | None:
        """Return a record's new values; None for one that cannot be, which is counted."""
        id = row[0]
        for field in self.moves.removed:
            self._remove(field, id, row[self._places[field.name]])
        values: Values = {}
        is_possible = True
        for move in self.written:
            old = self._old(move, row)
            new = self._linked[move.now.name][id] if move.links else self._value(move, id, old)
            self._count(move, old, new)
            value, is_exact = new.value, new.kind is None
            if move.must and value is None:
                value, is_exact = default_value(move.now, self._moment), False
                if value is None:
                    self.report.count("required", f"{self.entity.name}.{move.now.name}")
                    is_possible = False
            if move.was is not None and (not is_exact or self._has_file(move)):
                self._keep(move.was, move.now, id, old, value)
            values[move.now.name] = value
        return values if is_possible else None

    def _has_file(self, move: Move) -> bool:
        """Tell whether values name files, which would be unused from now on and then deleted."""
        return move.kind == "convert" and move.was is not None and bool(type_of(move.was).media)

    def _count(self, move: Move, old: Value, new: New) -> None:
        if new.kind is not None and move.was is not None:
            now = f"{self.entity.name}.{move.now.name}"
            name = now if new.kind == "unknown" else self.title(move.was.name)
            example = quoted(type_of(move.was).show(old, move.was))
            self.report.count(new.kind, name, example=f"{example}: {new.loss}")

    def _keep(self, was: Field, now: Field, id: int, old: Value, made: Value) -> None:
        column = self.names.column(was.name)
        value, became = as_json(old, _storage(was)), as_json(made, _storage(now))
        self.keeper.keep(self.names.table, column, id, value, became)

    def _value(self, move: Move, id: int, old: Value) -> New:
        name = move.now.name
        kept = self._kept.get(name, {}).get(id)
        if kept is not None and (kept.became is None or kept.became == self._stored(move.was, old)):
            return New(value=from_json(kept.value, _storage(move.now)))
        if move.kind == "convert" and move.was is not None and old is not None:
            return self._converted(move, move.was, old)
        if move.kind == "add" and name in self._last:
            self._last[name] += 1
            return New(value=self._last[name])
        return New(value=old)

    def _converted(self, move: Move, was: Field, old: Value) -> New:
        if None not in (was.target, move.now.target) and was.target != move.now.target:
            return New(value=None, kind="lost", loss=f"Refers to {was.target}, not to {move.now.target}.")
        made = self._conversions[move.now.name].of(old)
        if not made.loss:
            return New(value=made.value)
        return New(value=made.value, kind="lost" if made.value is None else "altered", loss=made.loss)

    def _remove(self, field: Field, id: int, value: Value) -> None:
        if value is not None:
            column = self.names.column(field.name)
            self.keeper.keep(self.names.table, column, id, as_json(value, _storage(field)))
            example = quoted(type_of(field).show(value, field))
            self.report.count("removed", self.title(field.name), example=example)

    def _stored(self, field: Field | None, value: Value) -> str | None:
        return None if field is None else as_json(value, _storage(field))


def _storage(field: Field) -> Storage | None:
    return type_of(field).storage


def _ids(value: Value) -> Iterator[int]:
    if isinstance(value, tuple):
        yield from (each for each in value if isinstance(each, int))
