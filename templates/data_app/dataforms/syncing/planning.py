"""The plan of an import that a sync is: its columns, how their texts are written, what becomes of rows."""

from itertools import islice

from dataforms.importing.cells import guess_format
from dataforms.importing.plan import Column, Plan
from dataforms.sheets.sheet import Sheet
from dataforms.spec import AppSpec, Field
from dataforms.spec_sync import Sync
from dataforms.types import type_of
from dataforms.words import say

SAMPLE = 200
"""So many rows tell how the texts of a column are written."""


def plan_of(spec: AppSpec, sync: Sync, sheet: Sheet) -> tuple[Plan, tuple[str, ...]]:
    """Return how the rows of a source become records, and what a person should look at."""
    fields = {field.name: field for field in spec.entity(sync.into).fields}
    first = next(iter(sheet.batches()), None)
    rows = [] if first is None else list(islice(first.rows, SAMPLE))
    notes: list[str] = []
    columns = []
    for place, (column, goal) in enumerate(sync.mapping.items()):
        name, _, by = goal.partition(".")
        if by:
            columns.append(Column(header=column, field=name, by=by))
            continue
        cells = [row[place] for row in rows]
        columns.append(
            Column(
                header=column,
                field=name,
                format=sync.formats.get(column) or _guessed(column, fields[name], cells, notes),
            )
        )
    plan = Plan(
        entity=sync.into,
        columns=tuple(columns),
        key=sync.match,
        matched=sync.on_match,
        unmatched="insert",
        blank="follow",
        needs_key=True,
    )
    return plan, tuple(notes)


def _guessed(column: str, field: Field, cells: list[object], notes: list[str]) -> str | None:
    if type_of(field).kind == "text":
        return None
    guessed = guess_format(field, cells)
    if not guessed.is_clear:
        notes.append(
            say(
                "{column} can be read in more than one way; it is read as {format}.",
                column=column,
                format=guessed.format or say("usual"),
            )
        )
    return guessed.format
