"""What is stored: the apps, their ports and what is wanted of them. What is observed is found out again."""

from typing import Literal

import msgspec

from protoddfd.wire.options import AppOptions
from protoddfd.worker.messages import Inspection

SEQ_MARGIN = 1000
"""A daemon that comes up numbers its events from so far beyond the last number stored."""


class AppRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One app, as stored."""

    name: str
    title: str
    template: str
    path: str
    """Its folder; a command's working folder."""
    frontend: int | None
    backend: int | None
    wanted: Literal["up", "down"]
    created_at: float
    """Unix time in seconds."""
    spec_revision: int = 1
    served_by: Literal["zygote", "reflex", "command"] = "zygote"
    scale: int = 1
    """How many processes are wanted."""
    command: tuple[str, ...] | None = None
    """What to run, for what is no app of ours."""
    owned: bool = True
    """Did we make its folder, and may we remove it?"""
    options: AppOptions = AppOptions()
    failed: str | None = None
    """Why it is `failed` and not wanted any more; a daemon that comes up says so again."""
    inspection: Inspection | None = None
    """How it can be served, when that was looked at last."""

    @property
    def ports(self) -> tuple[int, ...]:
        """Its ports, the frontend's first."""
        return tuple(port for port in (self.frontend, self.backend) if port is not None)


class StateDocument(msgspec.Struct, frozen=True, kw_only=True):
    """All that is stored. `generation` counts daemon starts and fences the zygote."""

    generation: int = 0
    seq: int = 0
    apps: dict[str, AppRecord] = {}
