"""Limits of instances through cgroups, as far as this machine leaves some of them to us.

Nothing here fails a start: what cannot be had is said, and something else enforces the limit, or nothing.
"""

import hashlib
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from protoddfd.edge.cgroup_mounts import Hierarchy, divisible, own_cgroups
from protoddfd.wire.options import Limits
from protoddfd.wire.results import Enforcer

_CONTROLLER_OF = {"memory_mib": "memory", "cpu_percent": "cpu", "processes": "pids"}
_PERIOD_US = 100_000
_PROCESSES = "cgroup.procs"

_LIMIT_FILES = {
    (1, "memory"): "memory.limit_in_bytes",
    (1, "cpu"): "cpu.cfs_quota_us",
    (2, "memory"): "memory.max",
    (2, "cpu"): "cpu.max",
    (1, "pids"): "pids.max",
    (2, "pids"): "pids.max",
}


class Cgroups:
    """The cgroups of one home's instances; `say` is told, in words, what the kernel refuses."""

    def __init__(self, home: Path, hierarchies: Sequence[Hierarchy], say: Callable[[str], None]) -> None:
        home_digest = hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:8]
        self._prefix = f"protoddf.{home_digest}"
        self._say = say
        self._hierarchies = [each for each in map(self._tried, hierarchies) if each is not None]

    @property
    def controllers(self) -> frozenset[str]:
        """What can be limited: some of memory, cpu and pids."""
        return frozenset(name for each in self._hierarchies for name in each.controllers)

    def enforced(self, limits: Limits) -> dict[str, Enforcer]:
        """Return, for each limit that is set, what enforces it here.

        An `rlimit` of processes is loose: it counts all that the user runs. Memory that no cgroup bounds is
        for the daemon to sample.
        """
        instead: dict[str, Enforcer] = {
            "memory_mib": "sampling",
            "cpu_percent": "nothing",
            "processes": "rlimit" if os.geteuid() else "nothing",
            "open_files": "rlimit",
        }
        return {
            field: "cgroup" if _CONTROLLER_OF.get(field) in self.controllers else otherwise
            for field, otherwise in instead.items()
            if getattr(limits, field) is not None
        }

    def make(self, app: str, slot: int, limits: Limits) -> list[str]:
        """Make the instance's cgroups with these limits, or change those there are; return their folders.

        An instance without limits has none. Call it again for one that was adopted: it sets the limits anew.
        """
        folders = []
        for hierarchy in self._hierarchies:
            folder = hierarchy.folder / f"{self._prefix}.{app}.{slot}"
            wanted = any(_value(limits, name) is not None for name in hierarchy.controllers)
            if (wanted and self._is_made(folder)) or folder.is_dir():
                folders.append(str(folder))
                self._set(folder, hierarchy, limits)
        return folders

    def clean(self) -> None:
        """Remove what an earlier daemon of this home has left and nobody is in."""
        for hierarchy in self._hierarchies:
            remove(str(folder) for folder in hierarchy.folder.glob(f"{self._prefix}.*"))

    def _is_made(self, folder: Path) -> bool:
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            self._say(f"no cgroup can be made at {folder}: {error.strerror}")
            return False
        return True

    def _set(self, folder: Path, hierarchy: Hierarchy, limits: Limits) -> None:
        for name in hierarchy.controllers:
            try:
                _write_limit(folder, hierarchy.version, name, _value(limits, name))
            except OSError as error:
                self._say(f"the limit of {name} of {folder} cannot be set: {error.strerror}")

    def _tried(self, hierarchy: Hierarchy) -> Hierarchy | None:
        """Return a hierarchy with the controllers that really work: a cgroup is made, limited and removed."""
        folder = hierarchy.folder / f"{self._prefix}.probe.{os.getpid()}"
        try:
            folder.mkdir(exist_ok=True)
        except OSError:
            return None
        try:
            works = frozenset(
                name for name in hierarchy.controllers if _can_limit(folder, hierarchy.version, name)
            )
            return hierarchy._replace(controllers=works) if works else None
        finally:
            remove([str(folder)])


