"""Records in JSON as tables: arrays of objects, objects on lines, and the arrays of objects inside them."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Literal

import ijson  # type: ignore[import-untyped]  # it has no types
import msgspec

from dataforms.sheets.batch import BATCH_ROWS
from dataforms.sheets.csv_file import Chunk
from dataforms.sheets.refused import ImportRefused
from dataforms.sheets.vocabulary import word_set
from dataforms.spec import FieldType
from protoddfd.importers import names
from protoddfd.importers.found import Declared, DeclaredColumn, DeclaredReference, Finding, Found, Source
from protoddfd.importers.kinds.cells import bounded, text_of
from protoddfd.importers.profile import refuse_width
from protoddfd.importers.shapes import KeyPath, Shape, TooManyKeys, value_at

_TEXTS: tuple[FieldType, ...] = (
    "text", "date", "datetime", "time", "money", "percent", "email", "url", "phone", "color",
)  # fmt: skip
"""What a JSON string can be: one of digits only stays a text, as its author wrote it."""
_DEEPEST = 100
_MOST_TOP_KEYS = 200_000
_NO_NAMES = word_set("data items results records rows features value values list entries")
"""Keys that do not say what is in them."""
Form = Literal["array", "values", "map"]


class JsonReading(msgspec.Struct, frozen=True, kw_only=True, tag="json"):
    """How the records of one table are read."""

    path: str
    form: Form
    """An array of objects, one value behind the other, or an object of objects."""
    prefix: str
    """Where that is in the file, in the words of ijson."""
    steps: tuple[KeyPath, ...] = ()
    """The keys of the arrays that lead from a record to those of this table."""
    columns: tuple[KeyPath, ...]
    as_json: tuple[bool, ...]

    @property
    def weight(self) -> int:
        """Return the bytes of the file."""
        return Path(self.path).stat().st_size

    def chunks(self) -> Iterator[Chunk]:
        """Yield all records; those inside of others begin with the place of the record that they are in."""
        rows: list[list[str]] = []
        lines: list[int] = []
        cells = list(zip(self.columns, self.as_json, strict=True))
        with Path(self.path).open("rb") as file:
            for place, (above, record) in enumerate(
                _inside(_records(file, self.form, self.prefix), self.steps), 1
            ):
                row = [_text(value_at(record, path), as_json=as_json) for path, as_json in cells]
                rows.append([str(above), *row] if self.steps else row)
                lines.append(place)
                if len(rows) >= BATCH_ROWS:
                    yield Chunk(rows=rows, lines=lines, bytes_done=file.tell())
                    rows, lines = [], []
        if rows:
            yield Chunk(rows=rows, lines=lines, bytes_done=self.weight)


def _text(value: object, *, as_json: bool) -> str:
    if value is None:
        return ""
    if as_json:
        return bounded(msgspec.json.encode(_plain(value)).decode())
    return text_of(value)


def _plain(value: object) -> object:
    """Return a JSON value with floats for decimals, and without control characters in texts."""
    if isinstance(value, dict):
        return {bounded(str(key)): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return bounded(value)
    if value is None or isinstance(value, bool | int):
        return value
    number = float(value)  # type: ignore[arg-type]  # a Decimal
    return number if abs(number) < float("inf") else str(value)


def _records(file: BinaryIO, form: Form, prefix: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a table; raise ImportRefused for what is none, and what is no JSON."""
    start = file.read(3)
    file.seek(3 if start == b"\xef\xbb\xbf" else 0)
    if form == "map":
        values: Iterator[Any] = ({"key": key, **each} for key, each in ijson.kvitems(file, prefix))
    else:
        values = ijson.items(file, prefix, multiple_values=True)
    for number in count(1):
        try:
            record = next(values, None)
        except _FAULTS as error:
            raise _refusal(number - 1, error) from error
        if record is None:
            return
        if not isinstance(record, dict):
            raise ImportRefused(f"value {number:,} is no object", "each record has to be an object of fields")
        yield record


_FAULTS = (ijson.JSONError, UnicodeError, ValueError, TypeError, RecursionError, ArithmeticError)


def _refusal(number: int, error: Exception) -> ImportRefused:
    said = " ".join(str(error).split())[:160]
    return ImportRefused(
        f"after {number:,} records it is no JSON: {said}", "save it as an array of objects in UTF-8"
    )


