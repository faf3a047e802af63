"""`python -m dataforms.sync [NAME]` in an app's folder: does one sync, or all, and tells what came of it."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dataforms.database import Database
from dataforms.errors import DataError
from dataforms.names import did_you_mean
from dataforms.place import DATABASE_URL, SPEC_FILE
from dataforms.spec import AppSpec, decode
from dataforms.spec_sync import Sync
from dataforms.syncing.asked import Standing, standing
from dataforms.syncing.cancelling import cancel_on_signals
from dataforms.syncing.failed import Cancelled
from dataforms.syncing.job import do
from dataforms.syncing.places import how_to_set
from dataforms.syncing.run import Wish
from dataforms.syncing.runs import Run

REFUSED, FAILED, WRONG = 3, 1, 2
_SHOWN = 10


def main(words: Sequence[str] | None = None) -> int:
    """Do what the words of the command line say; return the exit status.

    0: done, 1: a run failed or did not begin, 2: there is no such sync, 3: done, but rows were refused.
    """
    told = _parser().parse_args(words)
    try:
        spec = decode(Path(SPEC_FILE).read_bytes())
    except OSError as error:
        return _refuse(f"There is no app here: {error}.", "Go into the folder of an app first.")
    chosen = [sync for sync in spec.syncs if told.name in (None, sync.name)]
    if not chosen:
        name = told.name or ""
        hint = did_you_mean(name, [sync.name for sync in spec.syncs]) or 'Add "syncs" to appspec.json.'
        return _refuse(f"There is no sync {name!r}." if name else "This app has no syncs.", hint, WRONG)
    if told.list:
        return _list(spec, chosen)
    cancel_on_signals()
    return max(_done(spec, sync, told) for sync in chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dataforms.sync", description=__doc__)
    parser.add_argument("name", nargs="?", help="the name of a sync; all of them, in their order, without it")
    parser.add_argument("--dry-run", action="store_true", help="tell what would change, and change nothing")
    parser.add_argument("--whole", action="store_true", help="read the source though it has not changed")
    parser.add_argument("--list", action="store_true", help="tell which syncs there are, and how they stand")
    return parser


def _done(spec: AppSpec, sync: Sync, told: argparse.Namespace) -> int:
    wish = Wish(is_dry=told.dry_run, is_whole=told.whole, who="command")
    try:
        run = do(sync.name, wish, lambda began: None)
    except DataError as refused:
        return _refuse(f"{sync.name}: {refused}", refused.hint)
    except Cancelled:
        return _refuse(f"{sync.name}: cancelled.", "")
    if run is None:
        return 0
    _show(run)
    if run.state not in ("done", "unchanged"):
        return FAILED
    return REFUSED if run.refused else 0


def _show(run: Run) -> None:
    if run.state == "unchanged":
        _say(f"{run.sync}: the source has not changed")
        return
    if run.state != "done":
        sys.stderr.write(f"{run.sync}: {run.state}: {run.message or 'nothing was kept'}\n")
        if run.hint:
            sys.stderr.write(f"  {run.hint}\n")
        return
    would = "would be " if run.is_dry else ""
    _say(
        f"{run.sync}: {run.rows:,} rows: {run.added:,} {would}added, {run.changed:,} {would}changed, "
        f"{run.unchanged:,} unchanged, {run.skipped:,} skipped, {run.refused:,} refused; "
        f"{run.missing:,} missing"
    )
    for note in run.notes:
        _say(f"  {note}")
    for fault in run.faults[:_SHOWN]:
        row = f"row {fault.row}: " if fault.row else ""
        file = f"{fault.file}, " if fault.file else ""
        cell = f"{fault.column} {fault.text!r}: " if fault.column else ""
        _say(f"  {file}{row}{cell}{fault.reason}")
    if run.refused > _SHOWN:
        _say(f"  and {run.refused - _SHOWN:,} more")


def _list(spec: AppSpec, syncs: Sequence[Sync]) -> int:
    database = Database(spec, os.environ.get("DATABASE_URL", DATABASE_URL))
    try:
        database.create()
        for sync in syncs:
            _tell(spec, standing(database, sync, os.environ, 1))
    except DataError as refused:
        return _refuse(str(refused), refused.hint)
    finally:
        database.close()
    return 0


def _tell(spec: AppSpec, found: Standing) -> None:
    sync = found.sync
    every = "" if sync.every is None else f", every {sync.every}"
    _say(f"{sync.name}: {found.place} -> {sync.into}{every}")
    for variable in found.unset:
        _say(f"  {variable} is not set: {how_to_set(spec.name, sync, variable)}")
    for run in found.runs:
        moment = datetime.fromtimestamp(run.began).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        lasted = "" if run.ended is None else f", {run.ended - run.began:.1f} s"
        dry = ", dry" if run.is_dry else ""
        why = f": {run.message}" if run.message else ""
        counts = f", {run.rows:,} rows, {run.refused:,} refused" if run.state == "done" else ""
        _say(f"  {moment} {run.state}{dry}{lasted}{counts}{why}")
    if found.due is not None and found.due < time.time() and not found.unset:
        _say("  is due")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _refuse(message: str, hint: str, status: int = FAILED) -> int:
    sys.stderr.write(f"{message}\n{hint}\n" if hint else f"{message}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
