"""From what was read to metrics and their values. Knows no text format.

What is not known is left out rather than said to be 0.
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple, get_args

from protoddfd.core.catalogue import CATALOGUE, PREFIX, Metric
from protoddfd.core.readings import (
    AllRead,
    AppRead,
    DaemonRead,
    InstanceRead,
    LogRead,
    ProcessRead,
    RequestsRead,
)
from protoddfd.wire.results import State


class Point(NamedTuple):
    """One value of a gauge or a counter, and the values of its labels."""

    labels: tuple[str, ...]
    value: float


class Spread(NamedTuple):
    """One histogram: how many were at most so many, the last bound being infinite, and the sum of all."""

    labels: tuple[str, ...]
    buckets: tuple[tuple[float, int], ...]
    total: float


class Family(NamedTuple):
    """A metric with what there is of it."""

    metric: Metric
    points: tuple[Point, ...] = ()
    spreads: tuple[Spread, ...] = ()


class _Book:
    """Families in the making."""

    def __init__(self) -> None:
        self._points: dict[str, list[Point]] = {}
        self._spreads: dict[str, list[Spread]] = {}

    def put(self, name: str, value: float | None, *labels: str) -> None:
        """Note a value, unless it is not known. `name` is without what all names begin with."""
        if value is not None:
            self._points.setdefault(f"{PREFIX}{name}", []).append(Point(labels, float(value)))

    def put_spread(self, name: str, spread: Spread) -> None:
        """Note a histogram."""
        self._spreads.setdefault(f"{PREFIX}{name}", []).append(spread)

    def families(self) -> tuple[Family, ...]:
        """Return what was noted, in the order of the catalogue."""
        return tuple(
            Family(metric, tuple(self._points.get(name, ())), tuple(self._spreads.get(name, ())))
            for name, metric in CATALOGUE.items()
            if name in self._points or name in self._spreads
        )


def families(read: AllRead) -> tuple[Family, ...]:
    """Return the metrics of what was read; those of which nothing is known are left out."""
    book = _Book()
    _daemon(book, read.daemon)
    _states(book, read.apps)
    for app in read.apps:
        _app(book, app)
    return book.families()


def _daemon(book: _Book, daemon: DaemonRead) -> None:
    book.put("build_info", 1, daemon.version, daemon.python)
    book.put("daemon_start_time_seconds", daemon.started_at)
    book.put("daemon_degraded", bool(daemon.degraded))
    for reason in dict.fromkeys(daemon.degraded):
        book.put("degraded", 1, reason)
    book.put("ports", daemon.ports)
    book.put("ports_free", daemon.ports_free)
    book.put("events_total", daemon.events)
    book.put("event_followers", daemon.followers)
    for who, process in (("daemon", daemon.process), ("zygote", daemon.zygote), ("logger", daemon.logger)):
        _process(book, who, process)
    if daemon.snapshot is not None:
        book.put("snapshot_writes_total", daemon.snapshot.writes)
        book.put("snapshot_write_failures_total", daemon.snapshot.failures)
        book.put("snapshot_last_write_timestamp_seconds", daemon.snapshot.written_at)
        book.put("snapshot_size_bytes", daemon.snapshot.size_bytes)


def _process(book: _Book, who: str, process: ProcessRead) -> None:
    book.put(f"{who}_up", process.up)
    book.put(f"{who}_cpu_seconds_total", process.cpu_s)
    book.put(f"{who}_memory_rss_bytes", process.rss_bytes)
    book.put(f"{who}_memory_pss_bytes", process.pss_bytes)
    book.put(f"{who}_threads", process.threads)
    book.put(f"{who}_open_files", process.open_files)


def _states(book: _Book, apps: Iterable[AppRead]) -> None:
    counts: dict[str, int] = dict.fromkeys(get_args(State), 0)
    for app in apps:
        counts[app.state] = counts.get(app.state, 0) + 1
    for state, count in counts.items():
        book.put("apps", count, state)


def _app(book: _Book, app: AppRead) -> None:
    book.put("app_info", 1, app.name, app.template, app.served_by)
    book.put("app_up", app.state == "ready", app.name)
    book.put("app_wanted", app.wanted, app.name)
    book.put("app_state", 1, app.name, app.state)
    book.put("app_instances", sum(instance.alive for instance in app.instances), app.name)
    book.put("app_instances_wanted", app.scale, app.name)
    book.put("app_connections", app.connections, app.name)
    book.put("app_disk_bytes", app.disk_bytes, app.name)
    book.put("app_memory_limit_bytes", app.memory_limit_bytes, app.name)
    for instance in app.instances:
        _instance(book, app.name, instance)
    for log in app.logs:
        _log(book, app.name, log)


def _instance(book: _Book, app: str, instance: InstanceRead) -> None:
    slot = str(instance.slot)
    book.put("app_restarts_total", instance.restarts, app, slot)
    book.put("app_cpu_seconds_total", instance.cpu_s, app, slot)
    book.put("app_cpu_ratio", instance.cpu_ratio, app, slot)
    book.put("app_memory_pss_bytes", instance.pss_bytes, app, slot)
    book.put("app_memory_rss_bytes", instance.rss_bytes, app, slot)
    book.put("app_processes", instance.processes, app, slot)
    book.put("app_threads", instance.threads, app, slot)
    book.put("app_open_files", instance.open_files, app, slot)
    book.put("app_storage_read_bytes_total", instance.read_bytes, app, slot)
    book.put("app_storage_written_bytes_total", instance.written_bytes, app, slot)
    for check in dict.fromkeys(name for name, _ in instance.checks):
        passed = all(ok for name, ok in instance.checks if name == check)
        book.put("app_check_ok", passed, app, slot, check)
    if instance.requests is not None:
        _requests(book, app, slot, instance.requests)


def _requests(book: _Book, app: str, slot: str, counted: RequestsRead) -> None:
    book.put("app_requests_total", counted.requests, app, slot)
    book.put("app_request_errors_total", counted.errors, app, slot)
    book.put("app_requests_in_progress", counted.in_progress, app, slot)
    book.put("app_websockets", counted.websockets, app, slot)
    book.put("app_messages_total", counted.messages, app, slot)
    if any(counted.counts):
        bounds = (*counted.bounds_s, float("inf"))
        buckets = tuple(zip(bounds, accumulate(counted.counts), strict=True))
        book.put_spread("app_request_duration_seconds", Spread((app, slot), buckets, counted.duration_sum_s))


def _log(book: _Book, app: str, log: LogRead) -> None:
    book.put("app_log_bytes_total", log.written_bytes, app, str(log.slot))
    book.put("app_log_lines_dropped_total", log.dropped_lines, app, str(log.slot))
    book.put("app_log_lines_discarded_total", log.discarded_lines, app, str(log.slot))


class Sample(NamedTuple):
    """One number, with the name and the labels that it has in the end."""

    name: str
    labels: dict[str, str]
    value: float


def samples(family: Family) -> Iterator[Sample]:
    """Yield every number of a family; a histogram's are those of its buckets, their count and their sum."""
    name, names = family.metric.name, family.metric.labels
    for point in family.points:
        yield Sample(name, dict(zip(names, point.labels, strict=True)), point.value)
    for spread in family.spreads:
        labels = dict(zip(names, spread.labels, strict=True))
        for bound, count in spread.buckets:
            yield Sample(f"{name}_bucket", {**labels, "le": bound_text(bound)}, count)
        yield Sample(f"{name}_count", labels, spread.buckets[-1][1])
        yield Sample(f"{name}_sum", labels, spread.total)


def bound_text(bound: float) -> str:
    """Return an upper bound as the label `le` has it."""
    return "+Inf" if bound == float("inf") else repr(float(bound))
