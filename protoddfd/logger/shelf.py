"""The files of one instance's log that were put aside: their numbers, their lines, and how they are removed.

Each removed line is counted once, whenever the logger is killed: first the count is written down together
with the number of the file, then the file is removed; a file whose number is written down is not counted.
"""

import os
from collections.abc import Generator
from pathlib import Path

from protoddfd.logger.counts import Counts
from protoddfd.logger.names import current_name, parse_log_name, part_name
from protoddfd.logger.stamp import count_lines

_BLOCK = 1024 * 1024


class Shelf:
    """The files of the instance `slot` in an app's folder of logs. Errors of the disk are raised."""

    __slots__ = ("_lines", "counts", "folder", "last", "slot")

    def __init__(self, folder: Path, slot: int) -> None:
        self.folder = folder
        self.slot = slot
        self.counts = Counts(folder, slot)
        self._lines: dict[int, int] = {}
        """Of the files that this logger put aside."""
        self.last = self.counts.removed
        """The number of the file that was put aside last."""

    @property
    def current(self) -> Path:
        """The file that is being written."""
        return self.folder / current_name(self.slot)

    def look(self) -> None:
        """Find out which files there are, and remove what is counted as removed."""
        numbers = sequences(self.folder, self.slot)
        self.last = max([self.counts.removed, *numbers])
        for number in numbers:
            if number <= self.counts.removed:
                self._part(number).unlink(missing_ok=True)

    def put_aside(self, lines: int | None) -> None:
        """Put the file aside that is being written; `lines` of a program end in it, None: not known."""
        part = self._part(self.last + 1)
        if part.exists():
            raise FileExistsError(f"{part} is in the way")
        self.current.rename(part)
        self.last += 1
        if lines is not None:
            self._lines[self.last] = lines

    def inode(self, sequence: int) -> int:
        """Return the inode of a file, of the one being written for the number after the last; -1: none."""
        path = self.current if sequence == self.last + 1 else self._part(sequence)
        try:
            return path.stat().st_ino
        except FileNotFoundError:
            return -1

    def take_back(self, sequence: int) -> None:
        """Make a file that was put aside the one being written, and forget what came after it."""
        if sequence > self.last:
            return
        self.current.unlink(missing_ok=True)
        for number in range(self.last, sequence, -1):
            self._part(number).unlink(missing_ok=True)
        self._part(sequence).rename(self.current)
        self.last = sequence - 1

    def discard(self, sequence: int) -> Generator[None, None, None]:
        """Count a file's lines and remove it; the older ones have to be gone. Yields between reads."""
        lines = self._lines.pop(sequence, None)
        if lines is None:
            lines = yield from _lines_in(self._part(sequence))
        self.counts.discarded += lines
        self.counts.removed = sequence
        self.counts.save()
        self._part(sequence).unlink(missing_ok=True)

    def _part(self, sequence: int) -> Path:
        return self.folder / part_name(self.slot, sequence)


def sequences(folder: Path, slot: int) -> list[int]:
    """Return the numbers of an instance's files that were put aside, in order."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 -- a Path for each name would be made for nothing
    except FileNotFoundError:
        return []
    found = (parse_log_name(name) for name in names)
    return sorted(each[1] for each in found if each is not None and each[0] == slot and each[1])


def _lines_in(path: Path) -> Generator[None, None, int]:
    """Return, as a generator does, how many lines of a program end in the records of a file."""
    found = 0
    rest = b""
    try:
        file = path.open("rb", buffering=0)
    except FileNotFoundError:
        return 0
    with file:
        while block := file.read(_BLOCK):
            whole, newline, rest = (rest + block).rpartition(b"\n")
            found += count_lines(whole + newline)
            yield
    return found
