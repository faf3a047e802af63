"""Keeps the connection to the zygote: sends it work, hands its news to apps, revives it when it dies."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from protoddfd.core import facts
from protoddfd.edge.logger_client import Fifos
from protoddfd.edge.process import ProcessGone, ProcessRef
from protoddfd.edge.zygote_client import Handover, ZygoteClient, ZygoteUnavailable
from protoddfd.runtime.app import App
from protoddfd.runtime.bus import Bus
from protoddfd.runtime.logger_keeper import SpawnTask
from protoddfd.runtime.surroundings import Launch, NotLaunched
from protoddfd.zygote import messages
from protoddfd.zygote.outlets import Outlets

REVIVE_EVERY_S = 1.0
CONNECT_LIMIT_S = 60.0
END_LIMIT_S = 5.0

log = structlog.get_logger("protoddfd.zygote")


class ZygoteKeeper:
    """The daemon's hold on the zygote. `trouble` says why no app can be started, None when they can."""

    def __init__(
        self,
        home: Path,
        generation: int,
        apps: Mapping[str, App],
        fifos: Callable[[str, int], Fifos],
        bus: Bus,
        spawn_task: SpawnTask,
        stored: Callable[[], Awaitable[None]],
    ) -> None:
        self._home = home
        self._generation = generation
        self._apps = apps
        self._fifos = fifos
        self._bus = bus
        self._spawn_task = spawn_task
        self._stored = stored
        self._outlets = Outlets()
        self._client = self._new_client()
        self._closing = False
        self.pid: int | None = None
        self._pid_and_start = (0, 0)
        self.preload_error: str | None = None
        """Why it cannot serve apps by itself; it can still start commands."""
        self.pss_bytes: int | None = None
        """Its memory when it was last weighed."""
        self.trouble: str | None = "the zygote has not been started yet"

    def _new_client(self) -> ZygoteClient:
        return ZygoteClient(self._home, self._generation, self.on_news, self._on_lost)

    async def connect(self) -> Handover:
        """Connect to the zygote, or start one; return what it holds from before.

        Raises:
            ZygoteUnavailable, ControllerRefused, OSError: there is no zygote to be had.
        """
        handover = await self._client.connect(CONNECT_LIMIT_S)
        self.pid, self._pid_and_start = handover.pid, (handover.pid, handover.start_time)
        self.trouble = self.preload_error = handover.preload_error
        log.info("zygote.connected", pid=handover.pid, children=len(handover.children), trouble=self.trouble)
        return handover

    def hold(self, key: str, sockets: Sequence[socket.socket]) -> bool:
        """Let the zygote hold `sockets` too; return whether the request went out."""
        try:
            self._client.hold(key, sockets)
        except ZygoteUnavailable:
            return False
        return True

    def keep_outlets(self) -> None:
        """Keep open what every living instance writes to, here and in the zygote."""
        paths = [
            str(path)
            for app in self._apps.values()
            for slot in app.live_slots
            for path in self._fifos_of(app.name, slot.number)
        ]
        self._outlets.keep(paths)
        with suppress(ZygoteUnavailable):
            self._client.keep(paths)

    def _fifos_of(self, app: str, slot: int) -> tuple[Path, Path]:
        fifos = self._fifos(app, slot)
        return fifos.stdout, fifos.stderr

    def release(self, key: str) -> None:
        """Let the zygote close what it holds under `key`; a zygote that is gone holds nothing."""
        if self._client.connected:
            self._client.release(key)

    def forget(self, app: str) -> None:
        """Let go of all that is kept for an app, here and in the zygote."""
        self._outlets.release(app)
        self.release(app)

    def launch(self, launch: Launch) -> None:
        """Have a process made: a fork that serves the app, a command, or the app's own `run.sh`.

        Raises:
            NotLaunched: the zygote cannot even be asked.
        """
        if self.pid is None:
            raise NotLaunched("the zygote is being started")
        try:
            self._launch(launch)
        except (ZygoteUnavailable, messages.MessageTooLarge, OSError) as error:
            raise NotLaunched(str(error)) from error

    def _launch(self, launch: Launch) -> None:
        record, slot = launch.record, launch.slot
        fifos = self._fifos(record.name, slot)
        environment = {**launch.env, "PROTODDF_HOME": str(self._home)}
        stdout, stderr = str(fifos.stdout), str(fifos.stderr)
        self._outlets.keep((stdout, stderr))
        if record.served_by == "zygote" and record.inspection is not None:
            self._client.fork(
                messages.Fork(
                    app=record.name,
                    slot=slot,
                    life=launch.life,
                    folder=record.path,
                    module=f"{record.name}_app.{record.name}",
                    bundle=record.inspection.bundle,
                    env=environment,
                    title=f"proto-ddf: {record.name} {slot}",
                    stdout=stdout,
                    stderr=stderr,
                    limits=launch.limits,
                    cgroups=launch.cgroups,
                )
            )
            return
        self._client.spawn(
            messages.Spawn(
                app=record.name,
                slot=slot,
                life=launch.life,
                argv=list(record.command or ("/bin/sh", "./run.sh")),
                cwd=record.path,
                env=environment,
                stdout=stdout,
                stderr=stderr,
                limits=launch.limits,
                cgroups=launch.cgroups,
            )
        )

    def on_news(self, news: messages.Notification) -> None:
        """Hand the zygote's news to the app that it is about."""
        app = self._apps.get(getattr(news, "app", ""))
        match news:
            case messages.Started() if app is not None:
                app.started(news.slot, news.life, news.pid, news.start_time)
            case messages.Exited():
                self._on_exit(app, news)
            case messages.StartFailed() if app is not None and news.slot in app.slots:
                slot = app.slots[news.slot]
                if news.kind == "locked":
                    self._spawn_task(app.clear_and_fail(slot, news.life, news.reason))
                elif news.kind == "not_served":
                    self._spawn_task(app.look_again_and_fail(slot, news.life, news.reason))
                else:
                    slot.feed(facts.SpawnFailed(life=news.life, reason=news.reason))
            case messages.Preloaded():
                self._on_preloaded(news.error)
            case messages.HoldFailed() | messages.Refused():
                log.error("zygote.refused", reason=news.reason)
            case _:
                log.info("zygote.news_of_nobody", news=repr(news))

    def _on_preloaded(self, error: str | None) -> None:
        self.preload_error = self.trouble = error
        log.info("zygote.preloaded", error=error)
        if error is not None:
            self._bus.publish("daemon.degraded", reason=error)

    def _on_exit(self, app: App | None, news: messages.Exited) -> None:
        """Let the zygote forget an exit once what followed from it cannot be forgotten here any more."""
        before = app.record if app is not None else None
        if app is not None:
            app.exited(news.slot, news.life, news.status)
        if app is not None and app.record is not before:
            self.acknowledge_stored([news.id])
        else:
            self._acknowledge([news.id])

    def acknowledge_stored(self, numbers: Sequence[int]) -> None:
        """Let the zygote forget exits as soon as what they led to is on disk."""
        self._spawn_task(self._acknowledge_stored(numbers))

    async def _acknowledge_stored(self, numbers: Sequence[int]) -> None:
        await self._stored()
        self._acknowledge(numbers)

    def _acknowledge(self, numbers: Sequence[int]) -> None:
        with suppress(ZygoteUnavailable):  # one that is gone has forgotten them
            self._client.ack(numbers)

    def _on_lost(self) -> None:
        self.pid = None
        self.trouble = "the zygote has ended; it is being started again"
        if self._closing:
            return
        log.error("zygote.lost")
        self._bus.publish("daemon.degraded", reason=self.trouble)
        for app in self._apps.values():
            app.orphaned()
        self._spawn_task(self._revive())

    async def _revive(self) -> None:
        while True:
            self._client = self._new_client()
            try:
                await self.connect()
            except (ZygoteUnavailable, OSError) as error:
                log.warning("zygote.not_revived", reason=str(error))
                await asyncio.sleep(REVIVE_EVERY_S)
                continue
            break
        for app in self._apps.values():
            app.doors.give()
        self.keep_outlets()
        self._bus.publish("daemon.recovered")

    async def close(self, *, end: bool) -> None:
        """Let go of the zygote; if so wished, end it and wait until it has ended."""
        self._closing = True
        if end and self._client.connected:
            self._client.shutdown()
            await self._gone()
        self._client.close()

    async def _gone(self) -> None:
        with suppress(ProcessGone, TimeoutError):
            process = ProcessRef(self._pid_and_start[0], self._pid_and_start[1])
            async with asyncio.timeout(END_LIMIT_S):
                await process.exited()
            process.close()
