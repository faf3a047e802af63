"""`status --watch`: what the daemon says of itself and its apps, asked for anew whenever an event says so."""

import time
from collections import deque
from typing import NamedTuple

import msgspec

from protoddfctl.client import ClientFault, decode
from protoddfctl.events import Connected, Listening, told
from protoddfctl.screen import Key, Resized, Screen
from protoddfctl.session import Output, Session
from protoddfctl.show import STATE_COLOURS, clean, cut, duration, size
from protoddfctl.table import Cell, Column, table
from protoddfd.errors import ProtoddfError
from protoddfd.wire import results
from protoddfd.wire.events import Event

_ENDS = ("q", "Q", "escape")
_TOGETHER_S = 0.05
"""Within so many seconds, changes are shown together."""
_AGAIN_S = 10.0
"""How old figures may get that no event tells of, such as memory."""
_ANSWER_S = 2.0
_SHARE = 0.6
"""Of the terminal's height, for the apps; the rest is for what happened."""
_URGENT = ("failed", "unhealthy", "backoff", "starting", "stopping", "listening", "down", "ready")
_EVENTS = 200
_COLUMNS = (
    Column("NAME", whole=True), Column("STATE", whole=True), Column("ADDRESS", whole=True, drop=2),
    Column("REASON", drop=1),
)  # fmt: skip


class _App(msgspec.Struct, frozen=True):
    """What is shown of an app."""

    name: str
    state: str
    url: str
    reason: str | None


class _Apps(msgspec.Struct, frozen=True):
    """The answer to `app.list`."""

    apps: tuple[_App, ...]


class View(NamedTuple):
    """What is shown: how the daemon was when it was asked, and what is wrong with asking it."""

    status: results.DaemonStatus | None
    apps: tuple[_App, ...]
    asked_at: float
    fault: str = ""


def watch(session: Session) -> int:
    """Show every change until the person, or without a terminal the daemon, ends it."""
    if session.json or not session.output.is_terminal:
        return _report(session)
    with Screen(session.output) as screen:
        Listening(session.new_client, screen.news.put).start()
        return _live(session, screen)


def _live(session: Session, screen: Screen) -> int:
    happened: deque[Event] = deque(maxlen=_EVENTS)
    view = View(None, (), time.monotonic(), "asking")
    stale = True
    while True:
        if stale or time.monotonic() - view.asked_at > _AGAIN_S:
            view, stale = _ask(session, view), False
        screen.draw(lines_of(session.output, view, list(happened), *screen.size, now=time.monotonic()))
        news = screen.wait(1.0)
        until = time.monotonic() + _TOGETHER_S
        while news is not None:
            if isinstance(news, Key) and news.name in _ENDS:
                return 0
            if isinstance(news, Event):
                happened.append(news)
            if isinstance(news, Exception):
                view = view._replace(fault=str(news))
            stale = stale or isinstance(news, Event | Connected)
            news = screen.wait(until - time.monotonic()) if not isinstance(news, Key | Resized) else None


def _ask(session: Session, before: View) -> View:
    """Return how everything is now; what was known before, and the fault, when nobody answers."""
    now = time.monotonic()
    try:
        status = session.client.call("daemon.status", type=results.DaemonStatus, timeout_s=_ANSWER_S)
        raw = session.client.call_raw(
            "app.list", {"fields": list(_App.__struct_fields__)}, timeout_s=_ANSWER_S
        )
    except (ClientFault, ProtoddfError) as error:
        session.client.close()
        return before._replace(fault=str(error), asked_at=now)
    return View(status, decode(raw, _Apps).apps, now)


def lines_of(
    output: Output, view: View, happened: list[Event], width: int, height: int, *, now: float
) -> list[str]:
    """Return the picture: the daemon, the apps that are not well first, and what happened last."""
    lines = _daemon_lines(output, view, width, now)
    room = height - len(lines) - 2
    apps = sorted(view.apps, key=lambda app: (_URGENT.index(app.state), app.name))
    most = max(min(len(apps) + 1, int(room * _SHARE)), 2)
    rows = [
        [
            Cell(app.name), Cell(app.state, STATE_COLOURS.get(app.state, "")), Cell(app.url or "-"),
            Cell((app.reason or "").partition("\n")[0]),
        ]
        for app in apps
    ]  # fmt: skip
    if rows:
        shown = rows if len(rows) < most else rows[: most - 2]
        lines += table(_COLUMNS, shown, width=width, coloured=output.coloured)
        if len(shown) < len(rows):
            lines.append(
                output.paint(cut(f"and {len(rows) - len(shown)} more: protoddfctl list", width), "dim")
            )
    lines.append("")
    left = max(height - len(lines) - 1, 0)
    lines += [_fitting(output, event, width) for event in happened[-left:]] if left else []
    lines += [""] * (height - len(lines) - 1)
    return [*lines, output.paint(cut("q ends", width), "dim")]


def _daemon_lines(output: Output, view: View, width: int, now: float) -> list[str]:
    status = view.status
    lines: list[str] = []
    if status is not None:
        up = duration(status.uptime_s + now - view.asked_at)
        said = f"protoddfd {status.version}  up for {up}  {size(status.memory.rss_bytes)}"
        named = (("zygote", status.zygote), ("logger", status.logger))
        helpers = "  ".join(f"{name} {it.state} {size(it.pss_bytes)}" for name, it in named)
        lines += [output.paint(cut(said, width), "bold"), cut(helpers, width)]
        lines.append(cut(f"apps: {counted(status)}", width))
        lines += [output.paint(cut(f"degraded: {clean(why)}", width), "yellow") for why in status.degraded]
    if view.fault:
        lines.append(output.paint(cut(f"no news: {clean(view.fault)}", width), "red"))
    return [*lines, ""]


def _fitting(output: Output, event: Event, width: int) -> str:
    """Return an event's line in colour where it fits, else cut and plain."""
    from protoddfctl.show import columns_of

    plain = told(Output.plain(), event)
    return told(output, event) if columns_of(plain) <= width else cut(plain, width)


def counted(status: results.DaemonStatus) -> str:
    """Return how many apps are in which state: `3: 2 ready, 1 failed`."""
    states = ", ".join(f"{status.apps[state]} {state}" for state in _URGENT if status.apps.get(state))
    return f"{sum(status.apps.values())}: {states}" if states else "none"


def _report(session: Session) -> int:
    """Write how the daemon is, again whenever that changed: a line for people, JSON for programs."""
    from queue import SimpleQueue

    news: SimpleQueue[object] = SimpleQueue()
    Listening(session.new_client, news.put).start()
    before = ""
    while True:
        came = news.get()
        if isinstance(came, ClientFault | ProtoddfError):
            raise came
        if not news.empty():
            continue
        raw = session.client.call_raw("daemon.status")
        status = decode(raw, results.DaemonStatus)
        said = "; ".join(
            (f"apps: {counted(status)}", *(f"degraded: {clean(why)}" for why in status.degraded))
        )
        if said == before:
            continue
        before = said
        if session.json:
            session.output.line(raw.decode())
        else:
            session.output.line(f"{time.strftime('%H:%M:%S')} {said}")
        session.output.flush()
