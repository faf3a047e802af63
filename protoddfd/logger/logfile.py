"""One instance's log file: whole records appended, rotated by size; a full disk is survived."""

import os
import time
from pathlib import Path

from protoddfd.logger.stamp import note

RETRY_S = 1.0
"""How long nothing is tried after a failed write; what comes meanwhile is dropped and counted."""


class LogFile:
    """`path` and its older parts `path.1` (the latest) to `path.N`. Errors are counted, not raised."""

    def __init__(self, path: Path, max_bytes: int, kept: int) -> None:
        self.path = path
        self.written = 0
        self.dropped_lines = 0
        """Lines lost since the last note about it in the log."""
        self.dropped_total = 0
        self._max_bytes = max_bytes
        self._kept = kept
        self._descriptor = -1
        self._inode = 0
        self._size = 0
        self._reason = ""
        self._retry_at = 0.0

    def position(self) -> tuple[int, int]:
        """Open the file if need be; return its inode and size, (0, 0) when it cannot be opened."""
        if self._descriptor == -1 and not self._open():
            return 0, 0
        return self._inode, self._size

    def rewind(self, inode: int, size: int) -> None:
        """Undo what was appended since `position` returned this: a restart does the whole step again."""
        if inode == 0:
            return
        parts = [self.path, *(self._part(number) for number in range(1, self._kept + 1))]
        for newer, part in enumerate(parts):
            if _inode(part) == inode:
                for number in range(newer):
                    parts[number].unlink(missing_ok=True)
                if newer:
                    part.replace(self.path)
                os.truncate(self.path, min(size, self.path.stat().st_size))
                return

    def append(self, records: bytes | memoryview) -> None:
        """Append whole records, to as many files as it takes; those that cannot be written are counted."""
        if (self.dropped_lines and not self.confess()) or (self._descriptor == -1 and not self._open()):
            self._drop(records)
            return
        while records:
            room = self._max_bytes - self._size
            if len(records) <= room or self._descriptor == -1:
                self._write(records)
                return
            data = bytes(records)
            cut = data.rfind(b"\n", 0, max(room, 0)) + 1
            if cut == 0 and self._size == 0:
                cut = data.index(b"\n") + 1  # a record longer than a file may be has one of its own
            self._write(data[:cut])
            records = data[cut:]
            if records and not self._rotate():
                self._write(records)  # a file that is too long is better than no file
                return

    def confess(self) -> bool:
        """Say in the log how many lines are missing; return false when that cannot be done now."""
        if time.monotonic() < self._retry_at:
            return False
        text = note(f"{self.dropped_lines} lines dropped: {self._reason}")
        if (self._descriptor == -1 and not self._open()) or not self._write_all(text):
            return False
        self.dropped_lines = 0
        return True

    def close(self) -> None:
        """Close the file; the next record opens it again, whatever `path` names then."""
        if self._descriptor != -1:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, records: bytes | memoryview) -> None:
        if not records:
            return
        if self._descriptor == -1 or not self._write_all(records):
            self._drop(records)

    def _drop(self, records: bytes | memoryview) -> None:
        lines = bytes(records).count(b"\n")
        self.dropped_lines += lines
        self.dropped_total += lines

    def _write_all(self, records: bytes | memoryview) -> bool:
        """Write all or nothing."""
        view, done = memoryview(records), 0
        try:
            while done < len(view):
                done += os.write(self._descriptor, view[done:])
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

    def _open(self) -> bool:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(self.path, flags, 0o600)
        except OSError as error:
            self._note(error)
            return False
        status = os.fstat(self._descriptor)
        self._inode, self._size = status.st_ino, status.st_size
        return True

    def _rotate(self) -> bool:
        """Begin a new file; return false when the old one could not be put aside."""
        self.close()
        self._size = 0
        try:
            for number in range(self._kept, 0, -1):
                older = self._part(number - 1) if number > 1 else self.path
                if older.exists():
                    older.replace(self._part(number))
            if self._kept == 0:
                self.path.unlink()
        except OSError as error:
            self._note(error)
        return self._open() and self._size == 0

    def _part(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return -1
