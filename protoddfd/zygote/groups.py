"""The cgroups that the daemon made for an instance: entered before anything runs, asked who is in them."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from protoddfd.zygote.processes import read

PROCESSES = "cgroup.procs"
TASKS_MAX = "pids.max"


def enter(folders: Iterable[str]) -> list[str]:
    """Put this process into the cgroups; return what was refused, in words."""
    refused = []
    for folder in folders:
        try:
            (Path(folder) / PROCESSES).write_text("0", encoding="ascii")
        except OSError as error:
            refused.append(f"it is not in the cgroup {folder}: {error.strerror}")
    return refused


def members(folders: Iterable[str]) -> set[int]:
    """Return the processes in the cgroups; a cgroup that is gone has none."""
    found: set[int] = set()
    for folder in folders:
        with suppress(OSError):
            found.update(int(pid) for pid in read(f"{folder}/{PROCESSES}").split())
    return found


def bounds_processes(folders: Iterable[str]) -> bool:
    """Return whether one of the cgroups can bound how many processes there are."""
    return any((Path(folder) / TASKS_MAX).exists() for folder in folders)


def stop_forks(folders: Iterable[str]) -> None:
    """Let nothing in the cgroups start another process, where they can bound that: then one kill ends all."""
    for folder in folders:
        if bounds_processes([folder]):
            with suppress(OSError):
                (Path(folder) / TASKS_MAX).write_text("0", encoding="ascii")
