"""Commands over apps that exist: show, start, stop, restart, scale, delete, open."""

import argparse
import sys
import time
from shlex import join

from protoddfctl.cli import tell
from protoddfctl.client import ClientFault
from protoddfctl.option_words import differing
from protoddfctl.session import Output, Session
from protoddfctl.show import STATE_COLOURS, duration, size, state_of
from protoddfd.errors import ProtoddfError
from protoddfd.wire import results


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
        ("address", app.url or "none"),
        ("ports", _ports(app.ports)),
        ("folder", app.path),
        *([("command", join(app.command))] if app.command else _made(app)),
        ("served by", f"{app.served_by}, {_processes(app)}"),
        *((f"{key}", f"{text}{_by(app, key)}") for key, text in differing(app.options).items()),
        *([("on disk", size(app.disk_bytes))] if app.disk_bytes is not None else []),
        ("created", time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(app.created_at))),
    ])  # fmt: skip
    now = time.time()
    for each in app.instances:
        output.line()
        output.pairs([
            ("instance", f"{each.slot}, process {each.pid}, life {each.life}, restarts {each.restarts}"),
            ("state", f"{each.state} for {duration(now - each.since)}"),
            ("uses", _uses(each)),
            *([("served", _served(each))] if each.requests is not None else []),
            *((f"check {it.check}", f"{'ok' if it.ok else 'failed'} {it.detail}") for it in each.health),
        ])  # fmt: skip


def _made(app: results.App) -> list[tuple[str, str]]:
    """Return what there is to tell of an app that is no mere command."""
    return [
        ("template", app.template),
        ("spec", f"revision {app.spec_revision}"),
        ("bundle", " ".join((app.bundle.state, app.bundle.digest[:12], app.bundle.detail)).strip()),
    ]


def _ports(ports: results.Ports) -> str:
    named = ((ports.frontend, "frontend"), (ports.backend, "backend"))
    return ", ".join(f"{port} {role}" for port, role in named if port is not None) or "none"


def _processes(app: results.App) -> str:
    if app.scale == 1:
        return "one process"
    if app.served_by == "command":
        return f"{app.scale} processes"
    sessions = "sessions are shared" if app.sessions == "shared" else "a session stays with its process"
    return f"{app.scale} processes ({sessions})"


def _by(app: results.App, key: str) -> str:
    """Tell what sees to it that a limit holds."""
    by = app.limits_by.get(key.removeprefix("limits.")) if key.startswith("limits.") else None
    return f" (by {by})" if by else ""


def _uses(each: results.Instance) -> str:
    files = f", {each.open_files} open files" if each.open_files is not None else ""
    return f"{each.cpu_percent:.1f} % of a core, {size(each.pss_bytes)}{files}"


def _served(each: results.Instance) -> str:
    open_now = f", {each.connections} connections open" if each.connections is not None else ""
    return f"{each.requests} requests, {each.errors or 0} failed{open_now}"


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
        tell(session, error, [name])
        return 1
    if app is not None:
        _say_state(session.output, app)
    return 0


def _say_state(output: Output, app: results.App) -> None:
    said = state_of(app.name, app.state, app.reason, app.url)
    painted = output.paint(app.state, STATE_COLOURS.get(app.state, ""))
    output.line(said.replace(f" is {app.state}", f" is {painted}", 1))


def options_scale(parser: argparse.ArgumentParser) -> None:
    """Declare what `scale` takes."""
    _add_name(parser)
    parser.add_argument("instances", type=int, metavar="N", help="how many processes are to serve it")
    _add_wait(parser)


def run_scale(session: Session, asked: argparse.Namespace) -> int:
    """Serve an app by so many processes."""
    params = {"name": asked.name, "instances": asked.instances, "wait_s": asked.wait}
    app = session.call("app.scale", params, results.App, wait_s=asked.wait)
    if app is not None:
        session.output.line(f"{app.name} is served by {_processes(app)}; {len(app.instances)} run")
    return 0


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


def _add_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the app's name")


def _add_names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="the apps' names")
    parser.add_argument("--all", action="store_true", help="every app")
    _add_wait(parser)
    parser.set_defaults(usage_error=parser.error)


def _add_wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--wait", type=float, default=30.0, metavar="SECONDS", help="how long to wait for the outcome (30)"
    )
