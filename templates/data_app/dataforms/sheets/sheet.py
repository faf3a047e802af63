"""Any file with a table in it, as a header and batches of rows: CSV, Excel and OpenDocument, JSON.

Cells of CSV are texts; those of the others have the types that their file gives them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from dataforms.sheets import csv_file, dialect, encoding
from dataforms.sheets.batch import Batch
from dataforms.sheets.refused import ImportRefused

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


class Sheet(Protocol):
    """A table in a file."""

    header: tuple[str, ...]
    notes: tuple[str, ...]

    def batches(self) -> Iterator[Batch]:
        """Yield all rows below the header; raise ImportRefused."""


def open_sheet(path: Path, name: str, *, sheet: str | None = None) -> Sheet:
    """Return the table in a file, whose owner calls it `name`; `sheet` names one of a workbook's.

    Raises:
        ImportRefused: it cannot be read, is no table, or has no sheet of that name.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4_096)
    except OSError as error:
        raise ImportRefused(
            f"cannot be read: {error.strerror}", "check the file and its permissions"
        ) from error
    if head.startswith(_WORKBOOKS):
        from dataforms.sheets.workbook import Workbook  # its reader is a library of some megabytes

        return Workbook(path, sheet)
    if sheet is not None:
        raise ImportRefused(f"{name} has no sheets", "leave the sheet out")
    if _is_json(head, name):
        from dataforms.sheets.json_file import JsonTable  # seldom needed

        return JsonTable(path)
    return CsvTable(path)


class CsvTable:
    """The rows of a CSV file, whatever its encoding and its separators."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._layout = dialect.detect(path, encoding.detect(path))
        self.header = self._layout.header
        self.notes = self._layout.notes

    def batches(self) -> Iterator[Batch]:
        """Yield all rows below the header; raise ImportRefused."""
        size = max(1, self._path.stat().st_size)
        for chunk in csv_file.chunks(self._path, self._layout.form, skip_rows=self._layout.first_row):
            rows: list[list[object]] = [list(row) for row in chunk.rows]
            yield Batch(rows=rows, numbers=chunk.lines, done=min(1.0, chunk.bytes_done / size))


def _is_json(head: bytes, name: str) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return start in (b"[", b"{") and (name.lower().endswith((".json", ".jsonl", ".ndjson")) or start == b"{")
