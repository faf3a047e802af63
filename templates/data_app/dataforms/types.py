"""The registry of field types: a row says everything about a type; `dataforms.typerow` has the words.

Every type of `spec.FieldType` has one. Imports neither SQLAlchemy nor Reflex.
"""

from datetime import datetime
from typing import Any

from dataforms import samples
from dataforms import types_choice as choice
from dataforms import types_data as data
from dataforms import types_file as file
from dataforms import types_number as number
from dataforms import types_record as record
from dataforms import types_text as text
from dataforms import types_time as times
from dataforms.asker import Asker
from dataforms.errors import FieldError
from dataforms.spec import Entity, Field, FieldType
from dataforms.typerow import Json, Location, Storage, TypeRow, Value, Widget, is_empty

__all__ = [
    "LABELLED",
    "TYPES",
    "Json",
    "Location",
    "Storage",
    "TypeRow",
    "Value",
    "Widget",
    "default_value",
    "display_field",
    "is_empty",
    "is_given",
    "is_kept",
    "type_of",
]

_ROWS: tuple[TypeRow[Any], ...] = (
    TypeRow(
        type="text",
        widget="text",
        read=text.read_line,
        shown=text.same,
        edited=text.same,
        kind="text",
        sample=samples.line,
        storage="text",
        bounds="length",
        pattern=True,
        searched=True,
        sort="text",
        default_words=text.ACCOUNTS,
    ),
    TypeRow(
        type="long_text",
        widget="textarea",
        read=text.read_lines,
        shown=text.same,
        edited=text.same,
        kind="text",
        sample=samples.lines,
        storage="text",
        bounds="length",
        pattern=True,
        unique=False,
        searched=True,
        sort="text",
    ),
    TypeRow(
        type="rich_text",
        widget="textarea",
        read=text.read_lines,
        shown=text.same,
        edited=text.same,
        kind="text",
        sample=samples.lines,
        storage="text",
        bounds="length",
        unique=False,
        searched=True,
        sort="text",
    ),
    TypeRow(
        type="integer",
        number_format=number.format_integer,
        widget="number",
        read=number.read_integer,
        shown=number.show_integer,
        edited=number.edit_integer,
        kind="integer",
        sample=samples.whole,
        storage="integer",
        bounds="value",
        align="end",
    ),
    TypeRow(
        type="decimal",
        number_format=number.format_decimal,
        widget="number",
        read=number.read_decimal,
        shown=number.show_decimal,
        edited=number.edit_decimal,
        kind="real",
        sample=samples.number,
        storage="real",
        bounds="value",
        align="end",
    ),
    TypeRow(
        type="money",
        number_format=number.format_money,
        widget="number",
        read=number.read_money,
        shown=number.show_money,
        edited=number.edit_decimal,
        kind="money",
        sample=samples.number,
        storage="money",
        bounds="value",
        align="end",
    ),
    TypeRow(
        type="percent",
        number_format=number.format_percent,
        widget="number",
        read=number.read_percent,
        shown=number.show_percent,
        edited=number.edit_decimal,
        kind="real",
        sample=samples.number,
        storage="real",
        bounds="value",
        align="end",
    ),
    TypeRow(
        type="boolean",
        widget="checkbox",
        read=choice.read_boolean,
        shown=choice.show_boolean,
        edited=choice.edit_boolean,
        kind="boolean",
        sample=samples.boolean,
        storage="boolean",
        unique=False,
        align="center",
    ),
    TypeRow(
        type="date",
        widget="date",
        read=times.read_date,
        shown=times.show_date,
        edited=times.show_date,
        kind="date",
        sample=samples.day,
        storage="date",
        bounds="value",
        default_words=times.DAYS,
    ),
    TypeRow(
        type="time",
        widget="time",
        read=times.read_time,
        shown=times.show_time,
        edited=times.show_time,
        kind="time",
        sample=samples.quarter,
        storage="time",
        bounds="value",
        default_words=times.TIMES,
    ),
    TypeRow(
        type="datetime",
        widget="datetime",
        read=times.read_datetime,
        shown=times.show_datetime,
        edited=times.edit_datetime,
        kind="datetime",
        sample=samples.moment,
        storage="datetime",
        bounds="value",
        default_words=times.MOMENTS,
    ),
    TypeRow(
        type="duration",
        widget="text",
        read=times.read_duration,
        shown=times.show_duration,
        edited=times.show_duration,
        kind="duration",
        sample=samples.length,
        storage="duration",
        bounds="value",
        align="end",
    ),
    TypeRow(
        type="email",
        widget="email",
        read=text.read_email,
        shown=text.same,
        edited=text.same,
        kind="text",
        sample=samples.email,
        storage="text",
        bounds="length",
        pattern=True,
        searched=True,
        sort="text",
        default_words=text.ACCOUNTS,
    ),
    TypeRow(
        type="url",
        widget="url",
        read=text.read_url,
        shown=text.same,
        edited=text.same,
        kind="text",
        sample=samples.url,
        storage="text",
        bounds="length",
        pattern=True,
        searched=True,
        sort="text",
    ),
    TypeRow(
        type="phone",
        widget="tel",
        read=text.read_phone,
        shown=text.same,
        edited=text.same,
        kind="text",
        sample=samples.phone,
        storage="text",
        bounds="length",
        pattern=True,
        searched=True,
        sort="text",
    ),
    TypeRow(
        type="color",
        widget="color",
        read=text.read_color,
        shown=text.same,
        edited=text.same,
        kind="text",
        sample=samples.color,
        storage="text",
        searched=True,
    ),
    TypeRow(
        type="enum",
        widget="select",
        read=choice.read_enum,
        shown=text.same,
        edited=text.same,
        kind="text",
        sample=samples.choice,
        storage="text",
        searched=True,
        sort="choice",
    ),
    TypeRow(
        type="multi_enum",
        widget="multi_select",
        read=choice.read_multi_enum,
        shown=choice.show_multi_enum,
        edited=choice.edit_multi_enum,
        kind="choices",
        sample=samples.choices,
        storage="choices",
        bounds="count",
        unique=False,
        searched=True,
        sort=None,
    ),
    TypeRow(
        type="rating",
        widget="rating",
        read=number.read_rating,
        shown=number.show_rating,
        edited=number.edit_integer,
        kind="integer",
        sample=samples.rating,
        storage="integer",
        bounds="value",
        unique=False,
    ),
    *file.ROWS,
    TypeRow(
        type="json",
        widget="textarea",
        read=data.read_json,
        shown=data.show_json,
        edited=data.edit_json,
        kind="opaque",
        sample=samples.document,
        storage="json",
        unique=False,
        sort=None,
    ),
    TypeRow(
        type="location",
        widget="text",
        read=data.read_location,
        shown=data.show_location,
        edited=data.show_location,
        kind="opaque",
        sample=samples.location,
        storage="location",
        sort=None,
    ),
    TypeRow(
        type="auto_number",
        widget="readonly",
        read=number.read_integer,
        shown=number.show_integer,
        edited=number.edit_integer,
        kind="integer",
        storage="integer",
        align="end",
        computed=True,
    ),
    *record.ROWS,
    TypeRow(
        type="computed",
        widget="readonly",
        read=choice.refuse,
        shown=text.same,
        edited=text.same,
        kind="opaque",
        storage=None,
        unique=False,
        sort=None,
        computed=True,
    ),
)
TYPES: dict[FieldType, TypeRow[Any]] = {row.type: row for row in _ROWS}
LABELLED: frozenset[FieldType] = frozenset(TYPES) - {
    "reference", "references", "json", "multi_enum", "location", "children", "computed",
    *(row.type for row in file.ROWS),
}  # fmt: skip
"""The types whose values can stand for a record."""


