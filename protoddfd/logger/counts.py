"""What is missing from an instance's log, counted in a small file that outlives the logger.

The file is written over in place and never grows, so that a full disk does not stop the counting and a
kill leaves the old numbers or the new ones.
"""

import json
import os
from pathlib import Path

from protoddfd.logger.names import counts_name

_BYTES = 256
_NUMBERS = ("dropped", "told", "discarded", "removed")


class Counts:
    """The numbers of one instance. A file that cannot be made is tried again at the next change."""

    __slots__ = ("_folder", "_slot", *_NUMBERS)

    def __init__(self, folder: Path, slot: int) -> None:
        self._folder = folder
        self._slot = slot
        self.dropped = 0
        """Lines that the disk refused."""
        self.told = 0
        """Those of them that a note in the log speaks of."""
        self.discarded = 0
        """Lines in files that were removed."""
        self.removed = 0
        """The last file that was removed: files up to this one are counted, whether they are gone or not."""
        self._load()

    def save(self) -> None:
        """Write the numbers down; without a disk they are right until the logger ends."""
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        text = json.dumps(numbers).encode().ljust(_BYTES - 1) + b"\n"
        try:
            descriptor = os.open(self._path(), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return
        try:
            os.pwrite(descriptor, text, 0)
        except OSError:
            return
        finally:
            os.close(descriptor)

    def prepare(self) -> None:
        """Have the file on disk while there is room for it."""
        if not self._path().exists():
            self.save()

    def _path(self) -> Path:
        return self._folder / counts_name(self._slot)

    def _load(self) -> None:
        try:
            found = json.loads(self._path().read_bytes())
            for name in _NUMBERS:
                setattr(self, name, max(int(found[name]), 0))
        except (OSError, ValueError, TypeError, KeyError):
            return
