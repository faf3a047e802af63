"""What the sampler needs of apps and of the daemon, and what it tells them."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from protoddfd.core import facts
from protoddfd.edge.meter import Meter
from protoddfd.runtime.places import Places
from protoddfd.runtime.record import AppRecord
from protoddfd.settings import Settings

CHUNK = 10
"""Apps looked at in full before the loop may turn to other work: about a millisecond."""
CHUNK_OF_GLANCES = 100
"""The same where a look costs a few microseconds."""


class SampledSlot(Protocol):
    """An instance: its process, and where its figures go."""

    pid: int | None
    cpu_percent: float
    pss_bytes: int | None
    open_files: int | None
    meter: Meter | None


class Sampled(Protocol):
    """An app."""

    vanished_at: float | None
    """Since when its folder is away, on the monotonic clock."""
    disk_bytes: int | None

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def record(self) -> AppRecord:
        """What is stored of it: its folder, its ports, how it is served."""

    @property
    def slots(self) -> Mapping[int, SampledSlot]:
        """Its instances by number."""

    @property
    def watched_memory_bytes(self) -> int | None:
        """What an instance may use, where nobody but the sampler sees to that; else None."""

    def over_memory(self, number: int, used_bytes: int) -> None:
        """An instance uses more than it may."""

    def feed(self, fact: facts.Fact) -> None:
        """Tell every instance."""

    def refresh(self) -> None:
        """What clients see of it has changed."""


class Keeper(Protocol):
    """The zygote or the logger."""

    pss_bytes: int | None

    @property
    def pid(self) -> int | None:
        """Its process."""


A = TypeVar("A", bound=Sampled)
A_co = TypeVar("A_co", bound=Sampled, covariant=True)


class Watched(Protocol[A_co]):
    """The daemon."""

    @property
    def apps(self) -> Mapping[str, A_co]:
        """The apps by name."""

    @property
    def pending(self) -> Collection[str]:
        """Names of apps that are being made or deleted at this moment."""

    @property
    def places(self) -> Places:
        """Where things are."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""

    def meter_path(self, app: str, slot: int) -> Path:
        """Return the file in which an instance counts what it does."""

    @property
    def keepers(self) -> Sequence[Keeper]:
        """Zygote and logger."""


async def paced(apps: Iterable[A], chunk: int = CHUNK_OF_GLANCES) -> AsyncIterator[A]:
    """Yield `apps`, and let others run after every `chunk` of them."""
    for number, app in enumerate(apps, start=1):
        if number % chunk == 0:
            await asyncio.sleep(0)
        yield app
