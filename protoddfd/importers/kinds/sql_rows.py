"""Rows in a file of SQL: how those of one table are read again, with its columns in their order."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec

from dataforms.sheets.batch import BATCH_ROWS
from dataforms.sheets.csv_file import Chunk
from protoddfd.importers.kinds.blobs import LARGEST, Blobs
from protoddfd.importers.kinds.sql_script import Rows, Script
from protoddfd.importers.kinds.sql_tape import Tape
from protoddfd.importers.kinds.sql_values import Keeps, Written

Keep = Callable[[str, int, bytes], str]
"""Keeps the bytes of a column and a row, and returns the cell that stands for them."""
_MOST_BYTES = 4 << 20
_EXACT_DIGITS = 15
_ZERO_DATE = "0000-00-00"
_INTERVAL = re.compile(r"(?:(-?\d{1,6}) days?)?\s*(?:(-?)(\d{1,8}):(\d\d:\d\d(?:\.\d{1,6})?))?")
_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,{}"]+)|([{}]))\s*(,?)', re.DOTALL)


class Weight(msgspec.Struct):
    """How many bytes a column holds, how many of its values are too large, and whether all are texts."""

    size: int = 0
    large: int = 0
    longest: int = 0
    is_text: bool = True

    def add(self, content: bytes) -> None:
        """Count a value."""
        is_large = len(content) > LARGEST
        self.size += 0 if is_large else len(content)
        self.large += is_large
        self.longest = max(self.longest, len(content))
        self.is_text = self.is_text and _is_text(content)


def _is_text(content: bytes) -> bool:
    try:
        return not content or content.decode().isprintable()
    except UnicodeDecodeError:
        return False


def _bit(content: bytes, is_number: bool) -> str:
    """Return the number that a value of BIT is: dumps have its bytes, people write a number."""
    return content.decode() if is_number else str(int.from_bytes(content)) if content else ""


class SqlPart(msgspec.Struct, frozen=True, kw_only=True):
    """Where rows of a table are in one file, those of others among them."""

    path: str
    encoding: str
    ranges: tuple[tuple[int, int], ...]


class SqlReading(msgspec.Struct, frozen=True, kw_only=True, tag="sql"):
    """How some columns of a table are read."""

    dialect: str
    table: str
    all_columns: tuple[str, ...]
    """The columns in the order that a statement has them in that names none."""
    columns: tuple[str, ...]
    ways: tuple[str, ...]
    """How each is written, a key of `WAYS`, where it is not as an app reads it."""
    parts: tuple[SqlPart, ...]
    """Where its rows are."""
    binary: tuple[str, ...] = ()
    """Which of the columns hold bytes."""
    files: str = ""
    """The folder that these go to."""
    bits: tuple[str, ...] = ()
    """Which of the columns are of MySQL's type BIT."""

    @property
    def weight(self) -> int:
        """Return the bytes that are read."""
        return max(1, sum(end - start for part in self.parts for start, end in part.ranges))

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows in the order of the file; raise ImportRefused."""
        blobs = Blobs(self.files)

        def keep(column: str, number: int, content: bytes) -> str:
            return blobs.cell(content, column, number) if len(content) <= LARGEST else ""

        yield from self._chunks(keep)

    def weights(self) -> "dict[str, Weight]":
        """Return how much each binary column holds, after reading all."""
        found = {name: Weight() for name in self.binary}

        def weigh(column: str, _number: int, content: bytes) -> str:
            found[column].add(content)
            return ""

        for _ in self._chunks(weigh) if self.binary else ():
            pass
        return found

    def width(self) -> int:
        """Return how many values the first row has whose statement names no columns; 0 without one."""
        for part in self.parts:
            written = Written(self.dialect, part.encoding)
            with Path(part.path).open("rb") as file:
                for start, end in part.ranges:
                    script = Script(Tape(file, start, end), written)
                    for each in script:
                        if isinstance(each, Rows) and each.columns is None and self._is_own(each):
                            return len(next(script.values({}), []))
        return 0

    def _is_own(self, rows: Rows) -> bool:
        return rows.table.casefold() == self.table.casefold()

    def _chunks(self, keep: Keep) -> Iterator[Chunk]:
        count, before = 0, 0
        for part in self.parts:
            written = Written(self.dialect, part.encoding)
            with Path(part.path).open("rb") as file:
                for start, end in part.ranges:
                    tape = Tape(file, start, end)
                    rows = self._rows(Script(tape, written), keep, count)
                    while some := list(_some(rows, tape)):
                        lines = list(range(count + 1, count + len(some) + 1))
                        count += len(some)
                        yield Chunk(rows=some, lines=lines, bytes_done=before + tape.place - start)
                    before += end - start

    def _rows(self, script: Script, keep: Keep, count: int) -> Iterator[list[str]]:
        ways = [(place, WAYS[way]) for place, way in enumerate(self.ways) if way]
        places: dict[tuple[str, ...] | None, list[int] | None] = {}
        number = count + 1

        def kept(column: str, content: bytes, _is_number: bool) -> str:
            return keep(column, number, content)

        for each in script:
            if not isinstance(each, Rows) or not self._is_own(each):
                continue
            there = each.columns or self.all_columns
            if each.columns not in places:
                places[each.columns] = _places(self.columns, there)
            order = places[each.columns]
            for row in script.values(self._keeps(there, kept)):
                number += 1
                made = row if order is None else [row[place] if place < len(row) else "" for place in order]
                for place, way in ways:
                    if place < len(made) and made[place]:
                        made[place] = way(made[place])
                yield made

    def _keeps(self, there: Sequence[str], kept: Callable[[str, bytes, bool], str]) -> Keeps:
        """Return what keeps the bytes at the places of some columns."""
        binary = {name.casefold(): name for name in self.binary}
        bits = {name.casefold() for name in self.bits}
        keeps: dict[int, Callable[[bytes, bool], str]] = {}
        for place, name in enumerate(there if binary or bits else ()):
            if name.casefold() in binary:
                keeps[place] = partial(kept, binary[name.casefold()])
            elif name.casefold() in bits:
                keeps[place] = _bit
        return keeps


def _some(rows: Iterator[list[str]], tape: Tape) -> Iterator[list[str]]:
    """Yield as many rows as are held at a time."""
    start = tape.place
    for row in islice(rows, BATCH_ROWS):
        yield row
        if tape.place - start > _MOST_BYTES:
            return


def _places(wanted: Sequence[str], there: Sequence[str]) -> list[int] | None:
    """Return where the wanted columns are among those there; None where they are the same."""
    known = {name.casefold(): place for place, name in enumerate(there)}
    order = [known.get(name.casefold(), len(there) + 1_000) for name in wanted]
    return None if order == list(range(len(there))) else order


# -- ways of writing that are no app's ----------------------------------------------------------------------


def way_of(kind: str, dialect: str) -> str:
    """Return how a dump writes the values of a type of SQL, a key of `WAYS`; empty where as it is read."""
    word = kind.casefold().split("(")[0].strip()
    if kind.endswith("[]") or word.startswith("array"):
        return "array"
    if word == "interval":
        return "interval"
    if dialect == "mysql" and word in ("date", "datetime", "timestamp"):
        return "zero date"
    return "real" if dialect == "sqlite" else ""


def _real(text: str) -> str:
    """Return a number with as many digits as tell it from others."""
    if len(text) <= _EXACT_DIGITS or not ("." in text or "e" in text) or text.strip("+-.0123456789e"):
        return text
    try:
        return repr(float(text))
    except ValueError:
        return text


def _zero_date(text: str) -> str:
    return "" if text.startswith(_ZERO_DATE) else text


def _interval(text: str) -> str:
    """Return a length of time of PostgreSQL in hours; one of months stays as it is."""
    found = _INTERVAL.fullmatch(text.strip())
    if found is None:
        return text
    days, sign, hours, rest = found.groups()
    if days is None or sign or int(days) < 0:
        return text if days is not None and rest else f"{24 * int(days)}:00:00" if days else text
    return f"{24 * int(days) + int(hours or 0)}:{rest or '00:00'}"


def _array(text: str) -> str:
    """Return an array of PostgreSQL, `{a,"b c",NULL}`, as JSON; what is none as it is."""
    lists: list[list[object]] = [[]]
    at = 0
    while at < len(text):
        found = _ITEM.match(text, at)
        if found is None or (found[3] == "}" and len(lists) < 2) or len(lists) > 20:
            return text
        at = found.end()
        if found[3] == "{":
            lists.append([])
        elif found[3]:
            done = lists.pop()
            lists[-1].append(done)
        elif found[1] is not None:
            lists[-1].append(re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL))
        else:
            lists[-1].append(_item(found[2].strip()))
    whole = lists[0] if len(lists) == 1 and len(lists[0]) == 1 else None
    return msgspec.json.encode(whole[0]).decode() if whole and isinstance(whole[0], list) else text


def _item(text: str) -> object:
    if text.upper() == "NULL":
        return None
    if re.fullmatch(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,10})?", text):
        return float(text) if "." in text else int(text)
    return text


WAYS: dict[str, Callable[[str], str]] = {
    "real": _real, "zero date": _zero_date, "interval": _interval, "array": _array,
}  # fmt: skip
