"""One instance's log: whole records appended, files put aside at their full size; a full disk is survived."""

import os
import time
from pathlib import Path
from typing import NamedTuple

from protoddfd.logger.shelf import Shelf
from protoddfd.logger.stamp import note

RETRY_S = 1.0
"""How long nothing is tried after a failed write; what comes meanwhile is dropped and counted."""


class Position(NamedTuple):
    """Where a log stands: what is needed to undo all that is appended after it."""

    sequence: int = 0
    """The number of the file being written; 0: it could not be opened."""
    inode: int = 0
    size: int = 0
    dropped: int = 0
    told: int = 0


class LogFile:
    """The log of an instance in its app's folder. Errors of the disk are counted, not raised."""

    __slots__ = (
        "_descriptor", "_inode", "_lines", "_reason", "_retry_at", "_size", "_uncounted", "max_bytes",
        "put_aside_some", "shelf", "written",
    )  # fmt: skip

    def __init__(self, folder: Path, slot: int, max_bytes: int) -> None:
        self.shelf = Shelf(folder, slot)
        self.max_bytes = max_bytes
        self.written = 0
        self.put_aside_some = False
        """Has a file been put aside since somebody set this to false?"""
        self._descriptor = -1
        self._inode = 0
        self._size = 0
        self._lines = 0
        """Lines that ended in the file being written since it was opened."""
        self._uncounted = False
        """Were there any in it already?"""
        self._reason = "the logger was ended while lines were being dropped"
        self._retry_at = 0.0

    @property
    def app(self) -> str:
        """The app whose log it is."""
        return self.shelf.folder.name

    @property
    def dropped_lines(self) -> int:
        """Lines lost since the last note about it in the log."""
        return self.shelf.counts.dropped - self.shelf.counts.told

    def position(self) -> Position:
        """Return where the log stands; its file is opened if need be."""
        counts = self.shelf.counts
        if not self._is_open():
            return Position(dropped=counts.dropped, told=counts.told)
        return Position(self.shelf.last + 1, self._inode, self._size, counts.dropped, counts.told)

    def rewind(self, to: Position) -> None:
        """Undo what was appended since `position` returned this: a restart does the whole step again."""
        counts = self.shelf.counts
        if (counts.dropped, counts.told) != (to.dropped, to.told):
            counts.dropped, counts.told = to.dropped, to.told
            counts.save()
        if to.sequence == 0:
            return
        self.shelf.look()
        if self.shelf.inode(to.sequence) == to.inode:
            self.shelf.take_back(to.sequence)
            current = self.shelf.current
            os.truncate(current, min(to.size, current.stat().st_size))

    def append(self, records: memoryview, lines: int) -> None:
        """Append whole records, to as many files as it takes; `lines` of a program end in them."""
        if (self.dropped_lines and not self.confess()) or not self._is_open():
            self._drop(lines)
            return
        while records:
            room = self.max_bytes - self._size
            if len(records) <= room or self._descriptor == -1:
                self._write(records, lines)
                return
            data = bytes(records)
            cut = data.rfind(b"\n", 0, max(room, 0)) + 1
            if cut == 0 and self._size == 0:
                cut = data.index(b"\n") + 1  # a record longer than a file may be has one of its own
            ended = min(data.count(b"\n", 0, cut), lines)
            self._write(records[:cut], ended)
            records, lines = records[cut:], lines - ended
            if records and not self.put_aside():
                self._write(records, lines)  # a file that is too long is better than no file
                return

    def confess(self) -> bool:
        """Say in the log how many lines are missing; return false when that cannot be done now."""
        if time.monotonic() < self._retry_at:
            return False
        text = note(f"{self.dropped_lines} lines dropped: {self._reason}")
        if not self._is_open() or not self._write_all(memoryview(text)):
            return False
        self.shelf.counts.told = self.shelf.counts.dropped
        self.shelf.counts.save()
        return True

    def put_aside(self) -> bool:
        """Begin a new file; return false when the old one could not be put aside."""
        if self._descriptor == -1 and not self._open():
            return False
        self.close()
        try:
            self.shelf.put_aside(None if self._uncounted else self._lines)
        except OSError as error:
            self._note(error)
        self.put_aside_some = True
        return self._open() and self._size == 0

    def moved(self) -> bool:
        """Tell whether the file that is open is not the one of that name any more."""
        return self._descriptor != -1 and self.shelf.inode(self.shelf.last + 1) != self._inode

    def close(self) -> None:
        """Close the file; the next record opens it again, whatever its name means then."""
        if self._descriptor != -1:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, records: memoryview, lines: int) -> None:
        if not records:
            return
        if self._descriptor == -1 or not self._write_all(records):
            self._drop(lines)
        else:
            self._lines += lines

    def _drop(self, lines: int) -> None:
        if lines:
            self.shelf.counts.dropped += lines
            self.shelf.counts.save()

    def _write_all(self, records: memoryview) -> bool:
        """Write all or nothing."""
        done = 0
        try:
            while done < len(records):
                done += os.write(self._descriptor, records[done:])
        except OSError as error:
            self._fail(error)
            return False
        self._size += done
        self.written += done
        return True

    def _fail(self, error: OSError) -> None:
        self._note(error)
        try:
            os.ftruncate(self._descriptor, self._size)  # a piece of a record may stand at the end
        except OSError:
            self.close()

    def _note(self, error: OSError) -> None:
        self._reason = error.strerror or str(error)
        self._retry_at = time.monotonic() + RETRY_S

    def _is_open(self) -> bool:
        """Tell whether the file is open or could be opened; one try in a while, the same for a whole step."""
        return self._descriptor != -1 or (time.monotonic() >= self._retry_at and self._open())

    def _open(self) -> bool:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        current = self.shelf.current
        try:
            current.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(current, flags, 0o600)
            self.shelf.look()
        except OSError as error:
            self.close()
            self._note(error)
            return False
        self.shelf.counts.prepare()
        status = os.fstat(self._descriptor)
        self._inode, self._size = status.st_ino, status.st_size
        self._lines, self._uncounted = 0, status.st_size > 0
        return True
