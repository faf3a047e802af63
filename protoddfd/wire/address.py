"""Unix socket addresses of any length: the kernel takes 107 bytes, a path through a descriptor is short."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_LONGEST_BYTES = 107


@contextmanager
def address(path: str) -> Iterator[str]:
    """Yield a name for the socket `path` that bind and connect accept, valid inside the block.

    Raises:
        OSError: the path is long and its folder cannot be opened.
    """
    if len(os.fsencode(path)) <= _LONGEST_BYTES:
        yield path
        return
    folder, _, name = path.rpartition("/")
    descriptor = os.open(folder or "/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{name}"
    finally:
        os.close(descriptor)