def type_of(field: Field) -> TypeRow[Any]:
    """Return the row of a field's type; raise KeyError for a type that is not supported yet."""
    return TYPES[field.type]


def is_given(field: Field) -> bool:
    """Tell whether people give a field its values; what is computed or numbered gets them by itself."""
    return field.expression is None and not type_of(field).computed


def is_kept(field: Field) -> bool:
    """Tell whether a record keeps a value of its own in a field, in its table or as pairs in another."""
    return field.expression is None and (type_of(field).storage is not None or type_of(field).linked)


def default_value(field: Field, now: datetime, me: str | None = None) -> Value:
    """Return what a new record starts with, for the account `me` at the time `now`. Raise FieldError.

    A word such as `today` or `me` stands for what it says; one that says nothing right is no default.
    """
    if field.default is None:
        return None
    row = type_of(field)
    word = row.default_words.get(field.default) if isinstance(field.default, str) else None
    if word is None:
        value: Value = row.parse(field.default, field)
        return value
    try:
        return None if is_empty(meant := word(Asker(me=me, now=now))) else row.parse(meant, field)
    except FieldError:
        return None


def display_field(entity: Entity) -> Field | None:
    """Return the field whose value stands for a record: `display`, else the first text, else a plain one."""
    if entity.display is not None:
        return next((field for field in entity.fields if field.name == entity.display), None)
    plain = [
        field
        for field in entity.fields
        if field.type in LABELLED and field.expression is None and not field.hidden
    ]
    return next((field for field in plain if field.type == "text"), plain[0] if plain else None)
