"""What pages, REST and the command tell of syncs: where their rows are, how they went, and how they go."""

from collections.abc import Mapping

import msgspec

from dataforms.check_syncs import every_s
from dataforms.database import Database
from dataforms.spec_sync import Sync
from dataforms.syncing import lock, places, runs
from dataforms.syncing.lock import Progress
from dataforms.syncing.runs import Run


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a sync stands."""

    sync: Sync
    place: str
    """Where the rows are, as far as everybody may read it."""
    unset: tuple[str, ...]
    """The environment variables that it needs and does not have."""
    runs: tuple[Run, ...]
    """The last ones, the newest first; one that was killed is `broken`."""
    progress: Progress | None
    """How far it is, if it runs."""
    due: float | None
    """When it is done again by itself, in seconds since 1970, 0 for at once; None if nobody does it."""


def standing(database: Database, sync: Sync, environment: Mapping[str, str], limit: int) -> Standing:
    """Return how a sync stands, with up to `limit` runs."""
    with database.beside() as connection:
        found = [honest(each) for each in runs.latest(connection, sync.name, limit)]
        due = None if sync.every is None else runs.due_at(connection, sync.name, every_s(sync.every))
    return Standing(
        sync=sync,
        place=places.shown(sync.from_),
        unset=places.missing(sync, environment),
        runs=tuple(found),
        progress=lock.progress(sync.name),
        due=due,
    )


def run_of(database: Database, sync: Sync, id: int) -> Run | None:
    """Return a run of a sync; None without one."""
    with database.beside() as connection:
        found = runs.read(connection, sync.name, id)
    return None if found is None else honest(found)


def honest(run: Run) -> Run:
    """Return a run as it is: one that nobody ended and nobody does any more was broken off."""
    if run.state != "running" or lock.progress(run.sync) is not None:
        return run
    return msgspec.structs.replace(run, state="broken")
