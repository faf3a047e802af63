"""Commands about the daemon: ports, events, shutdown, discover, version."""

import argparse

import msgspec

from protoddfctl.client import ClientFault, decode
from protoddfctl.events import told
from protoddfctl.session import Session
from protoddfctl.table import Cell, Column
from protoddfd.wire import results
from protoddfd.wire.events import KINDS, Event


def options_ports(parser: argparse.ArgumentParser) -> None:
    """Declare what `ports` takes."""
    parser.add_argument(
        "action", nargs="?", choices=["cleanup"], help="free the ports of apps whose folder has vanished"
    )


def run_ports(session: Session, asked: argparse.Namespace) -> int:
    """Show the port map."""
    method = "port.cleanup" if asked.action == "cleanup" else "port.list"
    found = session.call(method, None, results.PortMap)
    if found is None:
        return 0
    columns = [Column("PORT", right=True), Column("APP"), Column("ROLE"), Column("HELD"), Column("TAKEN BY")]
    session.output.table(columns, [_port_row(port) for port in found.ports])
    free = found.range.last - found.range.first + 1 - len(found.ports)
    session.output.line(f"{free} of the ports {found.range.first}-{found.range.last} are free")
    return 0


def _port_row(port: results.Port) -> list[Cell]:
    stranger = f"{port.foreign.command} (process {port.foreign.pid})" if port.foreign else ""
    return [
        Cell(str(port.port)),
        Cell(port.app),
        Cell(port.role),
        Cell("yes" if port.held else "no"),
        Cell(stranger, "red"),
    ]


def options_events(parser: argparse.ArgumentParser) -> None:
    """Declare what `events` takes."""
    parser.add_argument(
        "-f", "--follow", action="store_true", help="go on as they come, which it always does"
    )
    parser.add_argument("--since", type=int, metavar="N", help="begin after the event of this number")
    parser.add_argument("--app", action="append", metavar="NAME", help="only events of this app")
    parser.add_argument("--kind", action="append", choices=KINDS, help="only events of this kind")


def run_events(session: Session, asked: argparse.Namespace) -> int:
    """Follow the events until the daemon stops or the person does. As JSON: one event a line."""
    wanted = {"since": asked.since, "apps": asked.app, "kinds": asked.kind}
    params = {key: value for key, value in wanted.items() if value is not None}
    session.client.call("events.subscribe", params, type=results.Subscribed)
    for method, text in session.client.notifications():
        if method != "event":
            continue
        if session.json:
            session.output.line(text.decode())
        else:
            session.output.line(told(session.output, decode(text, Event)))
        session.output.flush()
    return 0


def options_shutdown(parser: argparse.ArgumentParser) -> None:
    """Declare what `shutdown` takes."""
    parser.add_argument("--keep-apps", action="store_true", help="let the apps go on without the daemon")


def run_shutdown(session: Session, asked: argparse.Namespace) -> int:
    """Stop the daemon."""
    done = session.call("daemon.stop", {"keep_apps": asked.keep_apps}, results.Done)
    if done is not None:
        session.output.line("the daemon stops" + (", the apps stay" if asked.keep_apps else " with all apps"))
    return 0


def options_discover(parser: argparse.ArgumentParser) -> None:
    """Take nothing."""


def run_discover(session: Session, asked: argparse.Namespace) -> int:
    """Write the OpenRPC document, which is JSON whether or not that was asked for."""
    session.output.json(session.client.call_raw("rpc.discover"))
    return 0


def options_version(parser: argparse.ArgumentParser) -> None:
    """Take nothing."""


def run_version(session: Session, asked: argparse.Namespace) -> int:
    """Tell the client's version, and the daemon's when one answers."""
    versions: dict[str, str | None] = {"protoddfctl": client_version(), "protoddfd": None}
    try:
        versions["protoddfd"] = session.client.call("daemon.status", type=results.DaemonStatus).version
    except ClientFault as fault:
        absent = fault.message
    if session.json:
        session.output.json(msgspec.json.encode(versions))
    else:
        session.output.pairs([(name, value or absent) for name, value in versions.items()])
    return 0


def client_version() -> str:
    """Return the version of what is installed here."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("proto-ddf")
    except PackageNotFoundError:
        return "unknown"
