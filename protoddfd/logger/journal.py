"""Bytes that were taken out of a FIFO and are not in a log file yet: a killed logger must not lose them.

Bytes are read straight into a shared mapping of a file, which outlives the process. A step is begun,
carried out and committed; one that was begun and not committed is done again by the next logger, after
the log is put back to where it was. What is held of an unfinished line has a slot in the same file.
Without room for the file the mapping is private: all works, only not across SIGKILL.
"""

import mmap
import os
import struct
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from protoddfd.logger.logfile import Position

CHUNK = 256 * 1024
"""Bytes of one read, at most."""
LINE_MAX = 64 * 1024
"""Bytes of an unfinished line that are held, at most."""

_MAGIC = 0x4C6F6702
_HEAD = struct.Struct("<IIII5q256s")  # magic, state, goes on, length, position, stream's name
_SLOT_HEAD = struct.Struct("<II256s")  # length, goes on, stream's name
_BOOT_AT = 1024
_BOOT_BYTES = 36
_HEAD_ROOM = 4096
_MAPPED = _HEAD_ROOM + LINE_MAX + CHUNK
_SLOT = 4096 + LINE_MAX
_IDLE, _READING, _TAKEN, _PIECE, _LINE = range(5)
_NUMBER = struct.Struct("<I")
_STATE_AT = 4
_LENGTH_AT = 12


class Held(NamedTuple):
    """The beginning of a line; it `goes_on` with one whose first piece is in the log already."""

    line: bytes = b""
    goes_on: bool = False


NOTHING = Held()


class End(Enum):
    """What becomes of a line without a newline that is written all the same."""

    PIECE = _PIECE
    """It may go on in the next record."""
    LINE = _LINE
    """It was the last of its program."""


class Unfinished(NamedTuple):
    """A step that a killed logger did not finish: bytes were read, or a line without a newline was to end."""

    stream: str
    position: Position
    data: bytes
    goes_on: bool
    end: End | None


class Journal:
    """The file, its mapping and its slots."""

    def __init__(self, path: Path) -> None:
        self._descriptor = self._prepare(path)
        self._map = mmap.mmap(-1, _MAPPED) if self._descriptor == -1 else mmap.mmap(self._descriptor, _MAPPED)
        self._map[_BOOT_AT : _BOOT_AT + _BOOT_BYTES] = _boot()
        self._map[_HEAD_ROOM - 1] = 0x0A  # what `lines_until` begins with
        self._view = memoryview(self._map)
        self._zeros = memoryview(mmap.mmap(-1, LINE_MAX + CHUNK))
        self._dirty = LINE_MAX + CHUNK
        self._free: list[int] = []
        self._slots = 0

    @staticmethod
    def recover(path: Path) -> tuple[Unfinished | None, dict[str, Held]]:
        """Return what a killed logger left: its unfinished step, and the unfinished lines by stream."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None, {}
        try:
            raw = os.pread(descriptor, _MAPPED, 0)
            if raw[_BOOT_AT : _BOOT_AT + _BOOT_BYTES] != _boot():  # what was written last may not be on disk
                return None, {}
            return _unfinished(raw), dict(_held(descriptor))
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
        self.keep(slot, b"", NOTHING)
        self._free.append(slot)

    def keep(self, slot: int, stream: bytes, held: Held) -> None:
        """Put the unfinished line of a stream into its slot."""
        if self._descriptor == -1:
            return
        head = _SLOT_HEAD.pack(len(held.line), held.goes_on, stream)
        try:
            os.pwrite(self._descriptor, head + held.line, _MAPPED + slot * _SLOT)
        except OSError:  # no room: the line is in memory still
            return

    def read(self, fifo: int, stream: bytes, position: Position, held: Held) -> int:
        """Begin a step: put what can be read behind what is `held`; return the length of both.

        Raises BlockingIOError when there is nothing.
        """
        before = len(held.line)
        start = _HEAD_ROOM + before
        self._view[_HEAD_ROOM : _HEAD_ROOM + self._dirty] = self._zeros[: self._dirty]
        self._view[_HEAD_ROOM:start] = held.line
        self._dirty = before
        _HEAD.pack_into(self._map, 0, _MAGIC, _READING, held.goes_on, before, *position, stream)
        length = before + os.readv(fifo, [self._view[start : start + CHUNK]])
        self._dirty = length
        _NUMBER.pack_into(self._map, _LENGTH_AT, length)
        _NUMBER.pack_into(self._map, _STATE_AT, _TAKEN)
        return length

    def force(self, stream: bytes, position: Position, held: Held, end: End) -> None:
        """Begin a step that writes an unfinished line as it is."""
        length = len(held.line)
        self._view[_HEAD_ROOM : _HEAD_ROOM + length] = held.line
        self._dirty = max(self._dirty, length)
        _HEAD.pack_into(self._map, 0, _MAGIC, _IDLE, held.goes_on, length, *position, stream)
        _NUMBER.pack_into(self._map, _STATE_AT, end.value)

    def last_newline(self, length: int) -> int:
        """Return where the last newline of the step's first `length` bytes is, or -1."""
        found = self._map.rfind(b"\n", _HEAD_ROOM, _HEAD_ROOM + length)
        return found - _HEAD_ROOM if found != -1 else -1

    def bytes_between(self, start: int, end: int) -> bytes:
        """Return a part of the step's bytes."""
        return self._map[_HEAD_ROOM + start : _HEAD_ROOM + end]

    def lines_until(self, end: int) -> bytes:
        """Return the step's first bytes with a newline before them."""
        return self._map[_HEAD_ROOM - 1 : _HEAD_ROOM + end]

    def commit(self) -> None:
        """End the step: all its bytes are in a log file or in a slot."""
        _NUMBER.pack_into(self._map, _STATE_AT, _IDLE)

    def close(self) -> None:
        """Let go of the file; it stays as it is."""
        self._view.release()
        self._map.close()
        if self._descriptor != -1:
            os.close(self._descriptor)

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
    magic, state, goes_on, length, *position, name = _HEAD.unpack_from(raw)
    if magic != _MAGIC or state == _IDLE or state > _LINE:
        return None
    data = raw[_HEAD_ROOM:]
    if state == _READING:  # how much arrived was not noted any more; the area was all zeros
        length = max(length, len(data.rstrip(b"\0")))
    end = End(state) if state in (_PIECE, _LINE) else None
    return Unfinished(_text(name), Position(*position), data[:length], bool(goes_on), end)


def _held(descriptor: int) -> Iterator[tuple[str, Held]]:
    size = os.fstat(descriptor).st_size
    for start in range(_MAPPED, size, _SLOT):
        head = os.pread(descriptor, _SLOT_HEAD.size, start)
        if len(head) < _SLOT_HEAD.size:
            return
        length, goes_on, name = _SLOT_HEAD.unpack(head)
        if length <= LINE_MAX and (length or goes_on):
            line = os.pread(descriptor, length, start + _SLOT_HEAD.size)
            yield _text(name), Held(line, bool(goes_on))


def _boot() -> bytes:
    """Return which boot of the machine this is."""
    return Path("/proc/sys/kernel/random/boot_id").read_bytes()[:_BOOT_BYTES]


def _text(name: bytes) -> str:
    return name.rstrip(b"\0").decode("utf-8", "replace")
