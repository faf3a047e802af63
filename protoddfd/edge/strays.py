"""Finds and ends what belongs to an instance when no zygote can tell, for its parent is gone.

A process belongs to an instance when its environment says so, when it has the instance's lock open, or when
it descends from such a one or from a process that is known to have been the instance's. Nothing is signalled
but through a pidfd whose start time was verified.
"""

import asyncio
import os
import signal
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

import msgspec

from protoddfd.edge.faults import NO_DESCRIPTOR
from protoddfd.edge.instances import Slot
from protoddfd.edge.process import ProcessGone, ProcessRef
from protoddfd.zygote.instance_lock import lock_path
from protoddfd.zygote.messages import MARKER, marked

_Word = TypeVar("_Word")

By = Literal["environment", "lock", "descent"]

KILL_WAIT_S = 5.0
"""How long a killed process may take to be gone: it may hang in the kernel."""
ROUNDS = 4


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """A process that is, or was, an instance's; what it started belongs to the instance too."""

    slot: Slot
    pid: int
    start_time: int


class Stray(msgspec.Struct, frozen=True, kw_only=True):
    """A process of an instance, and how that is known. Its `ref` is the caller's to close."""

    slot: Slot
    by: By
    ref: ProcessRef


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How many processes ended when asked, how many had to be killed, and the pids of those that are left."""

    asked: int = 0
    killed: int = 0
    left: tuple[int, ...] = ()


class _Seen(NamedTuple):
    parent: int
    session: int
    start_time: int


def find(
    home: Path, over: Mapping[Slot, int], roots: Collection[Root] = (), spare: Collection[int] = ()
) -> list[Stray]:
    """Return the living processes of the instances in `over`: slot -> the last life that is over.

    `spare` are processes (pids) that are to be left alone with all that descends from them, such as those of
    a newer life, the zygote and the logger; this process is, too. Looks through every process of the machine,
    some 50 microseconds each: call it in a thread. Raises OSError when no descriptor is left.
    """
    everyone = dict(_everyone())
    spared = {os.getpid(), *_kin(everyone, dict.fromkeys(spare))}
    candidates = [pid for pid in everyone if pid not in spared and pid != 1]
    found: dict[int, tuple[Slot, By]] = {}
    for pid, slot, by in _own_word(home, over, candidates):
        found.setdefault(pid, (slot, by))
    origins = {pid: slot for pid, (slot, _) in found.items()}
    origins |= {root.pid: root.slot for root in roots if root.slot in over and _is_meant(root, everyone)}
    for pid, slot in _kin(everyone, origins).items():
        if pid not in spared:
            found.setdefault(pid, (slot, "descent"))
    return _referred(found, everyone)


async def end(refs: Collection[ProcessRef], grace_s: float) -> Ended:
    """Ask every process to end, kill those that have not after `grace_s` seconds, and wait for that."""
    for ref in refs:
        for number in (signal.SIGTERM, signal.SIGCONT):  # one that is stopped cannot hear the first
            _signal(ref, number)
    asked = await _gone(refs, grace_s)
    obstinate = [ref for ref in refs if ref.alive]
    for ref in obstinate:
        _signal(ref, signal.SIGKILL)
    killed = await _gone(obstinate, KILL_WAIT_S)
    return Ended(asked=asked, killed=killed, left=tuple(ref.pid for ref in obstinate if ref.alive))


async def clear(
    home: Path,
    over: Mapping[Slot, int],
    roots: Collection[Root] = (),
    spare: Collection[int] = (),
    *,
    grace_s: float,
) -> Ended:
    """Find and end, until nothing is found: what forks while it is ended is found by the next look.

    `left` are those that may not be signalled or hang. Raises OSError when no descriptor is left.
    """
    total = Ended()
    for _ in range(ROUNDS):
        strays = await asyncio.to_thread(find, home, over, roots, spare)
        refs = [stray.ref for stray in strays if stray.ref.pid not in total.left]
        try:
            ended = await end(refs, grace_s)
        finally:
            for stray in strays:
                stray.ref.close()
        total = Ended(
            asked=total.asked + ended.asked,
            killed=total.killed + ended.killed,
            left=(*total.left, *ended.left),
        )
        if not refs:
            break
        grace_s = 0.0
    return total


# Whose a process is --------------------------------------------------------------------------------------


def _own_word(
    home: Path, over: Mapping[Slot, int], candidates: Iterable[int]
) -> Iterator[tuple[int, Slot, By]]:
    """Yield the processes that say themselves whose they are, by environment or by a lock they hold open."""
    true_home = os.path.realpath(home)
    locks = {os.path.realpath(lock_path(home, *slot)): slot for slot in over}
    for pid in candidates:
        key = _marked(pid, true_home)
        if key is not None:
            if key[:2] in over and key[2] <= over[key[:2]]:
                yield pid, key[:2], "environment"
            continue
        for path in _open_files(pid):
            if path in locks:
                yield pid, locks[path], "lock"
                break


def _marked(pid: int, true_home: str) -> tuple[str, int, int] | None:
    shown = _environment(pid)
    home = shown.get("PROTODDF_HOME", "")
    if MARKER not in shown or not home.startswith("/") or os.path.realpath(home) != true_home:
        return None
    return marked(shown[MARKER])


def _is_meant(root: Root, everyone: Mapping[int, _Seen]) -> bool:
    """Tell whether the number still stands for the root: none is given anew while its session lives."""
    seen = everyone.get(root.pid)
    return seen is None or seen.start_time == root.start_time


def _kin(everyone: Mapping[int, _Seen], origins: Mapping[int, _Word]) -> dict[int, _Word]:
    """Return `origins`, what they started, and what is in a session that one of these leads or led."""
    below: dict[int, list[int]] = {}
    for pid, seen in everyone.items():
        for above in {seen.parent, seen.session} - {pid, 0, 1}:
            below.setdefault(above, []).append(pid)
    found = dict(origins)
    waiting = list(origins)
    while waiting:
        above = waiting.pop()
        for pid in below.get(above, ()):
            if pid not in found:
                found[pid] = found[above]
                waiting.append(pid)
    return {pid: word for pid, word in found.items() if pid in everyone}


def _referred(found: Mapping[int, tuple[Slot, By]], everyone: Mapping[int, _Seen]) -> list[Stray]:
    referred: list[Stray] = []
    with ExitStack() as unless_complete:
        for pid, (slot, by) in found.items():
            with suppress(ProcessGone):
                ref = unless_complete.enter_context(closing(ProcessRef(pid, everyone[pid].start_time)))
                referred.append(Stray(slot=slot, by=by, ref=ref))
        unless_complete.pop_all()
    return referred


# What /proc says -----------------------------------------------------------------------------------------


def _everyone() -> Iterator[tuple[int, _Seen]]:
    for name in os.listdir("/proc"):  # noqa: PTH208  numbers, not paths
        if not name.isdecimal():
            continue
        text = _read(f"/proc/{name}/stat")
        fields = text[text.rfind(b")") + 2 :].split()
        if fields and fields[0] not in b"ZX":
            yield int(name), _Seen(int(fields[1]), int(fields[3]), int(fields[19]))


def _environment(pid: int) -> dict[str, str]:
    text = _read(f"/proc/{pid}/environ")
    pairs = (entry.partition(b"=") for entry in reversed(text.split(b"\0")))  # the first of a name counts
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}


def _open_files(pid: int) -> Iterator[str]:
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)  # noqa: PTH208  numbers, not paths
    except OSError as error:
        _raise_unless_looked(error)
        return
    for name in names:
        with suppress(OSError):
            yield os.readlink(f"{folder}/{name}")  # noqa: PTH115  thousands of them: no Path for each


def _read(path: str) -> bytes:
    """Return what a file of /proc says; nothing when the process is gone or not ours to look at."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        _raise_unless_looked(error)
        return b""


def _raise_unless_looked(error: OSError) -> None:
    """To find nothing because nothing could be looked at is not to find nothing."""
    if error.errno in NO_DESCRIPTOR:
        raise error


def _signal(ref: ProcessRef, number: signal.Signals) -> None:
    with suppress(ProcessGone, PermissionError):
        ref.send(number)


async def _gone(refs: Collection[ProcessRef], within_s: float) -> int:
    """Return how many of `refs` are gone, at the latest after so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await asyncio.gather(*(ref.exited() for ref in refs))
    return sum(not ref.alive for ref in refs)
