"""One connection of the zygote: packets with descriptors, in and out, never blocking."""

import os
import socket
import struct
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from protoddfd.zygote.messages import DESCRIPTORS_MAX, PACKET_MAX

QUEUE_MAX = 10_000
"""Packets that may wait for a controller that does not read; it is dropped beyond that."""

_ANCILLARY_BYTES = socket.CMSG_SPACE(DESCRIPTORS_MAX * 4)


class Packet(NamedTuple):
    """What arrived: `complete` is false when descriptors were cut off for lack of room."""

    data: bytes
    descriptors: list[int]
    complete: bool


class Channel:
    """A connected SOCK_SEQPACKET socket. All methods but `close` raise OSError when the peer is gone."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._waiting: deque[tuple[bytes, list[int]]] = deque()
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PACKET_MAX)

    @property
    def wants_to_write(self) -> bool:
        """Whether packets wait for room."""
        return bool(self._waiting)

    def peer_uid(self) -> int:
        """Return the user id of the process at the other end."""
        raw = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return int(struct.unpack("iII", raw)[1])

    def send(self, packet: bytes, descriptors: Sequence[int] = ()) -> None:
        """Send a packet now, or keep it and duplicates of its descriptors until there is room."""
        if not self._waiting and self._try(packet, descriptors):
            return
        if len(self._waiting) >= QUEUE_MAX:
            raise ConnectionAbortedError("the controller does not read")
        self._waiting.append((packet, [os.dup(descriptor) for descriptor in descriptors]))

    def flush(self) -> None:
        """Send what waits, as far as there is room."""
        while self._waiting and self._try(*self._waiting[0]):
            _close(self._waiting.popleft()[1])

    def receive(self) -> Packet | None:
        """Return the next packet, or None when there is none yet; an empty one means that the peer left."""
        try:
            data, ancillary, flags, _ = self.socket.recvmsg(
                PACKET_MAX, _ANCILLARY_BYTES, socket.MSG_CMSG_CLOEXEC
            )
        except BlockingIOError:
            return None
        descriptors = [
            number
            for level, kind, raw in ancillary
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS
            for (number,) in struct.iter_unpack("i", raw[: len(raw) // 4 * 4])
        ]
        return Packet(data, descriptors, not flags & (socket.MSG_CTRUNC | socket.MSG_TRUNC))

    def close(self) -> None:
        """End the connection; what waits is lost."""
        for _, descriptors in self._waiting:
            _close(descriptors)
        self._waiting.clear()
        self.socket.close()

    def _try(self, packet: bytes, descriptors: Sequence[int]) -> bool:
        try:
            if descriptors:
                socket.send_fds(self.socket, [packet], descriptors, socket.MSG_NOSIGNAL)
            else:
                self.socket.send(packet, socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return False
        return True


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
