"""Packs memory before forks, so that what children make lies together on few pages of their own.

A page is shared until somebody writes to it. Python puts a small object into any hole of its size that it
finds, and a process that has imported much has holes on thousands of pages: each object of a child would
cost it a whole page. With the holes filled, children start on fresh pages. Saves 0.8 MiB an app (3.11).
"""

_ALIGNMENT = 16
_LARGEST = 512
"""Above it, an object is the C library's affair."""
_POOL = 16 * 1024 - 48
"""Bytes for objects in what Python's allocator hands to one size; see `Objects/obmalloc.c`, since 3.10."""
_OVERHEAD = b"".__sizeof__()
_ENOUGH = 50_000
"""Holes of one size; another allocator than Python's own would never look as if they were filled."""

_fillers: list[bytes] = []


def fill_holes() -> None:
    """Fill the holes between small objects, for the life of the process."""
    for size in range(3 * _ALIGNMENT, _LARGEST + 1, _ALIGNMENT):  # the smallest that bytes can have
        _fillers.extend(_holes_of(size))


def _holes_of(size: int) -> list[bytes]:
    """Return objects that fill the holes of that many bytes each: all but those of the first fresh pool."""
    fresh = _POOL // size - 2
    fillers: list[bytes] = []
    last = neighbours = 0
    while neighbours < fresh and len(fillers) < _ENOUGH:
        filler = bytes(size - _OVERHEAD)
        neighbours = neighbours + 1 if id(filler) - last == size else 0
        last = id(filler)
        fillers.append(filler)
    del fillers[len(fillers) - neighbours - 1 :]
    return fillers
