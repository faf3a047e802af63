"""How much room a folder takes on disk. Bounded in entries and time: a folder may be anybody's home."""

import os
import time
from collections.abc import Iterator

import msgspec

ENTRIES_MAX = 100_000
TIME_MAX_S = 2.0


class FolderSize(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted; not all of it where the bounds were met first."""

    used_bytes: int
    entries: int
    complete: bool


def folder_size(path: str, *, entries_max: int = ENTRIES_MAX, time_max_s: float = TIME_MAX_S) -> FolderSize:
    """Return what the files below `path` take on its disk, as `du -x` counts; links are not followed.

    What cannot be read, or vanishes meanwhile, counts nothing. Blocks while it looks: call it in a thread.
    """
    deadline = time.monotonic() + time_max_s
    used, entries = 0, 0
    linked: set[int] = set()
    try:
        top = os.stat(path)  # noqa: PTH116 -- beside the thousands of its entries, which are no Paths either
    except OSError:
        return FolderSize(used_bytes=0, entries=0, complete=True)
    for found in _below(path, top.st_dev):
        entries += 1
        if found.st_nlink == 1 or found.st_ino not in linked:
            used += found.st_blocks * 512
        if found.st_nlink > 1:
            linked.add(found.st_ino)
        if entries >= entries_max or time.monotonic() > deadline:
            return FolderSize(used_bytes=used, entries=entries, complete=False)
    return FolderSize(used_bytes=used + top.st_blocks * 512, entries=entries, complete=True)


def _below(path: str, device: int) -> Iterator[os.stat_result]:
    """Yield the status of everything below `path` on the same device."""
    folders = [path]
    while folders:
        try:
            with os.scandir(folders.pop()) as found:
                entries = list(found)
        except OSError:
            continue
        for entry in entries:
            status = _status(entry)
            if status is not None and status.st_dev == device:
                yield status
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:
        return None
