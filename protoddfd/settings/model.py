"""Every setting: its section, type, bounds, default and what it is for; not where values come from.

The text under a field is its description; the table in docs/configuration.md is made of these.
"""

from functools import cache
from typing import Annotated, Any, Literal

import msgspec

from protoddfd.wire.options import PositiveSeconds, Seconds

Mebibytes = Annotated[int, msgspec.Meta(ge=1, le=1_048_576)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings that belong together."""


class Paths(Section, frozen=True, kw_only=True):
    """Where things are; empty means the place that the home implies."""

    generated: str = ""
    """The folder that apps are written to; empty: `generated` in the home."""
    templates: str = ""
    """The folder of the templates; empty: those that come with Proto-DDF."""
    cache: str = ""
    """The folder of frontend bundles and shared packages; empty: where PROTODDF_CACHE says."""
    socket: str = ""
    """Where the daemon listens; empty: `run/protoddfd.sock` in the home."""


class PortSettings(Section, frozen=True, kw_only=True):
    """The ports that apps may get."""

    range: str = "3000-5000"
    """The first and the last port that a new app may get; apps that are there keep theirs."""
    vanished_grace_s: Seconds = 600.0
    """How long the ports of an app whose folder has vanished are kept, in seconds."""
    taken: Literal["move", "wait"] = "move"
    """When a stranger has an app's port: move the app to the next free one, or wait until it is free."""


class AppSettings(Section, frozen=True, kw_only=True):
    """How apps are run that say nothing themselves."""

    start_timeout_s: PositiveSeconds = 30.0
    """How long an app may take until it answers, in seconds."""
    stop_grace_s: Seconds = 10.0
    """How long an app may take to end when it is asked to, in seconds; then it is killed."""
    starts_at_once: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 4
    """How many apps are started at a time when the daemon comes up."""
    health: Literal["http", "process"] = "http"
    """How apps are checked that have no checks of their own: by asking them, or only by their process."""
    redis_url: str = ""
    """Where apps share their sessions (redis://, rediss:// or unix://); empty: each process keeps its own."""


class WorkerSettings(Section, frozen=True, kw_only=True):
    """The bounds of worker processes, which read files and write apps."""

    processes: Annotated[int, msgspec.Meta(ge=1, le=64)] = 2
    """How many there are at most."""
    memory_mib: Annotated[int, msgspec.Meta(ge=64, le=1_048_576)] = 2048
    """The memory that one may use, in MiB."""
    time_s: PositiveSeconds = 900.0
    """How long one piece of work may take, in seconds."""


class LogSettings(Section, frozen=True, kw_only=True):
    """What the daemon says of itself."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important that is written."""
    rotate_mib: Mebibytes = 10
    """How large the daemon's log may get before it is put aside, in MiB."""
    keep: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 5
    """How many files that were put aside are kept."""


class AppLogSettings(Section, frozen=True, kw_only=True):
    """What apps say: kept per instance, in files that are put aside by size and age."""

    rotate_mib: Mebibytes = 10
    """How large an instance's log may get before it is put aside, in MiB."""
    keep: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 5
    """How many files that were put aside are kept, for each instance."""
    max_age_days: Annotated[float, msgspec.Meta(ge=0, le=36_500)] = 30.0
    """Files older than that are removed; 0: never."""
    quota_mib: Annotated[int, msgspec.Meta(ge=0, le=1_048_576)] = 200
    """What one app's logs may take on disk, the oldest are removed first; 0: no bound."""


class AccessSettings(Section, frozen=True, kw_only=True):
    """Which groups of this machine may do what over the socket; the daemon's own user and root may do all."""

    read_group: str = ""
    """The group whose members may look and change nothing; empty: none."""
    operator_group: str = ""
    """The group whose members may also make, start, stop and scale apps; empty: none."""
    admin_group: str = ""
    """The group whose members may do everything; empty: none."""


class SourceSettings(Section, frozen=True, kw_only=True):
    """Files handed over by clients."""

    quota_mib: Mebibytes = 2048
    """What all of them may take together, in MiB."""
    expire_s: PositiveSeconds = 3600.0
    """How long one is kept that nobody touches, in seconds."""


class TemplateSettings(Section, frozen=True, kw_only=True):
    """What templates from elsewhere may do, which are given by their folder."""

    allowed_hooks: tuple[str, ...] = ()
    """The hashes (`sha256:…`) of templates whose hooks may run here; others with hooks are refused."""


Money = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]


