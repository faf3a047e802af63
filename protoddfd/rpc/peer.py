"""What the kernel says of the process at the other end of a unix socket. Decides nothing."""

import socket
import struct

import msgspec

_PEERGROUPS = 59
_CREDENTIALS = struct.Struct("3i")
_MOST_BYTES = 1024


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """The peer's ids when it connected; `groups` has its primary and its supplementary groups."""

    pid: int
    uid: int
    gid: int
    groups: frozenset[int]


def peer_of(sock: socket.socket) -> Peer:
    """Return who connected to `sock`.

    A peer of more than 256 groups counts as one of its primary group alone.

    Raises:
        OSError: it is no connected unix socket.
    """
    raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, gid = _CREDENTIALS.unpack(raw)
    try:
        packed = sock.getsockopt(socket.SOL_SOCKET, _PEERGROUPS, _MOST_BYTES)
    except OSError:
        packed = b""
    groups = struct.unpack(f"{len(packed) // 4}I", packed)
    return Peer(pid=pid, uid=uid & 0xFFFFFFFF, gid=gid & 0xFFFFFFFF, groups=frozenset({gid, *groups}))
