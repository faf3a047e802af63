"""What is measured, as plain values: the daemon fills these in, a worker makes metrics of them."""

import msgspec


class Reading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Base of what was read. None stands for what is not known, which is then not exposed either."""


class RequestsRead(Reading, frozen=True, kw_only=True):
    """What an instance counted itself, over all of its processes."""

    requests: int
    errors: int
    """Of the requests, those answered with a status of 500 and above, or not at all."""
    in_progress: int
    websockets: int = 0
    messages: int = 0
    """That pages sent over websockets."""
    bounds_s: tuple[float, ...] = ()
    """The upper bounds of the classes of duration, the last class, without a bound, not among them."""
    counts: tuple[int, ...] = ()
    """Requests in each class, not cumulative; one more than there are bounds."""
    duration_sum_s: float = 0.0


class InstanceRead(Reading, frozen=True, kw_only=True):
    """One instance of an app."""

    slot: int
    alive: bool = False
    restarts: int = 0
    cpu_s: float | None = None
    cpu_ratio: float | None = None
    pss_bytes: int | None = None
    rss_bytes: int | None = None
    processes: int | None = None
    threads: int | None = None
    open_files: int | None = None
    read_bytes: int | None = None
    written_bytes: int | None = None
    requests: RequestsRead | None = None
    checks: tuple[tuple[str, bool], ...] = ()
    """The kind and the last outcome of each check."""


class LogRead(Reading, frozen=True, kw_only=True):
    """What became of the output of one instance."""

    slot: int
    written_bytes: int
    """Since the logger began."""
    dropped_lines: int
    """That the disk refused."""
    discarded_lines: int = 0
    """In log files that were removed."""


class AppRead(Reading, frozen=True, kw_only=True):
    """One app."""

    name: str
    template: str
    served_by: str
    state: str
    wanted: bool
    scale: int = 1
    connections: int | None = None
    disk_bytes: int | None = None
    memory_limit_bytes: int | None = None
    instances: tuple[InstanceRead, ...] = ()
    logs: tuple[LogRead, ...] = ()


class ProcessRead(Reading, frozen=True, kw_only=True):
    """A process of ours that is no app."""

    up: bool
    cpu_s: float | None = None
    rss_bytes: int | None = None
    pss_bytes: int | None = None
    threads: int | None = None
    open_files: int | None = None


class SnapshotRead(Reading, frozen=True, kw_only=True):
    """The file that the state is stored in, since the daemon began."""

    writes: int
    failures: int
    written_at: float | None = None
    """Unix time in seconds."""
    size_bytes: int | None = None


class DaemonRead(Reading, frozen=True, kw_only=True):
    """The daemon and its helpers."""

    version: str
    python: str
    started_at: float
    """Unix time in seconds."""
    process: ProcessRead
    zygote: ProcessRead
    logger: ProcessRead
    degraded: tuple[str, ...] = ()
    ports: int = 0
    """Ports of the range."""
    ports_free: int = 0
    events: int = 0
    """The number of the last event."""
    followers: int = 0
    snapshot: SnapshotRead | None = None


class AllRead(Reading, frozen=True, kw_only=True):
    """Everything that is measured, at one moment."""

    daemon: DaemonRead
    apps: tuple[AppRead, ...] = ()


def printable(text: str) -> str:
    """Return `text` without what neither JSON nor Prometheus' text can carry: lone surrogates, and NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
