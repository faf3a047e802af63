"""Does the syncs that say how often, while the app runs: one task, which sleeps until one is due."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress

import anyio.to_thread

from dataforms.check_syncs import every_s
from dataforms.database import Database
from dataforms.errors import DataError
from dataforms.spec import AppSpec
from dataforms.syncing import runs
from dataforms.syncing.job import Request
from dataforms.syncing.places import missing
from dataforms.syncing.run import Wish
from dataforms.syncing.starting import end_all, settled, start
from dataforms.words import ENGLISH, Language

AGAIN_S = 60.0
"""So long after a run could not be begun, it is tried again."""
SCHEDULE = "schedule"
_log = logging.getLogger("dataforms.sync")


@asynccontextmanager
async def keeping(open: Callable[[], Database], spec: AppSpec) -> AsyncIterator[None]:
    """Keep the schedule of a spec while the block runs; what runs at its end is ended."""
    timed = {
        sync.name: every_s(sync.every)
        for sync in spec.syncs
        if sync.every is not None and not missing(sync, os.environ)
    }
    task = asyncio.create_task(_keep(open, timed, spec.language or ENGLISH))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await end_all()


async def _keep(open: Callable[[], Database], timed: Mapping[str, int], language: Language) -> None:
    while timed:
        try:
            wait_s = await _do_what_is_due(open(), timed, language)
        except (DataError, OSError) as failed:
            _log.warning("The syncs cannot be done now: %s %s", failed, getattr(failed, "hint", ""))
            wait_s = AGAIN_S
        await asyncio.sleep(wait_s)


async def _do_what_is_due(database: Database, timed: Mapping[str, int], language: Language) -> float:
    """Do the syncs that are due, one after the other; return the seconds until the next one is."""
    due = await anyio.to_thread.run_sync(_due, database, timed)
    for name in (name for name in timed if due[name] <= time.time()):
        wish = Wish(who=SCHEDULE, every_s=timed[name])
        began = await start(Request(name=name, wish=wish, language=language))
        if began.message:
            _log.warning("The sync %s was not begun: %s %s", name, began.message, began.hint)
        await settled()
    due = await anyio.to_thread.run_sync(_due, database, timed)
    late = min(due.values()) - time.time()
    return late if late > 0 else AGAIN_S


def _due(database: Database, timed: Mapping[str, int]) -> dict[str, float]:
    with database.beside() as connection:
        return {name: runs.due_at(connection, name, seconds) for name, seconds in timed.items()}
