"""The parameters of every method: names, types, defaults."""

from typing import Annotated, Any, Literal

import msgspec

from protoddfd.wire.base import Params
from protoddfd.wire.options import Health, Limits, PositiveSeconds, RestartPolicy, Seconds
from protoddfd.wire.results import State

WaitSeconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]
Description = Annotated[str, msgspec.Meta(max_length=20_000)]
Lines = Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class Source(Params, frozen=True, kw_only=True):
    """Data to make an app from: an uploaded `source`, a small `text`, a `path` here, or a `url`."""

    source: str | None = None
    name: str | None = None
    text: str | None = None
    path: str | None = None
    """Of a file, or of a folder of files."""
    url: str | None = None
    """Of a PostgreSQL database, `postgresql://user@host/name`."""


class NoParams(Params, frozen=True, kw_only=True):
    """Takes nothing."""


class SourcePut(Params, frozen=True, kw_only=True):
    """One chunk of a file; the first has no `source`, the last says so."""

    name: str
    chunk_base64: str
    last: bool
    source: str | None = None


DesignerName = Literal["auto", "rules", "model"]
"""Who designs: rules alone, rules and a language model, or the latter when one is configured."""


class SpecPropose(Params, frozen=True, kw_only=True):
    """What to design a spec from: a `description` in words, or data. Given both, the data decide.

    With `base`, a spec, or `app`, the name of an app with one, the description says what is to be different.
    `auto` asks a language model if one is configured and the caller may spend (operator); `model` is an error
    without one.
    """

    description: Description | None = None
    sources: tuple[Source, ...] = ()
    base: Any = None
    app: str | None = None
    designer: DesignerName = "auto"


class SpecCheck(Params, frozen=True, kw_only=True):
    """A spec in any condition: what is wrong with it is the answer."""

    spec: Any


class AppCreate(Params, frozen=True, kw_only=True):
    """A new app, from a spec, a description or data. `wait_s` is how many seconds to wait for its answer."""

    name: str
    template: str = "data_app"
    variables: dict[str, str] = msgspec.field(default_factory=dict)
    """What some variables of a template that is given by its folder are, in place of their defaults."""
    spec: Any = None
    description: Description | None = None
    sources: tuple[Source, ...] = ()
    designer: DesignerName = "auto"
    title: str | None = None
    start: bool = True
    wait_s: WaitSeconds = 30.0


class AppListParams(Params, frozen=True, kw_only=True):
    """Which apps, and which of their fields (`name` is always there); `instances.pid` is a part of one."""

    state: State | None = None
    fields: tuple[str, ...] | None = None


class AppName(Params, frozen=True, kw_only=True):
    """One app."""

    name: str


class AppCommand(Params, frozen=True, kw_only=True):
    """One app by `name`, or `all` of them; `wait_s` bounds the wait for the outcome, in seconds."""

    name: str | None = None
    all: bool = False
    wait_s: WaitSeconds = 30.0


class AppAdopt(Params, frozen=True, kw_only=True):
    """Something that exists already: a Reflex app in `path`, or any `command` to run in `cwd`.

    `ports` of the range are set aside for it, and named to it as FRONTEND_PORT, BACKEND_PORT and PORT.
    """

    name: str
    path: str | None = None
    command: tuple[str, ...] | None = None
    cwd: str | None = None
    env: dict[str, str] = msgspec.field(default_factory=dict)
    ports: Annotated[int, msgspec.Meta(ge=0, le=2)] = 2
    title: str | None = None
    restart: RestartPolicy = "always"
    start: bool = True
    wait_s: WaitSeconds = 30.0


class AppScale(Params, frozen=True, kw_only=True):
    """How many processes are to serve an app."""

    name: str
    instances: Annotated[int, msgspec.Meta(ge=1, le=64)]
    wait_s: WaitSeconds = 30.0


class AppDataMove(Params, frozen=True, kw_only=True):
    """An app whose data is to be in the database `to`, an address as in `DATABASE_URL`.

    It may take minutes; `wait_s` bounds the wait until the app answers again, in seconds.
    """

    name: str
    to: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
    wait_s: WaitSeconds = 30.0


class AppUpdate(Params, frozen=True, kw_only=True):
    """Another spec for an app; its records are kept.

    With `dry_run` only the plan is made; to apply it, name its hash as `expect`. `renames` answers the plan's
    questions: `{"Loan.due": "due_on", "Member": "Reader"}`. `confirm_lossy` agrees to the plan's losses.
    """

    name: str
    spec: Any
    dry_run: bool = False
    expect: str | None = None
    renames: dict[str, str] = msgspec.field(default_factory=dict)
    confirm_lossy: bool = False
    wait_s: WaitSeconds = 30.0


class AppSet(Params, frozen=True, kw_only=True):
    """Options of an app to change; what is not named stays as it is. See `AppOptions` for each.

    What concerns its process applies from its next start; `restart_now` brings that about.
    """

    name: str
    autostart: bool | msgspec.UnsetType = msgspec.UNSET
    on_demand: bool | msgspec.UnsetType = msgspec.UNSET
    idle_stop_s: Seconds | msgspec.UnsetType = msgspec.UNSET
    restart: RestartPolicy | msgspec.UnsetType = msgspec.UNSET
    start_timeout_s: PositiveSeconds | msgspec.UnsetType | None = msgspec.UNSET
    stop_signal: Literal["TERM", "INT", "QUIT", "HUP", "USR1", "USR2", "KILL"] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    stop_grace_s: Seconds | msgspec.UnsetType | None = msgspec.UNSET
    after: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    watch: bool | msgspec.UnsetType = msgspec.UNSET
    env: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    env_files: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    secrets: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    health: Health | msgspec.UnsetType = msgspec.UNSET
    limits: Limits | msgspec.UnsetType = msgspec.UNSET
    restart_now: bool = False


class AppDelete(Params, frozen=True, kw_only=True):
    """An app to delete, with its files unless `keep_files`."""

    name: str
    keep_files: bool = False


class AppLogs(Params, frozen=True, kw_only=True):
    """Which lines of an app's output: the last `lines`, from `since` to `until` (ISO 8601, or Unix seconds).

    `match` keeps those that contain it, `pattern` those in which the regular expression is found.
    """

    name: str
    lines: Lines = 100
    since: str | None = None
    until: str | None = None
    match: str | None = None
    pattern: str | None = None
    instance: int | None = None
    follow: bool = False


class EventsSubscribe(Params, frozen=True, kw_only=True):
    """Which events; `since` replays what is kept after that number."""

    since: int | None = None
    apps: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None


class DaemonStop(Params, frozen=True, kw_only=True):
    """With `keep_apps` the daemon goes and the apps stay."""

    keep_apps: bool = False


class MetricsRead(Params, frozen=True, kw_only=True):
    """What is measured, as values or in Prometheus' text format."""

    format: Literal["json", "prometheus"] = "json"


class ConfigCheck(Params, frozen=True, kw_only=True):
    """A configuration file's text to check; none: the files that the daemon reads."""

    text: str | None = None
