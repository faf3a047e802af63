"""The command that finds what is wrong with a set-up, with or without a daemon."""

import argparse
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from protoddfctl import home
from protoddfctl.checks import Finding, environment, places
from protoddfctl.checks import daemon as asked_of
from protoddfctl.client import ClientFault, decode
from protoddfctl.commands.config import problems_here, problems_of
from protoddfctl.commands.daemon import client_version
from protoddfctl.session import Session
from protoddfctl.show import wrap
from protoddfd.errors import ProtoddfError
from protoddfd.wire import results

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}
_INDENT = 20
"""Where the second column begins."""


def options_doctor(parser: argparse.ArgumentParser) -> None:
    """Take nothing."""


def run_doctor(session: Session, asked: argparse.Namespace) -> int:
    """Look at everything, say how it is and what helps; the exit status is 1 when something fails."""
    counts = {"ok": 0, "warn": 0, "fail": 0}
    for finding in _findings(session):
        counts[finding.verdict] += 1
        if session.json:
            session.output.line(msgspec.json.encode(finding._asdict()).decode())
        else:
            _show(session, finding)
        session.output.flush()
    if not session.json:
        said = (("fail", "broken"), ("warn", "doubtful"))
        bad = [f"{counts[verdict]} {word}" for verdict, word in said if counts[verdict]]
        session.output.line(", ".join(bad) or "everything is as it should be")
    return 1 if counts["fail"] else 0


def _show(session: Session, finding: Finding) -> None:
    output = session.output
    room = None if output.width is None else max(output.width - _INDENT, 20)
    first, *more = wrap(finding.detail, room)
    verdict = output.paint(finding.verdict.ljust(4), _COLOURS[finding.verdict])
    output.line(f"{verdict}  {finding.what:<12}  {output.paint(first, '')}")
    if finding.cure and finding.verdict != "ok":
        more += [
            f"{'   ' if number else '-> '}{line}" for number, line in enumerate(wrap(finding.cure, room))
        ]
    for line in more:
        output.line(f"{' ' * _INDENT}{output.paint(line, '')}")


def _findings(session: Session) -> Iterator[Finding]:
    yield from environment.python(tuple(sys.version_info[:3]), sys.prefix, sys.base_prefix)
    yield environment.libraries()
    for name in environment.OLDEST_TOOLS:
        yield environment.tool(name, Path(sys.prefix) / "bin")
    yield environment.open_files(resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    socket = places.socket_file(Path(session.socket), home.start_command())
    status: results.DaemonStatus | Finding = socket
    if socket.verdict == "ok":
        log = Path(home.home()) / "logs" / "protoddfd.log"
        status = asked_of.status_of(session.client, home.start_command(), log)
    yield from _of_places(session, status)
    yield socket
    if isinstance(status, Finding):
        yield from asked_of.configuration(problems_here())
        if status is not socket:
            yield status
    else:
        yield from _of_daemon(session, status)


def _of_places(session: Session, status: results.DaemonStatus | Finding) -> Iterator[Finding]:
    is_up = not isinstance(status, Finding)
    its_home = Path(home.home() if isinstance(status, Finding) else status.home)
    cache = Path(home.cache())
    yield places.folder("home", its_home)
    yield places.owner(its_home, session.client.peer_uid() if is_up else os.geteuid())
    yield places.disk("disk", its_home)
    yield places.folder("cache", cache)
    if not _on_one_disk(its_home, cache):
        yield places.disk("cache disk", cache)
    yield places.bundle(cache)


def _on_one_disk(one: Path, other: Path) -> bool:
    try:
        return one.stat().st_dev == other.stat().st_dev
    except OSError:
        return True


def _of_daemon(session: Session, status: results.DaemonStatus) -> Iterator[Finding]:
    yield from asked_of.daemon(status, client_version())
    try:
        yield from asked_of.configuration(problems_of(session))
        raw = session.client.call_raw("port.list", timeout_s=10)
    except (ClientFault, ProtoddfError) as error:
        yield Finding("fail", "daemon", error.message, error.hint)
    else:
        yield from asked_of.ports(decode(raw, results.PortMap), asked_of.chance_ports())
    yield asked_of.apps(status)
