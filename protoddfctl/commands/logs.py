"""The command that reads and follows an app's output."""

import argparse
from typing import Any

import msgspec

from protoddfctl.client import decode
from protoddfctl.session import Output, Session
from protoddfctl.show import clean_line
from protoddfd.wire import results


def options_logs(parser: argparse.ArgumentParser) -> None:
    """Declare what `logs` takes."""
    parser.add_argument("name", metavar="NAME", help="the app's name")
    parser.add_argument("-n", "--lines", type=int, default=100, help="how many of the last lines (100)")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with new lines as they come")
    parser.add_argument("--since", metavar="TIME", help="only lines after this time (ISO 8601)")
    parser.add_argument("--match", metavar="TEXT", help="only lines that contain this text")


def run_logs(session: Session, asked: argparse.Namespace) -> int:
    """Write the last lines of an app's output, and go on when asked to. As JSON: one record a line."""
    params: dict[str, Any] = {"name": asked.name, "lines": asked.lines, "follow": asked.follow}
    params |= {key: value for key in ("since", "match") if (value := getattr(asked, key)) is not None}
    found = session.client.call("app.logs", params, type=results.Logs)
    for record in found.records:
        _write(session, record)
    if found.dropped and not session.json:
        session.output.line(f"({found.dropped} lines were dropped because the disk refused them)")
    if asked.follow:
        _follow(session)
    return 0


def _follow(session: Session) -> None:
    session.output.flush()
    for method, params in session.client.notifications():
        if method == "log":
            _write(session, decode(params, results.LogRecord))
            session.output.flush()


def _write(session: Session, record: results.LogRecord) -> None:
    if session.json:
        session.output.line(msgspec.json.encode(record).decode())
    else:
        session.output.line(_line(session.output, record))


def _line(output: Output, record: results.LogRecord) -> str:
    """Return a record as people read it; what an app writes must not drive their terminal."""
    mark = "!" if record.stream == "err" else " "
    text = clean_line(record.text) if output.is_terminal else record.text
    return f"{output.paint(record.time, 'dim')} {output.paint(mark, 'red')} {text}"
