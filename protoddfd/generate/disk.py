"""Two things that Python's library lacks: make a folder durable at once, rename without replacing."""

import ctypes
import errno
import functools
import os
from pathlib import Path

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1


def sync_folder_tree(folder: Path) -> None:
    """Put everything below `folder` on the disk, with one request to its file system instead of one a file.

    Raises:
        OSError: the disk refused.
    """
    syncfs = getattr(_libc(), "syncfs", None)
    if syncfs is None:
        os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if syncfs(descriptor) != 0:
            raise _last_error(folder)
    finally:
        os.close(descriptor)


def sync_entry(folder: Path) -> None:
    """Put the names in `folder` on the disk, not what is below them.

    Raises:
        OSError: the disk refused.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename_exclusively(old: Path, new: Path) -> None:
    """Give the folder `old` the name `new` in one step, on the same file system.

    Raises:
        FileExistsError: something has that name, and keeps it.
        OSError: the disk refused.
    """
    renameat2 = getattr(_libc(), "renameat2", None)
    if renameat2 is not None:
        if renameat2(_AT_FDCWD, os.fsencode(old), _AT_FDCWD, os.fsencode(new), _RENAME_NOREPLACE) == 0:
            return
        error = _last_error(new)
        if error.errno not in (errno.EINVAL, errno.ENOSYS):
            raise error
    new.mkdir()  # takes the name, or raises; an empty folder is what a rename may replace
    old.rename(new)


def _last_error(path: Path) -> OSError:
    code = ctypes.get_errno()
    return OSError(code, os.strerror(code), str(path))


@functools.lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
