"""The method that reads all that is measured; a worker makes metrics of it, so that nobody has to wait."""

import asyncio
import os
import platform
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import msgspec

from protoddfd.core.access import Caller
from protoddfd.core.ports import free_count
from protoddfd.core.readings import (
    AllRead,
    AppRead,
    DaemonRead,
    InstanceRead,
    LogRead,
    ProcessRead,
    RequestsRead,
    SnapshotRead,
    printable,
)
from protoddfd.edge import meter, stats
from protoddfd.edge.logger_client import StreamStats
from protoddfd.runtime.app import App
from protoddfd.runtime.sampled import CHUNK, Keeper, paced
from protoddfd.runtime.sampler import Sampler
from protoddfd.runtime.services import Services
from protoddfd.runtime.slot import Slot
from protoddfd.usecases.daemon import VERSION
from protoddfd.wire import params
from protoddfd.worker import messages

WEIGHED = 20
"""So many processes are weighed for a reading, at a millisecond each; the others were at an earlier one."""


async def read(services: Services, caller: Caller, asked: params.MetricsRead) -> msgspec.Raw:
    """Read everything that is measured."""
    await services.sampler.refresh(weigh=WEIGHED)
    logs = _logs(await services.logger.streams())
    pss_bytes = await asyncio.to_thread(stats.pss_bytes, os.getpid())
    apps = [_app(app, services.sampler, logs) async for app in paced(list(services.apps.values()), CHUNK)]
    found = AllRead(daemon=_daemon(services, pss_bytes), apps=tuple(apps))
    job = messages.Expose(read=msgspec.Raw(msgspec.json.encode(found)), format=asked.format)
    written: msgspec.Raw = await services.workers.run(job)
    return written


def _logs(streams: Iterable[StreamStats]) -> Mapping[str, Sequence[LogRead]]:
    """Return what became of each app's output; both streams of an instance tell of the log they share."""
    counted: dict[tuple[str, int], LogRead] = {}
    for stream in streams:
        app, slot = stream.name.split(".")[:2]
        counted[app, int(slot)] = LogRead(
            slot=int(slot),
            written_bytes=stream.written,
            dropped_lines=stream.dropped,
            discarded_lines=stream.discarded,
        )
    logs: defaultdict[str, list[LogRead]] = defaultdict(list)
    for (app, _), log in counted.items():
        logs[app].append(log)
    return logs


def _app(app: App, sampler: Sampler[App], logs: Mapping[str, Sequence[LogRead]]) -> AppRead:
    record = app.record
    limit_mib = record.options.limits.memory_mib
    return AppRead(
        name=app.name,
        template=record.template,
        served_by=record.served_by,
        state=app.state,
        wanted=record.wanted == "up",
        scale=record.scale,
        connections=sampler.connections(app.name) if app.live_slots else None,
        disk_bytes=app.disk_bytes,
        memory_limit_bytes=None if limit_mib is None else limit_mib << 20,
        instances=tuple(_instance(app.name, slot, sampler) for slot in app.slots.values()),
        logs=tuple(logs.get(app.name, ())),
    )


def _instance(app: str, slot: Slot, sampler: Sampler[App]) -> InstanceRead:
    gauge = sampler.gauge(app, slot.number)
    if gauge is None:
        return InstanceRead(slot=slot.number, restarts=slot.it.restarts)
    requests = _requests(gauge.meter) if gauge.meter is not None else None
    usage = gauge.usage
    if slot.pid is None or usage is None:
        return InstanceRead(
            slot=slot.number, restarts=slot.it.restarts, cpu_s=gauge.cpu_total_s, requests=requests
        )
    return InstanceRead(
        slot=slot.number,
        alive=True,
        restarts=slot.it.restarts,
        cpu_s=gauge.cpu_total_s,
        cpu_ratio=slot.cpu_percent / 100,
        pss_bytes=slot.pss_bytes,
        rss_bytes=usage.rss_bytes,
        processes=usage.processes,
        threads=usage.threads,
        open_files=usage.open_files,
        read_bytes=usage.read_bytes,
        written_bytes=usage.written_bytes,
        requests=requests,
        checks=tuple((each.check, each.ok) for each in slot.health),
    )


def _requests(counted: meter.Meter) -> RequestsRead:
    return RequestsRead(
        requests=counted.requests,
        errors=counted.errors,
        in_progress=counted.under_way,
        websockets=counted.websockets,
        messages=counted.events,
        bounds_s=meter.LATENCY_BOUNDS_S,
        counts=counted.latency_buckets,
        duration_sum_s=counted.latency_sum_s,
    )


def _daemon(services: Services, pss_bytes: int | None) -> DaemonRead:
    store = services.store
    taken = [port for app in services.apps.values() for port in app.record.ports]
    return DaemonRead(
        version=VERSION,
        python=platform.python_version(),
        started_at=_unix_time(services.started_at),
        process=_process(os.getpid(), pss_bytes),
        zygote=_helper(services.zygote),
        logger=_helper(services.logger),
        degraded=tuple(map(printable, services.degraded)),
        ports=services.span.usable,
        ports_free=free_count(services.span, taken),
        events=services.bus.seq,
        followers=services.bus.followers,
        snapshot=SnapshotRead(
            writes=store.writes,
            failures=store.failures,
            written_at=store.written_at,
            size_bytes=store.size_bytes,
        ),
    )


@cache
def _unix_time(monotonic_s: float) -> float:
    """Return a moment of the monotonic clock in Unix time, and the same for it ever after."""
    return round(time.time() - time.monotonic() + monotonic_s, 3)


def _helper(keeper: Keeper) -> ProcessRead:
    return ProcessRead(up=False) if keeper.pid is None else _process(keeper.pid, keeper.pss_bytes)


def _process(pid: int, pss_bytes: int | None) -> ProcessRead:
    usage = stats.usage(pid, family=False)
    if usage is None:
        return ProcessRead(up=False)
    return ProcessRead(
        up=True,
        cpu_s=usage.cpu_s,
        rss_bytes=usage.rss_bytes,
        pss_bytes=pss_bytes,
        threads=usage.threads,
        open_files=usage.open_files,
    )
