"""The sheets of an Excel or OpenDocument workbook as tables."""

from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
import python_calamine as calamine

from dataforms.sheets.batch import BATCH_ROWS
from dataforms.sheets.csv_file import Chunk
from dataforms.sheets.refused import ImportRefused
from dataforms.sheets.workbook import opened
from protoddfd.importers.bombs import refuse_bomb
from protoddfd.importers.found import Declared, DeclaredColumn, Finding, Found, Source
from protoddfd.importers.grid import SEEN_ABOVE, SEEN_BELOW, Merged, Top, bottom, top
from protoddfd.importers.kinds import ods_styles, xls_styles, xlsb_styles, xlsx_styles
from protoddfd.importers.kinds.cells import is_plain_amount, text_of
from protoddfd.importers.kinds.xlsx_styles import Styles
from protoddfd.importers.names import words
from protoddfd.importers.profile import refuse_width
from protoddfd.importers.subtotals import Subtotals, sum_notes

_GENERIC = frozenset(
    ("sheet", "tabelle", "feuil", "feuille", "hoja", "foglio", "planilha", "blatt", "data", "sheet1")
)
_ROW_WEIGHT = 50


class SheetReading(msgspec.Struct, frozen=True, kw_only=True, tag="sheet"):
    """How the table in a sheet is read: rows `first_row` up to `end_row`, some of its columns."""

    path: str
    sheet: str
    first_row: int
    end_row: int
    columns: tuple[int, ...]
    skipped: tuple[int, ...] = ()
    """The rows among them that are sums of others."""
    styles: tuple[str, ...]
    """For each column `%`, the sign or code of a currency, or nothing."""

    @property
    def weight(self) -> int:
        """Return a number that grows with the rows."""
        return max(1, (self.end_row - self.first_row) * _ROW_WEIGHT)

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows that have something in them; raise ImportRefused."""
        rows: list[list[str]] = []
        lines: list[int] = []
        cells = list(zip(self.columns, self.styles, strict=True))
        skipped = frozenset(self.skipped)
        for place, row in enumerate(_rows(self.path, self.sheet)):
            if place >= self.end_row:
                break
            if place < self.first_row or place in skipped or not any(cell != "" for cell in row):
                continue
            width = len(row)
            rows.append([text_of(row[at], style) if at < width else "" for at, style in cells])
            lines.append(place + 1)
            if len(rows) >= BATCH_ROWS:
                yield Chunk(rows=rows, lines=lines, bytes_done=(place - self.first_row) * _ROW_WEIGHT)
                rows, lines = [], []
        if rows:
            yield Chunk(rows=rows, lines=lines, bytes_done=self.weight)


def find(source: Source, scratch: Path) -> Finding:
    """Return the tables in the sheets of a workbook; empty and hidden sheets are named in a note.

    Raises:
        ImportRefused: it is damaged, has a password, or would be too large; or nothing is in it.
    """
    path = Path(source.path)
    refuse_bomb(path)
    book = _guarded(path)
    tables: list[Found] = []
    notes: list[str] = []
    visible = [each for each in book.sheets_metadata if each.typ == calamine.SheetTypeEnum.WorkSheet]
    for each in visible:
        if each.visible != calamine.SheetVisibleEnum.Visible:
            notes.append(f"{source.name}: The sheet {each.name!r} is hidden, so it was left out.")
            continue
        found = _table(source, each.name, is_only=len(visible) == 1)
        if found is None:
            notes.append(f"{source.name}: The sheet {each.name!r} is empty, so it was left out.")
        else:
            tables.append(found)
    if not tables:
        raise ImportRefused("there is no sheet with rows in it", "choose another file")
    return Finding(tables=tuple(tables), notes=tuple(notes))


def _guarded(path: Path) -> calamine.CalamineWorkbook:
    try:
        return opened(path)
    except BaseException as error:  # noqa: BLE001 -- a panic in the library is no Exception
        raise _explained(error) from None


def _explained(error: BaseException) -> BaseException:
    """Return a refusal for what the library says when it meets something that nobody thought of."""
    if type(error).__name__ == "PanicException" or isinstance(error, calamine.CalamineError | ValueError):
        return ImportRefused(
            f"it cannot be read as a workbook: {str(error)[:200]}",
            "open it in a spreadsheet and save it again",
        )
    return error


def _sheet(path: str, sheet: str) -> calamine.CalamineSheet:
    status = Path(path).stat()
    return _kept(path, sheet, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def _kept(path: str, sheet: str, changed_at: int, size: int) -> calamine.CalamineSheet:
    """Return a sheet, the last one being kept: it is read several times, one pass after the other."""
    book = _guarded(Path(path))
    try:
        return book.get_sheet_by_name(sheet)
    except BaseException as error:  # noqa: BLE001 -- a panic in the library is no Exception
        raise _explained(error) from None


def _rows(path: str, sheet: str) -> Iterator[Sequence[object]]:
    return iter(_sheet(path, sheet).iter_rows())


class _Seen(msgspec.Struct):
    """What one pass over a sheet has seen."""

    subtotals: Subtotals
    head: list[Sequence[object]]
    tail: "deque[Sequence[object]]"
    rows: int = 0
    sums: list[float] = []
    filled: list[int] = []
    durations: list[int] = []
    fine: list[bool] = []
    """Whether all numbers of a column can be amounts."""


def _look(path: str, sheet: str, width: int) -> _Seen:
    seen = _Seen(subtotals=Subtotals(width), head=[], tail=deque(maxlen=SEEN_BELOW))
    seen.sums, seen.filled, seen.durations = [0.0] * width, [0] * width, [0] * width
    seen.fine = [True] * width
    for row in _rows(path, sheet):
        seen.rows += 1
        seen.tail.append(row)
        if len(seen.head) < SEEN_ABOVE:
            seen.head.append(row)
        is_sum = seen.subtotals.is_one(seen.rows - 1, row)
        for place, cell in enumerate(row):
            if cell == "" or is_sum:
                continue
            seen.filled[place] += 1
            kind = type(cell)
            if kind is float or kind is int:
                seen.sums[place] += cell  # type: ignore[operator]  # a number
                seen.fine[place] = seen.fine[place] and is_plain_amount(cell)  # type: ignore[arg-type]
            elif kind.__name__ == "timedelta":
                seen.durations[place] += 1
    return seen


def _table(source: Source, name: str, *, is_only: bool) -> Found | None:
    sheet = _sheet(source.path, name)
    if sheet.start is None or sheet.end is None:
        return None
    left, width = sheet.start[1], sheet.end[1] - sheet.start[1] + 1
    refuse_width(width)
    seen = _look(source.path, name, width)
    texts = [[text_of(cell, "") for cell in row] for row in seen.head]
    merged = _merged(sheet, left)
    head = top(texts, merged)
    if head is None:
        return None
    columns = _columns(head, seen, texts)
    if not columns:
        return None
    end = bottom(list(seen.tail)[-max(0, seen.rows - head.first_row) :], len(columns), seen.sums)
    rows = range(head.first_row, seen.rows - end.rows)
    styles = _styles(Path(source.path), name, rows, left)
    sums = tuple(place for place in seen.subtotals.places if place in rows)
    label = source.name if is_only else f"{source.name}, {name}"
    return Found(
        source=source,
        called=_called(source, name, is_only=is_only),
        label=label,
        header=tuple(head.header[column] for column in columns),
        reading=SheetReading(
            path=source.path,
            sheet=name,
            first_row=head.first_row,
            end_row=seen.rows - end.rows,
            columns=tuple(columns),
            skipped=sums,
            styles=tuple(_style(styles, column, seen) for column in columns),
        ),
        notes=(*_notes(head, styles), *sum_notes(sums, seen.subtotals.example), *end.notes),
        headless=head.headless,
        declared=_durations(columns, seen, head),
    )


def _styles(path: Path, name: str, rows: range, left: int) -> Styles:
    if xls_styles.is_one(path):
        return xls_styles.styles_of(path, name, rows, left)
    if ods_styles.is_one(path):
        return ods_styles.styles_of(path, name, rows, left)
    if xlsb_styles.is_one(path):
        return xlsb_styles.styles_of(path, name, rows, left)
    return xlsx_styles.styles_of(path, name, rows, left)


def _merged(sheet: calamine.CalamineSheet, left: int) -> list[Merged]:
    ranges = sheet.merged_cell_ranges or ()
    return [((top_, one - left), (bottom_, other - left)) for (top_, one), (bottom_, other) in ranges]


def _columns(head: Top, seen: _Seen, texts: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns that have a name or a value below it."""
    above = texts[: head.first_row]
    over = [
        sum(1 for row in above if column < len(row) and row[column]) for column in range(len(head.header))
    ]
    return [
        column
        for column, name in enumerate(head.header)
        if seen.filled[column] > over[column] or (name and not head.headless)
    ]


