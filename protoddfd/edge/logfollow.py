"""Follows an app's log files as the logger writes and rotates them, looking a few times a second."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from protoddfd.edge.logfiles import Record, parse

PERIOD_S = 0.2
_BLOCK = 256 * 1024


class _File:
    """One instance's log: the part that is being read, and what came after the last newline."""

    def __init__(self, path: Path, *, from_end: bool) -> None:
        self._path = path
        self._rest = b""
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if from_end:
            os.lseek(self._descriptor, 0, os.SEEK_END)

    def new_lines(self) -> list[bytes]:
        """Return the whole lines that were added since the last call, a bounded number at a time."""
        block = os.read(self._descriptor, _BLOCK)
        if not block:
            following = self._following()
            if following is None:
                return []
            self.close()
            self._descriptor = os.open(following, os.O_RDONLY | os.O_CLOEXEC)
            block = os.read(self._descriptor, _BLOCK)
        *lines, self._rest = (self._rest + block).split(b"\n")
        return lines

    def _following(self) -> Path | None:
        """Return the file that was begun after the one being read was rotated, None while it was not."""
        inode = os.fstat(self._descriptor).st_ino
        newer: Path | None = None
        for number in range(1000):
            part = self._path.with_name(f"{self._path.name}.{number}") if number else self._path
            try:
                found = part.stat().st_ino
            except FileNotFoundError:
                if number == 0:
                    continue
                return self._path if newer is not None else None
            if found == inode:
                return newer
            newer = part
        return None

    def close(self) -> None:
        os.close(self._descriptor)


def follow_log(home: Path, app: str, match: str | None = None) -> AsyncIterator[Record]:
    """Return the records of all instances of `app` that are written after this call; those with `match`."""
    folder = home / "logs" / app
    files: dict[int, _File] = {}
    _discover(folder, files, from_end=True)
    return _follow(folder, files, match)


async def _follow(folder: Path, files: dict[int, _File], match: str | None) -> AsyncIterator[Record]:
    try:
        while True:
            found = [record for slot, file in files.items() for record in _records(slot, file, match)]
            for record in sorted(found, key=lambda each: each.time):
                yield record
            if not found:
                await asyncio.sleep(PERIOD_S)
                _discover(folder, files, from_end=False)
    finally:
        for file in files.values():
            file.close()


def _discover(folder: Path, files: dict[int, _File], *, from_end: bool) -> None:
    for path in folder.glob("*.log"):
        if path.stem.isdigit() and int(path.stem) not in files:
            files[int(path.stem)] = _File(path, from_end=from_end)


def _records(slot: int, file: _File, match: str | None) -> list[Record]:
    parsed = (parse(line, slot) for line in file.new_lines())
    return [record for record in parsed if record is not None and (match is None or match in record.text)]
