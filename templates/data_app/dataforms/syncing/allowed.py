"""Which syncs an account may see and run: those of entities whose records it may add and change, all of them.

What a sync does is what the spec says, so a role that is limited in any way there may not run it.
"""

from dataforms.access import Action
from dataforms.database import Database
from dataforms.spec_sync import Sync


def allowed(database: Database) -> tuple[Sync, ...]:
    """Return the syncs that the account may see and run."""
    return tuple(sync for sync in database.whole_spec.syncs if _may(database, sync))


def find(database: Database, name: str) -> Sync | None:
    """Return the sync of a name, if the account may see and run it."""
    return next((sync for sync in allowed(database) if sync.name == name), None)


def _may(database: Database, sync: Sync) -> bool:
    if database.access.is_visitor:
        return False
    if not database.is_limited:
        return True
    actions: tuple[Action, ...] = ("read", "create", "update")
    if sync.missing == "delete":
        actions = (*actions, "delete")
    seen = next((entity for entity in database.spec.entities if entity.name == sync.into), None)
    if seen is None or not all(database.may_all(action, sync.into) for action in actions):
        return False
    fields = {field.name for field in seen.fields if not field.read_only}
    goals = {goal.partition(".")[0] for goal in sync.mapping.values()}
    return goals | ({sync.mark} if sync.mark else set()) <= fields
