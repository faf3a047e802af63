"""Reads log files that the logger wrote, from the end, over all files of all instances, in bounded memory."""

import heapq
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from protoddfd.edge.logger_client import LogCounts
from protoddfd.edge.logparts import (
    LogEnd,
    LogPosition,
    open_end,
    open_part,
    open_position,
    slots,
    whole_bytes,
)
from protoddfd.edge.logquery import EVERYTHING, LAST, LogQuery
from protoddfd.edge.logstructure import structure_of
from protoddfd.wire.results import LogRecord

BLOCK = 64 * 1024
JOIN_MAX = 1024 * 1024
"""Bytes of the pieces of one line that are put together, at most."""
ANSWER_MAX = 16 * 1024 * 1024
"""Bytes of text that are answered, at most."""

_HEAD = 27
_LOOK = 4096
STAMP = 24
_LETTERS = frozenset((b"O", b"E", b"L", b"o", b"e"))
_MARKS = frozenset((b" ", b"+"))
_STREAMS: dict[str, Literal["out", "err", "log"]] = {"O": "out", "E": "err", "L": "log"}


class Raw:
    """A record as it stands in a file, or several that are pieces of one line."""

    __slots__ = ("begins", "ends", "letter", "stamp", "text")

    def __init__(self, line: bytes) -> None:
        letter = chr(line[25])
        self.stamp = line[:STAMP]
        self.letter = letter.upper()
        self.begins = line[26] == 0x20
        """Does a line begin with it?"""
        self.ends = letter == self.letter
        """Does a line end with it?"""
        self.text = line[_HEAD:]


