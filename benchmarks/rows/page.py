"""From `app.create` to a page that can be used, in a real browser that is open already."""

import time
from functools import partial
from typing import Any

import msgspec

from benchmarks.bench import Bench, say
from benchmarks.chromium import NoBrowser, Seen, Tab
from benchmarks.daemon import Daemon
from benchmarks.figures import Figure, p50, p95
from benchmarks.goals import goal
from benchmarks.line import Events
from benchmarks.reflex_run import ReflexRun, prepared_app

WARM_UP = 2
WHAT = "create -> usable page in Chromium"


def measure(bench: Bench) -> list[Figure]:
    """Return the figures of the whole way and of its parts; `reflex run` beside it has nothing to install."""
    say("page: create to usable page in Chromium")
    try:
        parts = _parts(bench)
    except NoBrowser as error:
        missing = Figure(row="page", what=f"{WHAT}, p50", unit="ms", value=None, goal=goal("page.p50"))
        return [msgspec.structs.replace(missing, note=str(error))]
    baselines = bench.beside("reflex run --env prod, started cold", partial(_reflex_ms, bench))
    whole = parts.pop("whole")
    figures = [
        Figure(
            row="page", what=f"{WHAT}, p50", unit="ms", value=p50(whole), samples=len(whole),
            goal=goal("page.p50"), baselines=baselines,
        ),
        Figure(row="page", what=f"{WHAT}, p95", unit="ms", value=p95(whole), samples=len(whole)),
    ]  # fmt: skip
    for what, samples in parts.items():
        figures.append(
            Figure(
                row="page", what=f"  of it {what}, p50", unit="ms", value=p50(samples), samples=len(samples)
            )
        )
    return figures


def _parts(bench: Bench) -> dict[str, list[float]]:
    parts: dict[str, list[float]] = {}
    with Daemon(bench.cache) as daemon, Events(daemon.socket) as events, Tab() as tab:
        for number in range(WARM_UP + bench.often(25, 15)):
            name = f"page_{number}"
            begun = time.time()
            app = daemon.create(name)
            answered = time.time()
            seen = tab.open(app["url"])
            if number >= WARM_UP:
                for what, milliseconds in _split(events, name, begun, answered, seen).items():
                    parts.setdefault(what, []).append(milliseconds)
            daemon.call("app.delete", name=name)
            events.forget()
    return parts


def _split(events: Events, name: str, begun: float, answered: float, seen: Seen) -> dict[str, float]:
    def starting(data: dict[str, Any]) -> bool:
        return data.get("state") == "starting"

    def forked(data: dict[str, Any]) -> bool:
        return "pid" in data

    written, born = events.wait(name, starting, begun), events.wait(name, forked, begun)
    moments = {
        "files and ports": written,
        "to the fork": born,
        "fork to ready": answered,
        "to the page's first byte": seen.first_byte,
        "to the first paint": seen.painted,
        "to the websocket": seen.connected,
        "to the state shown": seen.usable,
    }
    split, before = {"whole": (seen.usable - begun) * 1000}, begun
    for what, moment in moments.items():
        split[what] = (moment - before) * 1000
        before = moment
    return split


def _reflex_ms(bench: Bench) -> float:
    folder = prepared_app(bench)
    say("baseline: reflex run --env prod, cold start to usable page")
    with Tab() as tab, ReflexRun(bench, folder) as run:
        return (tab.open(f"http://localhost:{run.port}/").usable - run.started_at) * 1000
