"""Bytes that were taken out of a FIFO and are not in a log file yet: a killed logger must not lose them.

Bytes are read straight into a shared mapping of a file, which outlives the process. A step is begun,
carried out and committed; one that was begun and not committed is done again by the next logger, after
the log file is cut back to where it was. What is held of an unfinished line has a slot in the same file.
Without room for the file the mapping is private: all works, only not across SIGKILL.
"""

import mmap
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CHUNK = 256 * 1024
"""Bytes of one read, at most."""
LINE_MAX = 64 * 1024
"""Bytes of an unfinished line that are held, at most."""

_HEAD = struct.Struct("<IIIqq256s")  # state, index, length, inode, size, stream's name
_SLOT_HEAD = struct.Struct("<I256s")  # length, stream's name
_HEAD_ROOM = 4096
_MAPPED = _HEAD_ROOM + LINE_MAX + CHUNK
_SLOT = 4096 + LINE_MAX
_IDLE, _READING, _TAKEN, _FORCED = range(4)
_STATE = struct.Struct("<I")
_LENGTH = struct.Struct("<I")
_LENGTH_AT = 8


class Unfinished(NamedTuple):
    """A step that a killed logger did not finish."""

    stream: str
    inode: int
    size: int
    data: bytes
    forced: bool


class Journal:
    """The file, its mapping and its slots."""

    def __init__(self, path: Path) -> None:
        self._descriptor = self._prepare(path)
        self._map = mmap.mmap(-1, _MAPPED) if self._descriptor == -1 else mmap.mmap(self._descriptor, _MAPPED)
        self._view = memoryview(self._map)
        self._zeros = memoryview(bytes(LINE_MAX + CHUNK))
        self._dirty = LINE_MAX + CHUNK
        self._free: list[int] = []
        self._slots = 0

    @staticmethod
    def recover(path: Path) -> tuple[Unfinished | None, dict[str, bytes]]:
        """Return what a killed logger left: its unfinished step, and the unfinished lines by stream."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None, {}
        try:
            return _unfinished(os.pread(descriptor, _MAPPED, 0)), dict(_held(descriptor))
        finally:
            os.close(descriptor)

    def slot(self) -> int:
        """Return the number of a free slot."""
        if self._free:
            return self._free.pop()
        self._slots += 1
        return self._slots - 1

    def free(self, slot: int) -> None:
        """Empty a slot and let another stream have it."""
        self.keep(slot, "", b"")
        self._free.append(slot)

    def keep(self, slot: int, stream: str, line: bytes) -> None:
        """Put the unfinished line of a stream into its slot."""
        if self._descriptor == -1:
            return
        try:
            os.pwrite(
                self._descriptor, _SLOT_HEAD.pack(len(line), stream.encode()) + line, _MAPPED + slot * _SLOT
            )
        except OSError:  # no room: the line is in memory still
            return

    def read(self, fifo: int, stream: str, position: tuple[int, int], held: bytes) -> int:
        """Begin a step: put what can be read behind `held`; return the length of both.

        Raises BlockingIOError when there is nothing.
        """
        area = self._view[_HEAD_ROOM:]
        area[: self._dirty] = self._zeros[: self._dirty]
        area[: len(held)] = held
        self._dirty = len(held)
        _HEAD.pack_into(self._map, 0, _READING, 0, len(held), *position, stream.encode())
        length = len(held) + os.readv(fifo, [area[len(held) : len(held) + CHUNK]])
        self._dirty = length
        _LENGTH.pack_into(self._map, _LENGTH_AT, length)
        _STATE.pack_into(self._map, 0, _TAKEN)
        return length

    def force(self, stream: str, position: tuple[int, int], held: bytes) -> None:
        """Begin a step that writes an unfinished line as it is."""
        self._view[_HEAD_ROOM : _HEAD_ROOM + len(held)] = held
        self._dirty = max(self._dirty, len(held))
        _HEAD.pack_into(self._map, 0, _IDLE, 0, len(held), *position, stream.encode())
        _STATE.pack_into(self._map, 0, _FORCED)

    def last_newline(self, length: int) -> int:
        """Return where the last newline of the step's first `length` bytes is, or -1."""
        found = self._map.rfind(b"\n", _HEAD_ROOM, _HEAD_ROOM + length)
        return found - _HEAD_ROOM if found != -1 else -1

    def bytes_of(self, start: int, end: int) -> bytes:
        """Return a part of the step's bytes."""
        return self._map[_HEAD_ROOM + start : _HEAD_ROOM + end]

    def commit(self) -> None:
        """End the step: all its bytes are in a log file or in a slot."""
        _STATE.pack_into(self._map, 0, _IDLE)

    def _prepare(self, path: Path) -> int:
        try:
            path.unlink(missing_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError:
            return -1
        try:
            os.posix_fallocate(descriptor, 0, _MAPPED)  # a mapped page without room on disk is a SIGBUS
        except OSError:
            os.close(descriptor)
            return -1
        return descriptor


def _unfinished(raw: bytes) -> Unfinished | None:
    if len(raw) < _MAPPED:
        return None
    state, _, length, inode, size, name = _HEAD.unpack_from(raw)
    if state == _IDLE or state > _FORCED:
        return None
    data = raw[_HEAD_ROOM:]
    if state == _READING:  # how much arrived was not noted any more; the area was all zeros
        data = data[: max(length, len(data.rstrip(b"\0")))]
    return Unfinished(
        name.rstrip(b"\0").decode("utf-8", "replace"),
        inode,
        size,
        data if state == _READING else data[:length],
        state == _FORCED,
    )


def _held(descriptor: int) -> Iterator[tuple[str, bytes]]:
    size = os.fstat(descriptor).st_size
    for start in range(_MAPPED, size, _SLOT):
        head = os.pread(descriptor, _SLOT_HEAD.size, start)
        if len(head) < _SLOT_HEAD.size:
            return
        length, name = _SLOT_HEAD.unpack(head)
        if 0 < length <= LINE_MAX:
            line = os.pread(descriptor, length, start + _SLOT_HEAD.size)
            yield name.rstrip(b"\0").decode("utf-8", "replace"), line