def detect(home: Path, say: Callable[[str], None]) -> Cgroups:
    """Find out what cgroups are ours to use; call it once, before anything is started."""
    own = own_cgroups(_text("/proc/self/mountinfo"), _text("/proc/self/cgroup"))
    hierarchies = [found for each in own if (found := divisible(each)) is not None]
    return Cgroups(home, hierarchies, say)


def processes(folders: Iterable[str]) -> set[int]:
    """Return the processes in cgroups; one that is gone has none."""
    return {int(pid) for folder in folders for pid in _text(f"{folder}/{_PROCESSES}").split()}


def enter(folders: Iterable[str], pid: int) -> None:
    """Put a process that runs into cgroups; one that has ended, or may not be moved, is left as it is."""
    for folder in folders:
        with suppress(OSError):
            _write(Path(folder) / _PROCESSES, str(pid))


def oom_kills(folders: Iterable[str]) -> int:
    """Return how many processes the kernel has killed there for want of memory."""
    return sum(
        int(line.split()[1])
        for folder in folders
        for name in ("memory.events", "memory.oom_control")
        for line in _text(f"{folder}/{name}").splitlines()
        if line.startswith("oom_kill ")
    )


def kill(folders: Sequence[str]) -> int:
    """Kill every process in the cgroups, and none that has left them; return how many there were."""
    found = processes(folders)
    for folder in folders:
        for name, text in (("cgroup.kill", "1"), ("pids.max", "0")):
            with suppress(OSError):  # where it can be had: nothing in there can start another any more
                _write(Path(folder) / name, text)
    found |= processes(folders)
    for pid in found:
        with suppress(OSError):
            descriptor = os.pidfd_open(pid)
            try:
                if pid in processes(folders):  # what the descriptor names cannot change: so it is that one
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            finally:
                os.close(descriptor)
    return len(found)


def remove(folders: Iterable[str]) -> bool:
    """Remove cgroups; return whether none is left. One with processes, or with unreaped ones, stays."""
    left = False
    for folder in folders:
        try:
            Path(folder).rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            left = True
    return not left


def _can_limit(folder: Path, version: int, controller: str) -> bool:
    try:
        _write_limit(folder, version, controller, None)
    except OSError:
        return False
    return os.access(folder / _PROCESSES, os.W_OK)


def _value(limits: Limits, controller: str) -> int | None:
    return {"memory": limits.memory_mib, "cpu": limits.cpu_percent, "pids": limits.processes}[controller]


def _write_limit(folder: Path, version: int, controller: str, value: int | None) -> None:
    """Set a limit; None: none. Raises OSError."""
    for name, text in _side_settings(version, controller, value):
        with suppress(
            OSError
        ):  # swap may not be accounted for, and the order depends on what was there before
            _write(folder / name, text)
    _write(folder / _LIMIT_FILES[version, controller], _limit_text(version, controller, value))


def _side_settings(version: int, controller: str, value: int | None) -> Iterator[tuple[str, str]]:
    if controller == "memory" and version == 1:
        text = _limit_text(version, controller, value)
        yield from (("memory.limit_in_bytes", text), ("memory.memsw.limit_in_bytes", text))
    elif controller == "memory":
        yield from (("memory.swap.max", "max" if value is None else "0"), ("memory.oom.group", "1"))
    elif controller == "cpu" and version == 1:
        yield ("cpu.cfs_period_us", str(_PERIOD_US))


def _limit_text(version: int, controller: str, value: int | None) -> str:
    none = "-1" if version == 1 and controller != "pids" else "max"
    if controller == "memory":
        return none if value is None else str(value << 20)
    if controller == "pids":
        return none if value is None else str(value)
    quota = none if value is None else str(value * _PERIOD_US // 100)
    return quota if version == 1 else f"{quota} {_PERIOD_US}"


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)  # never O_CREAT: these files are the kernel's
    try:
        os.write(descriptor, text.encode("ascii"))
    finally:
        os.close(descriptor)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
