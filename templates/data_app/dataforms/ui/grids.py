"""The rows in a form: made from records, read from what is typed, told what is wrong with them. Pure."""

from collections.abc import Mapping, Sequence

from dataforms.around import ROWS_LIMIT, ChildRow
from dataforms.forms import is_entered
from dataforms.query import Record
from dataforms.spec import Entity, Field, table_name
from dataforms.standing import Standing
from dataforms.types import Value, type_of
from dataforms.ui import entry, present_form
from dataforms.ui.present_form import Target, no_target
from dataforms.ui.shapes import Grid, GridColumn, GridRow

EDITED = 100
"""How many rows a form takes; where there are more, they are changed in their own table."""
NEW = "n"
"""How the key of a row starts that is not stored."""

assert EDITED <= ROWS_LIMIT  # noqa: S101 - or it could not be saved


Kept = Mapping[str, Record]
"""The stored rows of a grid as they were when the form was opened, by key."""


def cells_of(child: Entity, via: str) -> tuple[Field, ...]:
    """Return the fields that a row has cells for: all but the way back to the parent."""
    return tuple(
        field
        for field in child.fields
        if field.name != via and not field.hidden and (is_entered(field) or field.expression is not None)
    )


def grid(
    field: Field,
    child: Entity,
    records: Sequence[Record],
    rights: Mapping[str, bool],
    target: Target = no_target,
) -> Grid:
    """Return the rows of a field of children; `records` may hold one more than a form takes."""
    cells = cells_of(child, field.via or "")
    is_many = len(records) > EDITED
    columns: list[GridColumn] = [
        {"name": each.name, "title": each.title, "required": each.required, "align": type_of(each).align}
        for each in cells
    ]
    rows = (
        []
        if is_many
        else [row(field, child, str(each.id), each.values, each.labels, target) for each in records]
    )
    if not rights["update"]:
        rows = [{**each, "cells": [{**cell, "fixed": True} for cell in each["cells"]]} for each in rows]
    return with_rows(
        {
            "label": field.title,
            "singular": child.title,
            "columns": columns,
            "rows": [],
            "keys": "",
            "may_add": rights["create"] and not is_many,
            "may_change": rights["update"],
            "may_remove": rights["delete"],
            "error": "",
            "more": EDITED if is_many else 0,
            "href": f"/t/{table_name(child.name)}",
        },
        rows,
    )


def row(
    field: Field,
    child: Entity,
    key: str,
    values: Mapping[str, Value],
    labels: Mapping[str, str],
    target: Target = no_target,
) -> GridRow:
    """Return one row with these values."""
    prefix = f"{field.name}.{key}."
    cells = [
        present_form.form_input(
            each,
            values.get(each.name),
            labels.get(each.name, ""),
            table=table_name(child.name),
            prefix=prefix,
            target=target(each),
        )
        for each in cells_of(child, field.via or "")
    ]
    return {"key": key, "error": "", "cells": cells}


def with_rows(grid: Grid, rows: Sequence[GridRow]) -> Grid:
    """Return the grid with other rows."""
    return {**grid, "rows": list(rows), "keys": ",".join(each["key"] for each in rows)}


def typed_rows(
    field: Field, child: Entity, grid: Grid, typed: Mapping[str, object]
) -> dict[str, dict[str, object]]:
    """Return the raw values of every row, by key."""
    cells = cells_of(child, field.via or "")
    return {
        each["key"]: entry.typed_values(cells, typed, _shut(each), prefix=f"{field.name}.{each['key']}.")
        for each in grid["rows"]
    }


def canonical_rows(
    child: Entity, raw: Mapping[str, Mapping[str, object]], kept: Kept, start: Mapping[str, Value]
) -> list[dict[str, Value]]:
    """Return the values of all rows as they are typed; a new one has what it `start`s with beside them."""
    return [
        {**(kept[key].values if key in kept else start), **entry.canonical(child, values)}
        for key, values in raw.items()
    ]


def changes(
    child: Entity, raw: Mapping[str, Mapping[str, object]], kept: Kept
) -> tuple[list[str], list[ChildRow]]:
    """Return the keys of the rows to save, and what becomes of them.

    Rows that are as they were are not among them, nor are such cells of others.
    """
    keys, rows = [], []
    for key, values in raw.items():
        if key.startswith(NEW):
            rows.append(ChildRow(values=values))
        else:
            other = _other(child, values, kept[key].values)
            if not other:
                continue
            rows.append(ChildRow(id=int(key), values=other, expect=kept[key].version))
        keys.append(key)
    gone = [key for key in kept if key not in raw]
    return [*keys, *gone], [*rows, *(ChildRow(id=int(key)) for key in gone)]


def _other(child: Entity, raw: Mapping[str, object], stored: Mapping[str, Value]) -> dict[str, object]:
    """Return what is typed that is not as it is stored."""
    known = {field.name: field for field in child.fields}
    return {
        name: value
        for name, value in raw.items()
        if entry.message(known[name], value, finished=True)
        or entry.canonical(child, {name: value})[name] != stored.get(name)
    }


def with_errors(grid: Grid, field: str, errors: Mapping[str, str]) -> Grid:
    """Return the grid with the messages of `errors`: `field.key.name` for a cell, `field.key.` for a row."""
    rows: list[GridRow] = [
        {
            **each,
            "error": errors.get(f"{field}.{each['key']}.", ""),
            "cells": [{**cell, "error": errors.get(cell["name"], "")} for cell in each["cells"]],
        }
        for each in grid["rows"]
    ]
    return {**grid, "rows": rows, "error": errors.get(field, "")}


def with_standing(
    grid: Grid, child: Entity, now: Sequence[Standing], values: Sequence[Mapping[str, Value]]
) -> Grid:
    """Return the grid as its rows are when their conditions stand like `now`."""
    rows: list[GridRow] = [
        {**each, "cells": present_form.follow(each["cells"], child.fields, stands, typed, _shut(each))}
        for each, stands, typed in zip(grid["rows"], now, values, strict=True)
    ]
    return {**grid, "rows": rows}


def _shut(row: GridRow) -> frozenset[str]:
    return frozenset(cell["name"].rpartition(".")[2] for cell in row["cells"] if cell["fixed"])


def restored(
    grid: Grid,
    field: Field,
    child: Entity,
    keys: Sequence[str],
    start: Mapping[str, Value],
    target: Target = no_target,
) -> Grid:
    """Return the grid with the rows of these keys: known ones, and new ones with what they `start` with."""
    known = {each["key"]: each for each in grid["rows"]}
    fresh = [key for key in keys if key not in known and _is_new(key)]
    made = {key: row(field, child, key, start, {}, target) for key in fresh[:EDITED]}
    return with_rows(grid, [{**known, **made}[key] for key in keys if key in known or key in made])


def next_key(grid: Grid) -> str:
    """Return the key of the next row to be added."""
    numbers = [int(each["key"][len(NEW) :]) for each in grid["rows"] if _is_new(each["key"])]
    return f"{NEW}{max(numbers, default=0) + 1}"


def _is_new(key: str) -> bool:
    number = key.removeprefix(NEW)
    return key.startswith(NEW) and number.isascii() and number.isdigit() and len(number) < 9
