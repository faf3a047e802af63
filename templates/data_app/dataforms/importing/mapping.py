"""Which column of a file goes into which field: guessed by names and values, for a person to correct."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

import msgspec

from dataforms.database import Database
from dataforms.errors import DataError, FieldError
from dataforms.importing.cells import Cells, guess_format
from dataforms.importing.plan import ID, Column, Plan
from dataforms.importing.readers import parts
from dataforms.names import did_you_mean
from dataforms.sheets.formats import FORMATS
from dataforms.spec import Entity, Field
from dataforms.types import display_field, is_empty, is_given, type_of
from dataforms.words import say

_ALIKE = 0.82
_FITS = 0.5
"""The least share of a column's cells that have to be right for it to be taken for a field's."""
_MOST = 200


class MappingInvalid(DataError):
    """The plan of an import does not fit the file or the table."""


class Guessed(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, and what a person should look at before it is carried out."""

    plan: Plan
    notes: tuple[str, ...] = ()


def fields_for(entity: Entity) -> list[Field]:
    """Return the fields that a file can fill."""
    return [field for field in entity.fields if is_given(field) and not field.read_only]


def guess(
    database: Database, entity: Entity, header: Sequence[str], rows: Sequence[Sequence[object]]
) -> Guessed:
    """Return the plan that header and first rows of a file suggest."""
    notes: list[str] = []
    columns = [Column(header=title) for title in header]
    for place, field in _pairs(entity, header):
        cells = [row[place] for row in rows if place < len(row)]
        column = _column(database, header[place], field, cells, notes)
        if column is not None:
            columns[place] = column
    if not any(column.field == ID for column in columns):
        for place, title in enumerate(header):
            if _plain(title) == ID and columns[place].field is None:
                columns[place] = Column(header=title, field=ID)
    mapped = [column.field for column in columns]
    key = ID if ID in mapped else next((f.name for f in entity.fields if f.unique and f.name in mapped), None)
    left = [title for title, column in zip(header, columns, strict=True) if column.field is None and title]
    if left:
        notes.append(say("Left out, as no field is like it: {columns}.", columns=", ".join(left)))
    return Guessed(plan=Plan(entity=entity.name, columns=tuple(columns), key=key), notes=tuple(notes))


def check(database: Database, plan: Plan, width: int) -> Entity:
    """Return the entity of a plan that fits; raise MappingInvalid, UnknownName."""
    entity = next((each for each in database.spec.entities if each.name == plan.entity), None)
    if entity is None:
        raise MappingInvalid(say("There is no entity {entity}.", entity=repr(plan.entity)))
    for problem in _problems(database, entity, plan, width):
        raise problem
    return entity


def _problems(database: Database, entity: Entity, plan: Plan, width: int) -> Iterator[MappingInvalid]:
    if len(plan.columns) != width:
        yield MappingInvalid(
            say(
                "The plan has {count} columns, and the file has {width}.",
                count=len(plan.columns),
                width=width,
            )
        )
    mapped = [column.field for column in plan.columns if column.field is not None]
    for column in plan.columns:
        if column.field not in (None, ID):
            yield from _column_problems(database, entity, column, mapped)
    linked = {field.name for field in entity.fields if type_of(field).linked}
    if plan.key is not None and (plan.key not in mapped or plan.key in linked):
        yield MappingInvalid(
            say("Rows are to be matched by {key}, and no column goes into it.", key=repr(plan.key)),
            hint=say("Map a column to it, or take every row as new."),
        )
    if plan.unmatched == "insert":
        yield from _missing(entity, mapped)


