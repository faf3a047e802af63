"""Tables that fit the terminal. Pure: texts in, lines out.

Texts are cut before anything is left out; numbers and addresses are never cut, since half of one says
something else. Where that is not enough, the columns that matter least are left out, and named below.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from protoddfctl.show import GAP, clean, columns_of, cut, paint

_LEAST_WIDTH = 6
"""To which a text is cut before a column is left out."""


class Column(NamedTuple):
    """A column's heading; numbers stand at the `right`."""

    title: str
    right: bool = False
    whole: bool = False
    """Is it of no use when it is cut?"""
    drop: int = 0
    """Columns of the greatest number are left out first; the first column never is."""


class Cell(NamedTuple):
    """A text and its colour, a name that `paint` knows or empty."""

    text: str
    colour: str = ""


class _Made(NamedTuple):
    """A cell as it is shown, and how many columns of the terminal it takes."""

    text: str
    size: int
    colour: str


def table(
    columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, width: int | None, coloured: bool
) -> list[str]:
    """Return the lines of a table that fits into `width` columns of the terminal (None: of any width)."""
    head = [Cell(column.title, "bold") for column in columns]
    cells = [[_made(cell) for cell in row] for row in (head, *rows)]
    widths = [max(cell.size for cell in column) for column in zip(*cells, strict=True)]
    shown = list(range(len(columns)))
    if width is not None:
        shown = _shown(columns, widths, width)
        _cut(columns, widths, shown, width)
    lines = [_line(row, columns, widths, shown, coloured=coloured) for row in cells]
    left_out = [column.title for place, column in enumerate(columns) if place not in shown]
    if left_out and len(cells) > 1:
        said = cut(f"(too narrow for {', '.join(left_out)})", width or 0)
        lines.append(paint(said, "dim", coloured=coloured))
    return lines


def _made(cell: Cell) -> _Made:
    text = clean(cell.text)
    return _Made(text, columns_of(text), cell.colour)


def _shown(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[int]:
    """Return the places of the columns for which there is room, as far as they can be cut."""
    shown = list(range(len(columns)))
    while len(shown) > 1 and _taken([_least(columns[it], widths[it]) for it in shown]) > width:
        shown.remove(max(shown[1:], key=lambda it: (columns[it].drop, it)))
    return shown


def _least(column: Column, width: int) -> int:
    return width if column.right or column.whole else min(width, max(_LEAST_WIDTH, len(column.title)))


def _taken(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _cut(columns: Sequence[Column], widths: list[int], shown: Sequence[int], width: int) -> None:
    """Make the widest texts narrower, until all of them fit."""
    while (excess := _taken([widths[it] for it in shown]) - width) > 0:
        room = [it for it in shown if widths[it] > _least(columns[it], widths[it])]
        if not room:  # but one column is left
            widths[shown[0]] = max(width, 1)
            return
        widest = max(room, key=lambda it: widths[it])
        others = max((widths[it] for it in room if it != widest), default=0)
        least = max(_least(columns[widest], widths[widest]), min(others, widths[widest] - 1))
        widths[widest] = max(widths[widest] - excess, least)


def _line(
    row: Sequence[_Made],
    columns: Sequence[Column],
    widths: Sequence[int],
    shown: Sequence[int],
    *,
    coloured: bool,
) -> str:
    parts: list[str] = []
    for place in shown:
        text, size, colour = row[place]
        if size > widths[place]:
            text = cut(text, widths[place])
            size = columns_of(text)
        fill = " " * (widths[place] - size)
        painted = paint(text, colour, coloured=coloured)
        parts.append(fill + painted if columns[place].right else painted + fill)
    return GAP.join(parts).rstrip()