def _style(styles: Styles, column: int, seen: _Seen) -> str:
    style = styles.columns.get(column, "")
    return style if style in ("", "%") or seen.fine[column] else ""


def _durations(columns: Sequence[int], seen: _Seen, head: Top) -> Declared | None:
    """Return which columns are lengths of time, if any are."""
    named = 0 if head.headless else 1
    are = [0 < seen.durations[column] >= seen.filled[column] - named for column in columns]
    if not any(are):
        return None
    said = tuple(DeclaredColumn(types=("duration",)) if each else DeclaredColumn() for each in are)
    return Declared(columns=said, complete=False)


def _notes(head: Top, styles: Styles) -> Iterator[str]:
    for text in head.above:
        yield f'The text above the table was left out: "{text[:200]}".'
    if head.headless:
        yield "There is no header line, so the columns are called Column 1, Column 2 and so on."
    if styles.errors:
        yield "Some cells have errors such as #DIV/0! in place of a value; they are empty here."


def _called(source: Source, name: str, *, is_only: bool) -> str:
    """Return what the records of a sheet are called after: the file, where the sheet's name says nothing."""
    plain = "".join(words(name)[:1]).casefold().rstrip("0123456789")
    return source.name if is_only and plain in _GENERIC else name.replace("/", " ")
