"""The command that shows what apps use and how they answer."""

import argparse
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from protoddfctl.session import Session
from protoddfctl.show import STATE_COLOURS, size
from protoddfctl.table import Cell, Column
from protoddfd.errors import AppUnknown
from protoddfd.wire import results

_INFINITE = float("inf")
_LONGEST_S = 86_400
_SUMMED = {
    "protoddf_app_cpu_seconds_total": "cpu_s",
    "protoddf_app_cpu_ratio": "cpu_ratio",
    "protoddf_app_memory_pss_bytes": "memory",
    "protoddf_app_open_files": "files",
    "protoddf_app_connections": "connections",
    "protoddf_app_requests_total": "requests",
    "protoddf_app_request_errors_total": "errors",
    "protoddf_app_log_lines_dropped_total": "dropped",
}
"""What is added up over an app's instances, and under which name."""
_GROWING = ("cpu_s", "requests", "errors", "dropped")
_STATE = "protoddf_app_state"
_BUCKET = "protoddf_app_request_duration_seconds_bucket"

Sums = dict[str, float]
Buckets = dict[float, float]
"""How many requests took at most so many seconds."""


class AppFigures:
    """What is known of one app, its instances taken together."""

    def __init__(self) -> None:
        self.state = ""
        self.sums: Sums = {}
        self.buckets: Buckets = {}


class _Field(NamedTuple):
    """A column of the table and what stands in it."""

    column: Column
    cell: Cell


def options_metrics(parser: argparse.ArgumentParser) -> None:
    """Declare what `metrics` takes."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these apps")
    parser.add_argument("--prometheus", action="store_true", help="write Prometheus' text instead")
    parser.add_argument(
        "--over",
        type=_span_s,
        metavar="SECONDS",
        help="look twice, so long apart, and show what happened between",
    )


def _span_s(text: str) -> float:
    """Return a span in seconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds up to {_LONGEST_S}")
    return seconds


def run_metrics(session: Session, asked: argparse.Namespace) -> int:
    """Show what apps use and how they answer."""
    if asked.prometheus:
        answer = session.call("metrics.read", {"format": "prometheus"}, results.MetricsText)
        if answer is not None:
            session.output.line(answer.text.rstrip("\n"))
        return 0
    span_s = None if session.json else asked.over
    earlier, began = (_read(session), time.monotonic()) if span_s else (None, 0.0)
    if span_s:
        time.sleep(span_s)
    apps = _read(session)
    if apps is None:
        return 0
    if earlier is not None:
        apps, span_s = since(earlier, apps), time.monotonic() - began
    _write(session, apps, asked.names, span_s)
    return 0


def _read(session: Session) -> dict[str, AppFigures] | None:
    found = session.call("metrics.read", {"format": "json"}, results.Samples)
    return None if found is None else by_app(found.samples)


def by_app(samples: Iterable[results.Sample]) -> dict[str, AppFigures]:
    """Return the figures of every app by its name, added up over its instances."""
    apps: defaultdict[str, AppFigures] = defaultdict(AppFigures)
    for sample in samples:
        if sample.name == _STATE:
            apps[sample.labels["app"]].state = sample.labels["state"]
        elif sample.name == _BUCKET:
            buckets = apps[sample.labels["app"]].buckets
            bound = float(sample.labels["le"])
            buckets[bound] = buckets.get(bound, 0.0) + sample.value
        elif (name := _SUMMED.get(sample.name)) is not None:
            sums = apps[sample.labels["app"]].sums
            sums[name] = sums.get(name, 0.0) + sample.value
    return dict(apps)


def since(earlier: Mapping[str, AppFigures], later: Mapping[str, AppFigures]) -> dict[str, AppFigures]:
    """Return the later figures, with of all that grows only what came since the earlier ones."""
    return {name: _since(earlier.get(name, AppFigures()), app) for name, app in later.items()}


