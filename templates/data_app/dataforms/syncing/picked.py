"""The columns that a sync names, out of tables of any kind: one table, or several one after the other."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dataforms.sheets.batch import Batch
from dataforms.sheets.refused import ImportRefused
from dataforms.sheets.sheet import Sheet, open_sheet
from dataforms.spec_sync import SyncSource
from dataforms.syncing.failed import SourceFailed, absent

JSON_ENDINGS = (".json", ".jsonl", ".ndjson", ".geojson")
ENDINGS = (".csv", ".tsv", ".txt", *JSON_ENDINGS, ".xlsx", ".xls", ".xlsb", ".xlsm", ".ods")
"""The names of files that can be read end in one of these."""


def open_file(path: Path, name: str, source: SyncSource, columns: Sequence[str]) -> Sheet:
    """Return the named columns of the table in a file, whose owner calls it `name`; raise SourceFailed."""
    try:
        if name.lower().endswith(JSON_ENDINGS):
            from dataforms.syncing.json_records import JsonRecords  # of no use to other files

            return JsonRecords(path, columns, source.records)
        return Picked(open_sheet(path, name, sheet=source.sheet), columns)
    except (ImportRefused, SourceFailed) as refused:
        raise SourceFailed(f"{name}: {refused}", refused.hint) from refused


class Picked:
    """Some of the columns of a table."""

    def __init__(self, sheet: Sheet, columns: Sequence[str]) -> None:
        titles = [title.strip() for title in sheet.header]
        for column in columns:
            if column not in titles:
                raise absent(column, titles)
        self._sheet = sheet
        self._places = [titles.index(column) for column in columns]
        self.header = tuple(columns)
        self.notes = sheet.notes

    def batches(self) -> Iterator[Batch]:
        """Yield all rows; raise ImportRefused."""
        for batch in self._sheet.batches():
            rows = [[_cell(row, place) for place in self._places] for row in batch.rows]
            yield Batch(rows=rows, numbers=batch.numbers, done=batch.done)


def _cell(row: Sequence[object], place: int) -> object:
    return row[place] if place < len(row) else ""


class Joined:
    """Tables one after the other, which have the same columns; `where` says which row is meant."""

    def __init__(self, parts: Mapping[str, Sheet], header: Sequence[str]) -> None:
        self._parts = parts
        self.header = tuple(header)
        self.notes = tuple(dict.fromkeys(note for sheet in parts.values() for note in sheet.notes))
        self._starts: list[int] = []

    def batches(self) -> Iterator[Batch]:
        """Yield all rows; raise ImportRefused."""
        self._starts = []
        start = 0
        for place, (name, sheet) in enumerate(self._parts.items()):
            self._starts.append(start)
            last = 0
            try:
                for batch in sheet.batches():
                    last = max(batch.numbers, default=last)
                    numbers = [start + number for number in batch.numbers]
                    yield Batch(
                        rows=batch.rows, numbers=numbers, done=(place + batch.done) / len(self._parts)
                    )
            except ImportRefused as refused:
                raise ImportRefused(f"{name}: {refused}", refused.hint) from refused
            start += last

    def where(self, number: int) -> tuple[str, int]:
        """Return which table a row is in, if there are several, and its number there."""
        if len(self._parts) < 2:
            return "", number
        place = bisect_right(self._starts, number - 1) - 1
        return list(self._parts)[place], number - self._starts[place]
