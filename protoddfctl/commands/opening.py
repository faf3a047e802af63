"""The command that opens an app in the browser."""

import argparse
import os

from protoddfctl.client import ClientFault
from protoddfctl.session import Session
from protoddfd.wire import results

_RUNS = ("ready", "unhealthy", "listening")
"""States in which a visit is answered, if only after a moment."""


def options_open(parser: argparse.ArgumentParser) -> None:
    """Declare what `open` takes."""
    parser.add_argument("name", metavar="NAME", help="the app's name")
    parser.add_argument("--print", action="store_true", help="print the address and open nothing")
    parser.add_argument(
        "--wait", type=float, default=30.0, metavar="SECONDS", help="how long to wait for the outcome (30)"
    )


def run_open(session: Session, asked: argparse.Namespace) -> int:
    """Open an app in the browser where there is one, and print its address; start it if it is down."""
    app = session.call("app.show", {"name": asked.name}, results.App)
    if app is None:
        return 0
    if not app.url:
        raise ClientFault(f"{app.name} is a command and has no address", hint=f"protoddfctl show {app.name}")
    if asked.print:
        session.output.line(app.url)
        return 0
    if app.state not in _RUNS:
        params = {"name": app.name, "wait_s": asked.wait}
        session.call("app.start", params, results.App, wait_s=asked.wait)
    session.output.line(app.url)
    session.output.flush()
    if any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")):
        import webbrowser

        webbrowser.open(app.url)
    return 0
