"""Looks at what apps use and whether their folders are there: seldom by itself, and anew when somebody asks.

What costs next to nothing (a process's clock) is read of all, what costs a millisecond (proportional memory,
the size of a folder) of one app at a time and in a thread.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

import structlog

from protoddfd.edge import meter, stats
from protoddfd.edge.connections import connections
from protoddfd.runtime.folders import FolderWatch
from protoddfd.runtime.gauge import Gauge, Weight
from protoddfd.runtime.sampled import CHUNK, Sampled, SampledSlot, Watched, paced

PERIOD_S = 5.0
"""How often limits and folders are looked at, and one app's memory and folder are weighed."""
TURNS_A_SWEEP = 3
"""Processors are looked at every so many periods."""
TURNS_A_KEEPER = 12
"""Zygote and logger are weighed every so many periods."""
FRESH_S = 2.0
"""Figures as young as that are not asked for again."""
WEIGHT_FRESH_S = 10.0

A = TypeVar("A", bound=Sampled)

log = structlog.get_logger("protoddfd.sampler")


class _Due(NamedTuple):
    """A process that is to be weighed."""

    app: Sampled
    slot: SampledSlot
    gauge: Gauge
    pid: int
    family: bool


class Sampler(Generic[A]):
    """`run` looks until cancelled; `forget` is called for an app whose folder stays away too long."""

    def __init__(
        self, services: Watched[A], forget: Callable[[A], Awaitable[None]], *, period_s: float = PERIOD_S
    ) -> None:
        self._services = services
        self._folders = FolderWatch(services, forget)
        self._period_s = period_s
        self._gauges: dict[tuple[str, int], Gauge] = {}
        self._connections: dict[str, tuple[float, int]] = {}

    def gauge(self, app: str, slot: int) -> Gauge | None:
        """Return the figures of an instance, as old as they are; None when it was never looked at."""
        return self._gauges.get((app, slot))

    def connections(self, app: str) -> int | None:
        """Return how many connections an app's ports had when last counted; None when they never were."""
        known = self._connections.get(app)
        return known[1] if known else None

    def is_fresh(self, app: A) -> bool:
        """Was all of an app looked at a moment ago?"""
        now = time.monotonic()
        seen = (self._gauges.get((app.name, number)) for number in app.slots)
        return all(
            gauge is not None and gauge.looked_at is not None and now - gauge.looked_at < FRESH_S
            for gauge in seen
        )

    # When somebody asks ---------------------------------------------------------------------------------

    async def refresh(self, apps: Iterable[A] | None = None, *, weigh: int = 0) -> None:
        """Look at `apps` (none given: all of them) anew, but for what was looked at a moment ago.

        The memory of at most `weigh` of their processes is weighed, at a millisecond each: first of those of
        which it is not known, then of those of which it was known first.
        """
        asked = list(self._services.apps.values() if apps is None else apps)
        async for app in paced(asked, CHUNK):
            self._look(app, fully=True)
        await self._count_connections(asked)
        if weigh:
            await self._weigh(self._longest_unweighed(asked, weigh))

    async def weigh_keepers(self) -> None:
        """Weigh zygote and logger."""
        for keeper in self._services.keepers:
            if keeper.pid is None:
                keeper.pss_bytes = None
            else:
                keeper.pss_bytes = await asyncio.to_thread(stats.pss_bytes, keeper.pid)

    async def _count_connections(self, asked: Sequence[A]) -> None:
        now = time.monotonic()
        owners: dict[int, str] = {}
        for app in asked:
            counted_at = self._connections.get(app.name, (-FRESH_S, 0))[0]
            if now - counted_at >= FRESH_S and any(slot.pid is not None for slot in app.slots.values()):
                owners |= dict.fromkeys(app.record.ports, app.name)
        if not owners:
            return
        try:
            found = await asyncio.to_thread(connections, owners.keys())
        except OSError as error:
            log.warning("sampler.no_connections", reason=str(error))
            return
        counts = dict.fromkeys(owners.values(), 0)
        for port, count in found.items():
            counts[owners[port]] += count
        self._connections |= {name: (now, count) for name, count in counts.items()}

    # By itself ------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look around every few seconds."""
        turn = 0
        while True:
            try:
                await self._turn(turn)
            except Exception:
                log.exception("sampler.failed")  # one bad turn must not be the last
            turn += 1
            await asyncio.sleep(self._period_s)

    async def _turn(self, turn: int) -> None:
        apps = list(self._services.apps.values())
        await self._watch_memory(apps)
        await self._folders.look(apps)
        if turn % TURNS_A_SWEEP == 0:
            await self._sweep(apps)
        if turn % TURNS_A_KEEPER == 0:
            await self.weigh_keepers()
        await self._weigh(self._longest_unweighed(apps, 1))
        await self._folders.weigh_one(apps)

    async def _sweep(self, apps: Sequence[A]) -> None:
        async for app in paced(apps):
            self._look(app, fully=False)
        there = {(app.name, number) for app in self._services.apps.values() for number in app.slots}
        self._gauges = {key: gauge for key, gauge in self._gauges.items() if key in there}
        names = self._services.apps
        self._connections = {name: known for name, known in self._connections.items() if name in names}

    def _look(self, app: A, *, fully: bool) -> None:
        now = time.monotonic()
        for number, slot in app.slots.items():
            gauge = self._attend(app, number, slot)
            if fully and gauge.looked_at is not None and now - gauge.looked_at < FRESH_S:
                continue
            if fully:
                gauge.looked_at = now
                gauge.meter = slot.meter = meter.read(self._services.meter_path(app.name, number))
            if slot.pid is not None:
                self._look_at_process(app, slot, gauge, slot.pid, fully=fully)

    def _look_at_process(self, app: A, slot: SampledSlot, gauge: Gauge, pid: int, *, fully: bool) -> None:
        now, family = time.monotonic(), _has_family(app)
        if fully:
            gauge.take(stats.usage(pid, family=family), now)
        else:
            gauge.take_cpu(_cpu_seconds(pid, family=family), now)
        _show(app, slot, gauge)

    def _attend(self, app: A, number: int, slot: SampledSlot) -> Gauge:
        """Return the gauge of an instance, turned to the process that it has now."""
        gauge = self._gauges.get((app.name, number))
        if gauge is None:
            gauge = self._gauges[app.name, number] = Gauge()
        if gauge.pid != slot.pid:
            gauge.attend(slot.pid)
            slot.pss_bytes = None
            _show(app, slot, gauge)
        return gauge

    # Memory ---------------------------------------------------------------------------------------------

    def _longest_unweighed(self, apps: Sequence[A], count: int) -> list[_Due]:
        """Return the `count` processes weighed longest ago, without those weighed a moment ago."""
        now = time.monotonic()
        due: list[tuple[float, _Due]] = []
        for app in apps:
            for number, slot in app.slots.items():
                gauge = self._attend(app, number, slot)
                weighed_at = -1.0 if gauge.weighed_at is None else gauge.weighed_at
                if slot.pid is not None and (weighed_at < 0 or now - weighed_at >= WEIGHT_FRESH_S):
                    due.append((weighed_at, _Due(app, slot, gauge, slot.pid, _has_family(app))))
        due.sort(key=lambda each: each[0])
        return [each for _, each in due[:count]]

    async def _weigh(self, due: Sequence[_Due]) -> None:
        if not due:
            return
        now = time.monotonic()
        for each in due:
            each.gauge.weighed_at = now  # before it is: who asks meanwhile need not weigh it too
        found = await asyncio.to_thread(_weights, due)
        for each, pss_bytes in zip(due, found, strict=True):
            if each.slot.pid == each.pid and each.slot.pss_bytes != pss_bytes:
                each.slot.pss_bytes = pss_bytes
                each.app.refresh()

    async def _watch_memory(self, apps: Sequence[A]) -> None:
        async for app in paced(apps):
            limit_bytes = app.watched_memory_bytes
            if limit_bytes is not None:
                for number, slot in list(app.slots.items()):
                    await self._compare(app, number, slot, limit_bytes)

    async def _compare(self, app: A, number: int, slot: SampledSlot, limit_bytes: int) -> None:
        gauge, now, pid = self._attend(app, number, slot), time.monotonic(), slot.pid
        if pid is None:
            return
        family = _has_family(app)
        rss_bytes = stats.family_rss_bytes(pid) if family else stats.rss_bytes(pid)
        if rss_bytes is None or not gauge.may_be_over(rss_bytes, limit_bytes, now):
            return
        pss_bytes = await asyncio.to_thread(_weight, pid, family=family)
        used_bytes = rss_bytes if pss_bytes is None else pss_bytes  # where it is not ours to weigh
        if slot.pid != pid:
            return
        gauge.confirmed = Weight(at=now, pss_bytes=used_bytes, rss_bytes=rss_bytes)
        if used_bytes > limit_bytes:
            app.over_memory(number, used_bytes)


def _has_family(app: Sampled) -> bool:
    """Tell whether its instances may have children: a forked app is one process."""
    return app.record.served_by != "zygote"


def _cpu_seconds(pid: int, *, family: bool) -> float | None:
    return stats.family_cpu_seconds(stats.descendants(pid)) if family else stats.cpu_seconds(pid)


def _show(app: Sampled, slot: SampledSlot, gauge: Gauge) -> None:
    """Hand the figures to the instance, and say so where they have changed."""
    files = gauge.usage.open_files if gauge.usage else None
    if (slot.cpu_percent, slot.open_files) != (gauge.cpu_percent, files):
        slot.cpu_percent, slot.open_files = gauge.cpu_percent, files
        app.refresh()


def _weights(due: Sequence[_Due]) -> list[int | None]:
    return [_weight(each.pid, family=each.family) for each in due]


def _weight(pid: int, *, family: bool) -> int | None:
    return stats.family_pss_bytes(pid) if family else stats.pss_bytes(pid)
