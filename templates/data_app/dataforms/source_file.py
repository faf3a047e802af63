"""An SQLite file that is another program's: whether it is the one it was, and whether anybody has it open."""

from pathlib import Path
from typing import NamedTuple

from dataforms.errors import DatabaseUnavailable
from dataforms.words import say

_WAL = b"\x02"
_VERSION_AT = 18


class FileState(NamedTuple):
    """What is another where a file has to be opened anew."""

    number: int
    """The file system's, another one where the file was replaced."""
    changed_ns: int
    """When it was written to last; 0 unless it stands still."""
    size: int
    is_still: bool
    """Is it in WAL mode, with nobody that has it open?"""


def state_of(file: Path) -> FileState:
    """Return how a file is now. Raise DatabaseUnavailable without one that can be read."""
    try:
        found = file.stat()
        with file.open("rb") as content:
            version = content.read(_VERSION_AT + 1)[_VERSION_AT:]
    except OSError as error:
        raise DatabaseUnavailable(
            say("The file {file} cannot be read: {error}.", file=str(file), error=error.strerror)
        ) from error
    if version != _WAL or file.with_name(f"{file.name}-wal").exists():
        return FileState(found.st_ino, 0, 0, is_still=False)
    return FileState(found.st_ino, found.st_mtime_ns, found.st_size, is_still=True)
