"""What methods answer. Field names are part of the contract; more fields may come."""

from typing import Any, Literal

import msgspec

from protoddfd.spec import AppSpec, Problem
from protoddfd.wire.base import Result
from protoddfd.wire.design import ModelUse
from protoddfd.wire.options import AppOptions
from protoddfd.wire.update import UpdatePlan

State = Literal["down", "listening", "starting", "ready", "unhealthy", "stopping", "backoff", "failed"]
Wanted = Literal["up", "down"]
ServedBy = Literal["zygote", "reflex", "command"]
Enforcer = Literal["cgroup", "rlimit", "sampling", "nothing"]
BundleState = Literal["shared", "building", "built", "failed", "none"]


class Ports(Result, frozen=True, kw_only=True):
    """The TCP ports of an app on 127.0.0.1; a command may have one or none."""

    frontend: int | None = None
    backend: int | None = None


class HealthResult(Result, frozen=True, kw_only=True):
    """The last outcome of one check of one instance; `at` is Unix time in seconds."""

    check: str
    ok: bool
    detail: str
    at: float


class Instance(Result, frozen=True, kw_only=True):
    """One live process of an app."""

    slot: int
    pid: int
    life: int
    """Counts the spawns of this slot, so that news of an older process can be told apart."""
    state: State
    since: float
    """Unix time in seconds of the last change of state."""
    cpu_percent: float = 0.0
    """Of one core, since the last sample."""
    pss_bytes: int | None = None
    restarts: int = 0
    health: tuple[HealthResult, ...] = ()
    open_files: int | None = None
    connections: int | None = None
    """Open at this moment, as the app counts them."""
    requests: int | None = None
    """Answered since its start, checks not counted."""
    errors: int | None = None
    """Of those, with a status of 500 and above."""


class Bundle(Result, frozen=True, kw_only=True):
    """The frontend that an app serves; `digest` names what went into it."""

    state: BundleState
    digest: str = ""
    detail: str = ""


class App(Result, frozen=True, kw_only=True):
    """An app as clients see it."""

    name: str
    title: str
    template: str
    state: State
    wanted: Wanted
    reason: str | None = None
    """Why the app is in this state, when that is not what one would expect."""
    ports: Ports
    url: str
    """Where a browser finds it; empty for a command without ports."""
    path: str
    instances: tuple[Instance, ...] = ()
    created_at: float
    """Unix time in seconds."""
    spec_revision: int = 1
    bundle: Bundle
    served_by: ServedBy
    scale: int = 1
    """How many processes are wanted."""
    sessions: Literal["shared", "sticky"] = "sticky"
    """Does a session survive a move to another process (Redis), or is it bound to its connection?"""
    command: tuple[str, ...] | None = None
    """What an adopted command runs."""
    options: AppOptions = AppOptions()
    limits_by: dict[str, Enforcer] = msgspec.field(default_factory=dict)
    """What enforces each limit that is set."""
    disk_bytes: int | None = None
    """Of its folder, when it was last weighed."""


class Updated(Result, frozen=True, kw_only=True):
    """An app and the plan of its update."""

    app: App
    plan: UpdatePlan


class AppList(Result, frozen=True, kw_only=True):
    """Apps, and the number of the last event that they include."""

    apps: tuple[App, ...]
    seq: int


class AppFields(Result, frozen=True, kw_only=True):
    """Apps with only the fields that were asked for, and the number of the last event that they include."""

    apps: tuple[dict[str, Any], ...]
    seq: int


class Apps(Result, frozen=True, kw_only=True):
    """The apps that a command over all of them touched."""

    apps: tuple[App, ...]


class DataMoved(Result, frozen=True, kw_only=True):
    """An app whose data is in another database, the rows by table, and what of the old one was left there.

    `left` are tables, and columns as `table.column`, that the app's spec does not know. `seconds` is how long
    the copying took.
    """

    app: App
    rows: dict[str, int]
    left: tuple[str, ...]
    seconds: float


class Deleted(Result, frozen=True, kw_only=True):
    """An app that is gone; `kept` is the folder that was left, if it was."""

    deleted: str
    kept: str | None = None


class LogRecord(Result, frozen=True, kw_only=True):
    """One line of an app's output."""

    time: str
    """ISO 8601 in UTC, milliseconds."""
    stream: Literal["out", "err", "log"]
    """Standard output, standard error, or a remark of the logger itself."""
    instance: int
    text: str
    level: str | None = None
    """Of a structured line (JSON or logfmt), as the app named it."""
    fields: dict[str, Any] | None = None
    """The members of a structured line."""


