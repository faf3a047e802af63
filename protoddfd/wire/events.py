"""Numbered notifications of what changed. Log lines are never events."""

from typing import Any

import msgspec

from protoddfd.wire.base import Result

KINDS = (
    "app.created",
    "app.changed",
    "app.set",
    "app.health",
    "app.deleted",
    "progress",
    "port.taken",
    "port.moved",
    "daemon.degraded",
    "daemon.recovered",
    "daemon.reloaded",
    "daemon.stopping",
    "events.lost",
)


class Event(Result, frozen=True, kw_only=True):
    """One change: `seq` counts up without gaps; `time` is Unix time in seconds."""

    seq: int
    time: float
    kind: str
    app: str | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)
