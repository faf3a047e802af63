"""The command that lists the apps. It is used most and must be quick: it asks for no more than it shows."""

import argparse
import time

import msgspec

from protoddfctl.client import decode
from protoddfctl.session import Session
from protoddfctl.show import STATE_COLOURS, duration, size
from protoddfctl.table import Cell, Column

_TIMEOUT_S = 60.0
_COLUMNS = [
    Column("NAME", whole=True), Column("STATE", whole=True), Column("ADDRESS", whole=True, drop=1),
    Column("PID", right=True, drop=5), Column("CPU", right=True, drop=3),
    Column("MEMORY", right=True, drop=2), Column("FOR", right=True, drop=6), Column("TITLE", drop=7),
]  # fmt: skip


class _Instance(msgspec.Struct, frozen=True):
    """What is shown of an instance; `protoddfd.wire.results` has all of it, and takes 6 ms to import."""

    pid: int
    since: float
    cpu_percent: float = 0.0
    pss_bytes: int | None = None


class _App(msgspec.Struct, frozen=True):
    """What is shown of an app."""

    name: str
    title: str
    state: str
    url: str
    reason: str | None
    scale: int
    instances: tuple[_Instance, ...]


class _Apps(msgspec.Struct, frozen=True):
    """The answer to `app.list`."""

    apps: tuple[_App, ...]


def options_list(parser: argparse.ArgumentParser) -> None:
    """Declare what `list` takes."""
    parser.add_argument("--state", choices=tuple(STATE_COLOURS), help="only the apps in this state")


def run_list(session: Session, asked: argparse.Namespace) -> int:
    """List the apps; with `--json` everything that is known of them."""
    params: dict[str, object] = {"state": asked.state} if asked.state else {}
    if not session.json:
        inner = [f"instances.{name}" for name in _Instance.__struct_fields__]
        params["fields"] = [*(name for name in _App.__struct_fields__ if name != "instances"), *inner]
    raw = session.client.call_raw("app.list", params, timeout_s=_TIMEOUT_S)
    if session.json:
        session.output.json(raw)
    else:
        _write(session, decode(raw, _Apps).apps)
    return 0


def _write(session: Session, apps: tuple[_App, ...]) -> None:
    """Write the table; what only some apps have gets its column only when one of these has it."""
    if not apps and session.output.is_terminal:
        session.output.line("there are none; protoddfctl create NAME --from FILE.csv makes one")
        return
    now = time.time()
    columns, rows = list(_COLUMNS), [_row(app, now) for app in apps]
    if any(app.scale != 1 for app in apps):
        columns.insert(3, Column("RUNS", right=True, drop=4))
        for row, app in zip(rows, apps, strict=True):
            row.insert(3, Cell(f"{len(app.instances)} of {app.scale}"))
    if any(app.reason for app in apps):
        columns.append(Column("REASON"))
        for row, app in zip(rows, apps, strict=True):
            row.append(Cell((app.reason or "").partition("\n")[0].removesuffix(". Its last lines:")))
    session.output.table(columns, rows)


def _row(app: _App, now: float) -> list[Cell]:
    first = app.instances[0] if app.instances else None
    known = [each.pss_bytes for each in app.instances if each.pss_bytes is not None]
    return [
        Cell(app.name),
        Cell(app.state, STATE_COLOURS.get(app.state, "")),
        Cell(app.url or "-"),
        Cell(str(first.pid) if first else "-"),
        Cell(f"{sum(each.cpu_percent for each in app.instances):.0f} %" if first else "-"),
        Cell(size(sum(known)) if known else "-"),
        Cell(duration(now - first.since) if first else "-"),
        Cell(app.title),
    ]
