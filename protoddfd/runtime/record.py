"""What is stored: the apps, their ports and what is wanted of them. What is observed is found out again."""

from typing import Literal

import msgspec

SEQ_MARGIN = 1000
"""A daemon that comes up numbers its events from so far beyond the last number stored."""


class AppRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One app, as stored."""

    name: str
    title: str
    template: str
    path: str
    frontend: int
    backend: int
    wanted: Literal["up", "down"]
    created_at: float
    """Unix time in seconds."""
    spec_revision: int = 1
    served_by: Literal["zygote", "reflex", "command"] = "zygote"


class StateDocument(msgspec.Struct, frozen=True, kw_only=True):
    """All that is stored. `generation` counts daemon starts and fences the zygote."""

    generation: int = 0
    seq: int = 0
    apps: dict[str, AppRecord] = {}
