"""Carries out the plan of an import, batch by batch, in one transaction: tells every row that is left out."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from dataforms.database import Database
from dataforms.errors import FieldError
from dataforms.importing.batch import Batches
from dataforms.importing.mapping import check
from dataforms.importing.plan import ID, Column, Fault, Plan, Report
from dataforms.importing.readers import Named, Plain, Reader
from dataforms.importing.stores import OneByOne, Seen, Store
from dataforms.importing.trial import Values
from dataforms.sheets.batch import Batch
from dataforms.sheets.sheet import Sheet
from dataforms.spec import AppSpec, Entity, Field
from dataforms.transaction import Transaction
from dataforms.typerow import Value
from dataforms.words import say

EXAMPLES = 100
_SHOWN = 200
_AT_ONCE = 100
"""How many rows are taken at once where each is stored by itself."""
Progress = Callable[[float, int], None]
"""Called with how much is done, 0 to 1, and the rows so far; what it raises cancels all."""
Refused = Callable[[Sequence[object], Fault], None]
"""Called with the cells of every row that is left out, and why."""


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """Which records the rows of an import were about, by the values of its key."""

    values: frozenset[Value]
    """Those of rows that were left out, too."""
    unknown: int
    """Of so many rows it could not be read."""


Ending = Callable[[Transaction, Report, Came], None]
"""Called within the transaction when all rows are taken; what it raises takes everything back."""


_NUMBER = Field(name=ID, title="Number", type="integer", min=1)


class _Undone(Exception):
    """Raised to take everything back."""


class Line(msgspec.Struct, kw_only=True):
    """A row on its way: its place in the file, its cells, its values, and the record that it matches."""

    number: int
    cells: Sequence[object]
    values: Values
    id: int | None = None
    before: Values = {}


def rehearse(
    database: Database,
    sheet: Sheet,
    plan: Plan,
    progress: Progress,
    refused: Refused,
    ending: Ending | None = None,
) -> Report:
    """Do all that `carry_out` does, take it back, and return what it would have come to."""
    with database.rehearsal() as copy:
        try:
            return _run(copy, sheet, plan, progress, refused, ending, is_real=False)
        except _Undone as ended:
            report: Report = ended.args[0]
            return report


def carry_out(
    database: Database,
    sheet: Sheet,
    plan: Plan,
    progress: Progress,
    refused: Refused,
    ending: Ending | None = None,
) -> Report:
    """Import the rows of a file; faulty ones are left out, and the others are all kept or none.

    Raises:
        MappingInvalid: the plan does not fit file or table.
        ImportRefused: the file cannot be read to its end.
    """
    return _run(database, sheet, plan, progress, refused, ending, is_real=True)


def _run(
    database: Database,
    sheet: Sheet,
    plan: Plan,
    progress: Progress,
    refused: Refused,
    ending: Ending | None,
    *,
    is_real: bool,
) -> Report:
    entity = check(database, plan, len(sheet.header))
    with database.transaction() as transaction:
        importing = _Import(database, transaction, entity, plan, refused)
        done = 0.0
        for batch in sheet.batches():
            for part in importing.parts(batch, done):
                importing.take(part)
                progress(part.done, importing.rows)
            done = batch.done
        report = importing.report(sheet.notes)
        if ending is not None:
            ending(transaction, report, importing.came())
        if not is_real:
            raise _Undone(report)
    return report


class _Import:
    """One import under way."""

    def __init__(
        self, database: Database, transaction: Transaction, entity: Entity, plan: Plan, refused: Refused
    ) -> None:
        self._entity, self._plan, self._refused = entity, plan, refused
        self._transaction = transaction
        whole = database.whole_spec.entity(entity.name)
        conditions = database.conditions
        self._batches = Batches(transaction.connection, database.schema, conditions, whole, transaction.asker)
        is_simple = conditions.apart(whole) and not database.is_limited and not database.is_heard
        self._store: Store = self._batches if is_simple else OneByOne(transaction, entity)
        self._known = Seen(transaction, entity) if database.is_limited else self._batches
        fields = {field.name: field for field in entity.fields} | {ID: _NUMBER}
        self._columns = [
            (place, column, self._reader(database.spec, fields[column.field], column))
            for place, column in enumerate(plan.columns)
            if column.field is not None
        ]
        self._seen: set[Value] = set()
        self._left: set[Value] = set()
        """The keys of rows that are left out before any record is looked for."""
        self._unknown = 0
        self._defaulted = {field.name for field in entity.fields if field.default is not None}
        self.rows = 0
        self._counts = dict.fromkeys(("inserted", "updated", "unchanged", "skipped", "faulty"), 0)
        self._examples: list[Fault] = []
        self._left_out: list[tuple[Sequence[object], Fault]] = []

    def _reader(self, spec: AppSpec, field: Field, column: Column) -> Reader:
        if column.by not in (None, ID) and field.target is not None:
            return Named(self._transaction, spec.entity(field.target), column.by or "", field)
        return Plain(field, column.format)

    def report(self, notes: tuple[str, ...]) -> Report:
        """Return what all rows so far came to."""
        return Report(rows=self.rows, examples=tuple(self._examples), notes=notes, **self._counts)

    def came(self) -> Came:
        """Return which records all rows so far were about."""
        return Came(values=frozenset(self._seen | self._left), unknown=self._unknown)

    def parts(self, batch: Batch, done: float) -> Iterator[Batch]:
        """Yield the parts that rows are taken in, small where they take long: one sees how far it is."""
        at_once = len(batch.rows) if self._store is self._batches else _AT_ONCE
        for start in range(0, len(batch.rows), max(1, at_once)):
            end = min(start + at_once, len(batch.rows))
            yield Batch(
                rows=batch.rows[start:end],
                numbers=batch.numbers[start:end],
                done=done + (batch.done - done) * end / len(batch.rows),
            )

    def take(self, batch: Batch) -> None:
        """Import some rows."""
        for place, _, reader in self._columns:
            reader.look_up([row[place] for row in batch.rows if place < len(row)])
        lines = [line for line in map(self._line, batch.rows, batch.numbers) if line is not None]
        self.rows += len(batch.rows)
        new, old = self._match(lines)
        self._insert(new)
        self._update(old)
        self._tell_left_out()

    def _line(self, cells: Sequence[object], number: int) -> Line | None:
        values: Values = {}
        for place, column, reader in self._columns:
            cell = cells[place] if place < len(cells) else ""
            try:
                values[column.field or ""] = reader.value(cell)
            except FieldError as error:
                shown = str(cell)[:_SHOWN]
                fault = Fault(number=number, reason=str(error), column=column.header, text=shown)
                self._leave_out(cells, fault)
                self._note_key(cells)
                return None
        return Line(number=number, cells=cells, values=values)

    def _note_key(self, cells: Sequence[object]) -> None:
        """Note which record a faulty row is about."""
        for place, column, reader in self._columns:
            if column.field == self._plan.key:
                try:
                    value = reader.value(cells[place] if place < len(cells) else "")
                except FieldError:
                    value = None
                if value is None:
                    self._unknown += 1
                else:
                    self._left.add(value)

    def _match(self, lines: list[Line]) -> tuple[list[Line], list[Line]]:
        key = self._plan.key
        if key is None:
            return lines, []
        wanted = {line.values[key] for line in lines} - {None}
        stored = self._known.stored(key, wanted)
        new: list[Line] = []
        old: list[Line] = []
        for line in lines:
            value = line.values[key]
            if value is None and self._plan.needs_key:
                self._unknown += 1
                self._leave_out(line.cells, Fault(number=line.number, reason=self._keyless(key)))
            elif value is not None and value in self._seen:
                self._leave_out(line.cells, Fault(number=line.number, reason=self._twice(key)))
            elif value in stored:
                self._seen.add(value)
                line.id, line.before = stored[value]
                old.append(line)
            else:
                if value is not None:
                    self._seen.add(value)
                new.append(line)
        return new, old

    def _twice(self, key: str) -> str:
        return say("An earlier row has the same {field}.", field=self._title(key))

    def _keyless(self, key: str) -> str:
        return say("There is no {field} in it, by which a record is found.", field=self._title(key))

    def _title(self, name: str) -> str:
        return next((field.title for field in self._entity.fields if field.name == name), name)

    def _insert(self, lines: list[Line]) -> None:
        if not self._goes_on(lines, self._plan.unmatched, say("There is no record of it yet.")):
            return
        records: list[Values] = [
            {name: value for name, value in line.values.items() if name != ID and value is not None}
            for line in lines
        ]
        self._count(lines, self._store.insert(records), "inserted")

    def _update(self, lines: list[Line]) -> None:
        if not self._goes_on(lines, self._plan.matched, "A record of it is there already."):
            return
        changes = [(line, self._changes(line)) for line in lines]
        changing = [(line, changed) for line, changed in changes if changed]
        self._counts["unchanged"] += len(lines) - len(changing)
        asked = [(line.id or 0, line.before, changed) for line, changed in changing]
        faults = self._store.update(asked)
        self._count([line for line, _ in changing], faults, "updated")
        self._count_dropped(asked, faults)

    def _count_dropped(
        self, asked: Sequence[tuple[int, Values, Values]], faults: Sequence[dict[str, str]]
    ) -> None:
        """Count those as unchanged of which all that was new was dropped, since it is not visible."""
        for (_, before, changed), fault in zip(asked, faults, strict=True):
            if not fault and all(value == before.get(name) for name, value in changed.items()):
                self._counts["updated"] -= 1
                self._counts["unchanged"] += 1

    def _changes(self, line: Line) -> Values:
        return {
            name: value
            for name, value in line.values.items()
            if name != ID and value != line.before.get(name) and not (value is None and self._keeps(name))
        }

    def _keeps(self, name: str) -> bool:
        """Tell whether an empty cell leaves a value as it is."""
        blank = self._plan.blank
        return blank == "keep" or (blank == "follow" and name in self._defaulted)

    def _goes_on(self, lines: list[Line], choice: str, reason: str) -> bool:
        if choice == "skip":
            self._counts["skipped"] += len(lines)
        elif choice == "refuse":
            for line in lines:
                self._leave_out(line.cells, Fault(number=line.number, reason=reason))
        return choice not in ("skip", "refuse") and bool(lines)

    def _count(self, lines: list[Line], faults: list[dict[str, str]], done: str) -> None:
        headers = {column.field: (place, column.header) for place, column, _ in self._columns}
        for line, fault in zip(lines, faults, strict=True):
            if not fault:
                self._counts[done] += 1
                continue
            name, reason = next(iter(fault.items()))
            place, header = headers.get(name, (-1, ""))
            text = str(line.cells[place])[:_SHOWN] if 0 <= place < len(line.cells) else ""
            title = next((field.title for field in self._entity.fields if field.name == name), "")
            said = reason if header or not title else f"{title}: {reason}"
            self._leave_out(line.cells, Fault(number=line.number, reason=said, column=header, text=text))

    def _leave_out(self, cells: Sequence[object], fault: Fault) -> None:
        self._left_out.append((cells, fault))

    def _tell_left_out(self) -> None:
        """Tell the faulty rows of a batch, in the order of the file."""
        for cells, fault in sorted(self._left_out, key=lambda each: each[1].number):
            self._refused(cells, fault)
            if len(self._examples) < EXAMPLES:
                self._examples.append(fault)
        self._counts["faulty"] += len(self._left_out)
        self._left_out = []
