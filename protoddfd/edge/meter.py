"""Reads what an app has counted of its use, from the file that `dataforms.meter` describes. Wakes nobody."""

import fcntl
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from dataforms import meter

LATENCY_BOUNDS_S = meter.LATENCY_BOUNDS_S
"""The longest time that each of `Meter.latency_buckets` takes; the last one takes what was longer."""

_BLOCK = struct.Struct(f"={meter.BLOCK_WORDS}q")


class Meter(msgspec.Struct, frozen=True, kw_only=True):
    """What the processes of an app have counted together. Checks of the supervisor are in none of it."""

    connections: int
    """Open TCP connections on which something was asked; of an app that our own server does not serve, only
    those on which something is under way."""
    websockets: int
    under_way: int
    """Requests that have no complete answer yet."""
    requests: int
    """Begun, since the file was made; so are the counts below. A websocket is none."""
    errors: int
    """Answered with a status of 500 or more, or not at all."""
    events: int
    """That pages sent over websockets."""
    last_used_monotonic_s: float | None
    """By this machine's monotonic clock; None: not since it booted."""
    latency_buckets: tuple[int, ...]
    """Answered requests by time, each in one bucket; see `LATENCY_BOUNDS_S`."""
    latency_sum_s: float

    @property
    def in_use(self) -> bool:
        """Is anybody connected, or waiting for an answer?"""
        return self.connections > 0 or self.under_way > 0


def read(path: Path) -> Meter | None:
    """Return what is counted in the file at `path` at this moment; None if there is none that can be read.

    A file that an app of an older or newer layout has written is none. What only a living process can have,
    such as a connection, counts only while the process lives, however it ended.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        blocks = list(_blocks(file, os.read(file, meter.FILE_BYTES)))
    except OSError:
        return None
    finally:
        os.close(file)
    return _sum(blocks) if blocks else None


def _blocks(file: int, content: bytes) -> Iterator[tuple[int, ...]]:
    """Yield the words of each block that was counted in."""
    for number in range(len(content) // meter.BLOCK_BYTES):
        words = list(_BLOCK.unpack_from(content, number * meter.BLOCK_BYTES))
        if words[0] != meter.MAGIC:
            continue
        if not _is_claimed(file, number):
            for gauge in meter.GAUGES:
                words[gauge] = 0
        yield tuple(words)


def _is_claimed(file: int, number: int) -> bool:
    """Return whether the process that counts in a block lives."""
    found: int = meter.FLOCK.unpack(fcntl.fcntl(file, fcntl.F_OFD_GETLK, meter.lock_of(number)))[0]
    return found != fcntl.F_UNLCK


def _sum(blocks: list[tuple[int, ...]]) -> Meter:
    total = [sum(words) for words in zip(*blocks, strict=True)]
    now_ns = time.monotonic_ns()
    used = [words[meter.LAST_USED_NS] for words in blocks if 0 < words[meter.LAST_USED_NS] <= now_ns]
    return Meter(
        connections=total[meter.CONNECTIONS],
        websockets=total[meter.WEBSOCKETS],
        under_way=total[meter.UNDER_WAY],
        requests=total[meter.REQUESTS],
        errors=total[meter.ERRORS],
        events=total[meter.EVENTS],
        last_used_monotonic_s=max(used) / 1e9 if used else None,
        latency_buckets=tuple(total[meter.LATENCY : meter.LATENCY + len(LATENCY_BOUNDS_S) + 1]),
        latency_sum_s=total[meter.LATENCY_SUM_NS] / 1e9,
    )
