"""A CSV file as a table."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from dataforms.sheets import dialect, encoding
from dataforms.sheets.csv_file import Chunk, CsvFormat, chunks
from protoddfd.importers.found import Finding, Found, Source
from protoddfd.importers.kinds.csv_totals import totals


class CsvReading(msgspec.Struct, frozen=True, kw_only=True, tag="csv"):
    """How a CSV file is read."""

    path: str
    form: CsvFormat
    first_row: int
    """How many rows (not lines) stand before the first record: the header and what is above it."""
    skipped: tuple[int, ...] = ()
    """The lines on which rows begin that are sums of others."""

    @property
    def weight(self) -> int:
        """Return the bytes of the file."""
        return Path(self.path).stat().st_size

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows but those that are sums; raise ImportRefused."""
        skipped = frozenset(self.skipped)
        for chunk in chunks(Path(self.path), self.form, skip_rows=self.first_row):
            if not skipped.isdisjoint(chunk.lines):
                kept = [at for at, line in enumerate(chunk.lines) if line not in skipped]
                chunk.rows = [chunk.rows[at] for at in kept]
                chunk.lines = [chunk.lines[at] for at in kept]
            if chunk.rows:
                yield chunk


def find(source: Source, scratch: Path) -> Finding:
    """Return the table in a CSV file, whatever its encoding and its separators; raise ImportRefused."""
    path = Path(source.path)
    text = encoding.detect(path)
    layout = dialect.detect(path, text)
    notes = list(layout.notes)
    if text.guessed:
        notes.append(f"It is not UTF-8; it was read as {text.name}. Check names with accents.")
    if text.controls:
        notes.append("It has control characters; they were left out.")
    sums = totals(path, layout.form, layout.first_row)
    notes += sums.notes
    table = Found(
        source=source,
        called=source.name,
        label=source.name,
        header=layout.header,
        reading=CsvReading(
            path=source.path, form=layout.form, first_row=layout.first_row, skipped=sums.lines
        ),
        delimiter=layout.form.delimiter,
        notes=tuple(notes),
        guessed=text.guessed,
        headless=any("no header line" in note for note in notes),
    )
    return Finding(tables=(table,))
