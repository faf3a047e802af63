"""Programs on a terminal of their own: typed at by tests, and looked at as a person would."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[=>()][A-Za-z0-9]?)")
_LIMIT_S = 40.0


class Terminal:
    """One program on a terminal of `columns` by `lines`; ended with the block, if it has not ended."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        columns: int = 100,
        lines: int = 30,
        cwd: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        dropped = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
        base = {key: value for key, value in os.environ.items() if key not in dropped}
        self._ours, theirs = pty.openpty()
        self.resize(columns, lines)
        self.process = subprocess.Popen(
            list(words), stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd,
            env={**base, "TERM": "xterm", **(environ or {})}, preexec_fn=lambda: _take_terminal(theirs),
        )  # fmt: skip
        os.close(theirs)
        self.raw = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(_LIMIT_S)
        os.close(self._ours)

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._ours, text.encode())

    @property
    def plain(self) -> str:
        """All that was written, without what moves and colours."""
        return ESCAPES.sub("", self.raw).replace("\r", "")

    @property
    def picture(self) -> list[str]:
        """The lines of the last whole picture of a view that draws itself anew."""
        pictures = [each for each in self.raw.split("\x1b[?2026h")[1:] if "\x1b[?2026l" in each]
        return ESCAPES.sub("", pictures[-1].replace("\r", "")).split("\n") if pictures else []

    def wait_for(self, what: Callable[["Terminal"], object], seconds: float = _LIMIT_S) -> float:
        """Read until `what` holds; return how many seconds that took."""
        began = time.monotonic()
        while not what(self):
            left = began + seconds - time.monotonic()
            assert left > 0, f"not within {seconds} s: {self.raw[-2000:]!r}"
            if not self._read(min(left, 0.2)):
                assert what(self), f"it ended: {self.raw[-2000:]!r}"
                break
        return time.monotonic() - began

    def end(self, seconds: float = _LIMIT_S) -> int:
        """Read to the end, and return the exit status."""
        until = time.monotonic() + seconds
        while self._read(0.2):
            assert time.monotonic() < until, f"it does not end: {self.raw[-2000:]!r}"
        return self.process.wait(seconds)

    def _read(self, seconds: float) -> bool:
        """Read what there is; return whether there may be more."""
        if not select.select([self._ours], [], [], seconds)[0]:
            return True
        with suppress(OSError):
            if piece := os.read(self._ours, 65536):
                self.raw += piece.decode(errors="replace")
                return True
        return False


def _take_terminal(descriptor: int) -> None:
    """Make the terminal the program's own, so that Ctrl-C and a new size reach it."""
    os.setsid()
    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)
