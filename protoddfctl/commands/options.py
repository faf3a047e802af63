"""The command that shows and changes an app's options."""

import argparse
from pathlib import Path
from typing import Any

import msgspec

from protoddfctl.client import ClientFault
from protoddfctl.option_words import WordFault, changes, differing, words_of
from protoddfctl.session import Session
from protoddfctl.table import Cell, Column
from protoddfd.wire import results
from protoddfd.wire.options import AppOptions

_RESTART_S = 300.0
_PATHS = ("env_files=", "secrets.")
_AT_THE_START = {"env", "env_files", "secrets", "limits"}
"""Options that only a new process follows; all others are followed at once."""


def options_set(parser: argparse.ArgumentParser) -> None:
    """Declare what `set` takes."""
    parser.usage = "protoddfctl set NAME [KEY=VALUE ...] [--reset KEY] [--json-options FILE] [--restart-now]"
    parser.add_argument("name", metavar="NAME", help="the app's name")
    # `*` would be content with nothing before an option, and then refuse the words after it.
    words = parser.add_argument(
        "words", nargs="+", default=[], metavar="KEY=VALUE", help="what to change; without any, show"
    )
    words.required = False
    parser.add_argument(
        "--reset", action="append", default=[], metavar="KEY", help="make it what it is by default"
    )
    parser.add_argument("--json-options", metavar="FILE", help="options to change, as a JSON object")
    parser.add_argument("--restart-now", action="store_true", help="let a running app follow at once")
    parser.set_defaults(usage_error=parser.error)


def run_set(session: Session, asked: argparse.Namespace) -> int:
    """Show an app's options, or change some."""
    if not (asked.words or asked.reset or asked.json_options):
        return _show(session, asked.name)
    params: dict[str, Any] = {"name": asked.name, "restart_now": asked.restart_now}
    current = session.client.call("app.show", {"name": asked.name}, type=results.App).options
    if asked.json_options:
        given = _read(asked.json_options)
        params |= given
        current = msgspec.convert({**msgspec.to_builtins(current), **given}, AppOptions)
    try:
        params |= changes([_absolute(word) for word in asked.words], asked.reset, current)
    except WordFault as fault:
        asked.usage_error(str(fault))
    app = session.call("app.set", params, results.App, wait_s=_RESTART_S)
    if app is not None:
        _say(session, app, waits=bool(_AT_THE_START & params.keys()) and not asked.restart_now)
    return 0


def _show(session: Session, name: str) -> int:
    app = session.client.call("app.show", {"name": name}, type=results.App)
    if session.json:
        session.output.json(msgspec.json.encode(app.options))
        return 0
    changed = differing(app.options)
    usual = words_of(AppOptions())
    rows = [
        [
            Cell(key, "bold" if key in changed else ""),
            Cell(text),
            Cell(usual.get(key, "") if key in changed else "", "dim"),
        ]
        for key, text in words_of(app.options).items()
    ]
    session.output.table([Column("OPTION"), Column("VALUE"), Column("BY DEFAULT")], rows)
    return 0


def _say(session: Session, app: results.App, *, waits: bool) -> None:
    words = " ".join(f"{key}={text}" for key, text in differing(app.options).items())
    output = session.output
    output.line(f"{app.name}: {output.paint(words, '') or 'every option is what it is by default'}")
    if app.instances and waits:
        output.line(f"this applies from its next start: protoddfctl restart {app.name}")


def _absolute(word: str) -> str:
    """Return a word with the files in it named from the root: the daemon stands somewhere else."""
    if not word.startswith(_PATHS):
        return word
    key, _, text = word.partition("=")
    files = [text] if key.startswith("secrets.") else text.split(",")
    if text.startswith("["):
        return word
    return f"{key}={','.join(str(Path(file).absolute()) if file else '' for file in files)}"


def _read(file: str) -> dict[str, Any]:
    """Return the options in a JSON file; raise ClientFault when there are none."""
    hint = 'write for example {"restart": "on-failure"}'
    try:
        text = Path(file).read_bytes()
    except OSError as error:
        raise ClientFault(f"cannot read {file}: {error.strerror}", hint=f"ls -l {file}") from None
    try:
        given = msgspec.json.decode(text)
        msgspec.convert(given, AppOptions)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ClientFault(f"{file} has no options: {error}", hint=hint) from None
    return dict(given)
