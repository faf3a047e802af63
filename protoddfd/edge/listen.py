"""TCP ports: bound, kept, opened and shut. Decides nothing about which port is whose.

A port is held by a bound socket, which need not listen: then a client is refused. While it does not, its
SO_REUSEADDR is cleared, or a stranger could bind and even listen beside it. While it listens no stranger can
in any case, and the option must be on: connections inherit it, and one that lingers (TIME_WAIT) without it
would forbid the next `listen`, or the next `bind` after a restart, for a minute. A reservation keeps the
option on throughout, so that a program can bind for itself.
"""

import errno
import os
import socket
from pathlib import Path

import msgspec

LOOPBACK = "127.0.0.1"
BACKLOG = 1024
_STATE_LISTEN = "0A"


class PortTaken(Exception):
    """Somebody else has the port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is taken")
        self.port = port


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """A process that listens on a port; `command` is its command line, empty when it cannot be read."""

    pid: int
    command: str


def hold(port: int, host: str = LOOPBACK) -> socket.socket:
    """Return a non-blocking socket bound to `port`, not listening, that no stranger can bind beside.

    The port must be given, not 0: only an explicit one outlasts `shut`. Raises PortTaken, or OSError.
    """
    held = reserve(port, host)
    _share(held, False)
    return held


def reserve(port: int, host: str = LOOPBACK) -> socket.socket:
    """Return a socket bound to `port` beside which a program can listen; it must never listen itself.

    The program has to set SO_REUSEADDR, as servers do. Raises PortTaken, ValueError for port 0, or OSError.
    """
    if port == 0:
        raise ValueError("a port to keep must be a given one")
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        reserved.setblocking(False)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind((host, port))
    except OSError as error:
        reserved.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(port) from None
        raise
    return reserved


def open_listener(held: socket.socket, backlog: int = BACKLOG) -> None:
    """Let clients connect; they wait until somebody accepts. May be repeated. Raises PortTaken or OSError."""
    port: int = held.getsockname()[1]
    _share(held, True)
    try:
        held.listen(backlog)
    except OSError as error:
        _share(held, False)
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(port) from None
        raise


def shut(held: socket.socket) -> None:
    """Refuse clients, those that wait included, in every process that has the socket; it stays bound."""
    _share(held, False)
    try:
        held.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        if error.errno != errno.ENOTCONN:  # it was not listening
            raise


def _share(bound: socket.socket, allowed: bool) -> None:
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(allowed))


def who_listens(port: int) -> Listener | None:
    """Return who listens on `port` at any address of this machine, or None when nobody seen by us does.

    Looks through every process: milliseconds, and only root sees other users' processes.
    """
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not inodes:
        return None
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and _has_any(folder / "fd", inodes):
            return Listener(pid=int(folder.name), command=_command(folder))
    return None


def _listening_inodes(port: int) -> set[str]:
    suffix = f":{port:04X}"
    found: set[str] = set()
    for name in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/net/{name}").read_text(encoding="ascii").splitlines()[1:]
        except FileNotFoundError:  # no IPv6 here
            continue
        fields = (line.split() for line in lines)
        found.update(
            each[9]
            for each in fields
            if each[3] == _STATE_LISTEN and each[1].endswith(suffix) and each[9] != "0"
        )
    return found


def _has_any(folder: Path, targets: set[str]) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(_target(entry.path) in targets for entry in entries)
    except OSError:  # ended meanwhile, or another user's
        return False


def _target(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115  thousands of them: no Path for each
    except OSError:
        return ""


def _command(folder: Path) -> str:
    try:
        raw = (folder / "cmdline").read_bytes()
    except OSError:
        return ""
    return raw.replace(b"\0", b" ").decode("utf-8", "replace").strip()
