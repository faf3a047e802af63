"""The least log pump in Python, and a program to try it with.

logpump.py spew LINES: numbered lines of 100 bytes to standard output, 64 KiB at a time; the time when that
began (monotonic nanoseconds) to standard error, and a word there when all is written.
logpump.py pump LOG MAX_BYTES: standard input into LOG, which is renamed to LOG.1, LOG.2, ... when it is full.
"""

import os
import sys
import time
from pathlib import Path

LINE_BYTES = 100
_BLOCK = 65536


def line(number: int) -> bytes:
    """Return a line that `spew` writes."""
    return b"%010d" % number + b"x" * (LINE_BYTES - 11) + b"\n"


def spew(lines: int) -> None:
    """Write all lines as fast as they are taken; they are made before the time is."""
    text = memoryview(b"".join(map(line, range(lines))))
    os.write(2, b"%d\n" % time.monotonic_ns())
    for start in range(0, len(text), _BLOCK):
        block = text[start : start + _BLOCK]
        while block:
            block = block[os.write(1, block) :]
    os.close(1)
    os.write(2, b"written\n")


def pump(log: str, max_bytes: int) -> None:
    """Copy and rename, without a thought for lines or for being killed."""
    size = rotated = 0
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    while block := os.read(0, _BLOCK):
        if size + len(block) > max_bytes:
            rotated += 1
            os.close(out)
            Path(log).rename(f"{log}.{rotated}")
            out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            size = 0
        os.write(out, block)
        size += len(block)


if __name__ == "__main__":
    if sys.argv[1] == "spew":
        spew(int(sys.argv[2]))
    else:
        pump(sys.argv[2], int(sys.argv[3]))
