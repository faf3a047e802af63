"""Who holds the instances' locks: how processes are found after the zygote died too. Takes none."""

from pathlib import Path

import msgspec

from protoddfd.zygote.instance_lock import Holder, read_holder


def holders(home: Path) -> dict[tuple[str, int], Holder]:
    """Return the living holder of every (app, slot) whose lock is held.

    A holder's pid may be gone all the same, when what it left behind still has the lock: refer to it by
    `ProcessRef(pid, start_time)`, which tells. Raises OSError when a lock file cannot be read.
    """
    folder = home / "run" / "instances"
    found: dict[tuple[str, int], Holder] = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        app, _, slot = path.name.rpartition(".")
        holder = read_holder(path) if app and slot.isdigit() else None
        if holder is not None:
            found[(app, int(slot))] = holder
    return found


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the lock file of a slot tells."""

    holder: Holder
    held: bool
    same_boot: bool


def survey(home: Path) -> dict[tuple[str, int], Found]:
    """Return what the lock of every (app, slot) tells."""
    return {key: Found(holder=holder, held=True, same_boot=True) for key, holder in holders(home).items()}
