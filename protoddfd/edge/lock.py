"""The lock on a home: one daemon at a time."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path


class HomeLocked(Exception):
    """Another daemon has the home; `pid` is what it wrote, if it could be read."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(f"held by process {pid}" if pid else "held by another process")
        self.pid = pid


class HomeLock:
    """An exclusive lock on `path`, held until `release` or the end of the process.

    Raises HomeLocked when another process has it, OSError when the file cannot be opened or locked.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = self._holder()
            os.close(self._descriptor)
            raise HomeLocked(holder) from None
        except OSError:
            os.close(self._descriptor)
            raise
        with suppress(OSError):  # a full disk is no reason not to run; the number is only for people
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def _holder(self) -> int | None:
        try:
            text = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip()
        except OSError:
            return None
        return int(text) if text.isdigit() else None

    def release(self) -> None:
        """Let the next daemon have the home."""
        os.close(self._descriptor)