def read_log(
    home: Path,
    app: str,
    slot: int | None = None,
    *,
    lines: int = 100,
    query: LogQuery = EVERYTHING,
    start: Iterable[LogPosition] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> list[LogRecord]:
    """Return the last `lines` records of an app (of all slots when `slot` is None), oldest first.

    Only those that `query` wants, and fewer when they are large. With `start` nothing is read that is after
    these positions, one for each slot. It ends early when `stopped` says so. Raises OSError when a file
    cannot be read; an app without logs has no records.
    """
    folder = home / "logs" / app
    opened = _open_ends(folder, slot) if start is None else _open_positions(folder, start)
    try:
        newest_first = heapq.merge(
            *(_records(folder, end, offset, query, stopped) for end, offset in opened),
            key=lambda found: found[0].stamp,
            reverse=True,
        )
        return [record_of(raw, number) for raw, number in _last(newest_first, lines)][::-1]
    finally:
        for end, _ in opened:
            end.close()


def read_counts(home: Path, app: str) -> LogCounts:
    """Return what is written down of lines that are missing from an app's logs."""
    found: list[LogCounts] = []
    for path in (home / "logs" / app).glob("*.counts"):
        with suppress(OSError, msgspec.MsgspecError):
            found.append(msgspec.json.decode(path.read_bytes(), type=LogCounts))
    return LogCounts(
        dropped=sum(each.dropped for each in found), discarded=sum(each.discarded for each in found)
    )


def raw_record(line: bytes) -> Raw | None:
    """Return the record in a line of a log file, None when it was not written by the logger."""
    if line[23:25] != b"Z " or line[25:26] not in _LETTERS or line[26:27] not in _MARKS:
        return None
    return Raw(line)


def record_of(raw: Raw, slot: int) -> LogRecord:
    """Return a record as it is answered, with its structure if it has one."""
    text = raw.text.decode("utf-8", "replace")
    structure = structure_of(text) if raw.letter != "L" else None
    return LogRecord(
        time=raw.stamp.decode("ascii", "replace"),
        stream=_STREAMS[raw.letter],
        instance=slot,
        text=text,
        level=structure.level if structure is not None else None,
        fields=structure.fields if structure is not None else None,
    )


def _open_ends(folder: Path, slot: int | None) -> list[tuple[LogEnd, int]]:
    found = (open_end(folder, each) for each in ([slot] if slot is not None else slots(folder)))
    return [(end, whole_bytes(end.descriptor)) for end in found if end is not None]


def _open_positions(folder: Path, positions: Iterable[LogPosition]) -> list[tuple[LogEnd, int]]:
    found = ((open_position(folder, position), position.offset) for position in positions)
    return [(end, offset) for end, offset in found if end is not None]


def _last(newest_first: Iterable[tuple[Raw, int]], lines: int) -> Iterator[tuple[Raw, int]]:
    left = ANSWER_MAX
    for _, (raw, slot) in zip(range(lines), newest_first, strict=False):
        left -= len(raw.text)
        if left < 0:
            return
        yield raw, slot


def _records(
    folder: Path, end: LogEnd, offset: int, query: LogQuery, stopped: Callable[[], bool]
) -> Iterator[tuple[Raw, int]]:
    """Yield the records that are wanted of an instance, the newest first."""
    pieces = _Pieces()
    for block in _blocks(folder, end, offset, query.until):
        if stopped():
            return
        may_find = not pieces.empty or query.may_find(block)
        for line in reversed(block.split(b"\n")) if may_find else ():
            raw = raw_record(line)
            if raw is not None:
                yield from ((each, end.slot) for each in pieces.before(raw) if _wanted(each, query))
        if block[:STAMP] < query.since:
            return
    yield from ((each, end.slot) for each in pieces.rest() if _wanted(each, query))


def _wanted(raw: Raw, query: LogQuery) -> bool:
    return query.covers(raw.stamp) and query.finds(raw.text)


class _Pieces:
    """Puts pieces together that come last piece first; other records pass through."""

    def __init__(self) -> None:
        self._open: dict[str, Raw] = {}

    @property
    def empty(self) -> bool:
        """Tell whether no line waits for its beginning."""
        return not self._open

    def before(self, raw: Raw) -> Iterator[Raw]:
        """Take the record that stands before those that were taken already; yield what is complete."""
        later = self._open.pop(raw.letter, None)
        if later is not None:
            if raw.ends or len(raw.text) + len(later.text) > JOIN_MAX:
                yield later  # its beginning is not to be found
            else:
                raw.text += later.text
        if raw.begins:
            yield raw
        else:
            self._open[raw.letter] = raw

    def rest(self) -> Iterator[Raw]:
        """Yield the lines whose beginning does not come any more."""
        yield from sorted(self._open.values(), key=lambda raw: raw.stamp, reverse=True)


def _blocks(folder: Path, end: LogEnd, offset: int, until: bytes) -> Iterator[bytes]:
    """Yield whole records in blocks, the newest first, and not many that are later than `until`."""
    yield from _blocks_of(end.descriptor, _offset_of(end.descriptor, offset, until))
    for number in end.older():
        part = open_part(folder, end.slot, number)
        if part is None:
            continue
        try:
            size = whole_bytes(part.descriptor)
            yield from _blocks_of(part.descriptor, _offset_of(part.descriptor, size, until))
        finally:
            part.close()


def _blocks_of(descriptor: int, position: int) -> Iterator[bytes]:
    rest = b""
    while position > 0:
        start = max(0, position - BLOCK)
        block = os.pread(descriptor, position - start, start) + rest
        position = start
        cut = block.find(b"\n") + 1 if start else 0
        if start and cut == 0:
            rest = (
                block if len(block) < JOIN_MAX else b""
            )  # what is longer than that the logger did not write
            continue
        rest = block[:cut]
        if len(block) > cut:
            yield block[cut:]


def _offset_of(descriptor: int, size: int, until: bytes) -> int:
    """Return an offset in a file of `size` after which all records are later than `until`."""
    if until == LAST:
        return size
    if size == 0 or os.pread(descriptor, STAMP, 0) > until:
        return 0
    low, high = 0, size
    while high - low > BLOCK:
        middle = (low + high) // 2
        block = os.pread(descriptor, min(_LOOK, high - middle), middle)
        start = block.find(b"\n") + 1
        if start == 0 or block[start : start + STAMP] <= until:
            low = middle
        else:
            high = middle + start
    return high
