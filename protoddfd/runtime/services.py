"""What the apps share: settings, disk, events, workers, the zygote and the logger."""

import asyncio
import logging
import random
import socket
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal

import structlog

from protoddfd.core.lifecycle import Policy
from protoddfd.core.ports import PortSpan, candidates, next_free, parse_span
from protoddfd.edge import cgroup, listen, strays
from protoddfd.edge.check_database import RunJob
from protoddfd.edge.environment_files import read_environment, warnings_of
from protoddfd.edge.logfiles import read_log
from protoddfd.edge.strays import Root
from protoddfd.edge.watch_files import FileWatch
from protoddfd.edge.worker_client import WorkerPool
from protoddfd.errors import ConfigInvalid, PortsExhausted, ProtoddfError
from protoddfd.runtime.app import App
from protoddfd.runtime.bus import Bus
from protoddfd.runtime.descriptors import DescriptorWatch
from protoddfd.runtime.health import Gates
from protoddfd.runtime.logger_keeper import LoggerKeeper
from protoddfd.runtime.places import Places
from protoddfd.runtime.record import AppRecord, StateDocument
from protoddfd.runtime.sampler import Sampler
from protoddfd.runtime.sources import Sources
from protoddfd.runtime.store import Store
from protoddfd.runtime.zygote_keeper import ZygoteKeeper
from protoddfd.settings import Loaded, Settings

STRAYS_GRACE_S = 2.0
"""What an instance left behind gets so long to end by itself."""
FREED_WITHIN_S = 0.5
FREED_RETRY_S = 0.05
"""The zygote closes what it held for an app a moment after the daemon does."""
LAST_LINES = 5
"""Lines of output that a failure is told with."""

log = structlog.get_logger("protoddfd.services")


