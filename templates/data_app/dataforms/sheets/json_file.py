"""Records in JSON: an array of objects, or an object on each line. Read as a stream."""

from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any, BinaryIO

import ijson  # type: ignore[import-untyped]  # it has no types

from dataforms.sheets.batch import BATCH_ROWS, Batch
from dataforms.sheets.refused import ImportRefused

_LOOKED_AT = 1_000


class JsonTable:
    """The objects of a JSON file; the header is every key of the first thousand, in order of appearance."""

    notes: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        self._path = path
        keys: dict[str, None] = {}
        with path.open("rb") as file:
            for record in islice(_records(file), _LOOKED_AT):
                keys |= dict.fromkeys(record)
        if not keys:
            raise ImportRefused("there is no record in it", "choose a file with an array of objects")
        self.header = tuple(keys)

    def batches(self) -> Iterator[Batch]:
        """Yield all records; raise ImportRefused."""
        size = max(1, self._path.stat().st_size)
        with self._path.open("rb") as file:
            records = enumerate(_records(file), 1)
            while some := list(islice(records, BATCH_ROWS)):
                yield Batch(
                    rows=[[_cell(record.get(key)) for key in self.header] for _, record in some],
                    numbers=[number for number, _ in some],
                    done=min(1.0, file.tell() / size),
                )


def _records(file: BinaryIO) -> Iterator[dict[str, Any]]:
    start = file.read(4_096)
    begins = len(start) - len(start.removeprefix(b"\xef\xbb\xbf"))
    file.seek(begins)
    prefix = "item" if start[begins:].lstrip().startswith(b"[") else ""
    values = ijson.items(file, prefix, multiple_values=True)
    for number in count(1):
        try:
            record = next(values)
        except StopIteration:
            return
        except (ijson.JSONError, UnicodeError) as error:
            raise ImportRefused(
                f"after {number - 1} records it is no JSON: {error}", "save it as an array of objects"
            ) from error
        if not isinstance(record, dict):
            raise ImportRefused(f"value {number} is no object", "each record has to be an object of fields")
        yield record


def _cell(value: object) -> object:
    return "" if value is None else value
