"""What /proc says of processes that descend from this one, and signals to them alone.

A direct child keeps its number until this process has reaped it, so it can be signalled by number; any other
is held by a pidfd and looked at again first.
"""

import os
import select
import signal
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

_READ_MAX = 1 << 20


class Seen(NamedTuple):
    """A process as /proc/PID/stat shows it; `start_time` is in clock ticks since boot."""

    parent: int
    session: int
    start_time: int
    zombie: bool


def read(path: str) -> bytes:
    """Return what a file of /proc says; raises OSError when the process is gone or not ours to look at."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = []
        while part := os.read(descriptor, _READ_MAX):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(descriptor)


def look(pid: int) -> Seen | None:
    """Return what there is to see of a process; None when it is gone."""
    try:
        text = read(f"/proc/{pid}/stat")
    except OSError:
        return None
    fields = text[text.rindex(b")") + 2 :].split()
    return Seen(
        parent=int(fields[1]), session=int(fields[3]), start_time=int(fields[19]), zombie=fields[0] in b"ZX"
    )


def own_children_but(known: Container[int], count: int) -> list[int]:
    """Return the children of this process that are not among its `count` known ones; it has one thread."""
    pid = os.getpid()
    if not _kernel_lists_children():
        return [child for child in children_by_scan(pid) if child not in known]
    text = read(f"/proc/self/task/{pid}/children")
    if text.count(b" ") == count:  # hundreds are not even looked at
        return []
    return [child for child in map(int, text.split()) if child not in known]


def children(pid: int) -> list[int]:
    """Return the children of another process, as far as they hold still; none when it is gone."""
    if not _kernel_lists_children():
        return children_by_scan(pid)
    found: list[int] = []
    for thread in _names(f"/proc/{pid}/task"):
        with suppress(OSError):
            found.extend(int(each) for each in read(f"/proc/{pid}/task/{thread}/children").split())
    return found


def children_by_scan(pid: int) -> list[int]:
    """Return the children of a process from every process's own word, for a kernel without their list."""
    everyone = [int(name) for name in _names("/proc") if name.isdecimal()]
    return [each for each in everyone if (seen := look(each)) is not None and seen.parent == pid]


@lru_cache(maxsize=1)
def _kernel_lists_children() -> bool:
    return Path(f"/proc/self/task/{os.getpid()}/children").exists()


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208  numbers, not paths
    except OSError:
        return []


def descendants(pid: int) -> Iterator[tuple[int, int]]:
    """Yield (pid, its parent's pid) of all that descends from a process, parents first."""
    waiting = [(child, pid) for child in children(pid)]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend((child, found[0]) for child in children(found[0]))


def environment(pid: int) -> dict[str, str]:
    """Return what a process shows of its environment; empty when it is not ours to look at."""
    try:
        text = read(f"/proc/{pid}/environ")
    except OSError:
        return {}
    pairs = (entry.partition(b"=") for entry in text.split(b"\0"))
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs if name}


def open_files(pid: int) -> Iterator[str]:
    """Yield the paths of what a process has open; none when it is not ours to look at."""
    folder = f"/proc/{pid}/fd"
    for name in _names(folder):
        with suppress(OSError):
            yield os.readlink(f"{folder}/{name}")  # noqa: PTH115  text, not a path


def signal_child(pid: int, numbers: Iterable[signal.Signals]) -> bool:
    """Signal an unreaped child of this process; return whether that was allowed."""
    try:
        for number in numbers:
            os.kill(pid, number)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return True


def signal_kin(pid: int, parent: int, numbers: Iterable[signal.Signals]) -> None:
    """Signal a process if it still is a child of `parent`; one that is gone, or not ours, is left alone."""
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return
    try:
        # the order matters: what the descriptor names cannot change any more, so the look comes after it
        seen = look(pid)
        if seen is not None and seen.parent == parent and not _has_ended(descriptor):
            for number in numbers:
                signal.pidfd_send_signal(descriptor, number)
    except OSError:
        return
    finally:
        os.close(descriptor)


def _has_ended(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