class ModelSettings(Section, frozen=True, kw_only=True):
    """A language model that betters what the rules make of a description; without one nothing leaves."""

    provider: Literal["none", "openai", "anthropic"] = "none"
    """What it speaks: `openai` is any server with that interface, such as Ollama, llama.cpp or vLLM."""
    base_url: str = ""
    """Where it is, such as `http://127.0.0.1:11434/v1`; empty: the provider's own address."""
    name: str = ""
    """The model's name, as the provider knows it."""
    key_file: str = ""
    """The file that has the key and nothing else; empty: look at `model.key_env`."""
    key_env: str = ""
    """The name (not the key!) of the daemon's environment variable that has the key; empty: there is none."""
    answer: Literal["auto", "tool", "schema", "text"] = "auto"
    """How it is made to answer in JSON: by a tool's arguments, by a schema, or by being asked to."""
    timeout_s: PositiveSeconds = 60.0
    """How long all calls for one design may take together, in seconds; then the rules' draft stands."""
    rounds: Annotated[int, msgspec.Meta(ge=1, le=3)] = 3
    """How often it may answer: a patch that is wrong goes back with what is wrong in it."""
    output_tokens: Annotated[int, msgspec.Meta(ge=64, le=64_000)] = 4000
    """The longest answer, in tokens."""
    input_price: Money = 0.0
    """What a million tokens that it reads cost, in whatever currency all of these are in."""
    output_price: Money = 0.0
    """What a million tokens that it writes cost."""
    spend_limit: Money = 0.5
    """What the calls for one design may cost together."""
    day_limit: Money = 5.0
    """What all calls of a day (UTC) may cost together."""
    allow_rows: bool = False
    """Values from files (choices, bounds) may leave this machine; without it, names and types only."""
    cassette: str = ""
    """A file of recorded answers; empty: there is none."""
    cassette_mode: Literal["replay", "record"] = "replay"
    """Answer from the cassette alone, without a network, or call and add to it."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting of the daemon, by section."""

    paths: Paths = Paths()
    ports: PortSettings = PortSettings()
    apps: AppSettings = AppSettings()
    worker: WorkerSettings = WorkerSettings()
    log: LogSettings = LogSettings()
    logs: AppLogSettings = AppLogSettings()
    access: AccessSettings = AccessSettings()
    sources: SourceSettings = SourceSettings()
    templates: TemplateSettings = TemplateSettings()
    model: ModelSettings = ModelSettings()


NEEDS_RESTART = frozenset({
    "paths.generated", "paths.templates", "paths.cache", "paths.socket",
    "worker.processes", "worker.memory_mib", "worker.time_s",
    "log.rotate_mib", "log.keep",
    "access.read_group", "access.operator_group", "access.admin_group",
})  # fmt: skip
"""Settings that only a restart of the daemon changes; a reload is enough for all others."""


@cache
def fields() -> dict[str, msgspec.structs.FieldInfo]:
    """Return each `section.key` and the field that it is."""
    return {
        f"{section.name}.{field.name}": field
        for section in msgspec.structs.fields(Settings)
        for field in msgspec.structs.fields(section.type)
    }


def keys() -> tuple[str, ...]:
    """Return every `section.key`, in the order of the documentation."""
    return tuple(fields())


def value_of(settings: Settings, key: str) -> Any:
    """Return the value of `section.key`."""
    section, _, name = key.partition(".")
    return getattr(getattr(settings, section), name)
