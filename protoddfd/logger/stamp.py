"""What a record looks like: `2026-11-22T20:00:00.123Z O text`, one a line, time in UTC.

The letter names the stream: O output, E errors, L the logger's own notes. In lower case the line was not
complete (no newline within a second, or longer than 64 KiB); the record that goes on with it has a `+`
instead of the space behind its letter.
"""

import time

HEAD_BYTES = 27
"""What stands before the text of a record."""

_second = -1
_text = ""


def prefix(letter: str, mark: str = " ") -> bytes:
    """Return the head of a record that is written now."""
    global _second, _text  # the formatted second, kept because there may be thousands of chunks in it
    now = time.time_ns()
    second = now // 1_000_000_000
    if second != _second:
        _second, _text = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
    return f"{_text}.{now // 1_000_000 % 1000:03d}Z {letter}{mark}".encode()


def stamped(lines: bytes, letter: str) -> tuple[memoryview, int]:
    """Return the records of whole `lines`, and how many; a newline stands before the first of them.

    That newline saves a copy of all the text: each newline is replaced by itself and the next record's head.
    """
    head = prefix(letter)
    records = lines.replace(b"\n", b"\n" + head)
    return memoryview(records)[1:-HEAD_BYTES], (len(records) - len(lines)) // HEAD_BYTES - 1


def piece(text: bytes, letter: str, *, goes_on: bool) -> memoryview:
    """Return the record of a line or a piece of one; `goes_on`: it is the next piece of a line."""
    return memoryview(prefix(letter, "+" if goes_on else " ") + text + b"\n")


def note(text: str) -> bytes:
    """Return a record of the logger's own."""
    return prefix("L") + text.encode() + b"\n"


def count_lines(records: bytes) -> int:
    """Return how many lines of a program end in whole `records`: notes and unfinished pieces are none."""
    found = records.count(b"\n")
    for other in (b"Z L ", b"Z o", b"Z e"):
        at = records.find(other)
        while at != -1:
            start = at + 4 - HEAD_BYTES
            if start == 0 or (start > 0 and records[start - 1] == 0x0A):
                found -= 1
            at = records.find(other, at + 1)
    return found
