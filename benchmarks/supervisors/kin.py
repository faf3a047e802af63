"""The processes of one run: found by the folder that they carry, never by a program's name.

A signal is sent through a descriptor that was opened before the process was looked at, so it cannot reach
another one that got the same number meanwhile.
"""

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

_SCANS = 100
_PAUSE_S = 0.05


def carries(pid: int, folder: Path) -> bool:
    """Tell whether a live process has `folder` in its command line, environment or working directory."""
    token = os.fsencode(folder)
    for name in ("cmdline", "environ"):
        with suppress(OSError):
            if token in Path(f"/proc/{pid}/{name}").read_bytes():
                return _is_alive(pid)
    with suppress(OSError):
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder) and _is_alive(pid)
    return False


def _is_alive(pid: int) -> bool:
    with suppress(psutil.Error):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


def kin(folder: Path) -> set[int]:
    """Return every live process that carries `folder`, this one apart."""
    return {pid for pid in psutil.pids() if pid != os.getpid() and carries(pid, folder)}


@contextmanager
def held(pid: int, folder: Path) -> Iterator[int]:
    """Yield a descriptor of a process that carries `folder`.

    Raises:
        ProcessLookupError: there is no such process, or it does not.
    """
    descriptor = os.pidfd_open(pid)
    try:
        if not carries(pid, folder):
            raise ProcessLookupError(f"process {pid} does not belong to {folder}")
        yield descriptor
    finally:
        os.close(descriptor)


def kill(pid: int, folder: Path) -> None:
    """Kill a process that carries `folder`; raise ProcessLookupError for any other."""
    with held(pid, folder) as descriptor:
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)


def end_all(folder: Path, first: Collection[int] = ()) -> None:
    """Kill every process that carries `folder`, `first` before the others, until none is left.

    Raises:
        TimeoutError: some would not end, or new ones kept coming.
    """
    for pid in first:
        with suppress(ProcessLookupError):
            kill(pid, folder)
    for _ in range(_SCANS):
        left = kin(folder)
        if not left:
            return
        for pid in left:
            with suppress(ProcessLookupError):
                kill(pid, folder)
        time.sleep(_PAUSE_S)
    raise TimeoutError(f"processes of {folder} are left: {sorted(kin(folder))}")


def seconds_until_gone(pids: Collection[int], call: Callable[[], object], limit_s: float) -> float:
    """Run `call` beside; return the seconds from then until every process has ended.

    Raises:
        TimeoutError: some had not within `limit_s`.
    """
    poller = select.poll()
    left: set[int] = set()
    for pid in pids:
        with suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            left.add(descriptor)
            poller.register(descriptor, select.POLLIN)
    begun = time.perf_counter()
    beside = threading.Thread(target=call, daemon=True)
    beside.start()
    while left and time.perf_counter() - begun < limit_s:
        for descriptor, _ in poller.poll(100):
            poller.unregister(descriptor)
            os.close(descriptor)
            left.remove(descriptor)
    took_s = time.perf_counter() - begun
    beside.join(limit_s)
    for descriptor in left:
        os.close(descriptor)
    if left:
        raise TimeoutError(f"{len(left)} programs still run after {took_s:.0f} s")
    return took_s
