"""Reads log files that the logger wrote, from the end, rotated parts included, in bounded memory."""

import heapq
import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

Stream = Literal["out", "err", "log"]

BLOCK = 64 * 1024
_RECORD = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([A-Za-z]) (.*)", re.DOTALL)
_STREAMS: dict[str, Stream] = {"O": "out", "E": "err", "L": "log"}


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One line of output; `time` is ISO 8601 in UTC, `stream` is out, err or log (the logger's own)."""

    time: str
    stream: Stream
    instance: int
    text: str


def read_log(
    home: Path,
    app: str,
    slot: int | None = None,
    *,
    lines: int = 100,
    since: str | None = None,
    match: str | None = None,
) -> list[Record]:
    """Return the last `lines` records of an app (of all slots when `slot` is None), oldest first.

    `since` keeps those at or after that time (ISO 8601, UTC, as records have it), `match` those that
    contain the text. Raises OSError when a file cannot be read; an app without logs has no records.
    """
    slots = [slot] if slot is not None else _slots(home / "logs" / app)
    newest_first = heapq.merge(
        *(_records(home / "logs" / app, each, since) for each in slots),
        key=lambda record: record.time,
        reverse=True,
    )
    wanted = (record for record in newest_first if match is None or match in record.text)
    return list(itertools.islice(wanted, lines))[::-1]


def parse(line: bytes, slot: int) -> Record | None:
    """Return the record that a log file's `line` holds, None when it holds none."""
    found = _RECORD.fullmatch(line)
    if found is None:
        return None
    time, letter, text = found.groups()
    stream = _STREAMS.get(letter.decode().upper(), "out")
    return Record(time=time.decode(), stream=stream, instance=slot, text=text.decode("utf-8", "replace"))


def _slots(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("*.log") if path.stem.isdigit())


def _records(folder: Path, slot: int, since: str | None) -> Iterator[Record]:
    first = since.rstrip("Z") if since is not None else ""
    for line in _lines(folder / f"{slot}.log"):
        found = _RECORD.fullmatch(line)
        if found is None:
            continue
        time, letter, text = found.groups()
        when = time.decode()
        if when.rstrip("Z") < first:
            return
        stream = _STREAMS.get(letter.decode().upper(), "out")
        yield Record(time=when, stream=stream, instance=slot, text=text.decode("utf-8", "replace"))


def _lines(path: Path) -> Iterator[bytes]:
    for number in itertools.count():
        part = path.with_name(f"{path.name}.{number}") if number else path
        try:
            descriptor = os.open(part, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            if number:
                return
            continue  # between a rotation's rename and the new file
        try:
            yield from _lines_backwards(descriptor)
        finally:
            os.close(descriptor)


def _lines_backwards(descriptor: int) -> Iterator[bytes]:
    position = os.fstat(descriptor).st_size
    rest = b""
    while position > 0:
        start = max(0, position - BLOCK)
        block = os.pread(descriptor, position - start, start) + rest
        position = start
        rest, *whole = block.split(b"\n") if position else [b"", *block.split(b"\n")]
        yield from (line for line in reversed(whole) if line)