class Logs(Result, frozen=True, kw_only=True):
    """Lines of output, oldest first, and how many are missing: never written, or discarded later."""

    records: tuple[LogRecord, ...]
    dropped: int = 0
    """Lines that the disk refused."""
    discarded: int = 0
    """Lines in files that rotation, age or the quota has removed."""


class SourceId(Result, frozen=True, kw_only=True):
    """The handle of an uploaded file."""

    source: str


class Proposal(Result, frozen=True, kw_only=True):
    """A proposed spec with the notes that explain it; `confidence` is between 0 and 1."""

    spec: AppSpec
    notes: tuple[str, ...] = ()
    confidence: float = 1.0
    sampled: tuple[str, ...] = ()
    """The entities not all of whose values were tested for what they are, as their tables are long."""
    designer: str = "rules"
    renames: dict[str, str] = msgspec.field(default_factory=dict)
    """What is called otherwise than in `base`, as `app.update` takes it."""
    model: ModelUse | None = None
    """What was asked of a language model, and what left this machine for it; none when it was not asked."""


class Problems(Result, frozen=True, kw_only=True):
    """The faults of a spec; none means that it can run."""

    problems: tuple[Problem, ...]


class Sketch(Result, frozen=True, kw_only=True):
    """One entity of a starter: its title and those of its fields."""

    title: str
    fields: tuple[str, ...]


class Template(Result, frozen=True, kw_only=True):
    """A template that `app.create` can use. One that takes a spec needs one, a description or data.

    A starter has `entities`; `picture` is a file that shows an app made from it, empty without one.
    """

    name: str
    title: str
    description: str
    source: str
    takes_spec: bool = True
    entities: tuple[Sketch, ...] = ()
    picture: str = ""


class Templates(Result, frozen=True, kw_only=True):
    """All templates."""

    templates: tuple[Template, ...]


class Foreign(Result, frozen=True, kw_only=True):
    """A process, none of ours, that has one of our ports."""

    pid: int
    command: str


class Port(Result, frozen=True, kw_only=True):
    """One port of the map. `held` says that the daemon has its socket."""

    port: int
    app: str
    role: Literal["frontend", "backend"]
    held: bool
    foreign: Foreign | None = None


class PortRange(Result, frozen=True, kw_only=True):
    """The first and the last port that apps may get, both included."""

    first: int
    last: int


class PortMap(Result, frozen=True, kw_only=True):
    """The port map, ordered by port."""

    range: PortRange
    ports: tuple[Port, ...]


class Helper(Result, frozen=True, kw_only=True):
    """The zygote or the logger: alive, with its pid and memory (proportional set size) in bytes."""

    state: Literal["up", "down"]
    pid: int | None = None
    pss_bytes: int | None = None
    detail: str = ""


class Memory(Result, frozen=True, kw_only=True):
    """The daemon's own memory in bytes."""

    rss_bytes: int


class DaemonStatus(Result, frozen=True, kw_only=True):
    """How the daemon is."""

    version: str
    pid: int
    uptime_s: float
    apps: dict[str, int]
    """Apps by state."""
    degraded: tuple[str, ...]
    zygote: Helper
    logger: Helper
    memory: Memory
    home: str
    socket: str
    python: str


class Sample(Result, frozen=True, kw_only=True):
    """One measured value of a metric, told apart from its others by the labels."""

    name: str
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    value: float


class Samples(Result, frozen=True, kw_only=True):
    """Everything that is measured."""

    samples: tuple[Sample, ...]


class MetricsText(Result, frozen=True, kw_only=True):
    """Everything that is measured, in Prometheus' text format."""

    text: str


class SettingValue(Result, frozen=True, kw_only=True):
    """One setting: its value, where that came from, and whether a reload is enough to change it."""

    key: str
    value: Any
    source: str
    reloads: bool


class ConfigView(Result, frozen=True, kw_only=True):
    """Every setting in force."""

    settings: tuple[SettingValue, ...]


class ConfigProblems(Result, frozen=True, kw_only=True):
    """What is wrong with the configuration; nothing means that it can be used."""

    problems: tuple[Problem, ...]


class Reloaded(Result, frozen=True, kw_only=True):
    """The settings that a reload changed, and those that need a restart of the daemon to change."""

    changed: tuple[str, ...]
    needs_restart: tuple[str, ...] = ()


class Subscribed(Result, frozen=True, kw_only=True):
    """The number of the last event before the stream begins."""

    seq: int


class Done(Result, frozen=True, kw_only=True):
    """Done, with nothing more to say."""


Discovery = msgspec.Raw
"""An OpenRPC document, encoded."""
