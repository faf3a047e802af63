"""The inputs whose values are other records: what these are called, and the chips of several."""

from collections.abc import Collection, Sequence

import msgspec

from dataforms.spec import Entity, Field
from dataforms.types import type_of
from dataforms.ui.live import Live
from dataforms.ui.shapes import Choice, Grid, GridRow, Input


def chipped(app: Live, fields: Sequence[Field], inputs: Sequence[Input]) -> list[Input]:
    """Return the inputs, those of several records with a choice for each that is in them.

    They may be those of rows: their names then end in the names of the `fields`.
    """
    linked = {field.name for field in fields if type_of(field).linked}
    return named(app, fields, inputs, {each["name"] for each in inputs if _field(each) in linked})


def chipped_rows(app: Live, child: Entity, grid: Grid) -> Grid:
    """Return the rows of a form the same way."""
    return _with_cells(grid, chipped(app, child.fields, _cells(grid)))


def named(app: Live, fields: Sequence[Field], inputs: Sequence[Input], names: Collection[str]) -> list[Input]:
    """Return the inputs, those of `names` with what the records in them are called, without those gone."""
    targets = {field.name: field.target for field in fields if field.target is not None}
    asked: dict[str, set[int]] = {}
    for each in inputs:
        if each["name"] in names and _field(each) in targets:
            asked.setdefault(targets[_field(each)], set()).update(_ids(each["value"]))
    labels = {target: _labels(app, target, ids) for target, ids in asked.items()}
    return [
        _named(each, labels[targets[_field(each)]])
        if each["name"] in names and _field(each) in targets
        else each
        for each in inputs
    ]


def _labels(app: Live, target: str, ids: Collection[int]) -> dict[int, str]:
    return app.database.labels(target, ids) if ids and app.database.may("read", target) else {}


def named_rows(app: Live, child: Entity, grid: Grid, names: Collection[str]) -> Grid:
    """Return the rows of a form the same way."""
    return _with_cells(grid, named(app, child.fields, _cells(grid), names))


def _cells(grid: Grid) -> list[Input]:
    return [cell for row in grid["rows"] for cell in row["cells"]]


def _with_cells(grid: Grid, cells: Sequence[Input]) -> Grid:
    known = {each["name"]: each for each in cells}
    rows: list[GridRow] = [
        {**row, "cells": [known[cell["name"]] for cell in row["cells"]]} for row in grid["rows"]
    ]
    return {**grid, "rows": rows}


def _named(each: Input, labels: dict[int, str]) -> Input:
    chips: list[Choice] = [
        {"value": str(id), "text": labels[id], "picked": True} for id in _ids(each["value"]) if id in labels
    ]
    if each["widget"] == "references":
        return _holding(each, chips)
    value = "".join(chip["value"] for chip in chips)
    return {**each, "value": value, "shown": "".join(chip["text"] for chip in chips)}


def toggled(each: Input, value: str, text: str) -> Input:
    """Return an input of several records with one more, or with one less if it was in it.

    An empty `value` leaves none.
    """
    kept = [chip for chip in each["choices"] if value and chip["value"] != value]
    if value and len(kept) == len(each["choices"]):
        kept.append({"value": value, "text": text, "picked": True})
    return _holding(each, kept)


def _holding(each: Input, chips: list[Choice]) -> Input:
    ids = sorted(int(chip["value"]) for chip in chips)
    return {
        **each,
        "choices": chips,
        "value": msgspec.json.encode(ids).decode() if ids else "",
        "shown": ", ".join(chip["text"] for chip in chips),
    }


def _field(each: Input) -> str:
    return each["name"].rpartition(".")[2]


def _ids(value: str) -> list[int]:
    """Return the ids in an input's value: `7`, or `[7,12]`; none where it is something else."""
    texts = value.strip().removeprefix("[").removesuffix("]").split(",")
    return [int(text) for text in texts if text.strip().isascii() and text.strip().isdigit()]