def _inside(
    records: Iterator[dict[str, Any]], steps: tuple[KeyPath, ...]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects that some steps lead to, each with the place of the object above it."""
    level: Iterator[tuple[int, dict[str, Any]]] = ((0, record) for record in records)
    for step in steps:
        level = _below(level, step)
    return level


def _below(
    level: Iterator[tuple[int, dict[str, Any]]], step: KeyPath
) -> Iterator[tuple[int, dict[str, Any]]]:
    for place, (_, record) in enumerate(level, 1):
        found = value_at(record, step)
        for each in found if isinstance(found, list) else ():
            if isinstance(each, dict):
                yield place, each


def read(source: Source) -> Finding:
    """Return the tables in a file of JSON records; raise ImportRefused."""
    path = Path(source.path)
    notes: list[str] = []
    tables: list[Found] = []
    for called, form, prefix in _tops(source, path, notes):
        shape = _shape(path, form, prefix)
        label = source.name if called == source.name else f"{source.name}, {called}"
        top = JsonReading(path=source.path, form=form, prefix=prefix, columns=(), as_json=())
        tables += _found(source, shape, top, called, label, "")
    if not tables:
        raise ImportRefused("there is no record in it", "choose a file with an array of objects")
    return Finding(tables=tuple(tables), notes=tuple(notes))


def _shape(path: Path, form: Form, prefix: str) -> Shape:
    shape = Shape()
    try:
        with path.open("rb") as file:
            for record in _records(file, form, prefix):
                shape.learn(record)
    except TooManyKeys as error:
        raise ImportRefused(
            "its records have thousands of different keys", "give records that have the same keys"
        ) from error
    return shape


def _found(
    source: Source, shape: Shape, reading: JsonReading, called: str, label: str, above: str
) -> Iterator[Found]:
    """Yield the table of a shape, and those inside it."""
    columns = list(shape.columns())
    refuse_width(len(columns))
    said = [_said(shape, path, kind) for path, kind in columns]
    header = [" ".join(path) for path, _ in columns]
    references: tuple[DeclaredReference, ...] = ()
    if above:
        owner = " ".join(reading_name(above))
        header, said = [owner, *header], [DeclaredColumn(), *said]
        references = (DeclaredReference(column=0, table=above, key=None),)
    own = msgspec.structs.replace(
        reading,
        columns=tuple(path for path, _ in columns),
        as_json=tuple(kind in ("json", "several") for _, kind in columns),
    )
    if columns:
        declared = Declared(columns=tuple(said), references=references, complete=False)
        yield Found(
            source=source, called=called, label=label, header=tuple(header), reading=own, declared=declared
        )
    for path, inner in shape.tables() if columns or not above else ():
        deeper = msgspec.structs.replace(reading, steps=(*reading.steps, path))
        singular = " ".join(reading_name(label))
        yield from _found(
            source,
            inner,
            deeper,
            f"{singular} {' '.join(path)}",
            f"{label}, {' '.join(path)}",
            label if columns else "",
        )


def reading_name(label: str) -> list[str]:
    """Return the words for one record of the table of that label: `shop.json, orders` -> `order`."""
    parts = names.entity_words(label.rsplit(", ", 1)[-1]) or ["record"]
    return [*parts[:-1], names.singular(parts[-1])]


def _said(shape: Shape, path: KeyPath, kind: str) -> DeclaredColumn:
    if kind == "several":
        return DeclaredColumn(
            types=("multi_enum",), choices=tuple(sorted(filter(None, shape.items[path] or ())))
        )
    if kind == "json":
        return DeclaredColumn(types=("json",))
    return DeclaredColumn(types=_TEXTS) if kind == "text" else DeclaredColumn()


def _tops(source: Source, path: Path, notes: list[str]) -> list[tuple[str, Form, str]]:
    """Return where the tables of a file begin: what each is called, its form, and ijson's prefix."""
    outline = _outline(path)
    kinds = outline.kinds
    if outline.first == "start_array":
        return [(source.name, "array", "item")]
    rows = [key for key, kind in kinds.items() if kind == "rows"]
    if outline.values > 1 or not kinds:
        return [(source.name, "values", "")]
    if rows:
        others = [key for key, kind in kinds.items() if kind not in ("rows", "empty")]
        if others:
            notes.append(f"{source.name}: Left out, as it is no table: {', '.join(others)[:300]}.")
        return [(key if len(rows) > 1 else _better(source, key), "array", f"{key}.item") for key in rows]
    if len(kinds) > 1 and set(kinds.values()) == {"start_map"}:
        return [(source.name, "map", "")]
    return [(source.name, "values", "")]


def _better(source: Source, key: str) -> str:
    """Return what the only table of a file is called: its key, unless that says nothing."""
    return source.name if key.casefold() in _NO_NAMES else key


class _Outline:
    """The keys of the first value of a file with what begins there, and whether another value follows."""

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}
        """By key an event of ijson, or `rows` for an array of objects, `empty` for one of nothing."""
        self.values = 0
        self.first = ""
        self._depth = 0
        self._key: str | None = None
        self._array: str | None = None

    @property
    def is_enough(self) -> bool:
        """Return whether the rest of the file can tell nothing new."""
        return self.first == "start_array" or self.values > 1

    def feed(self, event: str, value: object) -> None:
        """Learn from the next event; raise ImportRefused."""
        self.first = self.first or event
        if self._array is not None:
            self.kinds[self._array] = {"start_map": "rows", "end_array": "empty"}.get(event, "other")
            self._array = None
        if event == "map_key":
            self._key = str(value) if self._depth == 1 else None
            return
        if self._key is not None:
            self._note(self._key, event)
        self._depth += _STEPS.get(event, 0)
        self.values += self._depth == 0
        if self._depth > _DEEPEST:
            raise ImportRefused("it is nested too deeply", "flatten it")

    def _note(self, key: str, event: str) -> None:
        if len(self.kinds) > _MOST_TOP_KEYS:
            raise ImportRefused("it has too many keys", "save it as an array of objects")
        self.kinds[key] = event
        self._array = key if event == "start_array" else None
        self._key = None


_STEPS = {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}


def _outline(path: Path) -> _Outline:
    outline = _Outline()
    with path.open("rb") as file:
        start = file.read(3)
        file.seek(3 if start == b"\xef\xbb\xbf" else 0)
        events = ijson.basic_parse(file, multiple_values=True)
        while not outline.is_enough:
            try:
                event, value = next(events)
            except StopIteration:
                break
            except _FAULTS as error:
                raise _refusal(0, error) from error
            outline.feed(event, value)
    return outline
