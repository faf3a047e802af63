"""What processes use, as the kernel counts it; and how to end those that were started here."""

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

MIB = 1 << 20


def pss_mib(pid: int) -> float:
    """Return the proportional set size of a process in MiB: shared pages count in parts."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"/proc/{pid}/smaps_rollup has no Pss")


def peak_mib(pid: int) -> float:
    """Return the most memory in MiB that a process has ever had resident."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"/proc/{pid}/status has no VmHWM")


def cpu_s(pid: int) -> float:
    """Return the processor time of a process's threads in seconds, as precise as the scheduler has it."""
    nanoseconds = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        nanoseconds += int((thread / "schedstat").read_text().split()[0])
    return nanoseconds / 1e9


def cpu_used(pids: Iterable[int], seconds: float) -> dict[int, float]:
    """Return the processor time in seconds that each process uses within the next `seconds`."""
    before = {pid: cpu_s(pid) for pid in pids}
    time.sleep(seconds)
    return {pid: cpu_s(pid) - used for pid, used in before.items()}


def tree(pid: int) -> list[int]:
    """Return a process and all below it."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def end_tree(pid: int, grace_s: float = 10.0) -> None:
    """End a process that was started here and all below it: asked first, then by force."""
    try:
        top = psutil.Process(pid)
        family = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    with suppress(psutil.NoSuchProcess):
        top.send_signal(signal.SIGTERM)
    _, left = psutil.wait_procs(family, grace_s)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, 5)
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
