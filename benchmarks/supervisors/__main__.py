"""Compares supervisors: `python -m benchmarks.supervisors [--only NAME ...] [--n 10,100,500] [--out DIR]`.

Writes tables to standard output and, with `--out`, JSON and tables to a folder. Exits 1 when a goal of ours
was missed or not measured. The others are installed by `python -m benchmarks.supervisors.install`.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks import machine
from benchmarks.__main__ import sizes
from benchmarks.bench import say
from benchmarks.figures import Figure, failures
from benchmarks.supervisors.adapter import Adapter, Site
from benchmarks.supervisors.build import build
from benchmarks.supervisors.floor import floors
from benchmarks.supervisors.install import default_peers
from benchmarks.supervisors.logs import logged
from benchmarks.supervisors.measure import FULL, QUICK, Effort, Stages, less, measured
from benchmarks.supervisors.peers import ADAPTERS, OURS
from benchmarks.supervisors.results import Measured, Peer, Results, Survival
from benchmarks.supervisors.rows import rows
from benchmarks.supervisors.survival import survival
from benchmarks.supervisors.tables import document

ROOT = Path(__file__).resolve().parents[2]
WHAT = ("measure", "survival", "logs")


def main(argv: Sequence[str] | None = None) -> int:
    """Compare, tell, and return the exit status."""
    asked = _parser().parse_args(argv)
    os.chdir(ROOT)  # the bare server is found by its module's name
    with tempfile.TemporaryDirectory(prefix="sup") as scratch:
        results = _compare(asked, Path(scratch))
    figures = _rows(results)
    print(document(results, figures))
    failed = failures(figures)
    for figure in failed:
        say(f"{figure.verdict.upper()}: {figure.row}: {figure.what}")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.supervisors", description=__doc__)
    add = parser.add_argument
    add(
        "--peers", type=Path, default=default_peers(), metavar="FOLDER", help="where the others are installed"
    )
    add("--only", nargs="+", choices=ADAPTERS, metavar="NAME", help=f"some of: {', '.join(ADAPTERS)}")
    add("--n", type=sizes, default=(10, 100, 500), metavar="N,N", help="how many programs run")
    add("--what", nargs="+", choices=WHAT, default=WHAT, metavar="WHAT", help=f"some of: {', '.join(WHAT)}")
    add("--quick", action="store_true", help="fewer samples and less output")
    add("--out", type=Path, metavar="DIR", help="write supervisors.json and supervisors.md there")
    return parser


def _compare(asked: argparse.Namespace, scratch: Path) -> Results:
    """Measure one supervisor after the other; what is there is written after each."""
    begun = time.monotonic()
    machine.compile_sources(ROOT)
    site = Site(asked.peers.absolute(), build(scratch / "bin"))
    results = Results(
        machine=machine.look(scratch),
        quick=asked.quick,
        asked=tuple(asked.what),
        sizes=asked.n,
    )
    if results.machine.busy:
        say(f"WARNING: the machine is busy (load {results.machine.load}): the figures are to be doubted")
    for name in asked.only or ADAPTERS:
        if not ADAPTERS[name](site, scratch).is_installed():
            say(f"{name}: not installed; python -m benchmarks.supervisors.install --peers {site.peers}")
            continue
        if name == OURS and "measure" in asked.what:  # beside ours, since the machine's pace changes
            results = msgspec.structs.replace(results, floors=tuple(floors(asked.n)))
        peer = _peer(ADAPTERS[name], site, results, scratch)
        took_s = time.monotonic() - begun
        results = msgspec.structs.replace(results, peers=(*results.peers, peer), took_s=took_s)
        if asked.out is not None:
            _save(results, asked.out)
    return results


def _peer(kind: type[Adapter], site: Site, results: Results, scratch: Path) -> Peer:
    """Return all that was to be measured of one supervisor."""
    effort = QUICK if results.quick else FULL
    stages, begun, pace = Stages(), time.monotonic(), machine.pace_ms()
    asked = [what for what in results.asked if what in kind.what]
    version = stages.ask("version", lambda: kind(site, scratch).version())
    peer = Peer(name=kind.name, version=version or "", notes=kind.notes)
    if "measure" in asked:
        found = [_measured(kind, site, size, results.sizes, effort, stages) for size in results.sizes]
        peer = msgspec.structs.replace(peer, measured=tuple(each for each in found if each is not None))
    if "survival" in asked:
        size = max(results.sizes)
        kills = [_survival(kind, site, size, parts, effort, stages) for parts in kind.killed]
        peer = msgspec.structs.replace(peer, survivals=tuple(each for each in kills if each is not None))
    if "logs" in asked and kind.captures:
        say(f"{kind.name}: output into files")
        peer = msgspec.structs.replace(peer, logged=stages.ask("logs", lambda: logged(kind, site, effort)))
    pace = (pace + machine.pace_ms()) / 2
    return msgspec.structs.replace(peer, errors=stages.errors, took_s=time.monotonic() - begun, pace_ms=pace)


def _measured(
    kind: type[Adapter], site: Site, size: int, sizes: Sequence[int], effort: Effort, stages: Stages
) -> Measured | None:
    say(f"{kind.name}: {size} programs")
    if size != max(sizes):
        effort = less(effort)
    return stages.ask(f"measure {size}", lambda: measured(kind, site, size, effort))


def _survival(
    kind: type[Adapter], site: Site, size: int, parts: Sequence[str], effort: Effort, stages: Stages
) -> Survival | None:
    killed = ", ".join(parts)
    say(f"{kind.name}: SIGKILL of {killed} with {size} programs")
    return stages.ask(f"SIGKILL of {killed}", lambda: survival(kind, site, size, parts, effort))


def _rows(results: Results) -> list[Figure]:
    return rows(results, OURS, [", ".join(parts) for parts in ADAPTERS[OURS].killed])


def _save(results: Results, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    saved = msgspec.json.format(msgspec.json.encode(results))
    (folder / "supervisors.json").write_bytes(saved + b"\n")
    (folder / "supervisors.md").write_text(document(results, _rows(results)))


if __name__ == "__main__":
    sys.exit(main())
