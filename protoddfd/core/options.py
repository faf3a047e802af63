"""What is wrong with an app's options beyond their types. Pure: all faults at once, with paths and hints.

No fault shows a value of the environment, since such values end up in logs and on terminals.
"""

import re
from collections.abc import Iterator

from protoddfd.spec import Problem
from protoddfd.wire.options import AppOptions, Check, Health, Limits

OWN_PREFIX = "PROTODDF_"
"""Begins the names of the variables that the daemon sets itself."""

VALUE_BYTES_MAX = 64 * 1024
ENVIRONMENT_BYTES_MAX = 128 * 1024
"""All variables of an app together; what starts an app carries them in one message."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_MOST = {"memory_mib": 2**30, "cpu_percent": 100_000, "processes": 4_194_304, "open_files": 1_048_576}
_USED_BY = {
    "port": ("port", "http"),
    "path": ("http",),
    "status": ("http",),
    "contains": ("http",),
    "argv": ("command",),
    "url": ("database",),
}


def problems_of_options(options: AppOptions, name: str | None = None) -> tuple[Problem, ...]:
    """Return every fault of the options of the app `name`; none given: it has no name yet."""
    return (
        *_of_environment(options),
        *_of_health(options.health),
        *_of_limits(options.limits),
        *_of_order(options.after, name),
        *_of_idling(options),
    )


def fault_of_name(name: str) -> str | None:
    """Return what is wrong with the name of a variable, None when nothing is."""
    if _NAME.fullmatch(name) is None:
        return "is no name of a variable: letters, digits and _, with no digit first"
    if name.startswith(OWN_PREFIX):
        return f"begins with {OWN_PREFIX}, and such variables are the daemon's own"
    return None


def fault_of_value(value: str) -> str | None:
    """Return what is wrong with the value of a variable, without showing it; None when nothing is."""
    if "\0" in value:
        return "has a NUL character in it, which no variable can have"
    if any("\ud800" <= char <= "\udfff" for char in value):
        return "is no Unicode text"
    if len(value.encode()) > VALUE_BYTES_MAX:
        return f"is longer than {VALUE_BYTES_MAX // 1024} KiB"
    return None


# The environment ----------------------------------------------------------------------------------------


def _of_environment(options: AppOptions) -> Iterator[Problem]:
    for name, value in options.env.items():
        yield from _of_name(f"env.{_shown(name)}", name)
        if fault := fault_of_value(value):
            yield Problem(path=f"env.{_shown(name)}", message=fault, hint="keep long values in a file")
    total = sum(len(name) + len(value.encode(errors="replace")) + 2 for name, value in options.env.items())
    if total > ENVIRONMENT_BYTES_MAX:
        yield Problem(
            path="env",
            message=f"is larger than {ENVIRONMENT_BYTES_MAX // 1024} KiB",
            hint="keep long values in a file that the app reads",
        )
    for place, path in enumerate(options.env_files):
        yield from _of_path(f"env_files[{place}]", path)
    for name, path in options.secrets.items():
        yield from _of_name(f"secrets.{_shown(name)}", name)
        yield from _of_path(f"secrets.{_shown(name)}", path)
        if name in options.env:
            yield Problem(
                path=f"secrets.{_shown(name)}",
                message="is a variable of env too",
                hint="keep one of them; what is in env is stored and shown",
            )


def _of_name(path: str, name: str) -> Iterator[Problem]:
    if fault := fault_of_name(name):
        yield Problem(path=path, message=fault, hint="write for example DATABASE_URL")


def _of_path(path: str, file: str) -> Iterator[Problem]:
    if not file.startswith("/"):
        yield Problem(path=path, message="is not an absolute path", hint="begin it with /")
    elif "\0" in file:
        yield Problem(path=path, message="has a NUL character in it", hint="take it out")


def _shown(name: str) -> str:
    """Return a name as a part of a path, without what could drive a terminal."""
    return _CONTROL.sub("\ufffd", name[:80]) or "(empty)"


# Checks -------------------------------------------------------------------------------------------------


def _of_health(health: Health) -> Iterator[Problem]:
    if health.period_min_s > health.period_max_s:
        yield Problem(
            path="health.period_min_s",
            message=f"is {health.period_min_s:g}, more than period_max_s = {health.period_max_s:g}",
            hint="make it the smaller one",
        )
    for place, check in enumerate(health.checks or ()):
        yield from _of_check(f"health.checks[{place}]", check)


def _of_check(path: str, check: Check) -> Iterator[Problem]:
    defaults = Check(kind=check.kind)
    for field, kinds in _USED_BY.items():
        if check.kind not in kinds and getattr(check, field) != getattr(defaults, field):
            yield Problem(
                path=f"{path}.{field}",
                message=f"means nothing to a check of kind {check.kind}",
                hint=f"it is for {' and '.join(kinds)}",
            )
    if check.kind == "http":
        yield from _of_http(path, check)
    if check.kind == "command":
        yield from _of_argv(f"{path}.argv", check.argv)
    if check.kind == "database" and check.url is not None and "://" not in check.url:
        # it may carry a password: it is not shown
        yield Problem(
            path=f"{path}.url",
            message="is not the address of a database",
            hint="write for example sqlite:////srv/crm/app.db",
        )


def _of_http(path: str, check: Check) -> Iterator[Problem]:
    if not check.path.startswith("/") or _CONTROL.search(check.path):
        yield Problem(
            path=f"{path}.path", message="is not a path of a URL", hint="begin it with /, without spaces"
        )
    for status in check.status:
        if not 100 <= status <= 599:
            yield Problem(
                path=f"{path}.status",
                message=f"{status} is no status of HTTP",
                hint="they lie between 100 and 599",
            )


def _of_argv(path: str, argv: tuple[str, ...]) -> Iterator[Problem]:
    if not argv or not argv[0]:
        yield Problem(
            path=path, message="names no program", hint='write for example ["pg_isready", "--quiet"]'
        )
    elif any("\0" in word for word in argv):
        yield Problem(path=path, message="has a NUL character in it", hint="take it out")


# The rest -----------------------------------------------------------------------------------------------


def _of_limits(limits: Limits) -> Iterator[Problem]:
    for field, most in _MOST.items():
        value = getattr(limits, field)
        if value is not None and value > most:
            yield Problem(
                path=f"limits.{field}",
                message=f"is {value}, more than any machine has",
                hint=f"{most} is the most; leave it out for no limit",
            )


def _of_order(after: tuple[str, ...], name: str | None) -> Iterator[Problem]:
    for place, other in enumerate(after):
        if name is not None and other == name:
            yield Problem(
                path=f"after[{place}]", message="is the app itself", hint="name apps that come before it"
            )
        if other in after[:place]:
            yield Problem(
                path=f"after[{place}]", message=f"names {_shown(other)} twice", hint="once is enough"
            )


def _of_idling(options: AppOptions) -> Iterator[Problem]:
    if options.idle_stop_s > 0 and not options.on_demand:
        yield Problem(
            path="idle_stop_s",
            message="stops the app when it is idle, and nothing would start it again",
            hint="set on_demand too, or idle_stop_s to 0",
        )
