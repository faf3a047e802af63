"""Starts the zygote and the logger: programs that outlive the daemon, each behind a socket of its own.

The socket is bound and listening before the program runs, so that a client connects at once and waits for
its first answer: nothing is polled, and a program that dies while it starts is seen as a closed connection.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_BACKLOG = 16
_PATH_MAX = 100  # sun_path has 108 bytes


class ControlSocket:
    """Where a detached program listens: `path`, of the given socket type."""

    def __init__(self, path: Path, kind: socket.SocketKind) -> None:
        self.path = path
        self._kind = kind

    def connect(self) -> socket.socket | None:
        """Return a non-blocking connection, or None when nobody listens; raises OSError otherwise."""
        with _ShortPath(self.path) as address:
            connection = socket.socket(socket.AF_UNIX, self._kind)
            try:
                connection.setblocking(False)  # a full backlog raises BlockingIOError
                connection.connect(address)
            except (FileNotFoundError, ConnectionRefusedError):
                connection.close()
                return None
            except OSError:
                connection.close()
                raise
        return connection

    def listen(self) -> socket.socket:
        """Bind in place of a socket that nobody listens on, for this user alone; raises OSError."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        with _ShortPath(self.path) as address:
            listener = socket.socket(socket.AF_UNIX, self._kind)
            try:
                listener.bind(address)
                self.path.chmod(0o600)
                listener.listen(_BACKLOG)
            except OSError:
                listener.close()
                raise
        return listener


def start_detached(
    module: str, arguments: Sequence[str], listener: socket.socket, log: Path, env: Mapping[str, str]
) -> int:
    """Run `python -m module arguments --listen-fd N` in its own session, output to `log`; return its pid.

    Must be called on the loop's thread: when the program ends while this process lives, the loop reaps it.
    Raises OSError.
    """
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    listener.set_inheritable(True)
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-P", "-m", module, *arguments, "--listen-fd", str(listener.fileno())],
        dict(env),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, append, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=(),
        setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
    )
    listener.set_inheritable(False)
    _reap_later(pid)
    return pid


def _reap_later(pid: int) -> None:
    loop = asyncio.get_running_loop()
    descriptor = os.pidfd_open(pid)

    def reap() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)
        os.waitpid(pid, 0)

    loop.add_reader(descriptor, reap)


class _ShortPath:
    """The address of a path that may be longer than a unix address can be."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder: int | None = None

    def __enter__(self) -> str:
        if len(os.fsencode(self._path)) <= _PATH_MAX:
            return str(self._path)
        self._folder = os.open(self._path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        return f"/proc/self/fd/{self._folder}/{self._path.name}"

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            os.close(self._folder)
