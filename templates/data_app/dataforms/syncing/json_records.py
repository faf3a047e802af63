"""Records in JSON as services answer with them: in a list somewhere inside, with objects in objects.

Read as a stream. A column is a key of a record, or the keys on the way to it: `address.city`.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import ijson  # type: ignore[import-untyped]  # it has no types
import msgspec

from dataforms.sheets.batch import BATCH_ROWS, Batch
from dataforms.sheets.refused import ImportRefused
from dataforms.syncing.failed import SourceFailed, absent
from dataforms.words import say

_LOOKED_AT = 1_000
_BOM = b"\xef\xbb\xbf"
_NOTHING = object()


class JsonRecords:
    """The records of a JSON text; `records` says where the list of them is, such as `data.items`."""

    notes: tuple[str, ...] = ()

    def __init__(self, path: Path, columns: Sequence[str], records: str | None) -> None:
        self._path, self._records = path, records
        self.header = tuple(columns)
        with path.open("rb") as file:
            first = list(islice(self._read(file), _LOOKED_AT))
        if not first and records is not None and not self._has_list():
            raise SourceFailed(
                say("there is no list at {place}", place=repr(records)),
                say("Say in records where the list of records is."),
            )
        for column in columns if first else ():
            if all(_at(record, column) is _NOTHING for record in first):
                raise absent(column, _columns(first))

    def batches(self) -> Iterator[Batch]:
        """Yield all records; raise ImportRefused."""
        size = max(1, self._path.stat().st_size)
        with self._path.open("rb") as file:
            records = enumerate(self._read(file), 1)
            while some := list(islice(records, BATCH_ROWS)):
                yield Batch(
                    rows=[[_cell(_at(record, column)) for column in self.header] for _, record in some],
                    numbers=[number for number, _ in some],
                    done=min(1.0, file.tell() / size),
                )

    def _read(self, file: BinaryIO) -> Iterator[dict[str, Any]]:
        values = ijson.items(file, _prefix(file, self._records), multiple_values=True)
        number = 0
        while True:
            try:
                record = next(values)
            except StopIteration:
                return
            except (ijson.JSONError, UnicodeError) as error:
                raise ImportRefused(
                    say("after {count} records it is no JSON: {error}", count=number, error=error)
                ) from error
            number += 1
            if not isinstance(record, dict):
                raise ImportRefused(say("value {number} is no object", number=number))
            yield record

    def _has_list(self) -> bool:
        with self._path.open("rb") as file:
            wanted = (_prefix(file, self._records).removesuffix(".item"), "start_array")
            return any(
                (prefix, event) == wanted for prefix, event, _ in ijson.parse(file, multiple_values=True)
            )


def _prefix(file: BinaryIO, records: str | None) -> str:
    """Return where ijson finds the records, and put the file behind its byte order mark."""
    start = file.read(4_096)
    mark = len(start) - len(start.removeprefix(_BOM))
    file.seek(mark)
    if records is not None:
        return f"{records}.item"
    return "item" if start[mark:].lstrip().startswith(b"[") else ""


def _at(record: Mapping[str, Any], column: str) -> Any:
    if column in record:
        return record[column]
    found: Any = record
    for key in column.split("."):
        if not isinstance(found, dict) or key not in found:
            return None if found is None else _NOTHING
        found = found[key]
    return found


def _columns(records: Sequence[Mapping[str, Any]]) -> list[str]:
    keys: dict[str, None] = {}
    for record in records:
        for key, value in record.items():
            inside = [f"{key}.{each}" for each in value] if isinstance(value, dict) else [key]
            keys |= dict.fromkeys(inside)
    return list(keys)


def _cell(value: Any) -> object:
    if value is None or value is _NOTHING:
        return ""
    if isinstance(value, list) and all(isinstance(each, str | int) for each in value):
        return ", ".join(map(str, value))
    if isinstance(value, list | dict):
        return msgspec.json.encode(value).decode()
    return value
