"""Archives that unpack to more than anybody can want are refused before they are unpacked."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dataforms.sheets.refused import ImportRefused

_MIB = 1 << 20
UNPACKED_LIMIT = 1024 * _MIB
"""Bytes that an archive may have unpacked, all in all."""
RATIO_LIMIT = 250
"""Times that it may grow, beyond a first few MiB; tables grow 10- to 100-fold."""
_ALWAYS = 64 * _MIB
PARTS_LIMIT = 5_000
_BLOCK = 1 << 18
_DEFLATE_RATIO = 1_040
"""Times that a part can grow at most."""
_SMALL = 4 * _MIB


def most_bytes(packed: int) -> int:
    """Return how many bytes may come out of this many."""
    return min(UNPACKED_LIMIT, max(_ALWAYS, RATIO_LIMIT * packed))


def too_large() -> ImportRefused:
    """Return the refusal of what unpacks to too much."""
    return ImportRefused(
        f"it unpacks to more than {UNPACKED_LIMIT // _MIB:,} MiB, or more than {RATIO_LIMIT} times as much",
        "unpack it yourself, and give the files in it",
    )


@contextmanager
def unzipped(path: Path) -> Iterator[zipfile.ZipFile]:
    """Lend a zip archive; raise ImportRefused for one that cannot be read."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ImportRefused(f"it is a damaged archive: {str(error)[:200]}", "make it again") from error
    with archive:
        yield archive


def refuse_bomb(path: Path) -> None:
    """Raise ImportRefused for a zip archive that unpacks to too much, whatever its directory says.

    Anything that is no zip archive is let through.
    """
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":
            return
    with unzipped(path) as archive:
        parts = archive.infolist()
        if len(parts) > PARTS_LIMIT:
            raise ImportRefused(f"it has {len(parts):,} parts; {PARTS_LIMIT:,} are possible", "give fewer")
        left = most_bytes(path.stat().st_size)
        for part in parts:
            if part.flag_bits & 1:
                raise ImportRefused("it has a password", "save it without one and try again")
            left -= _size(path, archive, part)
            if left < 0:
                raise too_large()


def _size(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """Return how many bytes a part really has: its directory entry may lie."""
    most = most_bytes(path.stat().st_size)
    if part.compress_type != zipfile.ZIP_DEFLATED:
        return max(part.file_size, part.compress_size)
    if part.compress_size * _DEFLATE_RATIO <= _SMALL:
        return part.file_size
    count = 0
    with path.open("rb") as file:
        file.seek(part.header_offset + 26)
        lengths = file.read(4)
        file.seek(int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"), 1)
        unpacker = zlib.decompressobj(-15)
        left = part.compress_size
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            count += _unpacked(unpacker, block, most - count)
            if count > most:
                raise too_large()
    return count


def _unpacked(unpacker: "zlib._Decompress", block: bytes, most: int) -> int:
    """Return how many bytes a block unpacks to, a few at a time; no more than a little over `most`."""
    count = 0
    while block and count <= most:
        try:
            count += len(unpacker.decompress(block, _BLOCK * 4))
        except zlib.error as error:
            raise ImportRefused(f"it is a damaged archive: {error}", "make it again") from error
        block = unpacker.unconsumed_tail
    return count
