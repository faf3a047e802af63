"""What all measurements of one run share: options, folders, apps, and baselines measured once."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from benchmarks.daemon import Daemon
from benchmarks.figures import Baseline, Figure

T = TypeVar("T")


def say(text: str) -> None:
    """Tell the one who waits what is being measured now."""
    sys.stderr.write(f":: {text}\n")
    sys.stderr.flush()


def _baseline(name: str, measure: Callable[[], float]) -> tuple[Baseline, ...]:
    try:
        return (Baseline(name, measure()),)
    except Exception as error:  # noqa: BLE001  ours is worth telling without the other
        say(f"NO BASELINE: {name}: {error}")
        return ()


class Bench:
    """One run. `scratch` is removed at its end; `cache` stays."""

    def __init__(self, *, quick: bool, sizes: tuple[int, ...], scratch: Path, cache: Path) -> None:
        self.quick = quick
        self.sizes = sizes
        self.scratch = scratch
        self.cache = cache
        self._kept: dict[str, object] = {}

    def often(self, full: int, quick: int) -> int:
        """Return how many samples to take."""
        return quick if self.quick else full

    def once(self, name: str, measure: Callable[[], T]) -> T:
        """Return what `measure` returned the first time that it was asked for under `name`."""
        if name not in self._kept:
            self._kept[name] = measure()
        return self._kept[name]  # type: ignore[return-value]  # what `measure` returned under that name

    def beside(self, name: str, measure: Callable[[], float]) -> tuple[Baseline, ...]:
        """Return the baseline called `name`, measured once; none, and a word on why, where that fails."""
        return self.once(name, lambda: _baseline(name, measure))


class Fleet:
    """A daemon with a growing number of running apps."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.ports: dict[str, int] = {}
        """The backend port of each running app, by name."""
        self.visited: set[str] = set()

    def grow(self, count: int) -> None:
        """Have `count` apps running."""
        for number in range(len(self.ports), count):
            name = f"app_{number}"
            self.ports[name] = self.daemon.create(name)["ports"]["backend"]

    def pids(self) -> dict[str, int]:
        """Return the process of each running app, by name."""
        listed = self.daemon.call("app.list", fields=["name", "instances"])["apps"]
        return {app["name"]: app["instances"][0]["pid"] for app in listed if app["instances"]}


Once = Callable[[Bench], list[Figure]]
AtSize = Callable[[Bench, Fleet, int], list[Figure]]
