"""The command that finds what is wrong with a set-up, with or without a daemon."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from protoddfctl import checks, home
from protoddfctl.session import Session

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def options_doctor(parser: argparse.ArgumentParser) -> None:
    """Take nothing."""


def run_doctor(session: Session, asked: argparse.Namespace) -> int:
    """Look at everything, say how it is and what helps; the exit status is 1 when something fails."""
    failed = False
    output = session.output
    for finding in _findings(session):
        failed = failed or finding.verdict == "fail"
        if session.json:
            output.line(msgspec.json.encode(finding._asdict()).decode())
            continue
        verdict = output.paint(finding.verdict.ljust(4), _COLOURS[finding.verdict])
        output.line(f"{verdict}  {finding.what:<12} {output.paint(finding.detail, '')}")
        if finding.cure and finding.verdict != "ok":
            output.line(f"      {'':<12} -> {output.paint(finding.cure, '')}")
        output.flush()
    return 1 if failed else 0


def _findings(session: Session) -> Iterator[checks.Finding]:
    programs = Path(sys.prefix) / "bin"
    yield from checks.python(tuple(sys.version_info[:3]), sys.prefix, sys.base_prefix)
    for name in checks.OLDEST_TOOLS:
        yield checks.tool(name, programs)
    yield checks.folder("home", Path(home.home()))
    yield checks.folder("cache", Path(home.cache()))
    yield checks.disk(Path(home.home()))
    yield checks.bundle(Path(home.cache()))
    start = home.start_command()
    yield checks.socket_file(Path(session.socket), start)
    yield from checks.daemon(session.client, start)
