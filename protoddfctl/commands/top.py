"""The command that shows what apps use at this moment: live on a terminal, else once."""

import argparse
import math
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from protoddfctl.client import ClientFault
from protoddfctl.commands.metrics import AppFigures, by_app, quantile, since
from protoddfctl.screen import Key, Screen
from protoddfctl.session import Output, Session
from protoddfctl.show import STATE_COLOURS, cut, size
from protoddfctl.table import Cell, Column, table
from protoddfd.errors import ProtoddfError
from protoddfd.wire import results

_LEAST_S, _MOST_S = 1.0, 3600.0
_ANSWER_S = 10.0
_HEAD_LINES = 3
"""What stands above the rows: the sums, an empty line, the headings."""
_COLUMNS = (
    Column("APP", whole=True), Column("STATE", whole=True, drop=1), Column("CPU", right=True),
    Column("MEMORY", right=True), Column("CONNECTIONS", right=True, drop=5),
    Column("REQUESTS/S", right=True, drop=3), Column("ERRORS", right=True, drop=4),
    Column("P95", right=True, drop=2),
)  # fmt: skip


class Use(NamedTuple):
    """What one app used between two looks."""

    name: str
    state: str
    cpu_percent: float
    memory_bytes: float | None
    connections: float | None
    requests_per_s: float | None
    errors: float | None
    p95_s: float | None


class Choice(NamedTuple):
    """What the person chose: the order, and how far down they look."""

    sort: str = "cpu"
    turned: bool = False
    top: int = 0


_ORDERS: dict[str, Callable[[Use], tuple[float | str, ...]]] = {
    "cpu": lambda use: (-use.cpu_percent, -(use.memory_bytes or 0), use.name),
    "memory": lambda use: (-(use.memory_bytes or 0), use.name),
    "requests": lambda use: (-(use.requests_per_s or 0), use.name),
    "name": lambda use: (use.name,),
}


def options_top(parser: argparse.ArgumentParser) -> None:
    """Declare what `top` takes."""
    parser.add_argument(
        "--sort", choices=tuple(_ORDERS), default="cpu", help="what the greatest come first of (cpu)"
    )
    parser.add_argument("--every", type=_span_s, default=2.0, metavar="SECONDS", help="how often to look (2)")


def _span_s(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not _LEAST_S <= seconds <= _MOST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from {_LEAST_S} to {_MOST_S:.0f}")
    return seconds


def run_top(session: Session, asked: argparse.Namespace) -> int:
    """Show what apps use, until the person ends it; once where there is no terminal."""
    if session.json or not session.output.is_terminal:
        _once(session, asked)
        return 0
    with Screen(session.output) as screen:
        _live(session, screen, asked.every, Choice(asked.sort))
    return 0


def _once(session: Session, asked: argparse.Namespace) -> None:
    earlier, began = _look(session), time.monotonic()
    time.sleep(asked.every)
    uses = sorted(uses_of(earlier, _look(session), time.monotonic() - began), key=_ORDERS[asked.sort])
    if session.json:
        session.output.json(msgspec.json.encode({"apps": [use._asdict() for use in uses]}))
    else:
        session.output.table(list(_COLUMNS), [_row(use) for use in uses])


def _live(session: Session, screen: Screen, every_s: float, choice: Choice) -> None:
    earlier, began = _look(session), time.monotonic()
    uses = uses_of({}, earlier, every_s)
    fault, due = "", began + every_s
    while True:
        screen.draw(_picture(session.output, uses, choice, fault, *screen.size))
        news = screen.wait(due - time.monotonic())
        if isinstance(news, Key):
            if news.name in ("q", "Q", "escape"):
                return
            choice = _chosen(choice, news.name, screen.size[1] - _HEAD_LINES - 1, len(uses))
        if time.monotonic() < due:
            continue
        try:
            later, now = _look(session), time.monotonic()
        except (ClientFault, ProtoddfError) as error:
            fault, due = str(error), time.monotonic() + every_s
            session.client.close()
            continue
        uses, fault = uses_of(earlier, later, now - began), ""
        earlier, began, due = later, now, now + every_s


def _look(session: Session) -> dict[str, AppFigures]:
    read = session.client.call("metrics.read", {"format": "json"}, type=results.Samples, timeout_s=_ANSWER_S)
    return by_app(read.samples)


def uses_of(earlier: Mapping[str, AppFigures], later: Mapping[str, AppFigures], span_s: float) -> list[Use]:
    """Return what every app used within `span_s` seconds, between two looks at what was counted."""
    uses: list[Use] = []
    for name, app in since(earlier, later).items():
        sums = app.sums
        requests = sums.get("requests")
        is_new = name not in earlier  # what was counted before anybody looked is not of this span
        uses.append(
            Use(
                name, app.state, 100 * sums.get("cpu_ratio", 0.0), sums.get("memory"),
                sums.get("connections"), None if requests is None or is_new else requests / span_s,
                sums.get("errors"), _p95_s(app),
            )
        )  # fmt: skip
    return uses


def _p95_s(app: AppFigures) -> float | None:
    """Return within how many seconds 19 of 20 requests were answered; at most the greatest bound."""
    found = quantile(app.buckets, 0.95)
    greatest = max((bound for bound in app.buckets if math.isfinite(bound)), default=0.0)
    return None if found is None else min(found, greatest)


def _chosen(choice: Choice, key: str, page: int, count: int) -> Choice:
    """Return the choice after a key was pressed."""
    sorts = {"c": "cpu", "m": "memory", "n": "name", "s": "requests"}
    if key in sorts:
        return choice._replace(sort=sorts[key], top=0)
    if key == "r":
        return choice._replace(turned=not choice.turned)
    moved = {
        "up": -1,
        "down": 1,
        "page up": -page,
        "page down": page,
        " ": page,
        "home": -count,
        "end": count,
    }
    return choice._replace(top=max(min(choice.top + moved.get(key, 0), count - page), 0))


def _picture(
    output: Output, uses: list[Use], choice: Choice, fault: str, width: int, height: int
) -> list[str]:
    """Return the lines of the view: the sums, then the apps in the order that was chosen."""
    ordered = sorted(uses, key=_ORDERS[choice.sort], reverse=choice.turned)
    page = max(height - _HEAD_LINES - 1, 1)
    rows = [_row(use) for use in ordered[choice.top : choice.top + page]]
    memory = size(sum(use.memory_bytes or 0 for use in uses))
    cpu = sum(use.cpu_percent for use in uses)
    said = f"{len(uses)} apps  {cpu:.1f} % of a core  {memory}"
    lines = [output.paint(cut(said, width), "bold"), output.paint(cut(fault, width), "red")]
    lines += table(_COLUMNS, rows, width=width, coloured=output.coloured)[: height - len(lines) - 1]
    lines += [""] * (height - len(lines) - 1)
    keys = f"c cpu  m memory  s requests  n name  r turn around  q end   (by {choice.sort})"
    return [*lines, output.paint(cut(keys, width), "dim")]


def _row(use: Use) -> list[Cell]:
    return [
        Cell(use.name),
        Cell(use.state, STATE_COLOURS.get(use.state, "")),
        Cell(f"{use.cpu_percent:.1f} %"),
        Cell(size(use.memory_bytes)),
        Cell("-" if use.connections is None else f"{use.connections:.0f}"),
        Cell("-" if use.requests_per_s is None else f"{use.requests_per_s:.1f}"),
        Cell("-" if use.errors is None else f"{use.errors:.0f}", "red" if use.errors else ""),
        Cell("-" if use.p95_s is None else f"{use.p95_s * 1000:.0f} ms"),
    ]