def _since(before: AppFigures, after: AppFigures) -> AppFigures:
    grown = AppFigures()
    grown.state = after.state
    grown.sums = dict(after.sums)
    for name in _GROWING:
        if name in after.sums:
            grown.sums[name] = _growth(before.sums.get(name, 0.0), after.sums[name])
    restarted = any(after.buckets.get(bound, 0.0) < count for bound, count in before.buckets.items())
    base = {} if restarted else before.buckets
    grown.buckets = {bound: count - base.get(bound, 0.0) for bound, count in after.buckets.items()}
    return grown


def _growth(before: float, after: float) -> float:
    """Return how much was counted; a count that is smaller than before began anew meanwhile."""
    return after - before if after >= before else after


def quantile(buckets: Buckets, part: float) -> float | None:
    """Return within how many seconds `part` of the requests were answered, as Prometheus estimates it.

    Infinite: more than the greatest bound. None: there was no request.
    """
    bounds = sorted(buckets)
    if not bounds or buckets[bounds[-1]] <= 0:
        return None
    rank = part * buckets[bounds[-1]]
    lower, below = 0.0, 0.0
    for bound in bounds:
        if buckets[bound] >= rank and buckets[bound] > below:
            inside = (rank - below) / (buckets[bound] - below)
            return bound if bound == _INFINITE else lower + (bound - lower) * inside
        lower, below = bound, buckets[bound]
    return _INFINITE


def _write(session: Session, apps: Mapping[str, AppFigures], names: list[str], span_s: float | None) -> None:
    for name in names:
        if name not in apps:
            raise AppUnknown(f"there is no app {name!r}", hint="protoddfctl list")
    rows = [_row(name, apps[name], span_s) for name in names or sorted(apps)]
    columns = [each.column for each in (rows[0] if rows else _row("", AppFigures(), span_s))]
    session.output.table(columns, [[each.cell for each in row] for row in rows])


def _row(name: str, app: AppFigures, span_s: float | None) -> list[_Field]:
    errors = app.sums.get("errors")
    requests = app.sums.get("requests")
    rate = requests / span_s if requests is not None and span_s else None
    bounds = [bound for bound in app.buckets if bound != _INFINITE]
    greatest = max(bounds, default=0.0)
    return [
        _Field(Column("APP"), Cell(name)),
        _Field(Column("STATE"), Cell(app.state, STATE_COLOURS.get(app.state, ""))),
        _Field(Column("CPU", right=True), Cell(_cpu(app.sums, span_s))),
        _Field(Column("MEMORY", right=True), Cell(size(app.sums.get("memory")))),
        _Field(Column("FILES", right=True), Cell(_count(app.sums.get("files")))),
        _Field(Column("CONNECTIONS", right=True), Cell(_count(app.sums.get("connections")))),
        _Field(Column("REQUESTS", right=True), Cell(_count(requests)))
        if span_s is None
        else _Field(Column("REQUESTS/S", right=True), Cell("-" if rate is None else f"{rate:.1f}")),
        _Field(Column("ERRORS", right=True), Cell(_count(errors), "red" if errors else "")),
        _Field(Column("P50", right=True), Cell(_latency(quantile(app.buckets, 0.5), greatest))),
        _Field(Column("P95", right=True), Cell(_latency(quantile(app.buckets, 0.95), greatest))),
        _Field(Column("DROPPED", right=True), Cell(_count(app.sums.get("dropped")))),
    ]


def _cpu(sums: Sums, span_s: float | None) -> str:
    used_s = sums.get("cpu_s")
    ratio = used_s / span_s if span_s and used_s is not None else sums.get("cpu_ratio")
    return "-" if ratio is None else f"{100 * ratio:.1f} %"


def _count(count: float | None) -> str:
    return "-" if count is None else f"{count:.0f}"


def _latency(seconds: float | None, greatest_s: float) -> str:
    if seconds is None:
        return "-"
    if seconds == _INFINITE:
        return f">{_latency(greatest_s, greatest_s)}"
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"
