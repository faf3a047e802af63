"""What the programs themselves tell: when each started, how often, and how many lines it wrote."""

import mmap
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

_RECORD = struct.Struct("qqq")
_COUNT = struct.Struct("q")
_POLL_S = 0.002


class Start(NamedTuple):
    """The last start of a program: its process, when (monotonic nanoseconds), and the number of starts."""

    pid: int
    at_ns: int
    starts: int


class Board:
    """A file with a record for each of `slots` programs, which c/mark.h writes."""

    def __init__(self, path: Path, slots: int) -> None:
        self.path = path
        path.write_bytes(bytes(_RECORD.size * slots))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)

    def close(self) -> None:
        """Let go of the file, which stays."""
        self._map.close()

    def slot(self, number: int) -> Start:
        """Return the last start of one program; all zeros before the first."""
        return Start._make(_RECORD.unpack_from(self._map, _RECORD.size * number))

    def all(self) -> list[Start]:
        """Return the last start of every program."""
        return [Start._make(each) for each in _RECORD.iter_unpack(self._map[:])]

    def wait_started(
        self, since_ns: int, limit_s: float, is_hopeless: Callable[[], bool] = lambda: False
    ) -> int | None:
        """Wait until all have started after `since_ns`; return the last start, None if one has not."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end and not is_hopeless():
            starts = [each.at_ns for each in self.all()]
            if min(starts) > since_ns:
                return max(starts)
            time.sleep(_POLL_S)
        return None


class Counts:
    """A sparse file with the number of lines that each process wrote, which c/ticker.c keeps."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def by_pid(self) -> dict[int, int]:
        """Return the number of lines by process, of those that wrote any."""
        return dict(self._read())

    def _read(self) -> Iterator[tuple[int, int]]:
        for pid, (written,) in enumerate(_COUNT.iter_unpack(self.path.read_bytes())):
            if written:
                yield pid, written
