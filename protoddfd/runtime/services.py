"""What the apps share: settings, disk, events, workers, the zygote and the logger."""

import asyncio
import random
import socket
import time
from collections.abc import Coroutine
from typing import Any

import structlog

from protoddfd.core.lifecycle import Policy
from protoddfd.core.ports import PortSpan, candidates, parse_span
from protoddfd.edge import listen
from protoddfd.edge.worker_client import WorkerPool
from protoddfd.errors import ConfigInvalid, PortsExhausted
from protoddfd.runtime.app import App
from protoddfd.runtime.bus import Bus
from protoddfd.runtime.logger_keeper import LoggerKeeper
from protoddfd.runtime.places import Places
from protoddfd.runtime.record import StateDocument
from protoddfd.runtime.sources import Sources
from protoddfd.runtime.store import Store
from protoddfd.runtime.zygote_keeper import ZygoteKeeper
from protoddfd.settings import Loaded, Settings

log = structlog.get_logger("protoddfd.services")


class Services:
    """The daemon's shared parts and its apps by name."""

    def __init__(self, loaded: Loaded, places: Places, document: StateDocument) -> None:
        settings = loaded.settings
        self.loaded = loaded
        self.places = places
        self.generation = document.generation + 1
        self.started_at = time.monotonic()
        self.span = _span(settings)
        self.policy = Policy(
            start_timeout_s=settings.apps.start_timeout_s, stop_grace_s=settings.apps.stop_grace_s
        )
        self.bus = Bus(document.seq)
        self.store = Store(places.state_file, self.document, self._on_disk_health)
        self.workers = WorkerPool(
            processes=settings.worker.processes,
            memory_mib=settings.worker.memory_mib,
            time_s=settings.worker.time_s,
        )
        self.sources = Sources(places.uploads, settings.sources)
        self.apps: dict[str, App] = {}
        self.logger = LoggerKeeper(places.home, settings.log, self.bus, self.spawn_task)
        self.zygote = ZygoteKeeper(
            places.home, self.generation, self.apps, self.logger.fifos, self.bus, self.spawn_task
        )
        self.pending: set[str] = set()
        """Names of apps that are being made or deleted at this moment."""
        self.stopping = asyncio.Event()
        self.keep_apps = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.loaded.settings

    @property
    def degraded(self) -> tuple[str, ...]:
        """Why the daemon cannot do all that it should, empty when it can."""
        reasons = (self.store.trouble, self.zygote.trouble, self.logger.trouble)
        return tuple(reason for reason in reasons if reason)

    def document(self) -> StateDocument:
        """Return what is to be stored."""
        return StateDocument(
            generation=self.generation,
            seq=self.bus.seq,
            apps={name: app.record for name, app in self.apps.items()},
        )

    def spawn_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` beside everything else; a failure is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task.failed", exc_info=error)

    async def end_tasks(self) -> None:
        """Cancel what still runs beside."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Ports ----------------------------------------------------------------------------------------------

    def new_ports(self) -> tuple[socket.socket, socket.socket]:
        """Bind two free ports of the range, the second near the first.

        Raises:
            PortsExhausted: fewer than two are free.
        """
        taken = {port for app in self.apps.values() for port in (app.record.frontend, app.record.backend)}
        bound: list[socket.socket] = []
        for port in candidates(self.span, taken, random.random()):  # noqa: S311 -- no secret
            try:
                bound.append(listen.hold(port))
            except listen.PortTaken:
                continue
            if len(bound) == 2:
                return bound[0], bound[1]
        for held in bound:
            held.close()
        raise PortsExhausted(
            f"no two free ports are left in {self.span.first}-{self.span.last}"
            f" ({len(taken)} belong to {len(self.apps)} apps)",
            hint="delete an app (protoddfctl delete NAME), or widen ports.range in config.toml",
        )

    def _on_disk_health(self, trouble: str | None) -> None:
        if trouble is None:
            self.bus.publish("daemon.recovered")
        else:
            self.bus.publish("daemon.degraded", reason=trouble)


def _span(settings: Settings) -> PortSpan:
    try:
        return parse_span(settings.ports.range)
    except ValueError as error:
        raise ConfigInvalid(f"ports.range: {error}", hint="write for example 3000-5000") from error
