"""What the operating system's refusals mean for people: one kind, one sentence, one command that helps."""

import errno
import resource
from typing import Literal

import msgspec

FaultKind = Literal[
    "disk_full", "disk_failing", "read_only", "descriptors", "memory", "processes", "denied", "other"
]

NO_DESCRIPTOR = (errno.EMFILE, errno.ENFILE)
"""What the system says when it was not even looked at what was asked for."""

_KINDS: dict[int, FaultKind] = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EFBIG: "disk_full",
    errno.EIO: "disk_failing",
    errno.EUCLEAN: "disk_failing",
    errno.EBADMSG: "disk_failing",
    errno.EROFS: "read_only",
    errno.EMFILE: "descriptors",
    errno.ENFILE: "descriptors",
    errno.ENOMEM: "memory",
    errno.ENOBUFS: "memory",
    errno.EAGAIN: "processes",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
}


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why something could not be done. `passing`: trying again later, with nothing changed here, may help."""

    kind: FaultKind
    text: str
    hint: str
    passing: bool


def explain(error: OSError, doing: str, place: str = "") -> Fault:
    """Return what `error` means that arose when we were `doing` something, such as "store the state".

    `place` is the path concerned, for the hint.
    """
    kind = _KINDS.get(error.errno or 0, "other")
    why, hint = _WORDS[kind]
    text = f"cannot {doing}: {why or error.strerror or error}"
    if error.errno == errno.EMFILE:
        text += f" (this process may have {resource.getrlimit(resource.RLIMIT_NOFILE)[0]})"
    return Fault(kind=kind, text=text, hint=hint.format(place=place or "."), passing=kind != "denied")


_WORDS: dict[FaultKind, tuple[str, str]] = {
    "disk_full": ("the disk or the quota is full", "free space: df -h {place}"),
    "disk_failing": ("the disk fails (input/output error)", "look at the disk: dmesg | tail"),
    "read_only": ("the disk is read-only", "mount it writable: findmnt -T {place}"),
    "descriptors": ("no file descriptor is left", "raise LimitNOFILE= of the service, or ulimit -n"),
    "memory": ("no memory is left", "free memory: free -h"),
    "processes": ("no process can be made now", "raise TasksMax= of the service, or ulimit -u"),
    "denied": ("permission denied", "give the daemon's user the right to it: ls -ld {place}"),
    "other": ("", "see the daemon's log"),
}
