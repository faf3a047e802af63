"""Follows an app's log files as the logger writes them and puts them aside, looking a few times a second.

What a follower has not fetched yet stays in the files: its memory is bounded, however slow it is.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, time_ns

from protoddfd.edge.logfiles import JOIN_MAX, Raw, raw_record, record_of
from protoddfd.edge.logparts import LogEnd, is_current, open_end, open_part, sequences, slots, whole_bytes
from protoddfd.edge.logquery import EVERYTHING, LogQuery
from protoddfd.wire.results import LogRecord

PERIOD_S = 0.2
PIECE_WAIT_S = 1.0
"""How long a piece of a line waits for the next one."""

_BLOCK = 64 * 1024
_FILES_PER_LOOK = 1000
_SETTLED_NS = 1_000_000_000  # two changes of a folder within a tick of the clock have the same time
_MISSED = b" L  files were removed before they could be followed: lines are missing here"


class LogFollower:
    """The records of an app from now on, of all its instances or of one.

    `start` says where that is: `read_log` reads what is before. Close it, or the iterator of `records`.
    """

    def __init__(self, home: Path, app: str, query: LogQuery = EVERYTHING, slot: int | None = None) -> None:
        self._folder = home / "logs" / app
        self._query = query
        self._slot = slot
        self._files: dict[int, _File] = {}
        self._seen = self._mark()
        self._discover(from_end=True)
        self.start = [file.end.position(file.offset) for file in self._files.values()]

    async def records(self) -> AsyncGenerator[LogRecord, None]:
        """Yield what is written after this object was made."""
        try:
            while True:
                moved = False
                for slot, file in list(self._files.items()):
                    for raw in file.more(monotonic()):
                        moved = True
                        if self._query.covers(raw.stamp) and self._query.finds(raw.text):
                            yield record_of(raw, slot)
                if moved:
                    await asyncio.sleep(0)
                else:
                    await asyncio.sleep(PERIOD_S)
                    self._look()
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            file.end.close()
        self._files.clear()

    def _look(self) -> None:
        """Find instances that are new; the folder tells by its time whether there can be any."""
        mark = self._mark()
        if mark != self._seen or time_ns() - mark < _SETTLED_NS:
            self._discover(from_end=False)
            self._seen = mark

    def _mark(self) -> int:
        try:
            return self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _discover(self, *, from_end: bool) -> None:
        for slot in slots(self._folder):
            if slot in self._files or self._slot not in (None, slot):
                continue
            opened = open_end(self._folder, slot) if from_end else _open_start(self._folder, slot)
            if opened is not None:
                offset = whole_bytes(opened.descriptor) if from_end else 0
                self._files[slot] = _File(self._folder, opened, offset)


class _File:
    """One instance's log: the file that is being read, and the pieces of a line that wait for the rest."""

    def __init__(self, folder: Path, end: LogEnd, offset: int) -> None:
        self.end = end
        self.offset = offset
        self._folder = folder
        self._pieces: dict[str, tuple[Raw, float]] = {}
        self._block = _BLOCK
        self._missed = False

    def more(self, now: float) -> Iterator[Raw]:
        """Yield the records that have come since the last call, a bounded number; `now` is monotonic."""
        lines = self._lines()
        if self._missed:
            self._missed = False
            yield Raw(_now() + _MISSED)
        for line in lines:
            raw = raw_record(line)
            if raw is not None:
                yield from self._joined(raw, now)
        for letter, (raw, since) in list(self._pieces.items()):
            if now - since > PIECE_WAIT_S:
                del self._pieces[letter]
                yield raw

    def _joined(self, raw: Raw, now: float) -> Iterator[Raw]:
        """Yield what is complete by this record: itself, with the pieces before it."""
        before = self._pieces.pop(raw.letter, None)
        if before is not None:
            piece, _ = before
            if raw.begins or len(piece.text) + len(raw.text) > JOIN_MAX:
                yield piece
            else:
                piece.text += raw.text
                piece.ends = raw.ends
                raw = piece
        if raw.ends:
            yield raw
        else:
            self._pieces[raw.letter] = raw, now

    def _lines(self) -> list[bytes]:
        for _ in range(_FILES_PER_LOOK):
            rotated = not is_current(self._folder, self.end.slot, self.end.descriptor)
            block = os.pread(self.end.descriptor, self._block, self.offset)
            whole = block.rfind(b"\n") + 1
            if whole:
                self.offset += whole
                self._block = _BLOCK
                return block[: whole - 1].split(b"\n")
            if len(block) == self._block:  # a record is longer than that
                self._block *= 2
                continue
            if not rotated or not self._turn():
                return []
        return []

    def _turn(self) -> bool:
        """Go on to the file that was begun after this one; return whether there is one."""
        following = _following(self._folder, self.end)
        if following is None:
            return False
        self._missed = self._missed or following.sequence > self.end.sequence + 1
        self.end.close()
        self.end, self.offset = following, 0
        return True


def _now() -> bytes:
    return f"{datetime.now(UTC).isoformat(timespec='milliseconds')[:23]}Z".encode()


def _open_start(folder: Path, slot: int) -> LogEnd | None:
    """Open the oldest file of an instance's log."""
    for number in sequences(folder, slot):
        opened = open_part(folder, slot, number)
        if opened is not None:
            return opened
    return open_end(folder, slot)


def _following(folder: Path, end: LogEnd) -> LogEnd | None:
    """Open the file that an instance began after the one that is open; None when there is none yet."""
    for number in sequences(folder, end.slot):
        if number > end.sequence:
            opened = open_part(folder, end.slot, number)
            if opened is not None:
                return opened
    newest = open_end(folder, end.slot)
    if newest is not None and newest.inode == end.inode:
        newest.close()
        return None
    return newest
