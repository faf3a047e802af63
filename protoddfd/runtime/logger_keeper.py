"""Keeps the connection to the logger: has output drained, and starts it again when it dies."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from protoddfd.edge.logfiles import read_counts
from protoddfd.edge.logger_client import Fifos, LogCounts, LoggerClient, LoggerUnavailable, StreamStats
from protoddfd.edge.process import ProcessGone, ProcessRef, start_time
from protoddfd.logger.messages import DAY_S, MIB, Limits
from protoddfd.runtime.bus import Bus
from protoddfd.settings import AppLogSettings

REVIVE_EVERY_S = 1.0
END_LIMIT_S = 5.0

SpawnTask = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
"""Runs a piece of work beside everything else."""

log = structlog.get_logger("protoddfd.logger")


class LoggerKeeper:
    """The daemon's hold on the logger. `trouble` says what is wrong, None when nothing is."""

    def __init__(self, home: Path, settings: AppLogSettings, bus: Bus, spawn_task: SpawnTask) -> None:
        self._home = home
        self._bus = bus
        self._spawn_task = spawn_task
        self._client = LoggerClient(home, self._on_lost, limits=limits_of(settings), on_refused=_on_refused)
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

    def drain_soon(self, app: str, slot: int) -> Fifos:
        """Have an instance's output drained; return its FIFOs, which exist from now on.

        Costs next to nothing when that was asked for already. Raises OSError when the FIFOs cannot be made.
        """
        return self._client.drain_soon(app, slot)

    async def drain(self, app: str, slot: int) -> None:
        """As `drain_soon`."""
        self.drain_soon(app, slot)

    def end_line_soon(self, app: str, slot: int) -> None:
        """Tell that an instance's program has ended: an unfinished line ends with it."""
        self._client.end_line_soon(app, slot)

    def fifos(self, app: str, slot: int) -> Fifos:
        """Return where an instance writes to."""
        return self._client.fifos(app, slot)

    async def flush(self, app: str | None = None) -> None:
        """Have all that an app (None: any app) wrote in the files, if the logger is up."""
        with suppress(LoggerUnavailable, OSError):
            await self._client.flush(app)

    async def reconfigure(self, settings: AppLogSettings) -> None:
        """Keep as much as `settings` say from now on; a logger that is down is told when it is back."""
        with suppress(LoggerUnavailable, OSError):
            await self._client.configure(limits_of(settings))

    async def counts(self, app: str) -> LogCounts:
        """Return how many lines of an app are missing from its logs, since these were begun."""
        try:
            return await self._client.counts(app)
        except (LoggerUnavailable, OSError):
            return await asyncio.to_thread(read_counts, self._home, app)

    async def streams(self) -> list[StreamStats]:
        """Return what became of the output of each instance; nothing when the logger is down."""
        try:
            return (await self._client.stats()).streams
        except (LoggerUnavailable, OSError):
            return []

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


def limits_of(settings: AppLogSettings) -> Limits:
    """Return the settings as the logger takes them."""
    return Limits(
        max_bytes=settings.rotate_mib * MIB,
        kept=settings.keep,
        max_age_s=settings.max_age_days * DAY_S,
        quota_bytes=settings.quota_mib * MIB,
    )


def _on_refused(reason: str) -> None:
    log.error("logger.refused", reason=reason)
