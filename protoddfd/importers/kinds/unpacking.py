"""One file that is packed with gzip, and what unpacks any: within bounds, under no name of its own."""

import gzip
import zlib
from pathlib import Path
from typing import IO
from uuid import uuid4

import msgspec

from dataforms.sheets.refused import ImportRefused
from protoddfd.importers.bombs import most_bytes, too_large
from protoddfd.importers.found import Source

_BLOCK = 1 << 18


def unpacked(source: Source, scratch: Path) -> Source:
    """Return a file that is packed with gzip as it is unpacked into `scratch`; raise ImportRefused."""
    path = Path(source.path)
    place = new_folder(scratch) / "0"
    try:
        with gzip.open(path) as packed:
            copied(packed, place, most_bytes(path.stat().st_size))
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(error) from error
    name = source.name.removesuffix(".gz").removesuffix(".GZ")
    return msgspec.structs.replace(source, name=name, path=str(place))


def new_folder(scratch: Path) -> Path:
    """Return a new folder in `scratch`."""
    folder = scratch / f"unpacked-{uuid4().hex}"
    folder.mkdir(parents=True)
    return folder


def damaged(error: Exception) -> ImportRefused:
    """Return the refusal of what cannot be unpacked."""
    return ImportRefused(f"it is a damaged archive: {str(error)[:200]}", "make it again")


def copied(packed: IO[bytes] | gzip.GzipFile, place: Path, most: int) -> int:
    """Return how many bytes were copied to a place; raise ImportRefused for more than `most`."""
    count = 0
    with place.open("wb") as file:
        while block := packed.read(_BLOCK):
            count += len(block)
            if count > most:
                raise too_large()
            file.write(block)
    return count
