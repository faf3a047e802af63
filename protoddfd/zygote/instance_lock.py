"""The lock that an instance holds for life, and who holds it.

An open-file-description lock: a child inherits it over fork and exec, it ends with the last process that
has the descriptor, and it can be asked for without being taken. The file stays when the lock is free again:
it is the evidence of who ran last, in which boot.
"""

import errno
import fcntl
import os
import struct
from functools import lru_cache
from pathlib import Path

import msgspec

_FLOCK = "hhqqi4x"  # struct flock on 64-bit Linux: type, whence, start, length, pid
_WRITE_LOCK = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
_TEXT_MAX = 4096
_START_FIELD = 19  # of /proc/PID/stat, counted after the name: field 22 of all


class InstanceLocked(Exception):
    """Another process holds the slot; `holder` is what it wrote, if that could be read."""

    def __init__(self, holder: "Holder | None") -> None:
        super().__init__(f"held by process {holder.pid}" if holder else "held by another process")
        self.holder = holder


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """The process that holds a slot; `start_time` is in clock ticks since the boot `boot_id`."""

    pid: int
    start_time: int
    life: int
    boot_id: str = ""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a lock file tells: who wrote it last, None when that cannot be read, and whether it is `held`."""

    holder: Holder | None
    held: bool

    @property
    def of_this_boot(self) -> bool:
        """Whether the holder ran since the machine came up. If not held, it has ended, perhaps unseen."""
        return self.holder is not None and self.holder.boot_id == boot_id()


@lru_cache(maxsize=1)
def boot_id() -> str:
    """Return what the kernel calls this boot; empty where it does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


@lru_cache(maxsize=2048)
def lock_path(home: Path, app: str, slot: int) -> Path:
    """Return the path of the lock of `slot` of `app`; raises ValueError for a name that leaves the folder."""
    if "/" in app or not app:
        raise ValueError(f"{app!r} cannot be a file's name")
    return home / "run" / "instances" / f"{app}.{slot}"


def process_start_time(pid: int) -> int:
    """Return when `pid` started, in clock ticks since boot; raises OSError when there is no such process."""
    descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    try:
        text = os.read(descriptor, _TEXT_MAX)
    finally:
        os.close(descriptor)
    return int(text[text.rindex(b")") + 2 :].split()[_START_FIELD])


def take(path: Path) -> int:
    """Take the lock and return its descriptor (close-on-exec); raises InstanceLocked or OSError."""
    while True:
        descriptor = _open(path)
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _WRITE_LOCK)
        except OSError as error:
            holder = _read(descriptor)
            os.close(descriptor)
            if error.errno in (errno.EAGAIN, errno.EACCES):
                raise InstanceLocked(holder) from None
            raise
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(
            descriptor
        )  # it was forgotten between our opening and locking it: another may have the new file


def write_holder(descriptor: int, holder: Holder) -> None:
    """Say in the lock file who holds it; raises OSError."""
    text = msgspec.json.encode(holder) + b"\n"
    os.pwrite(descriptor, text, 0)
    os.ftruncate(descriptor, len(text))


def read_evidence(path: Path) -> Evidence | None:
    """Return who ran last in the slot and whether it is held; None without a file. Takes nothing.

    Not held and of this boot: it ran and ended, and if nobody was told of that, nobody saw it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        answer = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _WRITE_LOCK)
        held = struct.unpack(_FLOCK, answer)[0] != fcntl.F_UNLCK
        return Evidence(holder=_read(descriptor), held=held)
    finally:
        os.close(descriptor)


def forget_evidence(path: Path) -> bool:
    """Remove a lock file that nobody holds; return whether there is none now. Raises OSError."""
    if not path.exists():
        return True
    try:
        descriptor = take(path)
    except InstanceLocked:
        return False
    path.unlink(missing_ok=True)
    os.close(descriptor)
    return True


def _open(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, flags, 0o600)


def _read(descriptor: int) -> Holder | None:
    try:
        return msgspec.json.decode(os.pread(descriptor, _TEXT_MAX, 0), type=Holder)
    except msgspec.MsgspecError:
        return None
