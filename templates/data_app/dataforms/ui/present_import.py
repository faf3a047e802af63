"""From a plan of an import to what its page shows. Pure: no Reflex, no database."""

from collections.abc import Sequence
from typing import TypedDict

from dataforms.errors import FieldError
from dataforms.importing.cells import Cells, guess_format
from dataforms.importing.mapping import fields_for
from dataforms.importing.plan import ID, Column, Fault, Plan, Report
from dataforms.sheets.formats import FORMATS
from dataforms.spec import AppSpec, Entity, Field
from dataforms.types import display_field, type_of
from dataforms.ui.shapes import Choice
from dataforms.words import number as written

_EXAMPLES = 3
_NONE = "-"


class ColumnRow(TypedDict):
    """One column of the file, and the choices that there are for it."""

    place: int
    header: str
    examples: str
    field: str
    fields: list[Choice]
    way: str
    """How it is read: a format, or what names a referenced record."""
    ways: list[Choice]


class FaultRow(TypedDict):
    """One row that is left out."""

    number: str
    column: str
    text: str
    reason: str


class Outcome(TypedDict):
    """What an import came to, or would."""

    shown: bool
    real: bool
    inserted: str
    updated: str
    unchanged: str
    skipped: str
    faulty: str
    faults: list[FaultRow]


NO_OUTCOME: Outcome = {
    "shown": False,
    "real": False,
    "inserted": "",
    "updated": "",
    "unchanged": "",
    "skipped": "",
    "faulty": "",
    "faults": [],
}


def column_rows(
    spec: AppSpec, entity: Entity, plan: Plan, rows: Sequence[Sequence[str]], left_out: str, number: str
) -> list[ColumnRow]:
    """Return the columns of a file; `left_out` and `number` are the words for no field and for the id."""
    fields = fields_for(entity)
    return [
        {
            "place": place,
            "header": column.header,
            "examples": " · ".join(_examples(rows, place)),
            "field": column.field or _NONE,
            "fields": [
                _choice(_NONE, left_out, column.field is None),
                _choice(ID, number, column.field == ID),
                *(_choice(field.name, field.title, column.field == field.name) for field in fields),
            ],
            "way": (column.by or column.format) or _NONE,
            "ways": _ways(spec, entity, column, [row[place] for row in rows if place < len(row)], number),
        }
        for place, column in enumerate(plan.columns)
    ]


def with_field(spec: AppSpec, entity: Entity, column: Column, name: str, cells: Sequence[str]) -> Column:
    """Return a column that goes into another field, read as its cells suggest."""
    if name in (_NONE, ID):
        return Column(header=column.header, field=ID if name == ID else None)
    field = next(each for each in entity.fields if each.name == name)
    if field.target is not None:
        return Column(header=column.header, field=name, by=_keys(spec, field)[0])
    return Column(header=column.header, field=name, format=guess_format(field, cells).format)


def with_way(entity: Entity, column: Column, way: str) -> Column:
    """Return a column that is read in another way."""
    field = next(each for each in entity.fields if each.name == column.field)
    if field.target is not None:
        return Column(header=column.header, field=column.field, by=way)
    return Column(header=column.header, field=column.field, format=None if way == _NONE else way)


def outcome(report: Report, *, real: bool) -> Outcome:
    """Return what an import came to."""
    return {
        "shown": True,
        "real": real,
        "inserted": written(report.inserted),
        "updated": written(report.updated),
        "unchanged": written(report.unchanged),
        "skipped": written(report.skipped),
        "faulty": written(report.faulty) if report.faulty else "",
        "faults": [_fault(each) for each in report.examples],
    }


def key_choices(entity: Entity, plan: Plan, new: str, number: str) -> list[Choice]:
    """Return in what a row and a record can be the same; `new` are the words for none of it."""
    titles = {field.name: field.title for field in entity.fields} | {ID: number}
    linked = {field.name for field in entity.fields if type_of(field).linked}
    fields = [column.field for column in plan.columns if column.field is not None]
    mapped = [name for name in fields if name not in linked]
    return [
        _choice(_NONE, new, plan.key is None),
        *(_choice(name, titles[name], plan.key == name) for name in mapped),
    ]


def _fault(fault: Fault) -> FaultRow:
    return {
        "number": written(fault.number),
        "column": fault.column,
        "text": fault.text,
        "reason": fault.reason,
    }


def _examples(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    filled = dict.fromkeys(row[place] for row in rows if place < len(row) and row[place].strip())
    return [text[:40] for text in list(filled)[:_EXAMPLES]]


def _ways(spec: AppSpec, entity: Entity, column: Column, cells: Sequence[str], number: str) -> list[Choice]:
    field = next((each for each in entity.fields if each.name == column.field), None)
    if field is None:
        return []
    if field.target is not None:
        target = spec.entity(field.target)
        titles = {each.name: each.title for each in target.fields} | {ID: number}
        return [_choice(name, titles[name], column.by == name) for name in _keys(spec, field)]
    example = next((cell for cell in cells if cell.strip()), "")
    ways: dict[str, Choice] = {}
    for format in (column.format, None, *FORMATS):
        shown = _read(field, format, example)
        if shown and shown not in ways:
            ways[shown] = _choice(format or _NONE, f"{example[:40]} → {shown}", column.format == format)
    return list(ways.values()) if len(ways) > 1 else []


def _read(field: Field, format: str | None, text: str) -> str:
    row = type_of(field)
    if format is not None and FORMATS[format].type in ("text", "long_text", "enum"):
        return ""
    try:
        return row.show(Cells(field, format).value(text), field)
    except FieldError:
        return ""


def _keys(spec: AppSpec, field: Field) -> list[str]:
    target = next((each for each in spec.entities if each.name == field.target), None)
    if target is None:
        return [ID]
    display = display_field(target)
    return [*(each.name for each in target.fields if each is display or each.unique), ID]


def _choice(value: str, text: str, picked: bool) -> Choice:
    return {"value": value, "text": text, "picked": picked}
