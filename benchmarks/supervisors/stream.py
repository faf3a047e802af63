"""A buffered byte stream over a unix socket, for the protocols of the supervisors."""

import socket
from pathlib import Path

TIMEOUT_S = 120.0


def connect(path: Path, timeout_s: float = TIMEOUT_S) -> socket.socket:
    """Return a connection to the unix socket; raise OSError."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(timeout_s)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


def listens(path: Path) -> bool:
    """Tell whether a connection to the unix socket can be made; raise OSError when not."""
    connect(path).close()
    return True


class Stream:
    """One connection."""

    def __init__(self, path: Path) -> None:
        self._socket = connect(path)
        self._file = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        self._socket.sendall(data)

    def exactly(self, size: int) -> bytes:
        """Return the next `size` bytes; raise EOFError when fewer come."""
        data = self._file.read(size)
        if len(data) < size:
            raise EOFError("the connection has ended")
        return data

    def close(self) -> None:
        """End the connection."""
        self._file.close()
        self._socket.close()
