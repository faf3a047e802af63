"""Lines out of bytes, however they were cut. Pure: owns a connection's unfinished line and nothing else."""

from protoddfd.wire.envelope import REQUEST_LIMIT_BYTES


class Lines:
    """Splits a byte stream at newlines, without ever holding more than one line's limit.

    A line that is too long shows up once, as None, and is skipped to its end; the next one is read again.
    Blank lines are dropped. A carriage return before the newline stays: it is white space to JSON.
    """

    __slots__ = ("_limit", "_partial", "_skipping")

    def __init__(self, limit_bytes: int = REQUEST_LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._partial = bytearray()
        self._skipping = False

    @property
    def unfinished(self) -> bool:
        """Whether a line has begun and not ended."""
        return self._skipping or bool(self._partial)

    def feed(self, data: bytes) -> list[bytes | None]:
        """Return the lines that `data` completes, oldest first; None stands for one that is too long."""
        first_end = data.find(b"\n")
        if first_end < 0:
            return self._grow(data)
        if first_end == len(data) - 1 and not self.unfinished and first_end <= self._limit:
            return [] if data.isspace() else [data]
        first, *others, rest = data.split(b"\n")
        lines = self._grow(first)
        lines += self._finish()
        for line in others:
            if len(line) > self._limit:
                lines.append(None)
            elif line and not line.isspace():
                lines.append(line)
        return lines + self._grow(rest)

    def end(self) -> list[bytes | None]:
        """Return the last line, which no newline ended, if there is one."""
        return self._finish()

    def _grow(self, data: bytes) -> list[bytes | None]:
        if self._skipping:
            return []
        if len(self._partial) + len(data) > self._limit:
            self._partial = bytearray()
            self._skipping = True
            return [None]
        self._partial += data
        return []

    def _finish(self) -> list[bytes | None]:
        line, self._partial = bytes(self._partial), bytearray()
        self._skipping = False
        return [line] if line and not line.isspace() else []
