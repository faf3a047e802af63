"""What processes use, from /proc. Proportional memory costs about a millisecond a process: ask sparingly."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float | None:
    """Return the processor time that `pid` has used, user and system, in seconds; None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = text[text.rindex(b")") + 2 :].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def rss_bytes(pid: int) -> int | None:
    """Return the resident memory of `pid` in bytes; None when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * _PAGE
    except OSError:
        return None


def pss_bytes(pid: int) -> int | None:
    """Return the proportional set size of `pid` in bytes; None when it is gone or not ours to read."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_bytes()
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) * 1024
    return None


def ancestors(pid: int) -> list[int]:
    """Return the pids of the parent of `pid`, its parent, and so on, as far as they can be seen."""
    found: list[int] = []
    while pid > 1 and len(found) < 64:
        try:
            text = Path(f"/proc/{pid}/stat").read_bytes()
        except OSError:
            break
        pid = int(text[text.rindex(b")") + 2 :].split()[1])
        found.append(pid)
    return found
