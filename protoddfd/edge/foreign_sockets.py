"""Takes copies of another process's listening sockets, when it is the last that has them.

With daemon and zygote killed, apps live on and so do their sockets, but only in the apps. pidfd_getfd(2)
duplicates a descriptor out of a process: the ports are the daemon's again, without a moment in which a
client is refused. It takes the right to trace that process: the same user and Yama's ptrace_scope 0, or
CAP_SYS_PTRACE.
"""

import ctypes
import errno
import os
import socket
from collections.abc import Collection, Iterator

import msgspec

from protoddfd.edge.listen import ListeningInodes
from protoddfd.edge.process import ProcessRef

_SYS_PIDFD_GETFD = 438  # the same on every architecture that Python runs on but alpha
_libc = ctypes.CDLL(None, use_errno=True)

_NOT_ALLOWED = (
    "the kernel does not allow it (it takes the same user and kernel.yama.ptrace_scope=0, or CAP_SYS_PTRACE)"
)
_REASONS = {
    errno.EPERM: _NOT_ALLOWED,
    errno.EACCES: _NOT_ALLOWED,
    errno.ENOSYS: "this kernel is older than 5.6",
    errno.ESRCH: "the process has ended",
    errno.ENOENT: "the process has ended",
    errno.EMFILE: "no descriptor is left",
    errno.ENFILE: "no descriptor is left on this machine",
}


class Retrieved(msgspec.Struct, frozen=True):
    """Sockets by port, ours to close, and why some that were asked for are not among them."""

    sockets: dict[int, socket.socket]
    reason: str | None = None


def sockets_of(
    process: ProcessRef, ports: Collection[int], listening: ListeningInodes | None = None
) -> Retrieved:
    """Return copies of the sockets with which `process` listens on `ports`; raises nothing.

    `listening` saves reading the machine's sockets again for each of many processes. A copy shares everything
    with the original, so it is for sockets that were ours: they are made non-blocking, as ours always are.
    """
    found: dict[int, socket.socket] = {}
    try:
        links = (listening or ListeningInodes.read()).on(ports)
        for descriptor in _descriptors(process.pid, links):
            if len(found) == len(ports):
                break
            _keep(_duplicate(process, descriptor), ports, found)
    except OSError as error:
        why = _REASONS.get(error.errno or 0, error.strerror or str(error))
        return Retrieved(found, f"cannot take sockets from process {process.pid}: {why}")
    missing = sorted(set(ports) - found.keys())
    if not missing:
        return Retrieved(found)
    return Retrieved(found, f"process {process.pid} does not listen on {', '.join(map(str, missing))}")


def _descriptors(pid: int, links: dict[str, int]) -> Iterator[int]:
    """Yield the descriptors of `pid` that one of `links` names, each port's first ones first."""
    folder = f"/proc/{pid}/fd"
    with os.scandir(folder) as entries:
        names = sorted((entry.name for entry in entries), key=int)
    for name in names:
        try:
            link = os.readlink(f"{folder}/{name}")  # noqa: PTH115  thousands of them: no Path for each
        except FileNotFoundError:  # closed meanwhile
            continue
        if link in links:
            yield int(name)


def _duplicate(process: ProcessRef, descriptor: int) -> int | None:
    """Return a close-on-exec copy of the process's `descriptor`, None when it was closed meanwhile."""
    copy: int = _libc.syscall(_SYS_PIDFD_GETFD, process.fileno(), descriptor, 0)
    if copy != -1:
        return copy
    number = ctypes.get_errno()
    if number == errno.EBADF and process.alive:
        return None
    raise OSError(number, os.strerror(number))


def _keep(copy: int | None, ports: Collection[int], found: dict[int, socket.socket]) -> None:
    """Add `copy` to `found` if it still is what its link said: a number can be reused within a moment."""
    if copy is None:
        return
    try:
        taken = socket.socket(fileno=copy)
    except OSError:  # no socket at all
        os.close(copy)
        return
    port = _listening_port(taken)
    if port in ports and port not in found:
        taken.setblocking(False)
        found[port] = taken
    else:
        taken.close()


def _listening_port(taken: socket.socket) -> int:
    """Return the TCP port that the socket listens on, 0 when it does not."""
    try:
        if taken.family not in (socket.AF_INET, socket.AF_INET6) or taken.type != socket.SOCK_STREAM:
            return 0
        if not taken.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return 0
        return int(taken.getsockname()[1])
    except OSError:
        return 0
