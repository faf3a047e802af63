"""The command that reads and follows what apps write."""

import argparse
import re
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import msgspec

from protoddfctl.cli import tell
from protoddfctl.client import Client, ClientFault, decode
from protoddfctl.session import Output, Session
from protoddfctl.show import NAME_COLOURS, clean_line
from protoddfctl.trouble import Trouble
from protoddfd.errors import ProtoddfError
from protoddfd.wire import results

_AGO = re.compile(r"(\d+)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LEVELS = ("level", "lvl", "severity", "levelname")
_MESSAGES = ("msg", "message", "event")
_TIMES = ("time", "ts", "timestamp", "t", "asctime")
_COLOURS = (
    (("emerg", "alert", "crit", "fatal", "panic", "err"), "red"),
    (("warn",), "yellow"),
    (("notice", "info"), "green"),
    (("debug", "trace"), "dim"),
)
_BUNYAN = {"10": "trace", "20": "debug", "30": "info", "40": "warn", "50": "error", "60": "fatal"}

_Arrived = tuple[str, results.LogRecord | Trouble | None]


def options_logs(parser: argparse.ArgumentParser) -> None:
    """Declare what `logs` takes."""
    parser.add_argument("names", metavar="NAME", nargs="*", help="the apps' names")
    parser.add_argument("--all", action="store_true", help="every app")
    parser.add_argument("-n", "--lines", type=int, default=100, help="how many of the last lines (100)")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with new lines as they come")
    parser.add_argument(
        "--since",
        metavar="TIME",
        help="only lines from then on: ISO 8601, Unix seconds, or 90s, 10m, 2h, 1d ago",
    )
    parser.add_argument("--until", metavar="TIME", help="only lines up to then")
    parser.add_argument("--match", metavar="TEXT", help="only lines that contain this text")
    parser.add_argument("--pattern", metavar="REGEX", help="only lines in which this (RE2) is found")
    parser.add_argument("--instance", type=int, metavar="N", help="only lines of this instance of the app")
    parser.add_argument(
        "--raw", action="store_true", help="structured lines (JSON, logfmt) as they were written"
    )
    parser.set_defaults(usage_error=parser.error)


def run_logs(session: Session, asked: argparse.Namespace) -> int:
    """Write the last lines of apps' output, and go on when asked to. As JSON: one record a line."""
    names = _names(session, asked)
    if not names:
        return 0
    clients = {name: session.client if len(names) == 1 else session.new_client() for name in names}
    writer = _Writer(session, names, raw=asked.raw)
    found = {
        name: client.call("app.logs", _params(name, asked), type=results.Logs)
        for name, client in clients.items()
    }
    records = [(name, record) for name, logs in found.items() for record in logs.records]
    if len(names) > 1:
        records.sort(key=lambda each: each[1].time)
        records = records[max(len(records) - asked.lines, 0) :]
    for name, record in records:
        writer.write(name, record)
    for name, logs in found.items():
        writer.tell_missing(name, logs, asked.lines)
    if not asked.follow:
        return 0
    session.output.flush()
    faults = 0
    for name, came in _following(clients):
        if isinstance(came, results.LogRecord):
            writer.write(name, came)
            session.output.flush()
        else:
            faults += 1
            tell(session, came, [name])
    return 1 if faults else 0


def _names(session: Session, asked: argparse.Namespace) -> list[str]:
    if asked.all == bool(asked.names):
        asked.usage_error("name some apps, or say --all")
    if not asked.all:
        return list(dict.fromkeys(asked.names))
    found = session.client.call("app.list", {"fields": ["name"]}, type=results.AppFields)
    return [str(app["name"]) for app in found.apps]


def _params(name: str, asked: argparse.Namespace) -> dict[str, Any]:
    params: dict[str, Any] = {"name": name, "lines": asked.lines, "follow": asked.follow}
    params |= {key: _when(value) for key in ("since", "until") if (value := getattr(asked, key)) is not None}
    return params | {
        key: value for key in ("match", "pattern", "instance") if (value := getattr(asked, key)) is not None
    }


def _when(text: str) -> str:
    """Return a time as the daemon takes it."""
    ago = _AGO.fullmatch(text)
    return text if ago is None else f"{time.time() - int(ago[1]) * _SECONDS[ago[2]]:.3f}"


def _following(clients: dict[str, Client]) -> Iterator[tuple[str, results.LogRecord | Trouble]]:
    """Yield what comes until all streams ended; of one that ended badly, why, while others go on."""
    if len(clients) == 1:
        ((name, client),) = clients.items()
        yield from ((name, record) for record in _records(client))
        return
    from queue import Queue
    from threading import Thread

    arrived: Queue[_Arrived] = Queue(maxsize=1000)
    for name, client in clients.items():
        Thread(target=_fetch, args=(name, client, arrived.put), daemon=True).start()
    streams = len(clients)
    while streams:
        name, record = arrived.get()
        if record is None or isinstance(record, Exception):
            streams -= 1
        if record is not None:
            yield name, record


def _fetch(name: str, client: Client, put: Callable[[_Arrived], None]) -> None:
    """Hand on what comes from one app; at the end None, or what went wrong."""
    try:
        for record in _records(client):
            put((name, record))
    except (ClientFault, ProtoddfError) as error:
        put((name, error))
        return
    put((name, None))


def _records(client: Client) -> Iterator[results.LogRecord]:
    for method, params in client.notifications():
        if method == "log":
            yield decode(params, results.LogRecord)


class _Writer:
    """Writes records of one app, or of several with their names before them."""

    def __init__(self, session: Session, names: list[str], *, raw: bool) -> None:
        self._session = session
        self._output = session.output
        self._named = len(names) > 1
        self._width = max(map(len, names))
        self._colours = dict(zip(names, cycle(NAME_COLOURS), strict=False))
        self._raw = raw or not session.output.is_terminal

    def write(self, name: str, record: results.LogRecord) -> None:
        if self._session.json:
            self._output.line(self._json(name, record))
            return
        before = f"{self._output.paint(name.ljust(self._width), self._colours[name])} " if self._named else ""
        mark = "!" if record.stream == "err" else " "
        time, mark = self._output.paint(record.time, "dim"), self._output.paint(mark, "red")
        self._output.line(f"{before}{time} {mark} {self._text(record)}")

    def tell_missing(self, name: str, logs: results.Logs, lines: int) -> None:
        """Tell of lines that are not there, as far as they could be missed."""
        if self._session.json:
            return
        of = f" of {name}" if self._named else ""
        if logs.dropped:
            self._output.line(f"({logs.dropped} lines{of} were dropped because the disk refused them)")
        if logs.discarded and len(logs.records) < lines:
            self._output.line(f"({logs.discarded} older lines{of} were removed: size, age or quota)")

    def _json(self, name: str, record: results.LogRecord) -> str:
        if not self._named:
            return msgspec.json.encode(record).decode()
        return msgspec.json.encode({"app": name, **msgspec.structs.asdict(record)}).decode()

    def _text(self, record: results.LogRecord) -> str:
        """Return a record's text as people read it; what an app writes must not drive their terminal."""
        if not self._output.is_terminal:
            return record.text
        if self._raw or record.fields is None:
            return clean_line(record.text)
        return structured(self._output, record.level, record.fields)


def structured(output: Output, level: str | None, fields: dict[str, Any]) -> str:
    """Return a structured line as people read it: its level, its message, and what else it says."""
    message = next((key for key in _MESSAGES if key in fields), None)
    hidden = {message, *_LEVELS, *_TIMES}
    words = [output.paint(f"{_named(level):<7}", _colour(level))] if level is not None else []
    if message is not None:
        words.append(output.paint(_value(fields[message]), "bold"))
    words += [
        output.paint(f"{key}=", "dim") + output.paint(_value(value), "")
        for key, value in fields.items()
        if key not in hidden
    ]
    return " ".join(words)


def _named(level: str) -> str:
    return _BUNYAN.get(level, level).lower()


def _colour(level: str) -> str:
    name = _named(level)
    return next((colour for starts, colour in _COLOURS if name.startswith(starts)), "")


def _value(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
