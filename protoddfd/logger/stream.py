"""One FIFO: taken in chunks, cut at line ends, stamped, appended to its instance's log file."""

import fcntl
import os
from pathlib import Path

from protoddfd.logger.journal import LINE_MAX, Journal, Unfinished
from protoddfd.logger.logfile import LogFile
from protoddfd.logger.stamp import stamped

HOLD_S = 1.0
"""How long an unfinished line is waited for."""

_BUSY_BYTES = 64 * 1024
_PIPE_BYTES = 1024 * 1024


class Stream:
    """`name` is the FIFO's; `letter` what its records are marked with. Opening raises OSError."""

    def __init__(self, path: Path, letter: str, log: LogFile, journal: Journal) -> None:
        self.name = path.name
        self.log = log
        self.taken = 0
        self.held = b""
        self._letter = letter
        self._journal = journal
        self._slot = journal.slot()
        # read-write: the pipe keeps a reader when ours is alone, and we see no end when the program's is gone
        self.descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._grown = False

    def adopt(self, line: bytes) -> None:
        """Go on with the unfinished line that a killed logger held."""
        self.held = line
        self._journal.keep(self._slot, self.name, line)

    def redo(self, step: Unfinished) -> None:
        """Do again what a killed logger did not finish."""
        self.log.rewind(step.inode, step.size)
        cut = len(step.data) if step.forced else step.data.rfind(b"\n") + 1
        if step.forced:
            self.log.append(stamped(step.data + b"\n", self._letter.lower()))
        elif cut:
            self.log.append(stamped(step.data[:cut], self._letter))
        self._hold(step.data[cut:])

    def pump(self) -> int:
        """Take one chunk, write its whole lines; return how many bytes came, 0 when there are none."""
        before = len(self.held)
        try:
            length = self._journal.read(self.descriptor, self.name, self.log.position(), self.held)
        except BlockingIOError:
            self._journal.commit()
            return 0
        cut = self._journal.last_newline(length) + 1
        if cut:
            self.log.append(stamped(self._journal.bytes_of(0, cut), self._letter))
        self._hold(self._journal.bytes_of(cut, length))
        self._journal.commit()
        came = length - before
        self.taken += came
        if came >= _BUSY_BYTES and not self._grown:
            self._grow()
        return came

    def force(self) -> None:
        """Write the unfinished line as it is."""
        if not self.held:
            return
        self._journal.force(self.name, self.log.position(), self.held)
        self.log.append(stamped(self.held + b"\n", self._letter.lower()))
        self.held = b""
        self._journal.keep(self._slot, self.name, b"")
        self._journal.commit()

    def drain(self, limit_bytes: int) -> None:
        """Take all there is, at most about `limit_bytes`, and write the unfinished line too."""
        while limit_bytes > 0 and (came := self.pump()):
            limit_bytes -= came
        self.force()

    def close(self) -> None:
        """Let go of the FIFO; it stays where it is."""
        os.close(self.descriptor)
        self._journal.free(self._slot)

    def _hold(self, line: bytes) -> None:
        while len(line) > LINE_MAX:
            self.log.append(stamped(line[:LINE_MAX] + b"\n", self._letter.lower()))
            line = line[LINE_MAX:]
        if line or self.held:
            self._journal.keep(self._slot, self.name, line)
        self.held = line

    def _grow(self) -> None:
        self._grown = True
        try:
            fcntl.fcntl(self.descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        except OSError:  # the user's share of pipe memory is used up: the small pipe works too
            return
