"""What the browser gets of a table beside its rows: columns, groups and totals to choose from. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from dataforms.spec import Entity, Field
from dataforms.typerow import TotalName
from dataforms.types import Value, type_of
from dataforms.ui.present import shown_fields
from dataforms.ui.shapes import Choice, Column, Row, Sum
from dataforms.words import number, phrase, say

TITLES: dict[TotalName, str] = {
    "count": phrase("Filled"),
    "sum": phrase("Sum"),
    "average": phrase("Average"),
    "min": phrase("Least"),
    "max": phrase("Greatest"),
}


def kept_columns(kept: str, slug: str) -> tuple[str, ...]:
    """Return the columns of a table that the browser keeps; none for all."""
    return tuple(_kept(kept).get(slug, ()))


def keep_columns(kept: str, slug: str, names: Sequence[str]) -> str:
    """Return what the browser keeps, with other columns of a table."""
    return msgspec.json.encode({**_kept(kept), slug: names}).decode()


def _kept(text: str) -> dict[str, list[str]]:
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, list[str]])
    except msgspec.MsgspecError:
        return {}


def column_choices(entity: Entity, columns: Sequence[Column]) -> list[Choice]:
    """Return every column that can be shown."""
    names = {each["name"] for each in columns}
    return [
        {"value": field.name, "text": field.title, "picked": field.name in names}
        for field in shown_fields(entity)
    ]


def group_choices(entity: Entity, group: str) -> list[Choice]:
    """Return every field that rows can be grouped by, and none first."""
    fields = [field for field in shown_fields(entity) if type_of(field).sort is not None]
    named = [("", say("No groups")), *((field.name, field.title) for field in fields)]
    return [{"value": name, "text": title, "picked": name == group} for name, title in named]


def total_choices(entity: Entity, totals: Sequence[str]) -> list[Choice]:
    """Return every total that can be told."""
    return [
        {
            "value": f"{field.name}:{function}",
            "text": f"{say(TITLES[function])}: {field.title}",
            "picked": f"{field.name}:{function}" in totals,
        }
        for field in shown_fields(entity)
        for function in type_of(field).totals
        if function != "count" or len(type_of(field).totals) > 1
    ]


def known_totals(entity: Entity, totals: Sequence[str]) -> list[tuple[Field, TotalName]]:
    """Return those of the totals in an address that there are."""
    fields = {field.name: field for field in shown_fields(entity)}
    asked = [each.partition(":")[::2] for each in totals]
    return [
        (fields[name], known)
        for name, function in asked
        if name in fields
        for known in type_of(fields[name]).totals
        if known == function
    ]


def sums(totals: Sequence[tuple[Field, TotalName]], values: Sequence[Value]) -> list[Sum]:
    """Return totals as they stand below the table."""
    return [
        {"title": f"{say(TITLES[function])}: {field.title}", "text": _sum(field, function, value)}
        for (field, function), value in zip(totals, values, strict=True)
    ]


def _sum(field: Field, function: TotalName, value: Value) -> str:
    if function == "count":
        return number(value) if isinstance(value, int) else ""
    row = type_of(field)
    is_plain = row.widget == "rating" or (function == "average" and row.storage in (None, "integer"))
    if value is None or not is_plain:
        return row.show(value, field) or "–"
    return f"{value:.4g}" if function == "average" else str(value)


def with_heads(rows: list[Row], titles: Sequence[str], counts: Mapping[str, int]) -> list[Row]:
    """Return rows with a heading before each group; `titles` are what the rows are grouped by."""
    before = [None, *titles[:-1]]
    return [
        {**row, "head": title or say("Empty"), "head_count": number(counts.get(title, 0))}
        if title != last
        else row
        for row, title, last in zip(rows, titles, before, strict=False)
    ]
