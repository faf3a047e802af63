"""Counts the TCP connections that programs have on ports of theirs, for those that do not count themselves.

The kernel is asked through its socket diagnostics (sock_diag(7)), which leave out what is not ours before it
reaches us: 0.7 ms without connections and 2.5 us for each, a quarter of what /proc/net/tcp takes. Where that
is not to be had, /proc/net/tcp is read.
"""

import errno
import os
import socket
import struct
from collections import Counter
from collections.abc import Collection

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_DUMP = 0x301
_DONE, _ERROR = 3, 2
_BYTECODE = 1
_SOURCE_PORT_AT_LEAST, _SOURCE_PORT_AT_MOST = 2, 3
_ESTABLISHED = 1
_PORT_AT = 20
"""Where in a message the local port stands, in network order."""
_BUFFER_BYTES = 256 * 1024
_LIMIT_S = 2.0


def connections(ports: Collection[int]) -> dict[int, int]:
    """Return how many established connections there are to each of `ports`; those without any are left out.

    A connection that waits to be accepted counts. Blocks for milliseconds where there are thousands: call it
    in a thread. Raises OSError.
    """
    if not ports:
        return {}
    try:
        found = connections_by_netlink(min(ports), max(ports))
    except OSError:
        found = connections_by_table()
    return {port: count for port, count in found.items() if port in ports}


def connections_by_netlink(first: int, last: int) -> Counter[int]:
    """Return how many established connections each port from `first` to `last` has; raises OSError."""
    found: Counter[int] = Counter()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG) as asked:
        asked.settimeout(_LIMIT_S)
        for family in (socket.AF_INET, socket.AF_INET6):
            asked.send(_request(family, first, last))
            while _take(asked.recv(_BUFFER_BYTES), found):
                pass
    return found


def _request(family: int, first: int, last: int) -> bytes:
    """Return a request for a dump, with the program that the kernel is to run over each socket.

    A step of it says how many bytes to go on when it holds and when not; 4 beyond the end is a rejection.
    """
    program = struct.pack("=BBHBBH", _SOURCE_PORT_AT_LEAST, 8, 20, 0, 0, first)
    program += struct.pack("=BBHBBH", _SOURCE_PORT_AT_MOST, 8, 12, 0, 0, last)
    body = struct.pack("=BBBxI48x", family, socket.IPPROTO_TCP, 0, 1 << _ESTABLISHED)
    body += struct.pack("=HH", 4 + len(program), _BYTECODE) + program
    return struct.pack("=IHHII", 16 + len(body), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 0, 0) + body


def _take(packet: bytes, found: Counter[int]) -> bool:
    """Count the sockets in a packet; return whether more will come. Raises OSError with what was refused."""
    at = 0
    while at < len(packet):
        length, kind = struct.unpack_from("=IH", packet, at)
        if kind == _DONE:
            return False
        if kind == _ERROR:
            number = -struct.unpack_from("=i", packet, at + 16)[0]
            raise OSError(number or errno.EPROTO, os.strerror(number or errno.EPROTO))
        found[packet[at + _PORT_AT] << 8 | packet[at + _PORT_AT + 1]] += 1
        at += (length + 3) & ~3
    return True


def connections_by_table() -> Counter[int]:
    """Return how many established connections each port of this machine has; raises OSError."""
    found: Counter[int] = Counter()
    for name in ("tcp", "tcp6"):
        try:
            with open(f"/proc/net/{name}", "rb") as file:  # noqa: PTH123 -- as the other files of /proc
                lines = file.read().splitlines()
        except FileNotFoundError:  # no IPv6 here
            continue
        for line in lines[1:]:
            _, local, _, state, _ = line.split(None, 4)
            if int(state, 16) == _ESTABLISHED:
                found[int(local.rpartition(b":")[2], 16)] += 1
    return found
