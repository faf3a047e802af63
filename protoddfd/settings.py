"""Layered configuration: default < /etc < home < environment < command line, each value with its source."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from protoddfd.errors import ConfigInvalid

ETC = Path("/etc/protoddf/config.toml")


class Paths(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where things are; empty means the place that the home implies."""

    generated: str = ""
    templates: str = ""
    cache: str = ""
    socket: str = ""


class PortSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ports that apps may get."""

    range: str = "3000-5000"
    vanished_grace_s: float = 600.0
    """How long the ports of an app whose folder has vanished are kept, in seconds."""
    taken: Literal["move", "wait"] = "move"
    """When a stranger has an app's port: move the app to the next free one, or wait until it is free."""


class AppSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How apps are run."""

    start_timeout_s: float = 30.0
    stop_grace_s: float = 10.0
    starts_at_once: int = 4
    """How many apps are started at a time when the daemon comes up."""
    health: Literal["http", "process"] = "http"
    """How apps are checked that have no checks of their own: by asking them, or only by their process."""
    redis_url: str = ""
    """Where apps share their sessions; empty: each process keeps its own."""


class WorkerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bounds of worker processes, which read files and write apps."""

    processes: int = 2
    memory_mib: int = 2048
    time_s: float = 900.0


class LogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the daemon says of itself."""

    level: str = "info"
    rotate_mib: int = 10
    keep: int = 5


class AppLogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What apps say: kept per instance, in files that are put aside by size and age."""

    rotate_mib: int = 10
    keep: int = 5
    """Files that were put aside and are kept, for each instance."""
    max_age_days: float = 30.0
    """Files older than that are removed; 0: never."""
    quota_mib: int = 200
    """What one app's logs may take on disk, the oldest are removed first; 0: no bound."""


class AccessSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which groups of this machine may do what over the socket; the daemon's own user and root may do all."""

    read_group: str = ""
    operator_group: str = ""
    admin_group: str = ""


class SourceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files handed over by clients."""

    quota_mib: int = 2048
    expire_s: float = 3600.0


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


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """The settings and, for each `section.key`, where its value came from."""

    settings: Settings
    origins: dict[str, str]


def load(
    home: Path, environ: Mapping[str, str], command_line: Mapping[str, str], *, etc: Path = ETC
) -> Loaded:
    """Return the settings that the layers add up to; `command_line` maps `section.key` to text.

    Raises:
        ConfigInvalid: a file is not TOML, or a key or value in some layer cannot be used; the text names it.
    """
    merged: dict[str, dict[str, Any]] = {}
    origins: dict[str, str] = {}
    for dotted, value, origin in _layers((etc, home / "config.toml"), environ, command_line):
        section, _, key = dotted.partition(".")
        merged.setdefault(section, {})[key] = value
        origins[dotted] = origin
    try:
        settings = msgspec.convert(merged, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigInvalid(_explain(str(error), origins), hint="correct it and start again") from error
    return Loaded(settings=settings, origins=origins)


def _layers(
    files: tuple[Path, ...], environ: Mapping[str, str], command_line: Mapping[str, str]
) -> Iterator[tuple[str, object, str]]:
    """Yield `section.key`, its value and its origin, the weakest layer first."""
    for path in files:
        for section, values in _read(path).items():
            if not isinstance(values, dict):
                raise ConfigInvalid(
                    f"{path}: {section!r} is not a section", hint=f"write [{section}] and keys below it"
                )
            for key, value in values.items():
                yield f"{section}.{key}", value, str(path)
    for name, key in _variables().items():
        if name in environ:
            yield key, environ[name], f"${name}"
    for key, text in command_line.items():
        yield key, text, "command line"


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigInvalid(f"cannot read {path}: {error.strerror}", hint=f"ls -l {path}") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid(f"{path} is not TOML: {error}", hint=f"correct {path}") from error


def _variables() -> dict[str, str]:
    """Return each environment variable's name and the key that it sets."""
    names: dict[str, str] = {}
    for section in msgspec.structs.fields(Settings):
        for field in msgspec.structs.fields(section.type):
            names[f"PROTODDF_{section.name}_{field.name}".upper()] = f"{section.name}.{field.name}"
    return names


def _explain(message: str, origins: Mapping[str, str]) -> str:
    for dotted, origin in origins.items():
        if f"$.{dotted}" in message:
            return f"{origin}: {message}"
    return f"the configuration is wrong: {message}"
