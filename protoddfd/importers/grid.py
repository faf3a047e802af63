"""Where the table is in a sheet: what stands above and below it, its header, its totals. Pure."""

import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from dataforms.sheets.header import has_header
from dataforms.sheets.vocabulary import word_set

SEEN_ABOVE = 60
"""Rows of the top that are looked at."""
SEEN_BELOW = 12
"""Rows of the bottom that are looked at."""
_WIDE_ENOUGH = 0.6
_SAME = 1e-6
_TOTALS = word_set(
    "total totals sum subtotal average mean count summe gesamt gesamtsumme zwischensumme mittelwert somme "
    "totaux suma totales soma média promedio moyenne"
)
_GRAND = re.compile(
    r"(?:grand|overall|sub|sum|report|general)[ -]*total\w*|total general|total général", re.IGNORECASE
)
_REMARK = re.compile(
    r"(?:source|note|notes|quelle|hinweis|remark|fuente|as of|stand|\*|\d\)|¹|²)", re.IGNORECASE
)
Merged = tuple[tuple[int, int], tuple[int, int]]
"""First and last cell of a range, as row and column from 0."""


class Top(msgspec.Struct, frozen=True, kw_only=True):
    """What the upper rows of a sheet say: the header, and how many rows there are before the first record."""

    header: tuple[str, ...]
    first_row: int
    above: tuple[str, ...]
    """The texts above the table."""
    headless: bool = False


def top(rows: Sequence[Sequence[str]], merged: Sequence[Merged] = ()) -> Top | None:
    """Return the header of the table in the upper rows of a sheet; None when all are empty."""
    place = _header_place(rows)
    if place is None:
        return None
    width = max(map(len, rows))
    names, first = _names(rows, place, merged, width)
    above = tuple(text for row in rows[: first - 1] if (text := " ".join(filter(None, row)).strip()))
    if names is None:
        return Top(
            header=tuple(f"Column {number + 1}" for number in range(width)),
            first_row=place,
            above=tuple(text for row in rows[:place] if (text := " ".join(filter(None, row)).strip())),
            headless=True,
        )
    used = {text for text in above if text not in " ".join(names)}
    return Top(header=names, first_row=first, above=tuple(text for text in above if text in used))


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _header_place(rows: Sequence[Sequence[str]]) -> int | None:
    widths = Counter(width for row in rows if (width := _filled(row)))
    if not widths:
        return None
    several = {width: count for width, count in widths.items() if width > 1} or widths
    usual = max(several, key=lambda width: (several[width], width))
    least = max(min(usual, 2), _WIDE_ENOUGH * usual)
    return next(place for place, row in enumerate(rows) if _filled(row) >= least)


def _names(
    rows: Sequence[Sequence[str]], place: int, merged: Sequence[Merged], width: int
) -> tuple[tuple[str, ...] | None, int]:
    """Return the names of the columns, None without a header, and the place of the first record."""
    if _groups(place, merged, width) and place + 1 < len(rows) and _is_header(rows, place + 1):
        return _grouped(rows[place], rows[place + 1], _groups(place, merged, width), width), place + 2
    if not _is_header(rows, place):
        return None, place
    groups = _groups(place - 1, merged, width) if place else []
    if groups:
        return _grouped(rows[place - 1], rows[place], groups, width), place + 1
    return tuple(_cell(rows[place], column) for column in range(width)), place + 1


def _is_header(rows: Sequence[Sequence[str]], place: int) -> bool:
    return any(rows[place]) and has_header(rows[place:])


def _groups(row: int, merged: Sequence[Merged], width: int) -> list[tuple[int, int]]:
    """Return the columns, first and last, of headings over some of the columns, as merged cells show them."""
    spans = [
        (left, right) for (top_row, left), (bottom, right) in merged if top_row == bottom == row < 10_000
    ]
    return [(left, right) for left, right in spans if 0 < right - left < width - 1]


def _grouped(
    upper: Sequence[str], lower: Sequence[str], groups: Sequence[tuple[int, int]], width: int
) -> tuple[str, ...]:
    over = {column: _cell(upper, left) for left, right in groups for column in range(left, right + 1)}
    return tuple(
        f"{over.get(column, '')} {_cell(lower, column)}".strip() or _cell(upper, column)
        for column in range(width)
    )


def _cell(row: Sequence[str], column: int) -> str:
    return " ".join(row[column].split()) if column < len(row) else ""


class Bottom(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the last rows are no records, and what a person should know of them."""

    rows: int
    notes: tuple[str, ...] = ()


def bottom(tail: Sequence[Sequence[object]], width: int, sums: Sequence[float]) -> Bottom:
    """Return which of the last rows are totals or remarks; `sums` are those of all rows by column."""
    totals: list[str] = []
    remarks: list[str] = []
    place = len(tail)
    while place > 1:
        row = tail[place - 1]
        is_apart = not any(_is_something(cell) for cell in tail[place - 2])
        if not any(_is_something(cell) for cell in row):
            place -= 1
        elif _is_total(row, width, sums, is_apart=is_apart):
            totals.append(_text(row))
            place -= 1
        elif _is_remark(row, width, is_apart=is_apart):
            remarks.append(_text(row))
            place -= 1
        else:
            break
    notes = [f'Left out, as it is a total: "{text[:200]}".' for text in reversed(totals)]
    notes += [f'Left out, as it is below the table: "{text[:200]}".' for text in reversed(remarks)]
    return Bottom(rows=len(tail) - place if notes else 0, notes=tuple(notes))


def _is_something(cell: object) -> bool:
    return cell is not None and cell != ""


def _text(row: Sequence[object]) -> str:
    return " ".join(
        format(cell, ".15g") if isinstance(cell, float) else str(cell) for cell in row if _is_something(cell)
    )


def _is_total(row: Sequence[object], width: int, sums: Sequence[float], *, is_apart: bool) -> bool:
    words = [cell.strip(" :.=") for cell in row if isinstance(cell, str) and cell.strip()]
    numbers = [(place, cell) for place, cell in enumerate(row) if is_number(cell)]
    filled = sum(1 for cell in row if _is_something(cell))
    if not numbers:
        return False
    if not words:
        return is_apart and filled < width and not _is_something(row[0])
    if not any(_names_total(word) for word in words) or len(words) > 2:
        return False
    return filled < width or any(_is_sum(number, sums[place]) for place, number in numbers)


def is_number(cell: object) -> bool:
    """Return whether a cell is a number, which a truth value is not."""
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def is_total_word(word: str) -> bool:
    """Return whether a word says that a row is a sum: `Subtotal`, `Summe`."""
    return word.casefold() in _TOTALS


def _names_total(word: str) -> bool:
    first = word.casefold().split(" ")[0]
    return (
        word.casefold() in _TOTALS
        or _GRAND.fullmatch(word) is not None
        or (
            first in _TOTALS
            and len(word) <= 30
            and (word.endswith(":") or word.casefold().startswith(("total ", "sum ")))
        )
    )


def _is_sum(number: object, of_all: float) -> bool:
    """Return whether a number is the sum of those above it, being in the sum of all itself."""
    above = of_all - float(number)  # type: ignore[arg-type]  # seen to be a number
    return abs(above - float(number)) <= _SAME * max(1.0, abs(above))  # type: ignore[arg-type]  # the same


def _is_remark(row: Sequence[object], width: int, *, is_apart: bool) -> bool:
    texts = [cell for cell in row if _is_something(cell)]
    if width < 3 or len(texts) != 1 or not isinstance(texts[0], str):
        return False
    return is_apart or _REMARK.match(texts[0].strip()) is not None
