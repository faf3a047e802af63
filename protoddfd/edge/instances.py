"""Who holds the instances' locks: how processes are found after the zygote died too. Takes none."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from protoddfd.edge.faults import NO_DESCRIPTOR
from protoddfd.zygote.instance_lock import Evidence, Holder, forget_evidence, read_evidence

Slot = tuple[str, int]
"""An app's name and the number of one of its slots."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the lock file of a slot tells.

    A holder's pid may be gone although the lock is `held`, when what it left behind still has it: refer to it
    by `ProcessRef(pid, start_time)`, which tells. Not held and of the `same_boot`: it ended, perhaps unseen.
    """

    holder: Holder
    held: bool
    same_boot: bool


def survey(home: Path) -> dict[Slot, Found]:
    """Return what the lock of every slot tells that says who ran last in it; 500 take a few milliseconds.

    A file that is not ours to read is left out. Raises OSError when no descriptor is left.
    """
    return {
        slot: Found(holder=seen.holder, held=seen.held, same_boot=seen.held or seen.of_this_boot)
        for slot, seen in _evidence(home)
        if seen.holder is not None
    }


def nameless(home: Path) -> tuple[Slot, ...]:
    """Return the slots whose lock is held and does not say by whom; `strays.find` can tell.

    The disk was full when they started, or they were killed at that moment and left something behind.
    Raises OSError when no descriptor is left.
    """
    return tuple(slot for slot, seen in _evidence(home) if seen.held and seen.holder is None)


def forget(home: Path) -> None:
    """Remove the locks that nobody holds, after a stop that was meant: no end was left unseen.

    What cannot be removed is left.
    """
    folder = home / "run" / "instances"
    for path in folder.iterdir() if folder.is_dir() else ():
        with suppress(OSError):
            forget_evidence(path)


def _evidence(home: Path) -> Iterator[tuple[Slot, Evidence]]:
    folder = home / "run" / "instances"
    for name in os.listdir(folder) if folder.is_dir() else ():  # noqa: PTH208  names, not paths
        app, _, slot = name.rpartition(".")
        seen = _read(folder / name) if app and slot.isdecimal() else None
        if seen is not None:
            yield (app, int(slot)), seen


def _read(path: Path) -> Evidence | None:
    try:
        return read_evidence(path)
    except OSError as error:
        if error.errno in NO_DESCRIPTOR:
            raise
        return None
