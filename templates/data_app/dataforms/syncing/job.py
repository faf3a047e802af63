"""One run of a sync in a process of its own: `python -m dataforms.syncing.job`, in an app's folder.

Takes a `Request` on standard input, and writes a `Began` when it has begun. To end it cancels the run.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from dataforms.database import Database
from dataforms.errors import DataError
from dataforms.place import DATABASE_URL, SPEC_FILE
from dataforms.rest import outbox
from dataforms.spec import decode
from dataforms.syncing.cancelling import cancel_on_signals
from dataforms.syncing.failed import Cancelled
from dataforms.syncing.run import Wish, run
from dataforms.syncing.runs import Run
from dataforms.words import Language, speak


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Which sync to do, and how."""

    name: str
    wish: Wish = Wish()
    language: Language = "en"


class Began(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a request so far: the number of the run, or why there is none."""

    run: int = 0
    message: str = ""
    hint: str = ""


def main() -> int:
    """Do what standard input asks for; return the exit status."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    speak(request.language)
    cancel_on_signals()
    try:
        ended = do(request.name, request.wish, lambda began: _say(Began(run=began.id)))
    except (DataError, LookupError) as refused:
        _say(Began(message=str(refused), hint=getattr(refused, "hint", "")))
        return 1
    except Cancelled:
        return 1
    return 0 if ended is None or ended.state in ("done", "unchanged") else 1


def do(name: str, wish: Wish, began: Callable[[Run], None]) -> Run | None:
    """Do a sync of the app in the working folder; raise LookupError for a name that no sync has."""
    spec = decode(Path(SPEC_FILE).read_bytes())
    sync = next((each for each in spec.syncs if each.name == name), None)
    if sync is None:
        raise LookupError(name)
    database = Database(spec, os.environ.get("DATABASE_URL", DATABASE_URL))
    try:
        database.create()
        outbox.watch(database)
        return run(database, sync, wish, os.environ, os.getpid(), began)
    finally:
        database.close()


def _say(began: Began) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(began) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
