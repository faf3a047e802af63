"""What a record looks like: `2026-11-22T20:00:00.123Z O text`, one a line, time in UTC.

The letter names the stream: O output, E errors, L the logger's own notes. In lower case the line was not
complete (no newline within a second, or longer than 64 KiB) and goes on in the stream's next record.
"""

import time

_second = -1
_text = ""


def prefix(letter: str) -> bytes:
    """Return the head of a record that is written now."""
    global _second, _text  # the formatted second, kept because there may be thousands of chunks in it
    now = time.time_ns()
    second = now // 1_000_000_000
    if second != _second:
        _second, _text = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
    return f"{_text}.{now // 1_000_000 % 1000:03d}Z {letter} ".encode()


def stamped(lines: bytes, letter: str) -> memoryview:
    """Return the records of whole `lines`, the last newline included."""
    head = prefix(letter)
    records = head + lines.replace(b"\n", b"\n" + head)
    return memoryview(records)[: -len(head)]


def note(text: str) -> bytes:
    """Return a record of the logger's own."""
    return prefix("L") + text.encode() + b"\n"
