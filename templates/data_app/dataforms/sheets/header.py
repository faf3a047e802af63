"""Whether a table's first row names its columns. Pure."""

import re
from collections.abc import Sequence
from itertools import pairwise

from dataforms.sheets.formats import MISSING, TYPED

_NUMBER = re.compile(r"[+\-−]?[$€£]?\s?\d[\d.,' ]*%?")
_YEAR = re.compile(r"(1[5-9]|20)\d\d")
_LONGEST = 120
_VALUE_FORMATS = tuple(
    form for form in TYPED if form.type in ("date", "datetime", "time", "email", "url", "color")
)


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first of some rows names the columns."""
    first = [cell.strip() for cell in rows[0]]
    body = [row for row in rows[1:] if any(row)]
    if not any(first) or any(len(cell) > _LONGEST for cell in first):
        return False
    named = [cell for cell in first if cell]
    values = [cell for cell in named if _is_value(cell)]
    if values and not (len(values) < len(named) and _are_years(values)):
        return False
    if not body:
        return True
    if any(_typed_below(column, body) for column in range(len(first)) if first[column]):
        return True
    again = sum(_occurs_below(cell, column, body) for column, cell in enumerate(first) if cell)
    return again * 2 < len(named)


def _is_value(cell: str) -> bool:
    if _NUMBER.fullmatch(cell) or cell in MISSING:
        return True
    return any(form.accepts((cell,)) for form in _VALUE_FORMATS)


def _are_years(cells: Sequence[str]) -> bool:
    """Return whether cells are years one after another: the header of a table with a column for each year."""
    if len(cells) < 2 or not all(_YEAR.fullmatch(cell) for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    steps = {after - before for before, after in pairwise(numbers)}
    return all(step > 0 for step in steps) or all(step < 0 for step in steps)


def _typed_below(column: int, body: Sequence[Sequence[str]]) -> bool:
    cells = [row[column].strip() for row in body if len(row) > column and row[column].strip()]
    return (
        bool(cells) and all(_is_value(cell) for cell in cells) and any(cell not in MISSING for cell in cells)
    )


def _occurs_below(cell: str, column: int, body: Sequence[Sequence[str]]) -> bool:
    return any(len(row) > column and row[column].strip() == cell for row in body)
