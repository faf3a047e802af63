"""What processes use, from /proc and their clocks. Cheap, but for proportional memory: a millisecond each.

Nothing here raises for a process that has ended: its figures are None, or missing from a sum.
"""

import os
import time

import msgspec

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_READ = 64 * 1024
_LARGEST_FAMILY = 4096
_UTIME = 11
"""Index of the user time among the fields of /proc/PID/stat that follow the name; three more follow it."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What an instance uses: one process, or a process and its descendants."""

    processes: int
    cpu_s: float
    """Processor time since its start, user and system; with it that of children that were waited for."""
    rss_bytes: int
    """Resident memory; what processes share is counted for each of them."""
    threads: int
    open_files: int | None
    """None where another user's processes may not be looked into."""
    read_bytes: int | None
    """Fetched from storage; None as above."""
    written_bytes: int | None
    """Sent to storage; None as above."""


class Io(msgspec.Struct, frozen=True, kw_only=True):
    """What a process, and children that it waited for, fetched from and sent to storage."""

    read_bytes: int
    written_bytes: int


def usage(pid: int, *, family: bool) -> Usage | None:
    """Return what `pid` uses, with `family` its descendants too; None when it has ended."""
    pids = descendants(pid) if family else [pid]
    cpu_s = family_cpu_seconds(pids) if family else cpu_seconds(pid)
    memory = rss_bytes(pid)
    if cpu_s is None or memory is None:
        return None
    files = open_files(pid)
    io = io_bytes(pid)
    if len(pids) > 1:
        memory += sum(rss_bytes(each) or 0 for each in pids[1:])
        files = None if files is None else files + sum(open_files(each) or 0 for each in pids[1:])
        io = None if io is None else _sum_io(io, pids[1:])
    return Usage(
        processes=len(pids),
        cpu_s=cpu_s,
        rss_bytes=memory,
        threads=sum(threads(each) or 0 for each in pids),
        open_files=files,
        read_bytes=io.read_bytes if io else None,
        written_bytes=io.written_bytes if io else None,
    )


def _sum_io(first: Io, others: list[int]) -> Io:
    parts = [first, *(found for each in others if (found := io_bytes(each)) is not None)]
    return Io(
        read_bytes=sum(part.read_bytes for part in parts),
        written_bytes=sum(part.written_bytes for part in parts),
    )


def cpu_seconds(pid: int) -> float | None:
    """Return the processor time that `pid` has used, user and system, in seconds; None when it is gone.

    Read from the process's own clock (clock_getcpuclockid(3)): a tenth of the cost of its file in /proc.
    """
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return None


def family_cpu_seconds(pids: list[int]) -> float | None:
    """Return the processor time of `pids` and of their children that have ended; None when the first is gone.

    It grows as long as every process of the family waits for its children, to within a clock tick.
    """
    total = 0
    for place, pid in enumerate(pids):
        text = _read(f"/proc/{pid}/stat")
        if text:
            total += sum(map(int, text[text.rindex(b")") + 2 :].split()[_UTIME : _UTIME + 4]))
        elif place == 0:
            return None
    return total / _TICKS


def rss_bytes(pid: int) -> int | None:
    """Return the resident memory of `pid` in bytes; None when it is gone."""
    text = _read(f"/proc/{pid}/statm")
    return int(text.split(None, 2)[1]) * _PAGE if text else None


def family_rss_bytes(pid: int) -> int | None:
    """Return the resident memory of `pid` and its descendants in bytes; None when it is gone."""
    first = rss_bytes(pid)
    if first is None:
        return None
    return first + sum(rss_bytes(each) or 0 for each in descendants(pid)[1:])


def pss_bytes(pid: int) -> int | None:
    """Return the proportional set size of `pid` in bytes; None when it is gone or not ours to read."""
    text = _read(f"/proc/{pid}/smaps_rollup")
    at = text.find(b"\nPss:")
    return int(text[at + 5 :].split(None, 1)[0]) * 1024 if at >= 0 else None


def family_pss_bytes(pid: int) -> int | None:
    """Return the proportional set size of `pid` and its descendants in bytes; None as for one."""
    first = pss_bytes(pid)
    if first is None:
        return None
    return first + sum(pss_bytes(each) or 0 for each in descendants(pid)[1:])


def open_files(pid: int) -> int | None:
    """Return how many descriptors `pid` has; None when it is gone or not ours to look into."""
    folder = f"/proc/{pid}/fd"
    try:
        return os.stat(folder).st_size or len(os.listdir(folder))  # noqa: PTH116, PTH208 -- hundreds of them
    except OSError:
        return None


def threads(pid: int) -> int | None:
    """Return how many threads `pid` has; None when it is gone."""
    try:
        return os.stat(f"/proc/{pid}/task").st_nlink - 2  # noqa: PTH116 -- hundreds of them
    except OSError:
        return None


def io_bytes(pid: int) -> Io | None:
    """Return what `pid` fetched from and sent to storage; None when it is gone or not ours to look into."""
    text = _read(f"/proc/{pid}/io")
    lines = dict(line.split(b": ", 1) for line in text.splitlines())
    if b"read_bytes" not in lines or b"write_bytes" not in lines:
        return None
    return Io(read_bytes=int(lines[b"read_bytes"]), written_bytes=int(lines[b"write_bytes"]))


def descendants(pid: int) -> list[int]:
    """Return `pid` and every process that descends from it, parents before their children.

    A child whose parent has ended has gone over to another parent and is not among them.
    """
    found = [pid]
    for each in found:
        if len(found) < _LARGEST_FAMILY:
            found += _children(each)
    return found


def _children(pid: int) -> list[int]:
    """Return the children of every thread of `pid`: each is listed with the thread that made it."""
    if threads(pid) == 1:
        return _children_of_thread(pid, str(pid))
    try:
        numbers = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 -- as above
    except OSError:
        return []
    return [child for number in numbers for child in _children_of_thread(pid, number)]


def _children_of_thread(pid: int, thread: str) -> list[int]:
    return [int(child) for child in _read(f"/proc/{pid}/task/{thread}/children").split()]


def ancestors(pid: int) -> list[int]:
    """Return the pids of the parent of `pid`, its parent, and so on, as far as they can be seen."""
    found: list[int] = []
    while pid > 1 and len(found) < 64:
        text = _read(f"/proc/{pid}/stat")
        if not text:
            break
        pid = int(text[text.rindex(b")") + 2 :].split(None, 2)[1])
        found.append(pid)
    return found


def _read(path: str) -> bytes:
    """Return the content of a small file of /proc, empty when it cannot be read: the process has ended."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, _READ)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
