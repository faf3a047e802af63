"""What a change to a record tells those who listen, in the same transaction."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from sqlalchemy.engine import Connection

from dataforms.query import Record
from dataforms.spec import Entity

Event = Literal["created", "updated", "deleted"]
EVENTS: tuple[Event, ...] = ("created", "updated", "deleted")


class Change(NamedTuple):
    """One record that was changed; whether that stays is known when the transaction of `connection` ends."""

    connection: Connection
    entity: Entity
    id: int
    event: Event
    record: Callable[[], Record]
    """Read it as it is now, all its fields; raise UnknownRecord for one that was deleted."""


Listener = Callable[[Change], object]
"""Called for every record that is inserted, updated or deleted; what it raises undoes the change."""
