"""The lock that an instance holds for life, and who holds it.

An open-file-description lock: a child inherits it over fork and exec, it ends with the last process that
has the descriptor, and it can be asked for without being taken.
"""

import errno
import fcntl
import os
import struct
from pathlib import Path

import msgspec

_FLOCK = "hhqqi4x"  # struct flock on 64-bit Linux: type, whence, start, length, pid


class InstanceLocked(Exception):
    """Another process holds the slot; `holder` is what it wrote, if that could be read."""

    def __init__(self, holder: "Holder | None") -> None:
        super().__init__(f"held by process {holder.pid}" if holder else "held by another process")
        self.holder = holder


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """The process that holds a slot; `start_time` is in clock ticks since boot."""

    pid: int
    start_time: int
    life: int


def lock_path(home: Path, app: str, slot: int) -> Path:
    """Return the path of the lock of `slot` of `app`; raises ValueError for a name that leaves the folder."""
    if "/" in app or not app:
        raise ValueError(f"{app!r} cannot be a file's name")
    return home / "run" / "instances" / f"{app}.{slot}"


def process_start_time(pid: int) -> int:
    """Return when `pid` started, in clock ticks since boot; raises OSError when there is no such process."""
    text = Path(f"/proc/{pid}/stat").read_bytes()
    return int(text[text.rindex(b")") + 2 :].split()[19])


def take(path: Path) -> int:
    """Take the lock and return its descriptor (close-on-exec); raises InstanceLocked or OSError."""
    descriptor = _open(path)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    except OSError as error:
        holder = _read(descriptor)
        os.close(descriptor)
        if error.errno in (errno.EAGAIN, errno.EACCES):
            raise InstanceLocked(holder) from None
        raise
    return descriptor


def write_holder(descriptor: int, holder: Holder) -> None:
    """Say in the lock file who holds it; raises OSError."""
    text = msgspec.json.encode(holder) + b"\n"
    os.pwrite(descriptor, text, 0)
    os.ftruncate(descriptor, len(text))


def read_holder(path: Path) -> Holder | None:
    """Return who holds the lock, or None when nobody does or nothing readable is written. Takes nothing."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        question = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        answer = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, question)
        free = struct.unpack(_FLOCK, answer)[0] == fcntl.F_UNLCK
        return None if free else _read(descriptor)
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, flags, 0o600)


def _read(descriptor: int) -> Holder | None:
    try:
        return msgspec.json.decode(os.pread(descriptor, 4096, 0), type=Holder)
    except msgspec.MsgspecError:
        return None
