"""Commands over apps that exist: list, show, start, stop, restart, delete, open."""

import argparse
import os
import sys
import time
from typing import get_args

from protoddfctl.client import ClientFault
from protoddfctl.session import Output, Session
from protoddfctl.show import STATE_COLOURS, Cell, Column, duration, size
from protoddfd.errors import ProtoddfError
from protoddfd.wire import results

_LIST_COLUMNS = [
    Column("NAME"), Column("STATE"), Column("ADDRESS"), Column("PID", right=True), Column("CPU", right=True),
    Column("MEMORY", right=True), Column("FOR", right=True), Column("TITLE"),
]  # fmt: skip


def options_list(parser: argparse.ArgumentParser) -> None:
    """Declare what `list` takes."""
    parser.add_argument("--state", choices=get_args(results.State), help="only the apps in this state")


def run_list(session: Session, asked: argparse.Namespace) -> int:
    """List the apps."""
    params = {"state": asked.state} if asked.state else {}
    found = session.call("app.list", params, results.AppList)
    if found is None:
        return 0
    now = time.time()
    session.output.table(_LIST_COLUMNS, [_list_row(app, now) for app in found.apps])
    return 0


def _list_row(app: results.App, now: float) -> list[Cell]:
    first = app.instances[0] if app.instances else None
    return [
        Cell(app.name),
        Cell(app.state, STATE_COLOURS.get(app.state, "")),
        Cell(app.url),
        Cell(str(first.pid) if first else "-"),
        Cell(f"{sum(each.cpu_percent for each in app.instances):.0f} %" if first else "-"),
        Cell(_memory(app)),
        Cell(duration(now - first.since) if first else "-"),
        Cell(app.title),
    ]


def _memory(app: results.App) -> str:
    known = [each.pss_bytes for each in app.instances if each.pss_bytes is not None]
    return size(sum(known)) if known else "-"


def options_show(parser: argparse.ArgumentParser) -> None:
    """Declare what `show` takes."""
    _add_name(parser)


def run_show(session: Session, asked: argparse.Namespace) -> int:
    """Show one app."""
    app = session.call("app.show", {"name": asked.name}, results.App)
    if app is None:
        return 0
    _show_app(session.output, app)
    return 0


def _show_app(output: Output, app: results.App) -> None:
    output.pairs([
        ("name", app.name),
        ("title", app.title),
        ("state", f"{app.state} (wanted: {app.wanted})"),
        *([("reason", app.reason)] if app.reason else []),
        ("address", app.url),
        ("ports", f"{app.ports.frontend} frontend, {app.ports.backend} backend"),
        ("folder", app.path),
        ("template", app.template),
        ("served by", app.served_by),
        ("bundle", " ".join((app.bundle.state, app.bundle.digest[:12], app.bundle.detail)).strip()),
        ("spec", f"revision {app.spec_revision}"),
        ("created", time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(app.created_at))),
    ])  # fmt: skip
    now = time.time()
    for each in app.instances:
        output.line()
        output.pairs([
            ("instance", f"{each.slot}, process {each.pid}, life {each.life}, restarts {each.restarts}"),
            ("state", f"{each.state} for {duration(now - each.since)}"),
            ("uses", f"{each.cpu_percent:.1f} % of a core, {size(each.pss_bytes)}"),
            *((f"check {it.check}", f"{'ok' if it.ok else 'failed'} {it.detail}") for it in each.health),
        ])  # fmt: skip


def options_start(parser: argparse.ArgumentParser) -> None:
    """Declare what `start` takes."""
    _add_names(parser)


def run_start(session: Session, asked: argparse.Namespace) -> int:
    """Start apps."""
    return _command(session, asked, "app.start")


def options_stop(parser: argparse.ArgumentParser) -> None:
    """Declare what `stop` takes."""
    _add_names(parser)


def run_stop(session: Session, asked: argparse.Namespace) -> int:
    """Stop apps."""
    return _command(session, asked, "app.stop")


def options_restart(parser: argparse.ArgumentParser) -> None:
    """Declare what `restart` takes."""
    _add_names(parser)


def run_restart(session: Session, asked: argparse.Namespace) -> int:
    """Restart apps."""
    return _command(session, asked, "app.restart")


def _command(session: Session, asked: argparse.Namespace, method: str) -> int:
    """Call `method` for all apps at once, or for each that was named; one refusal stops no other."""
    if asked.all == bool(asked.names):
        asked.usage_error("name some apps, or say --all")
    if asked.all:
        found = session.call(method, {"all": True, "wait_s": asked.wait}, results.Apps, wait_s=asked.wait)
        for app in found.apps if found else ():
            _say_state(session.output, app)
        return 0
    status = 0
    for name in asked.names:
        status = max(status, _command_one(session, method, name, asked.wait))
    return status


def _command_one(session: Session, method: str, name: str, wait_s: float) -> int:
    try:
        app = session.call(method, {"name": name, "wait_s": wait_s}, results.App, wait_s=wait_s)
    except ProtoddfError as error:
        from protoddfctl.cli import tell

        tell(session, error)
        return 1
    if app is not None:
        _say_state(session.output, app)
    return 0


def _say_state(output: Output, app: results.App) -> None:
    address = f": {app.url}" if app.state == "ready" else f" ({app.reason})" if app.reason else ""
    output.line(f"{app.name} is {output.paint(app.state, STATE_COLOURS.get(app.state, ''))}{address}")


def options_delete(parser: argparse.ArgumentParser) -> None:
    """Declare what `delete` takes."""
    parser.add_argument("names", nargs="+", metavar="NAME", help="the app's name")
    parser.add_argument("--keep-files", action="store_true", help="leave the app's folder where it is")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")


def run_delete(session: Session, asked: argparse.Namespace) -> int:
    """Delete apps, after asking."""
    if not asked.yes and not _confirmed(asked.names, keep_files=asked.keep_files):
        return 1
    for name in asked.names:
        params = {"name": name, "keep_files": asked.keep_files}
        gone = session.call("app.delete", params, results.Deleted)
        if gone is not None:
            kept = f"; its files are in {gone.kept}" if gone.kept else ""
            session.output.line(f"{gone.deleted} is deleted{kept}")
    return 0


def _confirmed(names: list[str], *, keep_files: bool) -> bool:
    if not sys.stdin.isatty():
        raise ClientFault("delete asks first, and there is no terminal to ask on", hint="add --yes")
    what = f"{', '.join(names)}{'' if keep_files else ' with all files and data'}"
    sys.stderr.write(f"Delete {what}? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def options_open(parser: argparse.ArgumentParser) -> None:
    """Declare what `open` takes."""
    _add_name(parser)
    parser.add_argument("--print", action="store_true", help="print the address and open nothing")


def run_open(session: Session, asked: argparse.Namespace) -> int:
    """Open an app in the browser where there is a screen, else print its address."""
    app = session.call("app.show", {"name": asked.name}, results.App)
    if app is None:
        return 0
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    session.output.line(app.url)
    if screen and not asked.print:
        import webbrowser

        webbrowser.open(app.url)
    return 0


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the app's name")


def _add_names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="the apps' names")
    parser.add_argument("--all", action="store_true", help="every app")
    parser.add_argument(
        "--wait", type=float, default=30.0, metavar="SECONDS", help="how long to wait for the outcome (30)"
    )
    parser.set_defaults(usage_error=parser.error)
