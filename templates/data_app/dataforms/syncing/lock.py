"""One run of a sync at a time, whatever process does it, and how far that is.

The system takes the lock from a process that was killed, so nobody waits for one that is gone. On PostgreSQL
there is a lock of the database besides, for processes of other machines.
"""

import fcntl
import os
import shutil
import signal
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import msgspec

from dataforms.engine import Connections
from dataforms.syncing.failed import SyncBusy
from dataforms.words import say

FOLDER = Path("data") / "syncs"
TELL_S = 0.2
"""So often it is written down how far a run is."""
_TRIES = 20
_AGAIN_S = 0.05
_SPACE = 0x64667379
"""The first half of the keys of PostgreSQL's locks; the second is made of the name of a sync."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is."""

    pid: int
    run: int
    phase: Literal["reading", "storing"] = "reading"
    done: float = 0.0
    """0 to 1; 0 where nobody knows."""
    rows: int = 0


@contextmanager
def alone(name: str, url: str) -> Iterator[Callable[[Progress], None]]:
    """Hold the lock of a sync, and lend what tells others how far it is; raise SyncBusy."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    told = _told(name)
    with _file(name).open("ab") as lock:
        if not _taken(lock.fileno(), fcntl.LOCK_EX):
            raise _busy()
        told.unlink(missing_ok=True)
        for folder in FOLDER.glob(f"{left_by(name)}*"):
            shutil.rmtree(folder, ignore_errors=True)
        try:
            with _alone_in_database(name, url):
                yield _Teller(told).tell
        finally:
            told.unlink(missing_ok=True)


def left_by(name: str) -> str:
    """Return how folders are called that a run keeps files in; one that was killed leaves them behind."""
    return f"{name}.fetched-"


def progress(name: str) -> Progress | None:
    """Return how far the run of a sync is that goes on now, on this machine; None without one."""
    with suppress(OSError), _file(name).open("rb") as lock:
        if _taken(lock.fileno(), fcntl.LOCK_SH, tries=1):
            return None
        try:
            return msgspec.json.decode(_told(name).read_bytes(), type=Progress)
        except (OSError, msgspec.DecodeError):
            return Progress(pid=0, run=0)
    return None


def cancel(name: str) -> bool:
    """Have the run of a sync end that goes on now; tell whether there was one that could be told."""
    found = progress(name)
    if found is None or not found.pid:
        return False
    try:
        process = os.pidfd_open(found.pid)
    except OSError:
        return False
    try:
        now = progress(name)  # it still has the lock, so the number is still its own
        if now is None or now.pid != found.pid:
            return False
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(process, signal.SIGTERM)
            return True
        return False
    finally:
        os.close(process)


class _Teller:
    def __init__(self, path: Path) -> None:
        self._path, self._last = path, -TELL_S

    def tell(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last >= TELL_S:
            self._last = now
            written = self._path.with_suffix(".new")
            written.write_bytes(msgspec.json.encode(progress))
            written.replace(self._path)


def _file(name: str) -> Path:
    return FOLDER / f"{name}.lock"


def _told(name: str) -> Path:
    return FOLDER / f"{name}.json"


def _taken(file: int, kind: int, tries: int = _TRIES) -> bool:
    """Take a lock, unless another process has it for longer than a look at it takes."""
    for attempt in range(tries):
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if attempt + 1 < tries:
                time.sleep(_AGAIN_S)
        else:
            return True
    return False


def _busy() -> SyncBusy:
    return SyncBusy(say("It is running already."), hint=say("Wait until it is done, or cancel it."))


@contextmanager
def _alone_in_database(name: str, url: str) -> Iterator[None]:
    own = Connections(url)
    if own.is_sqlite:
        yield
        return
    connection = own.watch()
    try:
        driver: Any = connection.dbapi_connection
        key = zlib.crc32(name.encode()) - 2**31
        taken = driver.execute("SELECT pg_try_advisory_lock(%s, %s)", (_SPACE, key)).fetchone()[0]
        if not taken:
            raise _busy()
        yield
    finally:
        connection.close()
        own.close()
