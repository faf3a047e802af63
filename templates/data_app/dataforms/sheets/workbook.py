"""The sheets of an Excel or OpenDocument workbook. Holds one sheet in memory: for a process of its own."""

import datetime
from collections.abc import Iterator, Sequence
from pathlib import Path

import python_calamine as calamine

from dataforms.sheets.batch import BATCH_ROWS, Batch
from dataforms.sheets.header import has_header
from dataforms.sheets.refused import ImportRefused

_LOOKED_AT = 50


class Workbook:
    """One sheet of a workbook; the first one that has rows unless another is named."""

    notes: tuple[str, ...] = ()

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        book = opened(path)
        name = _chosen(book, sheet)
        self._rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        self._first = next((place for place, row in enumerate(self._rows) if _filled(row) > 1), 0)
        if not any(_filled(row) for row in self._rows):
            raise ImportRefused(f"the sheet {name!r} has no rows", "choose another sheet")
        above = [" ".join(str(cell) for cell in row if cell != "") for row in self._rows[: self._first]]
        self.notes = tuple(f'Left out, as it is above the table: "{text[:200]}".' for text in above if text)
        sample = [[_text(cell) for cell in row] for row in self._rows[self._first : self._first + _LOOKED_AT]]
        width = max(map(len, sample))
        if has_header(sample):
            self.header = tuple(cell.strip() for cell in sample[0])
            self._first += 1
        else:
            self.header = tuple(f"Column {number + 1}" for number in range(width))

    def batches(self) -> Iterator[Batch]:
        """Yield all rows below the header."""
        for start in range(self._first, len(self._rows), BATCH_ROWS):
            end = min(start + BATCH_ROWS, len(self._rows))
            filled = [(place, self._rows[place]) for place in range(start, end) if _filled(self._rows[place])]
            yield Batch(
                rows=[[_cell(cell) for cell in row] for _, row in filled],
                numbers=[place + 1 for place, _ in filled],
                done=end / len(self._rows),
            )


def sheet_names(path: Path) -> list[str]:
    """Return the names of a workbook's visible sheets; raise ImportRefused."""
    book = opened(path)
    seen = [each for each in book.sheets_metadata if each.visible == calamine.SheetVisibleEnum.Visible]
    return [each.name for each in seen if each.typ == calamine.SheetTypeEnum.WorkSheet]


def opened(path: Path) -> calamine.CalamineWorkbook:
    """Return a workbook; raise ImportRefused."""
    try:
        return calamine.CalamineWorkbook.from_path(str(path))
    except calamine.PasswordError as error:
        raise ImportRefused("the workbook has a password", "save it without one and try again") from error
    except (calamine.CalamineError, OSError) as error:
        raise ImportRefused(
            f"it cannot be read as a workbook: {error}", "open it in a spreadsheet and save it again"
        ) from error


def _chosen(book: calamine.CalamineWorkbook, sheet: str | None) -> str:
    if sheet is None:
        filled = (name for name in book.sheet_names if book.get_sheet_by_name(name).height)
        return next(filled, book.sheet_names[0])
    if sheet not in book.sheet_names:
        raise ImportRefused(f"there is no sheet {sheet!r}", f"there are: {', '.join(book.sheet_names)}")
    return sheet


def _filled(row: Sequence[object]) -> int:
    return sum(cell != "" for cell in row)


def _text(cell: object) -> str:
    return str(_cell(cell)) if cell != "" else ""


def _cell(cell: object) -> object:
    """Return a cell; a whole number is one, and midnight of a day is the day."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date()
    return cell
