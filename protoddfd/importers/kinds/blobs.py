"""The bytes in binary columns: kept as an app keeps files, so that a cell is a short text that says which."""

import hashlib
from pathlib import Path

import msgspec

from dataforms.sniffing import HEAD_BYTES, sniffed, type_of_ending
from dataforms.typerow import Attachment
from dataforms.types_file import MAX_MIB, MIB, safe_name

LARGEST = MAX_MIB * MIB
"""Bytes of one; what has more is left out."""
MOST_BYTES = 1 << 30
"""Of a column; one that has more is left out."""
_ENDINGS = {
    kind: ending
    for ending in (
        ".png",
        ".jpg",
        ".gif",
        ".webp",
        ".pdf",
        ".svg",
        ".zip",
        ".gz",
        ".txt",
        ".tif",
        ".mp3",
        ".mp4",
    )
    if (kind := type_of_ending(ending)) is not None
}


class Blobs:
    """Puts bytes into a folder, once for each content."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def cell(self, content: bytes, column: str, row: int) -> str:
        """Keep some bytes; return the text of what a field of files has for them."""
        if not content:
            return ""
        digest = hashlib.sha256(content).hexdigest()
        path = self._folder / digest[:2] / digest[2:4] / digest
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        kind = sniffed(content[:HEAD_BYTES], "")
        name = safe_name(f"{column}-{row}{_ENDINGS.get(kind, '.bin')}")
        return msgspec.json.encode(
            Attachment(name=name, size=len(content), type=kind, digest=digest)
        ).decode()


def left_out(table: str, column: str, *, size: int, large: int, files: str | None) -> str | None:
    """Return what is said of a binary column that is not kept, or not whole; None for nothing."""
    if files is None:
        return f"{table}: {column} holds binary data, so it was left out."
    if size > MOST_BYTES:
        return f"{table}: {column} holds {size >> 20:,} MiB of binary data, so it was left out."
    if large:
        return f"{table}: {large:,} values of {column} are larger than {MAX_MIB} MiB, so they were left out."
    return None
