"""One FIFO: taken in chunks, cut at line ends, stamped, appended to its instance's log file."""

import fcntl
import os
from pathlib import Path

from protoddfd.logger.journal import LINE_MAX, NOTHING, End, Held, Journal, Unfinished
from protoddfd.logger.logfile import LogFile
from protoddfd.logger.stamp import piece, stamped

HOLD_S = 1.0
"""How long an unfinished line is waited for."""

_BUSY_BYTES = 64 * 1024
_PIPE_BYTES = 1024 * 1024


class Stream:
    """`name` is the FIFO's; `letter` what its records are marked with. Opening raises OSError."""

    __slots__ = (
        "_grown", "_journal", "_letter", "_name", "_slot", "descriptor", "held", "log", "name", "taken",
    )  # fmt: skip

    def __init__(self, path: Path, letter: str, log: LogFile, journal: Journal) -> None:
        self.name = path.name
        self.log = log
        self.taken = 0
        self.held = NOTHING
        self._name = self.name.encode()
        self._letter = letter
        self._journal = journal
        # read-write: the pipe keeps a reader when ours is alone, and we see no end when the program's is gone
        self.descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._slot = journal.slot()
        self._grown = False

    def adopt(self, held: Held) -> None:
        """Go on with the unfinished line that a killed logger held."""
        self.held = held
        self._journal.keep(self._slot, self._name, held)

    def redo(self, step: Unfinished) -> None:
        """Do again what a killed logger did not finish."""
        self.log.rewind(step.position)
        self.held = Held(step.data, step.goes_on)
        if step.end is not None:
            self._end_held(step.end)
            return
        cut = step.data.rfind(b"\n") + 1
        self._carry_out(b"\n" + step.data[:cut] if cut else b"", step.data[cut:])
        self._journal.keep(self._slot, self._name, self.held)

    def pump(self) -> int:
        """Take one chunk, write its whole lines; return how many bytes came, 0 when there are none."""
        before = len(self.held.line)
        try:
            length = self._journal.read(self.descriptor, self._name, self.log.position(), self.held)
        except BlockingIOError:
            self._journal.commit()
            return 0
        cut = self._journal.last_newline(length) + 1
        self._carry_out(
            self._journal.lines_until(cut) if cut else b"", self._journal.bytes_between(cut, length)
        )
        self._journal.commit()
        came = length - before
        self.taken += came
        if came >= _BUSY_BYTES and not self._grown:
            self._grow()
        return came

    def force(self, end: End = End.PIECE) -> None:
        """Write the unfinished line as a piece that may go on, or as the last line of a program."""
        if self.held.line:
            self._journal.force(self._name, self.log.position(), self.held, end)
            self._end_held(end)
            self._journal.commit()
        elif self.held.goes_on and end is End.LINE:
            self._keep(NOTHING)

    def drain(self, limit_bytes: int, end: End = End.PIECE) -> None:
        """Take all there is, at most about `limit_bytes`, and write the unfinished line too."""
        while limit_bytes > 0 and (came := self.pump()):
            limit_bytes -= came
        self.force(end)

    def close(self) -> None:
        """Let go of the FIFO; it stays where it is."""
        os.close(self.descriptor)
        self._journal.free(self._slot)

    def _carry_out(self, lines: bytes, rest: bytes) -> None:
        """Append whole `lines`, which a newline stands before if there are any, and hold the `rest`."""
        goes_on = self.held.goes_on
        if lines and goes_on:
            first, newline, others = lines[1:].partition(b"\n")
            self.log.append(piece(first, self._letter, goes_on=True), 1)
            lines, goes_on = newline + others if others else b"", False
        if lines:
            self.log.append(*stamped(lines, self._letter))
        while len(rest) > LINE_MAX:
            self.log.append(piece(rest[:LINE_MAX], self._letter.lower(), goes_on=goes_on), 0)
            rest, goes_on = rest[LINE_MAX:], True
        self._keep(Held(rest, goes_on) if rest or goes_on else NOTHING)

    def _end_held(self, end: End) -> None:
        line, goes_on = self.held
        letter = self._letter if end is End.LINE else self._letter.lower()
        self.log.append(piece(line, letter, goes_on=goes_on), int(end is End.LINE))
        self._keep(Held(b"", goes_on=end is End.PIECE))

    def _keep(self, held: Held) -> None:
        if held != self.held:
            self._journal.keep(self._slot, self._name, held)
            self.held = held

    def _grow(self) -> None:
        self._grown = True
        try:
            fcntl.fcntl(self.descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        except OSError:  # the user's share of pipe memory is used up: the small pipe works too
            return
