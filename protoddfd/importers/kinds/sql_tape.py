"""A window that moves over the bytes of a file of SQL, so that no pattern sees half of a text."""

import re
from typing import BinaryIO

from dataforms.sheets.refused import ImportRefused

BLOCK = 1 << 20
AHEAD = 1 << 16
"""Bytes that are in the window at least; what has no end of its own is shorter."""
LONGEST = 32 << 20
"""Bytes of one text or comment."""


class Tape:
    """The bytes from `start` to `end` of a file; `buffer[at]` is the next one."""

    def __init__(self, file: BinaryIO, start: int = 0, end: int | None = None) -> None:
        file.seek(start)
        self.buffer = b""
        self.at = 0
        self.ended = False
        self._file = file
        self._read_to = start
        self._end = end

    @property
    def place(self) -> int:
        """Return where the next byte is in the file."""
        return self._read_to - len(self.buffer) + self.at

    def is_done(self) -> bool:
        """Return whether there is nothing left."""
        return not self.fill()

    def fill(self, ahead: int = AHEAD) -> int:
        """Return how many bytes are in the window: so many, unless the end is nearer."""
        while not self.ended and len(self.buffer) - self.at < ahead:
            self._more(BLOCK)
        return len(self.buffer) - self.at

    def extend(self) -> None:
        """Take twice as much into the window; raise ImportRefused where that is too much."""
        size = len(self.buffer) - self.at
        if size > LONGEST:
            raise ImportRefused(
                f"a text at byte {self.place:,} is longer than {LONGEST >> 20} MiB",
                "look for a quotation mark that is never closed, or leave that column out",
            )
        self._more(max(BLOCK, size))

    def match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        """Return what is next, and leave it; None where it is something else.

        A pattern for what can be long has to match its beginning too.
        """
        self.fill()
        while True:
            found = pattern.match(self.buffer, self.at)
            if found is None or found.end() < len(self.buffer) or self.ended:
                break
            self.extend()
        if found is not None:
            self.at = found.end()
        return found

    def _more(self, size: int) -> None:
        if self._end is not None:
            size = min(size, self._end - self._read_to)
        block = self._file.read(size) if size > 0 else b""
        self._read_to += len(block)
        self.ended = not block
        self.buffer = self.buffer[self.at :] + block
        self.at = 0
