"""Who holds the instances' locks at this moment."""

from pathlib import Path

from protoddfd.edge.instances import Slot, survey
from protoddfd.zygote.instance_lock import Holder, read_evidence


def read_holder(path: Path) -> Holder | None:
    """Return who holds a lock, or None when nobody does or nothing readable is written."""
    evidence = read_evidence(path)
    return evidence.holder if evidence is not None and evidence.held else None


def holders(home: Path) -> dict[Slot, Holder]:
    """Return the holder of every slot whose lock is held."""
    return {slot: found.holder for slot, found in survey(home).items() if found.held}
