"""Keeps the FIFOs open that instances write to, so that nothing in them is lost.

What is in a FIFO vanishes with the last process that has it open: that of a program which ends while the
logger is being started again must wait for the next one.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


class Outlets:
    """FIFOs by path, each open once."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[int, int]] = {}

    def keep(self, paths: Iterable[str | None]) -> None:
        """Have the FIFOs at `paths` open from now on; one that cannot be opened is left to the program."""
        for path in paths:
            if path is not None:
                with suppress(OSError):
                    self._keep(path)

    def _keep(self, path: str) -> None:
        inode = os.stat(path).st_ino  # noqa: PTH116  at every start: no Path for it
        known = self._open.get(path)
        if known is not None and known[0] == inode:
            return
        self._close(path)
        self._open[path] = inode, os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def release(self, app: str) -> None:
        """Let go of what the instances of an app write to."""
        for path in list(self._open):
            if Path(path).name.rsplit(".", 2)[0] == app:
                self._close(path)

    def _close(self, path: str) -> None:
        known = self._open.pop(path, None)
        if known is not None:
            os.close(known[1])