class Services:
    """The daemon's shared parts and its apps by name."""

    def __init__(
        self,
        loaded: Loaded,
        places: Places,
        document: StateDocument,
        prepare: Callable[["Services", App], Awaitable[None]],
        forget: Callable[["Services", App], Awaitable[None]],
    ) -> None:
        settings = loaded.settings
        self.loaded = loaded
        self._prepare = prepare
        self.places = places
        self.generation = document.generation + 1
        self.started_at = time.monotonic()
        self.span = _span(settings)
        self.policy = _policy(settings)
        self.bus = Bus(document.seq)
        self.descriptors = DescriptorWatch(self.bus)
        self.store = Store(places.state_file, self.document, self._on_disk_health)
        self.workers = WorkerPool(
            processes=settings.worker.processes,
            memory_mib=settings.worker.memory_mib,
            time_s=settings.worker.time_s,
        )
        self.check_workers = WorkerPool(processes=1, memory_mib=512, time_s=60.0)
        """Beside the others, whose work may take minutes; it starts when it is first needed."""
        self.model_workers = WorkerPool(
            processes=settings.worker.processes,
            memory_mib=settings.worker.memory_mib,
            time_s=settings.worker.time_s,
        )
        """Beside the others, too: who waits for a language model must not hold up who does not."""
        self.sources = Sources(places.uploads, settings.sources)
        self.apps: dict[str, App] = {}
        self.logger = LoggerKeeper(places.home, settings.logs, self.bus, self.spawn_task)
        self.zygote = ZygoteKeeper(
            places.home, self.generation, self.apps, self.logger.fifos, self.bus, self.spawn_task,
            self.store.commit_in_the_end,
        )  # fmt: skip
        self.gates = Gates()
        self.cgroups = cgroup.detect(places.home, partial(log.warning, "cgroup.refused"))
        self.file_watch = FileWatch()
        self.sampler = Sampler(self, partial(forget, self))
        self.pending: set[str] = set()
        """Names of apps that are being made or deleted at this moment."""
        self.stopping = asyncio.Event()
        self.keep_apps = False
        self._tasks: set[asyncio.Future[None]] = set()

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.loaded.settings

    def apply(self, loaded: Loaded, changed: Collection[str]) -> None:
        """Have settings in force that were read anew; the keys in `changed` differ from before."""
        settings = loaded.settings
        self.loaded = loaded
        self.span = _span(settings)
        self.policy = _policy(settings)
        self.sources.bound(settings.sources)
        for app in self.apps.values():
            app.follow_settings(check_anew="apps.health" in changed)
        logging.getLogger().setLevel(settings.log.level.upper())
        if any(key.startswith("logs.") for key in changed):
            self.spawn_task(self.logger.reconfigure(settings.logs))

    @property
    def degraded(self) -> tuple[str, ...]:
        """Why the daemon cannot do all that it should, empty when it can."""
        reasons = (
            self.store.trouble, self.zygote.trouble, self.logger.trouble, self.descriptors.trouble,
        )  # fmt: skip
        return tuple(reason for reason in reasons if reason)

    @property
    def default_check(self) -> Literal["http", "process"]:
        """How apps are checked that have no checks of their own."""
        return self.settings.apps.health

    @property
    def redis_url(self) -> str:
        """Where apps share their sessions; empty: each process keeps its own."""
        return self.settings.apps.redis_url

    @property
    def run_job(self) -> RunJob:
        """Gives a worker a job."""
        return self.check_workers.run

    @property
    def keepers(self) -> tuple[ZygoteKeeper, LoggerKeeper]:
        """Those who keep the zygote and the logger."""
        return self.zygote, self.logger

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
        self.keep(task)
        return task

    def keep(self, task: asyncio.Future[None]) -> None:
        """Let `task` go on beside everything else, whoever waits for it."""
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: asyncio.Future[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, ProtoddfError):
            log.warning("task.refused", reason=error.message)
        else:
            log.error("task.failed", exc_info=error)

    async def end_tasks(self) -> None:
        """Cancel what still runs beside."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # What an app asks for --------------------------------------------------------------------------------

    async def prepare(self, app: str) -> None:
        """Look at an app's folder anew; raises ProtoddfError."""
        await self._prepare(self, self.apps[app])

    async def secret_environment(self, record: AppRecord) -> dict[str, str]:
        """Read the environment and secret files of an app; raises ProtoddfError."""
        options = record.options
        if not options.env_files and not options.secrets:
            return {}
        found = await asyncio.to_thread(read_environment, options.env_files, options.secrets)
        for warning in warnings_of(options.secrets):
            log.warning("secret.exposed", app=record.name, reason=warning)
        return found

    async def last_words(self, app: str) -> str:
        """Return the last lines that an app wrote as the end of a sentence, empty without any."""
        await self.logger.flush(app)
        records = await asyncio.to_thread(read_log, self.places.home, app, lines=LAST_LINES)
        if not records:
            return ""
        return ". Its last lines:\n" + "\n".join(f"  {record.text}" for record in records)

    async def end_leftovers(self, over: Mapping[tuple[str, int], int], roots: Collection[Root] = ()) -> None:
        """End what is left of lives that are over; see `Surroundings`."""
        spare = [pid for pid in (self.zygote.pid, self.logger.pid) if pid is not None]
        grace_s = self.policy.stop_grace_s if roots else 0.0
        ended = await strays.clear(self.places.home, over, roots, spare, grace_s=min(grace_s, STRAYS_GRACE_S))
        if ended.asked or ended.killed or ended.left:
            log.warning("leftovers.ended", asked=ended.asked, killed=ended.killed, left=ended.left)

    def store_later(self) -> None:
        """See that the state is on disk soon; a disk that refuses is told by the degraded state."""
        self.spawn_task(self._store())

    async def _store(self) -> None:
        with suppress(ProtoddfError):
            await self.store.commit()

    def probe_path(self, app: str, slot: int) -> Path:
        """Return the unix socket on which one instance, forked by the zygote, answers for itself alone."""
        return self.places.run / "probes" / f"{app}.{slot}"

    def meter_path(self, app: str, slot: int) -> Path:
        """Return the file in which an instance counts what it does."""
        return self.places.run / "meters" / f"{app}.{slot}"

    # Ports ----------------------------------------------------------------------------------------------

    @property
    def taken_ports(self) -> set[int]:
        """The ports that belong to an app."""
        return {port for app in self.apps.values() for port in app.record.ports}

    def new_ports(
        self, count: int, *, reserved: bool = False, beside: int | None = None
    ) -> tuple[socket.socket, ...]:
        """Bind `count` free ports of the range, near each other; the next ones after `beside`, if given.

        Raises:
            PortsExhausted: fewer are free.
        """
        taken = self.taken_ports
        if beside is not None:
            tried = next_free(self.span, taken, beside)
        else:
            tried = candidates(self.span, taken, random.random())  # noqa: S311 -- no secret
        try:
            return listen.hold_some(tried, count, reserved=reserved)
        except listen.TooFewPorts:
            raise PortsExhausted(
                f"no {count} free ports are left in {self.span.first}-{self.span.last}"
                f" ({len(taken)} belong to {len(self.apps)} apps)",
                hint="delete an app (protoddfctl delete NAME), or widen ports.range in config.toml",
            ) from None

    async def find_ports(self, count: int, *, reserved: bool = False) -> tuple[socket.socket, ...]:
        """Bind free ports as `new_ports` does; those of an app that has just gone are free in a moment."""
        for _ in range(int(FREED_WITHIN_S / FREED_RETRY_S)):
            with suppress(PortsExhausted):
                return self.new_ports(count, reserved=reserved)
            await asyncio.sleep(FREED_RETRY_S)
        return self.new_ports(count, reserved=reserved)

    def _on_disk_health(self, trouble: str | None) -> None:
        if trouble is None:
            self.bus.publish("daemon.recovered")
        else:
            self.bus.publish("daemon.degraded", reason=trouble)


def _policy(settings: Settings) -> Policy:
    return Policy(start_timeout_s=settings.apps.start_timeout_s, stop_grace_s=settings.apps.stop_grace_s)


def _span(settings: Settings) -> PortSpan:
    try:
        return parse_span(settings.ports.range)
    except ValueError as error:
        raise ConfigInvalid(f"ports.range: {error}", hint="write for example 3000-5000") from error
