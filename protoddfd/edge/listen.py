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
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, suppress
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


class TooFewPorts(Exception):
    """Only `found` of the `wanted` ports could be had."""

    def __init__(self, found: int, wanted: int) -> None:
        super().__init__(f"{found} of {wanted} ports could be had")
        self.found = found
        self.wanted = wanted


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """A process that listens on a port; `command` is its command line, empty when it cannot be read."""

    pid: int
    command: str


def hold(port: int, host: str = LOOPBACK) -> socket.socket:
    """Return a non-blocking socket bound to `port`, not listening, that no stranger can bind beside.

    The port must be given, not 0: only an explicit one outlasts `shut`. Raises PortTaken, or OSError.
    """
    held = reserve(port, host)
    try:
        _share(held, False)
    except OSError:
        held.close()
        raise
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
    """Refuse clients, those that wait included, in every process that has the socket; it stays bound.

    May be repeated: a socket that does not listen is left alone, since the kernel would mark it as shut down,
    and everybody who connects after the next `listen` would see the end of the connection at once.
    """
    _share(held, False)
    if held.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        held.shutdown(socket.SHUT_RDWR)


def to_reservation(held: socket.socket) -> None:
    """Make a held socket a reservation, in every process that has it: a program can listen beside it."""
    shut(held)
    _share(held, True)


def to_held(reserved: socket.socket) -> None:
    """Make a reservation a held socket: no stranger can bind beside it."""
    _share(reserved, False)


def _share(bound: socket.socket, allowed: bool) -> None:
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(allowed))


def hold_some(
    ports: Iterable[int], count: int, host: str = LOOPBACK, *, reserved: bool = False
) -> tuple[socket.socket, ...]:
    """Return sockets bound to the first `count` of `ports` that can be had, by `hold` or by `reserve`.

    Raises TooFewPorts when fewer can be had, or OSError; then none is kept.
    """
    bind = reserve if reserved else hold
    bound: list[socket.socket] = []
    with ExitStack() as unless_complete:
        for port in ports:
            if len(bound) == count:
                break
            with suppress(PortTaken):
                bound.append(unless_complete.enter_context(bind(port, host)))
        if len(bound) < count:
            raise TooFewPorts(len(bound), count)
        unless_complete.pop_all()
    return tuple(bound)


class ListeningInodes(msgspec.Struct, frozen=True):
    """The listening TCP sockets of this network namespace at one moment: port -> links in /proc/PID/fd."""

    links: dict[int, list[str]]

    @classmethod
    def read(cls) -> "ListeningInodes":
        """Return those there are now; about a millisecond for 1,000. Raises OSError."""
        links: dict[int, list[str]] = {}
        for name in ("tcp", "tcp6"):
            for inode, port in _table(name):
                links.setdefault(port, []).append(f"socket:[{inode}]")
        return cls(links)

    def on(self, ports: Collection[int]) -> dict[str, int]:
        """Return the link of every socket on one of `ports`, with its port."""
        return {link: port for port in ports for link in self.links.get(port, ())}


def _table(name: str) -> Iterator[tuple[str, int]]:
    try:
        lines = Path(f"/proc/net/{name}").read_text(encoding="ascii").splitlines()[1:]
    except FileNotFoundError:  # no IPv6 here
        return
    for line in lines:
        _, local, _, state, *_, rest = line.split(None, 9)
        inode = rest.split(None, 1)[0]
        if state == _STATE_LISTEN and inode != "0":
            yield inode, int(local.rpartition(":")[2], 16)


def who_listens(port: int) -> Listener | None:
    """Return who listens on `port` at any address of this machine, or None when nobody seen by us does.

    Looks through every process: milliseconds, and only root sees other users' processes.
    """
    return who_listens_on({port}).get(port)


def who_listens_on(ports: Collection[int], besides: Collection[int] = ()) -> dict[int, Listener]:
    """Return who listens on each of `ports`, as `who_listens` does, by one look through every process.

    Processes in `besides` (pids) are not looked at; of several listeners on a port any is returned.
    """
    try:
        sought = ListeningInodes.read().on(ports)
    except OSError:  # no descriptor is left: this is to inform people, and worth no more trouble
        return {}
    found: dict[int, Listener] = {}
    for folder in _processes() if sought else ():
        if int(folder.name) in besides:
            continue
        for port in {sought[link] for link in _links(folder / "fd") & sought.keys()} - found.keys():
            found[port] = Listener(pid=int(folder.name), command=_command(folder))
        if len(found) == len(ports):
            break
    return found


def _processes() -> list[Path]:
    try:
        return [folder for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    except OSError:
        return []


def _links(folder: Path) -> set[str]:
    try:
        with os.scandir(folder) as entries:
            return {_target(entry.path) for entry in entries}
    except OSError:  # ended meanwhile, or another user's
        return set()


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