def _column_problems(
    database: Database, entity: Entity, column: Column, mapped: Sequence[str]
) -> Iterator[MappingInvalid]:
    fields = {field.name: field for field in fields_for(entity)}
    field = fields.get(column.field or "")
    if field is None:
        hint = did_you_mean(column.field or "", fields)
        yield MappingInvalid(
            say("{entity} has no field {field} to be filled.", entity=entity.title, field=repr(column.field)),
            hint=hint,
        )
    elif mapped.count(field.name) > 1:
        yield MappingInvalid(
            say("Two columns go into {field}.", field=field.title), hint=say("Leave one of them out.")
        )
    elif column.by not in (None, ID) and _by(database, field, column.by or "") is None:
        yield MappingInvalid(say("{field} cannot be named by {by}.", field=field.title, by=repr(column.by)))
    elif column.format is not None and column.format not in FORMATS:
        hint = did_you_mean(column.format, FORMATS)
        yield MappingInvalid(say("There is no format {format}.", format=repr(column.format)), hint=hint)


def _missing(entity: Entity, mapped: Sequence[str]) -> Iterator[MappingInvalid]:
    for field in entity.fields:
        must = field.required and field.visible_when is None and field.default is None
        if must and is_given(field) and field.name not in mapped:
            yield MappingInvalid(
                say("{field} is required, and no column goes into it.", field=field.title),
                hint=say("Map a column to it, or only update records that are there."),
            )


def _by(database: Database, field: Field, name: str) -> Field | None:
    target = next((each for each in database.spec.entities if each.name == field.target), None)
    return None if target is None else next((each for each in target.fields if each.name == name), None)


def _pairs(entity: Entity, header: Sequence[str]) -> list[tuple[int, Field]]:
    """Return columns and the fields that are called alike, the likest first, each once."""
    ranked = [
        (likeness, -place, -order, field)
        for place, title in enumerate(header)
        for order, field in enumerate(fields_for(entity))
        if (likeness := _likeness(title, field)) >= _ALIKE
    ]
    found: list[tuple[int, Field]] = []
    for _, place, _, field in sorted(ranked, key=lambda each: each[:3], reverse=True):
        if all(field is not taken and -place != other for other, taken in found):
            found.append((-place, field))
    return found


def _likeness(title: str, field: Field) -> float:
    wanted = _plain(title)
    names = {_plain(field.name), _plain(field.title)}
    if wanted in names:
        return 1.0
    ratios = (SequenceMatcher(None, wanted, name).ratio() for name in names if wanted and name)
    return max(ratios, default=0.0)


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold()).removesuffix("s")


def _column(
    database: Database, title: str, field: Field, cells: Sequence[object], notes: list[str]
) -> Column | None:
    if type_of(field).kind in ("record", "records"):
        return Column(header=title, field=field.name, by=_named_by(database, field, cells))
    guessed = guess_format(field, cells)
    if guessed.right < _FITS:
        notes.append(
            say(
                "{column} is called like {field}, but most of what it holds is not right for it.",
                column=title,
                field=field.title,
            )
        )
        return None
    if not guessed.is_clear:
        notes.append(
            say(
                "{column} can be read in more than one way; it is read as {format}.",
                column=title,
                format=guessed.format or say("usual"),
            )
        )
    return Column(header=title, field=field.name, format=guessed.format)


def _named_by(database: Database, field: Field, cells: Sequence[object]) -> str:
    """Return the field of the target, or `id`, that most of the cells name a record by."""
    target = next((each for each in database.spec.entities if each.name == field.target), None)
    if target is None or not database.may("read", target.name):
        return ID
    display = display_field(target)
    names = [each.name for each in target.fields if each.unique or each is display]
    named = [part for cell in cells for part in parts(field, cell) or (cell,)]
    some = [name for name in named if not is_empty(name)][:_MOST]
    found = {name: _found(database, target, name, some) for name in [*names, ID]}
    return max(found, key=lambda name: found[name])


def _found(database: Database, target: Entity, name: str, cells: Sequence[object]) -> int:
    if name == ID:
        ids = {int(text) for cell in cells if (text := str(cell).strip()).isdecimal() and len(text) < 19}
        return len(database.labels(target.name, ids))
    reading = Cells(next(each for each in target.fields if each.name == name), None)
    values = set()
    for cell in cells:
        try:
            values.add(reading.value(cell))
        except FieldError:
            continue
    return len(database.keys_among(target.name, name, values - {None}))
