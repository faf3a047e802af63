"""Is the daemon well, by what it says of itself: its helpers, its configuration, its ports, its apps?"""

from collections.abc import Iterator
from pathlib import Path

from protoddfctl.checks import Finding, Verdict
from protoddfctl.client import Client, ClientFault, NoDaemon
from protoddfd.errors import ProtoddfError
from protoddfd.spec import Problem
from protoddfd.wire import results

CROWDED_SHARE = 0.9
CHANCE_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
"""The ports that the kernel gives to whoever asks for any."""

_ANSWER_S = 10.0
_TROUBLE = ("failed", "unhealthy", "backoff")


def status_of(client: Client, start: str, log: Path) -> results.DaemonStatus | Finding:
    """Return what the daemon says of itself, or what is wrong with asking it.

    `start` is the command that starts one, `log` the file in which the last one told of its end.
    """
    why = f"; why the last one ended: tail {log}" if log.is_file() else ""
    try:
        return client.call("daemon.status", type=results.DaemonStatus, timeout_s=_ANSWER_S)
    except NoDaemon:
        said = f"nobody answers at {client.path}, which is left over: the daemon is gone"
        return Finding("fail", "daemon", said, f"start it, which replaces the socket: {start}{why}")
    except ProtoddfError as error:
        return Finding("fail", "daemon", error.message, error.hint)
    except ClientFault as error:
        cure = f"end it and start it again, the apps stay: {start}; what it did last: tail {log}"
        return Finding("fail", "daemon", error.message, cure)


def daemon(status: results.DaemonStatus, own_version: str) -> Iterator[Finding]:
    """Judge the daemon and its helpers; `own_version` is that of this command."""
    log = f"tail {status.home}/logs/protoddfd.log"
    yield Finding("ok", "daemon", f"{status.version}, process {status.pid}, Python {status.python}")
    if status.version != own_version:
        said = f"the daemon is {status.version}, and this command {own_version}"
        cure = "start the daemon anew, the apps go on meanwhile: protoddfctl shutdown --keep-apps"
        yield Finding("warn", "version", said, cure)
    for reason in status.degraded:
        yield Finding("fail", "daemon", f"degraded: {reason}", f"it recovers by itself; see {log}")
    for name, helper in (("zygote", status.zygote), ("logger", status.logger)):
        yield _helper(name, helper, status.home)


def _helper(name: str, helper: results.Helper, home: str) -> Finding:
    if helper.state == "up" and not helper.detail:
        return Finding("ok", name, f"process {helper.pid}")
    verdict: Verdict = "warn" if helper.state == "up" else "fail"
    return Finding(verdict, name, helper.detail or "it is down", f"tail {home}/logs/{name}.log")


def configuration(problems: tuple[Problem, ...]) -> Iterator[Finding]:
    """Judge what is wrong with the settings."""
    if not problems:
        yield Finding("ok", "settings", "no faults")
    for problem in problems:
        said = f"{problem.path}: {problem.message}"
        yield Finding("fail", "settings", said, problem.hint or "protoddfctl config check")


def apps(status: results.DaemonStatus) -> Finding:
    """Judge how many apps are in trouble."""
    bad = {state: count for state, count in status.apps.items() if state in _TROUBLE}
    if bad:
        said = ", ".join(f"{count} {state}" for state, count in sorted(bad.items()))
        return Finding(
            "warn", "apps", said, f"protoddfctl list --state {next(iter(bad))}; protoddfctl logs NAME"
        )
    return Finding("ok", "apps", f"{sum(status.apps.values())}, none in trouble")


def ports(found: results.PortMap, chance: tuple[int, int] | None) -> Iterator[Finding]:
    """Judge whether ports are left, and whether strangers have some of them."""
    first, last = found.range.first, found.range.last
    total = last - first + 1
    used = sum(first <= port.port <= last for port in found.ports)
    said = f"{used} of {total} in {first}-{last} are in use"
    if used + 2 > total:
        cure = "delete an app, or widen ports.range in config.toml; then protoddfctl reload"
        yield Finding("fail", "ports", f"the range is full: {said}", cure)
    elif used > CROWDED_SHARE * total:
        yield Finding("warn", "ports", said, "widen ports.range in config.toml; then protoddfctl reload")
    elif chance is not None and first <= chance[1] and chance[0] <= last:
        said = f"{first}-{last} overlaps the ports that any program may be given, {chance[0]}-{chance[1]}"
        yield Finding("warn", "ports", said, f"choose ports.range below {chance[0]}")
    else:
        yield Finding("ok", "ports", said)
    for port in found.ports:
        if port.foreign is not None:
            taken = f"{port.port} of {port.app} is used by {port.foreign.command}"
            cure = f"end process {port.foreign.pid}, or restart {port.app}, which moves it to another port"
            yield Finding("fail", "ports", taken, cure)


def chance_ports() -> tuple[int, int] | None:
    """Return the first and last port that the kernel gives out by itself; None where it does not say."""
    try:
        first, last = CHANCE_PORTS.read_text().split()
    except (OSError, ValueError):
        return None
    return int(first), int(last)
