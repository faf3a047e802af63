"""Keeps the stored state on disk: writes are grouped, one fsync serves all that wait.

When the disk refuses, the last good file stands, the daemon is degraded, and the write is tried again until
it succeeds.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from protoddfd.edge import snapshot
from protoddfd.edge.faults import explain
from protoddfd.errors import Degraded
from protoddfd.runtime.record import StateDocument

RETRY_S = 1.0

log = structlog.get_logger("protoddfd.store")


class Store:
    """The state file. `current` gives the document to write at the time of writing."""

    def __init__(
        self, path: Path, current: Callable[[], StateDocument], on_health: Callable[[str | None], None]
    ) -> None:
        self._path = path
        self._current = current
        self._on_health = on_health
        self._waiting: list[asyncio.Future[None]] = []
        self._wake = asyncio.Event()
        self.trouble: str | None = None
        self.writes = 0
        self.failures = 0
        self.written_at: float | None = None
        """Unix time in seconds of the last write."""
        self.size_bytes = 0

    async def commit(self) -> None:
        """Return once the state as it is now is on disk.

        Raises:
            Degraded: the disk refused; it will be tried again.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._wake.set()
        await future

    async def commit_in_the_end(self) -> None:
        """Return once the state is on disk, however long the disk refuses; `run` paces the attempts."""
        while True:
            with suppress(Degraded):
                return await self.commit()

    async def run(self) -> None:
        """Write whenever there is something to write, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            waiting, self._waiting = self._waiting, []
            trouble = await self._write()
            _settle(waiting, trouble)
            if trouble is not None:
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def _write(self) -> str | None:
        data = msgspec.json.encode(self._current())
        writing = asyncio.ensure_future(asyncio.to_thread(snapshot.write, self._path, data))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait([writing])
            raise
        except OSError as error:
            self.failures += 1
            trouble = explain(error, "store the state", str(self._path.parent)).text
            self._report(trouble)
            return trouble
        self._report(None)
        self.writes, self.written_at, self.size_bytes = self.writes + 1, time.time(), len(data)
        return None

    def _report(self, trouble: str | None) -> None:
        if trouble == self.trouble:
            return
        self.trouble = trouble
        if trouble is None:
            log.info("store.recovered", path=str(self._path))
        else:
            log.error("store.degraded", path=str(self._path), reason=trouble)
        self._on_health(trouble)

    def write_last(self) -> None:
        """Write the state once more, at the daemon's end; an error is logged."""
        try:
            snapshot.write(self._path, msgspec.json.encode(self._current()))
        except OSError as error:
            log.error("store.last_write_failed", path=str(self._path), reason=str(error))  # noqa: TRY400


def _settle(waiting: list[asyncio.Future[None]], trouble: str | None) -> None:
    for future in waiting:
        if future.done():
            continue
        if trouble is None:
            future.set_result(None)
        else:
            future.set_exception(
                Degraded(
                    trouble, hint="free space or repair the disk; protoddfctl status shows when it is over"
                )
            )


def read(path: Path) -> tuple[StateDocument, tuple[str, ...]]:
    """Return the stored state, empty where there is none, and the files that had to be set aside.

    Raises:
        snapshot.FromNewerVersion: a newer version wrote it.
        OSError: the disk refuses.
    """
    found = snapshot.read(path)
    if found.data is None:
        return StateDocument(), found.quarantined
    return msgspec.json.decode(found.data, type=StateDocument), found.quarantined
