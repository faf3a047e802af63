"""Goes through a table's records and makes new values of old ones; what cannot stay is kept and counted.

How new values get into the table is its subclasses' business: SQLite gets a new table, others new columns.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.meta import recall
from dataforms.migrate.convert import Conversion, Converted
from dataforms.migrate.kept import Keeper, Kept, as_json, from_json
from dataforms.migrate.moves import Move, Moves
from dataforms.migrate.report import Report, quoted
from dataforms.spec import Entity, Field
from dataforms.typerow import Value
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


class Rewrite:
    """The change of one entity's table."""

    def __init__(
        self,
        connection: Connection,
        entity: Entity,
        tables: tuple[sa.Table, sa.Table],
        moves: Moves,
        names: Names,
        keeper: Keeper,
        report: Report,
        now: datetime,
    ) -> None:
        self.connection = connection
        self.entity = entity
        self.was, self.now = tables
        self.moves = moves
        self.names = names
        self.keeper = keeper
        self.report = report
        self._moment = now
        self._last = {
            move.now.name: int(recall(connection, f"last:{self.now.name}.{move.now.name}") or 0)
            for move in moves.moves
            if move.now.type == "auto_number"
        }
        self._conversions = {
            move.now.name: Conversion(move.was, move.now)
            for move in moves.moves
            if move.was is not None and move.kind == "convert"
        }
        self.worked = [move for move in moves.moves if self._is_worked(move)]
        """The columns whose values have to be looked at."""

    @property
    def is_needed(self) -> bool:
        """Whether there is more to do than to add empty columns."""
        return bool(self.worked or self.moves.removed or any(move.loosened for move in self.moves.moves))

    def run(self) -> None:
        """Change the table; its name stays, and its indexes are for others to make."""
        self.begin()
        if self.worked or self.moves.removed:
            for rows in self._batches():
                made = [(row[0], self._made(row)) for row in rows]
                self.write([(id, values) for id, values in made if values is not None])
            self.keeper.flush()
        else:
            self.copy()
        self.finish()

    def begin(self) -> None:
        """Make the place for new values."""
        raise NotImplementedError

    def copy(self) -> None:
        """Take all records over as they are."""
        raise NotImplementedError

    def write(self, rows: list[tuple[int, Values]]) -> None:
        """Store the values of `written` columns, by the records' ids."""
        raise NotImplementedError

    def finish(self) -> None:
        """Put the new values in the place of the old ones."""
        raise NotImplementedError

    @property
    def written(self) -> list[Move]:
        """The columns that `write` gets values of."""
        raise NotImplementedError

    def title(self, field: str) -> str:
        """Return what people know a field of the old spec as."""
        return f"{self.names.entity}.{self.names.column(field)}"

    def _is_worked(self, move: Move) -> bool:
        numbers = move.kind == "add" and move.now.type == "auto_number"
        return move.kind == "convert" or move.must or numbers or self._has_kept(move.now.name)

    def _has_kept(self, column: str) -> bool:
        return self.keeper.has(self.now.name, column)

    def _batches(self) -> Iterator[list[tuple[Any, ...]]]:
        read = [*(move.was.name for move in self.written if move.was), *(f.name for f in self.moves.removed)]
        self._places = {name: place for place, name in enumerate(read, 1)}
        statement = sa.select(self.was.c.id, *(self.was.c[name] for name in read)).order_by(self.was.c.id)
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

    def _made(self, row: tuple[Any, ...]) -> Values | None:
        """Return a record's new values; None for one that cannot be, which is counted."""
        id = row[0]
        for field in self.moves.removed:
            self._remove(field, id, row[self._places[field.name]])
        values: Values = {}
        is_possible = True
        for move in self.written:
            old = row[self._places[move.was.name]] if move.was is not None else None
            value, is_exact = self._value(move, id, old)
            if move.must and value is None:
                value, is_exact = default_value(move.now, self._moment), False
                if value is None:
                    self.report.count("required", f"{self.entity.name}.{move.now.name}")
                    is_possible = False
            if move.was is not None and not is_exact:
                self._keep(move.was, move.now, id, old, value)
            values[move.now.name] = value
        return values if is_possible else None

    def _keep(self, was: Field, now: Field, id: int, old: Value, made: Value) -> None:
        column = self.names.column(was.name)
        value, became = as_json(old, _storage(was)), as_json(made, _storage(now))
        self.keeper.keep(self.names.table, column, id, value, became)

    def _value(self, move: Move, id: int, old: Value) -> tuple[Value, bool]:
        """Return a new value, and whether the old one can be had back from it."""
        name = move.now.name
        kept = self._kept.get(name, {}).get(id)
        if kept is not None and (kept.became is None or kept.became == self._stored(move.was, old)):
            return from_json(kept.value, _storage(move.now)), True
        if move.kind == "convert" and move.was is not None and old is not None:
            return self._converted(move, move.was, old)
        if move.kind == "add" and name in self._last:
            self._last[name] += 1
            return self._last[name], True
        return old, True

    def _converted(self, move: Move, was: Field, old: Value) -> tuple[Value, bool]:
        if was.type == "reference" == move.now.type and was.target != move.now.target:
            made = Converted(None, f"Refers to {was.target}, not to {move.now.target}.")
        else:
            made = self._conversions[move.now.name].of(old)
        if made.loss:
            kind = "lost" if made.value is None else "altered"
            example = f"{quoted(type_of(was).show(old, was))}: {made.loss}"
            self.report.count(kind, self.title(was.name), example=example)
        return made.value, not made.loss

    def _remove(self, field: Field, id: int, value: Value) -> None:
        if value is not None:
            column = self.names.column(field.name)
            self.keeper.keep(self.names.table, column, id, as_json(value, _storage(field)))
            example = quoted(type_of(field).show(value, field))
            self.report.count("removed", self.title(field.name), example=example)

    def _stored(self, field: Field | None, value: Value) -> str | None:
        return None if field is None else as_json(value, _storage(field))


def _storage(field: Field) -> Any:
    return type_of(field).storage
