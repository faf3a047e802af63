"""Keeps the connection to the logger: has output drained, and starts it again when it dies."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from protoddfd.edge.logger_client import Fifos, LoggerClient, LoggerUnavailable
from protoddfd.edge.process import ProcessGone, ProcessRef, start_time
from protoddfd.runtime.bus import Bus
from protoddfd.settings import LogSettings

REVIVE_EVERY_S = 1.0
END_LIMIT_S = 5.0

SpawnTask = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
"""Runs a piece of work beside everything else."""

log = structlog.get_logger("protoddfd.logger")


class LoggerKeeper:
    """The daemon's hold on the logger. `trouble` says what is wrong, None when nothing is."""

    def __init__(self, home: Path, settings: LogSettings, bus: Bus, spawn_task: SpawnTask) -> None:
        self._bus = bus
        self._spawn_task = spawn_task
        self._client = LoggerClient(
            home,
            self._on_lost,
            max_bytes=settings.rotate_mib * 1024 * 1024,
            kept=settings.keep,
        )
        self._process: ProcessRef | None = None
        self._closing = False
        self.pss_bytes: int | None = None
        """Its memory when it was last weighed."""
        self.trouble: str | None = "the logger has not been started yet"

    @property
    def pid(self) -> int | None:
        """The logger's process."""
        return self._process.pid if self._process is not None else None

    async def connect(self) -> None:
        """Connect to the logger, or start one.

        Raises:
            LoggerUnavailable, OSError: there is no logger to be had.
        """
        await self._client.connect()
        pid = (await self._client.stats()).pid
        self._process = ProcessRef(pid, start_time(pid) or -1)
        self.trouble = None

    async def drain(self, app: str, slot: int) -> None:
        """Have an instance's output drained from now on; a logger that is down will find it when it is up."""
        try:
            await self._client.add(app, slot)
        except LoggerUnavailable as error:
            log.warning("logger.not_told", app=app, reason=str(error))

    def fifos(self, app: str, slot: int) -> Fifos:
        """Return where an instance writes to."""
        return self._client.fifos(app, slot)

    async def flush(self) -> None:
        """Have all that was written in the files, if the logger is up."""
        with suppress(LoggerUnavailable, OSError):
            await self._client.flush()

    async def dropped(self, app: str) -> int:
        """Return how many lines of an app were dropped since the logger started; 0 when it is down."""
        try:
            stats = await self._client.stats()
        except (LoggerUnavailable, OSError):
            return 0
        return max((each.dropped for each in stats.streams if each.name.startswith(f"{app}.")), default=0)

    async def remove(self, app: str, slot: int) -> None:
        """Forget an instance."""
        with suppress(LoggerUnavailable, OSError):
            await self._client.remove(app, slot)

    def _on_lost(self) -> None:
        if self._closing:
            return
        self.trouble = "the logger has ended; output waits in its pipes until it is back"
        if self._process is not None:
            self._process.close()
            self._process = None
        log.error("logger.lost")
        self._bus.publish("daemon.degraded", reason=self.trouble)
        self._spawn_task(self._revive())

    async def _revive(self) -> None:
        while True:
            try:
                await self.connect()
            except (LoggerUnavailable, ProcessGone, OSError) as error:
                log.warning("logger.not_revived", reason=str(error))
                await asyncio.sleep(REVIVE_EVERY_S)
                continue
            break
        self._bus.publish("daemon.recovered")

    async def close(self, *, end: bool) -> None:
        """Let go of the logger, and end it, all output written, if so wished."""
        self._closing = True
        if end and self._process is not None:
            with suppress(ProcessGone, TimeoutError):
                self._process.send(signal.SIGTERM)
                async with asyncio.timeout(END_LIMIT_S):
                    await self._process.exited()
        await self._client.close()
        if self._process is not None:
            self._process.close()
