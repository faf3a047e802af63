"""The limits of one app's instances: what enforces them, and what is seen when one is reached."""

import msgspec

from protoddfd.edge import cgroup
from protoddfd.edge.cgroup import Cgroups
from protoddfd.wire.options import Limits
from protoddfd.wire.results import Enforcer
from protoddfd.zygote import messages


class Bounds:
    """What an app's instances may use, through cgroups where some are ours."""

    def __init__(self, app: str, limits: Limits, cgroups: Cgroups) -> None:
        self._app = app
        self._cgroups = cgroups
        self._folders: dict[int, list[str]] = {}
        self._kills: dict[int, int] = {}
        self.limits = limits
        self.enforced: dict[str, Enforcer] = cgroups.enforced(limits)

    def set(self, limits: Limits) -> None:
        """Take other limits; where cgroups enforce them they hold for what runs, too."""
        self.limits = limits
        self.enforced = self._cgroups.enforced(self.limits)
        for slot in self._folders:
            self._folders[slot] = self._cgroups.make(self._app, slot, self.limits)

    def enclose(self, slot: int, pid: int) -> None:
        """Have the limits hold for a process that runs already; what it has in use is not counted anew."""
        cgroup.enter(self.prepare(slot), pid)

    @property
    def are_set(self) -> bool:
        """Is there any limit?"""
        return self.limits != Limits()

    @property
    def for_the_start(self) -> messages.Limits | None:
        """What the zygote is told of the limits; None without any."""
        if not self.are_set:
            return None
        return messages.Limits(**msgspec.structs.asdict(self.limits))

    def prepare(self, slot: int) -> list[str]:
        """Return the folders of the cgroups in which an instance is to run, made for it."""
        if not self.are_set and slot not in self._folders:
            return []
        folders = self._cgroups.make(self._app, slot, self.limits)
        self._folders[slot] = folders
        self._kills[slot] = cgroup.oom_kills(folders)
        return folders

    def why_killed(self, slot: int, status: int | None) -> str | None:
        """Return why an instance that ended with `status` was killed, if that was for want of memory."""
        folders = self._folders.get(slot)
        if not folders or status == 0 or cgroup.oom_kills(folders) <= self._kills.get(slot, 0):
            return None
        return f"was killed by the kernel: it used more memory than its limit of {self.limits.memory_mib} MiB"

    @property
    def watched_memory_bytes(self) -> int | None:
        """What an instance may use, where only looking at it shows that it uses more; else None."""
        if self.limits.memory_mib is None or self.enforced.get("memory_mib") == "cgroup":
            return None
        return self.limits.memory_mib << 20

    def forget(self, slot: int) -> None:
        """Remove the cgroups of an instance that has ended."""
        cgroup.remove(self._folders.pop(slot, ()))
        self._kills.pop(slot, None)
