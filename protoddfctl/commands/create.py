"""The command that makes an app, telling how far it is."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from protoddfctl.client import ClientFault
from protoddfctl.session import Session
from protoddfctl.show import state_of
from protoddfctl.upload import sources_of
from protoddfd.wire import results

SOURCES_HELP = (
    "what to make it from, one or more: CSV, Excel, OpenDocument, JSON, SQLite, SQL, JSON Schema, OpenAPI "
    "and JDL files, folders and zip archives of them, postgresql://USER@HOST/NAME, or env:NAME, a variable "
    "that one of these is in"
)


def options_create(parser: argparse.ArgumentParser) -> None:
    """Declare what `create` takes."""
    parser.add_argument("name", metavar="NAME", help="lower case letters, digits and underscores")
    parser.add_argument(
        "--from", dest="files", action="extend", nargs="+", default=[], metavar="FILE",
        help=SOURCES_HELP,
    )  # fmt: skip
    parser.add_argument("--spec", metavar="FILE", help="the AppSpec to make it from, as JSON")
    parser.add_argument(
        "--describe", metavar="TEXT", help="what it keeps, in words; - reads the description from input"
    )
    add_designer(parser)
    parser.add_argument("--title", metavar="TEXT", help="what the app calls itself")
    parser.add_argument(
        "--template", metavar="NAME",
        help="the template to use, by the name that `templates` lists (data_app), or the folder of one",
    )  # fmt: skip
    parser.add_argument(
        "--set", dest="variables", action="append", default=[], type=_variable, metavar="NAME=VALUE",
        help="a variable of a template that is given by its folder, in place of its default",
    )  # fmt: skip
    parser.add_argument("--no-start", action="store_true", help="make it and do not start it")
    parser.add_argument(
        "--wait", type=float, default=30.0, metavar="SECONDS", help="how long to wait until it answers (30)"
    )
    parser.set_defaults(usage_error=parser.error)


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def add_designer(parser: argparse.ArgumentParser) -> None:
    """Declare who reads descriptions."""
    parser.add_argument(
        "--designer", choices=("auto", "rules", "model"), default="auto",
        help="who reads the description: rules, or a language model too if one is configured (auto)",
    )  # fmt: skip


def run_create(session: Session, asked: argparse.Namespace) -> int:
    """Make an app and wait until it answers; progress goes to standard error when that is a terminal."""
    if not asked.files and not asked.spec and asked.describe is None and asked.template is None:
        asked.usage_error(
            "say what to make it from: --describe TEXT, --from FILE, --spec FILE or --template NAME"
        )
    params = _params(session, asked)
    progress = None
    if sys.stderr.isatty() and not session.json:
        from protoddfctl.progress import Progress

        progress = Progress(session, asked.name, f"making {asked.name}")
    try:
        app = session.call("app.create", params, results.App, wait_s=asked.wait)
    finally:
        if progress is not None:
            progress.end()
    if app is not None:
        session.output.line(state_of(app.name, app.state, app.reason, app.url))
    return 0


def _params(session: Session, asked: argparse.Namespace) -> dict[str, Any]:
    params: dict[str, Any] = {"name": asked.name, "start": not asked.no_start, "wait_s": asked.wait}
    if asked.describe is not None:
        params["designer"] = asked.designer
    if asked.title is not None:
        params["title"] = asked.title
    if asked.template is not None:
        is_folder = os.sep in asked.template
        params["template"] = os.path.abspath(asked.template) if is_folder else asked.template  # noqa: PTH100 - as text
    if asked.variables:
        params["variables"] = dict(asked.variables)
    if asked.spec:
        params["spec"] = read_spec(asked.spec)
    if asked.describe is not None:
        params["description"] = described(asked.describe)
    if asked.files:
        params["sources"] = sources_of(session.client, asked.files)
    return params


def described(text: str) -> str:
    """Return a description as it was given, or all of standard input for `-`."""
    return sys.stdin.read() if text == "-" else text


def read_spec(file: str) -> msgspec.Raw:
    """Return the JSON in `file`; raise ClientFault when it cannot be read or is no JSON."""
    try:
        text = Path(file).read_bytes()
    except OSError as error:
        raise ClientFault(f"cannot read {file}: {error.strerror}", hint=f"ls -l {file}") from None
    try:
        msgspec.json.decode(text)
        line = msgspec.json.format(text, indent=-1)  # a request is one line, and a spec has many
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ClientFault(f"{file} is not JSON: {error}", hint=f"protoddfctl check {file}") from None
    return msgspec.Raw(line)
