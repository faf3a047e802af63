"""A CSV file as a table."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from dataforms.sheets import dialect, encoding
from dataforms.sheets.csv_file import Chunk, CsvFormat, chunks
from protoddfd.importers.found import Finding, Found, Source


class CsvReading(msgspec.Struct, frozen=True, kw_only=True, tag="csv"):
    """How a CSV file is read."""

    path: str
    form: CsvFormat
    first_row: int
    """How many rows (not lines) stand before the first record: the header and what is above it."""

    @property
    def weight(self) -> int:
        """Return the bytes of the file."""
        return Path(self.path).stat().st_size

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows; raise ImportRefused."""
        return chunks(Path(self.path), self.form, skip_rows=self.first_row)


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
    table = Found(
        source=source,
        called=source.name,
        label=source.name,
        header=layout.header,
        reading=CsvReading(path=source.path, form=layout.form, first_row=layout.first_row),
        delimiter=layout.form.delimiter,
        notes=tuple(notes),
        guessed=text.guessed,
        headless=any("no header line" in note for note in notes),
    )
    return Finding(tables=(table,))
