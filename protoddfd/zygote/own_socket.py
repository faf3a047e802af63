"""The unix socket on which an instance answers for itself alone: its ports are shared with the others."""

import os
import socket
import sys
from pathlib import Path

_LONGEST = 100
"""Bytes of a path that an address takes; a longer one is reached through its folder."""


def listen() -> list[socket.socket]:
    """Return a socket that listens where PROTODDF_PROBE says; none without it, or where it cannot be had."""
    place = os.environ.get("PROTODDF_PROBE")
    if not place:
        return []
    try:
        return [_listen(Path(place))]
    except OSError as error:
        sys.stderr.write(f"nothing can be asked of this process alone: {error}\n")
        return []


def _listen(path: Path) -> socket.socket:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if len(os.fsencode(path)) <= _LONGEST:
            listener.bind(str(path))
        else:
            folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                listener.bind(f"/proc/self/fd/{folder}/{path.name}")
            finally:
                os.close(folder)
        listener.listen(16)
    except OSError:
        listener.close()
        raise
    return listener
