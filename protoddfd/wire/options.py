"""What may be set for one app: how it is run, watched, limited and started again. Stored as it is sent."""

from typing import Annotated, Literal

import msgspec

from protoddfd.wire.base import Params

RestartPolicy = Literal["always", "on-failure", "never"]
CheckKind = Literal["process", "port", "http", "command", "database"]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=31_536_000)]
PositiveSeconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class Check(Params, frozen=True, kw_only=True):
    """One question that tells whether an instance is well.

    `process`: it runs. `port`: it accepts a connection on `port` (a port that the daemon holds accepts as
    soon as clients may wait). `http`: it answers a GET of `path` with one of `status` (none given: any below
    500), a body that contains `contains`, within `timeout_s`. `command`: `argv` exits 0. `database`: the
    database at `url` (none given: the app's own) answers `SELECT 1`.
    """

    kind: CheckKind
    port: Literal["frontend", "backend"] | Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    """For `port` and `http`; none given: the backend port of an app, the frontend port of a command."""
    path: str = "/"
    status: tuple[int, ...] = ()
    contains: str | None = None
    argv: tuple[str, ...] = ()
    url: str | None = None
    timeout_s: PositiveSeconds = 5.0


class Health(Params, frozen=True, kw_only=True):
    """How an app is checked. The period adapts: shortest after a failure, doubling while it is well."""

    checks: tuple[Check, ...] | None = None
    """None: what suits the way that the app is served. Empty: only its process."""
    failures: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    """So many failures in a row make it unhealthy."""
    period_min_s: PositiveSeconds = 5.0
    period_max_s: PositiveSeconds = 60.0
    grace_s: Seconds = 10.0
    """Unhealthy for so long, it is restarted, if its restart policy says so."""


class Limits(Params, frozen=True, kw_only=True):
    """What one instance may use; none given: as much as there is."""

    memory_mib: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """Beyond it the instance is restarted."""
    cpu_percent: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """Of one core: 150 is one and a half."""
    processes: Annotated[int, msgspec.Meta(ge=1)] | None = None
    open_files: Annotated[int, msgspec.Meta(ge=16)] | None = None


class AppOptions(Params, frozen=True, kw_only=True):
    """Every option of an app. `None` stands for what the daemon's settings say."""

    autostart: bool = True
    """Does it come up with the daemon, if it is wanted up?"""
    on_demand: bool = False
    """Is it started by the first request, and kept waiting on its ports until then?"""
    idle_stop_s: Seconds = 0.0
    """On demand: stopped after so long without a connection or request; 0: never."""
    restart: RestartPolicy = "always"
    start_timeout_s: PositiveSeconds | None = None
    stop_signal: Literal["TERM", "INT", "QUIT", "HUP", "USR1", "USR2", "KILL"] = "TERM"
    stop_grace_s: Seconds | None = None
    after: tuple[str, ...] = ()
    """Apps that are to be ready before this one is started, where both are."""
    watch: bool = False
    """Is it restarted when one of its files changes?"""
    env: dict[str, str] = msgspec.field(default_factory=dict)
    env_files: tuple[str, ...] = ()
    """Files of NAME=VALUE lines, read at every start; their content is never stored."""
    secrets: dict[str, str] = msgspec.field(default_factory=dict)
    """Environment variable -> the file that holds its value, read at every start and never stored."""
    health: Health = Health()
    limits: Limits = Limits()
