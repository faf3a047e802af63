"""What an app needs of the daemon around it."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from protoddfd.core.lifecycle import Policy
from protoddfd.edge.cgroup import Cgroups
from protoddfd.edge.strays import Root
from protoddfd.runtime.bus import Bus
from protoddfd.runtime.care import Means
from protoddfd.runtime.doors import SecondHolder
from protoddfd.runtime.record import AppRecord
from protoddfd.zygote import messages


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """A process to be made: of which app, for which instance and life, in which environment."""

    record: AppRecord
    slot: int
    life: int
    env: Mapping[str, str]
    limits: messages.Limits | None = None
    cgroups: list[str] = []


class NotLaunched(Exception):
    """The process could not even be asked for; the text says why."""


class Launcher(SecondHolder, Protocol):
    """What makes processes, and holds sockets a second time; the zygote."""

    def launch(self, launch: Launch) -> None:
        """Make a process; its news go to the app. Raises NotLaunched."""


class Outlet(Protocol):
    """What takes down what processes write; the logger."""

    def end_line_soon(self, app: str, slot: int) -> None:
        """Let what an instance wrote last be a line, though it did not end it."""


class Surroundings(Means, Protocol):
    """What an app needs of the daemon."""

    @property
    def policy(self) -> Policy:
        """How apps are to be treated that say nothing themselves."""

    @property
    def bus(self) -> Bus:
        """Where changes are told."""

    @property
    def logger(self) -> Outlet:
        """What takes down what processes write."""

    @property
    def cgroups(self) -> Cgroups:
        """What limits instances, as far as this machine lets us."""

    @property
    def zygote(self) -> Launcher:
        """What makes processes."""

    @property
    def redis_url(self) -> str:
        """Where apps share their sessions; empty: each process keeps its own."""

    async def prepare(self, app: str) -> None:
        """Look at an app's folder anew; raises ProtoddfError."""

    async def secret_environment(self, record: AppRecord) -> dict[str, str]:
        """Read the environment and secret files of an app; raises ProtoddfError."""

    async def last_words(self, app: str) -> str:
        """Return the last lines that an app wrote."""

    async def end_leftovers(self, over: Mapping[tuple[str, int], int], roots: Collection[Root] = ()) -> None:
        """End what is left of lives that are over, in the absence of the zygote that would have seen to it.

        `over` has the last such life of each (app, slot), `roots` are processes known to have been theirs.
        """

    def store_later(self) -> None:
        """See that the state is on disk soon."""

    def probe_path(self, app: str, slot: int) -> Path:
        """Return the unix socket on which one instance, forked by the zygote, answers for itself alone."""

    def meter_path(self, app: str, slot: int) -> Path:
        """Return the file in which an instance counts what it does."""
