"""Runs the measurements: `python -m benchmarks [--only NAME ...] [--apps 1,20,100] [--quick] [--out DIR]`.

Writes a table to standard output and JSON to a folder. Exits 1 when a goal was missed or not measured.
"""

import argparse
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks import machine
from benchmarks.bench import Bench, Fleet, say
from benchmarks.daemon import Daemon
from benchmarks.figures import Figure, Goal, failures
from benchmarks.report import heading, report, save, table
from benchmarks.rows import ROWS, Row

ROOT = Path(__file__).resolve().parent.parent


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, tell, and return the exit status."""
    asked = _parser().parse_args(argv)
    os.chdir(ROOT)  # programs that are compared with are found by their module's name
    chosen = [row for row in ROWS if not asked.only or row.name in asked.only]
    cache = Path(os.environ.get("PROTODDF_CACHE") or ROOT / ".protoddf" / "cache").absolute()
    machine.compile_sources(ROOT)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pdb-") as scratch:
        facts = machine.look(Path(scratch))
        if facts.busy:
            say(f"WARNING: the machine is busy (load {facts.load}): the figures are to be doubted")
        bench = Bench(quick=asked.quick, sizes=asked.apps, scratch=Path(scratch), cache=cache)
        figures = _measure(bench, chosen)
    took_s = time.monotonic() - begun
    made = report(facts, figures, quick=asked.quick, sizes=asked.apps, took_s=took_s)
    sys.stdout.write(f"{heading(made)}\n\n{table(figures)}\n\n")
    if asked.out is not None:
        for path in save(made, asked.out):
            say(f"written: {path}")
    failed = failures(figures)
    for figure in failed:
        say(f"{figure.verdict.upper()}: {figure.row}: {figure.what} {figure.note}")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=names, metavar="NAME", help=f"some of: {', '.join(names)}"
    )
    parser.add_argument("--apps", type=sizes, default=(1, 20, 100), metavar="N,N", help="how many apps run")
    parser.add_argument("--quick", action="store_true", help="fewer samples and a smaller file")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write benchmarks.json and benchmarks.md there"
    )
    return parser


def sizes(text: str) -> tuple[int, ...]:
    """Return the numbers of apps in `text`, the smallest first; raise ValueError."""
    found = tuple(sorted({int(part) for part in text.split(",")}))
    if not found or found[0] < 1:
        raise ValueError("numbers of apps are 1 or more")
    return found


def _measure(bench: Bench, rows: Sequence[Row]) -> list[Figure]:
    figures: list[Figure] = []
    sized = [row for row in rows if row.at_size is not None]
    for row in rows:
        if row.once is not None:
            figures += _guarded(row.name, partial(row.once, bench))
    if sized:
        try:
            with Daemon(bench.cache) as daemon:
                _grow(bench, Fleet(daemon), sized, figures)
        except Exception as error:  # noqa: BLE001  the other rows are worth telling
            figures.append(_broken("apps", error))
    return figures


def _grow(bench: Bench, fleet: Fleet, rows: Sequence[Row], figures: list[Figure]) -> None:
    """Add what is measured with ever more apps running to `figures`."""
    for size in bench.sizes:
        say(f"having {size} apps running")
        fleet.grow(size)
        for row in rows:
            if row.at_size is not None:
                figures += _guarded(row.name, partial(row.at_size, bench, fleet, size))


def _guarded(name: str, measure: Callable[[], list[Figure]]) -> list[Figure]:
    try:
        return measure()
    except Exception as error:  # noqa: BLE001  the other rows are worth telling
        return [_broken(name, error)]


def _broken(name: str, error: Exception) -> Figure:
    """Return the figure that stands for those that an error kept from being measured; it fails the run."""
    traceback.print_exception(error)
    return Figure(row=name, what="could not be measured", unit="", value=None, goal=Goal(0), note=str(error))


if __name__ == "__main__":
    sys.exit(main())
