"""The files of an instance's log as a reader finds them: the one being written and those put aside before."""

import os
from pathlib import Path

import msgspec

from protoddfd.logger.names import counts_name, current_name, parse_log_name, part_name

_TRIES = 100
_BLOCK = 4096


class _Counts(msgspec.Struct, frozen=True):
    removed: int = 0


class LogPosition(msgspec.Struct, frozen=True):
    """A place in an instance's log: `offset` bytes into the file with that inode."""

    slot: int
    inode: int
    offset: int


class LogEnd:
    """The newest file of an instance's log, open, with its number. Close it when done."""

    __slots__ = ("_folder", "descriptor", "sequence", "slot")

    def __init__(self, folder: Path, slot: int, descriptor: int, sequence: int) -> None:
        self._folder = folder
        self.slot = slot
        self.descriptor = descriptor
        self.sequence = sequence

    def older(self) -> list[int]:
        """Return the numbers of the files that were put aside before this one, the latest first."""
        return [number for number in reversed(sequences(self._folder, self.slot)) if number < self.sequence]

    @property
    def inode(self) -> int:
        """The file's inode; nothing else has it while the file is open."""
        return os.fstat(self.descriptor).st_ino

    def position(self, offset: int) -> LogPosition:
        """Return a place in this file."""
        return LogPosition(self.slot, self.inode, offset)

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)


def open_end(folder: Path, slot: int) -> LogEnd | None:
    """Open the newest file of an instance's log; None when there is none. Raises OSError.

    Nobody is asked to wait with putting files aside: one that was put aside in between is looked at again.
    """
    for _ in range(_TRIES):
        try:
            descriptor = os.open(folder / current_name(slot), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            numbers = sequences(folder, slot)
            if not numbers:
                return None
            opened = open_part(folder, slot, numbers[-1])
            if opened is not None:
                return opened
            continue
        last = max([_removed(folder, slot), *sequences(folder, slot)])
        if is_current(folder, slot, descriptor):
            return LogEnd(folder, slot, descriptor, last + 1)
        os.close(descriptor)
    raise OSError(f"the files of {folder}/{slot} change too fast to be read")


def open_position(folder: Path, position: LogPosition) -> LogEnd | None:
    """Open the file that a position is in; None when it has been removed."""
    newest = open_end(folder, position.slot)
    if newest is None or newest.inode == position.inode:
        return newest
    newest.close()
    for number in reversed(sequences(folder, position.slot)):
        part = open_part(folder, position.slot, number)
        if part is not None:
            if part.inode == position.inode:
                return part
            part.close()
    return None


def open_part(folder: Path, slot: int, sequence: int) -> LogEnd | None:
    """Open a file that was put aside; None when it has been removed."""
    try:
        descriptor = os.open(folder / part_name(slot, sequence), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    return LogEnd(folder, slot, descriptor, sequence)


def is_current(folder: Path, slot: int, descriptor: int) -> bool:
    """Tell whether an open file is the one that is being written."""
    try:
        return os.path.samestat((folder / current_name(slot)).stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def slots(folder: Path) -> list[int]:
    """Return the slots that have logs, in order."""
    found = (parse_log_name(name) for name in _names(folder))
    return sorted({each[0] for each in found if each is not None})


def sequences(folder: Path, slot: int) -> list[int]:
    """Return the numbers of an instance's files that were put aside, in order."""
    found = (parse_log_name(name) for name in _names(folder))
    return sorted(each[1] for each in found if each is not None and each[0] == slot and each[1])


def _removed(folder: Path, slot: int) -> int:
    """Return the number of the last file that was removed, 0 when none was."""
    try:
        return msgspec.json.decode((folder / counts_name(slot)).read_bytes(), type=_Counts).removed
    except (OSError, msgspec.MsgspecError):
        return 0


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 -- a Path for each name would be made for nothing
    except FileNotFoundError:
        return []


def whole_bytes(descriptor: int) -> int:
    """Return how long a file is up to its last newline: the logger may be writing at this moment."""
    size = os.fstat(descriptor).st_size
    while size > 0:
        start = max(0, size - _BLOCK)
        newline = os.pread(descriptor, size - start, start).rfind(b"\n")
        if newline != -1:
            return start + newline + 1
        size = start
    return 0
