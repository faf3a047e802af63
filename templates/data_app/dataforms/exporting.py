"""Records as text for others: CSV and JSON, written as the records come, in memory that does not grow.

Knows no database and no request.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import BinaryIO

import msgspec

from dataforms.errors import FieldError
from dataforms.formulas import harmless
from dataforms.query import Record
from dataforms.spec import Field
from dataforms.typerow import Location, Value
from dataforms.types import type_of

Batches = Iterable[Sequence[Record]]
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""By which Excel knows that a CSV file is UTF-8."""
_NUMBERS = (int, Decimal)
_READABLE = (str, date, time, timedelta)
"""What is always read back from what is shown."""
_MEASURES = (int, float, Decimal, date, time, timedelta, Location)
"""What is made of digits, whatever it begins with."""


def write_csv(file: BinaryIO, fields: Sequence[Field], batches: Batches) -> None:
    """Write RFC 4180 in UTF-8: a line of titles, then a line a record; values that read back as they are."""
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow([harmless(field.title) for field in fields])
    for batch in batches:
        lines.writerows([csv_cell(record, field) for field in fields] for record in batch)
    text.detach()


def write_json(file: BinaryIO, fields: Sequence[Field], batches: Batches) -> None:
    """Write an array of records, one a line: `id`, the fields, and in `_labels` what references stand for."""
    encoder = msgspec.json.Encoder(decimal_format="number")
    is_first = True
    for batch in batches:
        for record in batch:
            file.write(b"[\n" if is_first else b",\n")
            file.write(encoder.encode(_as_object(record, fields)))
            is_first = False
    file.write(b"[]\n" if is_first else b"\n]\n")


def csv_cell(record: Record, field: Field) -> str:
    """Return the text of one value, which a spreadsheet shows and does not compute."""
    text = plain_text(record, field)
    is_measure = isinstance(record.values.get(field.name), _MEASURES) and not record.labels.get(field.name)
    return text if is_measure else harmless(text)


def plain_text(record: Record, field: Field) -> str:
    """Return the text of one value: what is shown if that reads back as the value, else what a form has.

    Numbers have neither units nor groups; a reference is what the record is called that it points at.
    """
    value = record.values.get(field.name)
    if value is None:
        return ""
    label = record.labels.get(field.name)
    if label:
        return label
    row = type_of(field)
    if isinstance(value, _NUMBERS):
        return row.edit(value, field)
    text = row.show(value, field)
    if isinstance(value, _READABLE) or _reads_back(text, value, field):
        return text
    return row.edit(value, field)


def _reads_back(text: str, value: Value, field: Field) -> bool:
    try:
        return bool(type_of(field).read(text, field) == value)
    except FieldError:
        return False


def _as_object(record: Record, fields: Sequence[Field]) -> dict[str, object]:
    found: dict[str, object] = {"id": record.id}
    found |= {field.name: record.values.get(field.name) for field in fields}
    labels = {field.name: record.labels[field.name] for field in fields if record.labels.get(field.name)}
    return {**found, "_labels": labels} if labels else found
