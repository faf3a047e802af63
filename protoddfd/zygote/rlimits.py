"""The limits that the kernel keeps for a process by itself: open files, and processes where no cgroup does.

RLIMIT_NPROC counts the threads of all that the user runs, not of one instance, and does not bind root. So it
is set to what runs at the start plus what was asked for: others that start later take of it.
"""

import os
import resource
from collections.abc import Sequence
from contextlib import suppress

from protoddfd.zygote import groups
from protoddfd.zygote.messages import Limits


def tasks_max(limits: Limits | None, cgroups: Sequence[str]) -> int | None:
    """Return the value of RLIMIT_NPROC for an instance that starts now; None: leave it as it is."""
    if limits is None or limits.processes is None or os.geteuid() == 0 or groups.bounds_processes(cgroups):
        return None
    return _tasks(os.getuid()) + limits.processes


def apply(limits: Limits | None, cgroups: Sequence[str]) -> list[str]:
    """Set the limits of this process, and so of what it starts; return what was refused, in words."""
    wanted = {
        resource.RLIMIT_NOFILE: limits.open_files if limits is not None else None,
        resource.RLIMIT_NPROC: tasks_max(limits, cgroups),
    }
    refused = []
    for which, most in wanted.items():
        if most is None:
            continue
        try:
            resource.setrlimit(which, (most, most))
        except (OSError, ValueError) as error:
            refused.append(f"a limit of {most} was refused: {error}")
    return refused


def _tasks(user: int) -> int:
    """Return how many threads a user has."""
    count = 0
    for name in os.listdir("/proc"):  # noqa: PTH208  numbers, not paths
        if name.isdecimal():
            with suppress(OSError):
                seen = os.stat(f"/proc/{name}/task")  # noqa: PTH116  called for every process
                count += seen.st_nlink - 2 if seen.st_uid == user else 0
    return count
