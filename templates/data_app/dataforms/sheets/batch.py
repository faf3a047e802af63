"""Some rows of a file at a time."""

import msgspec

BATCH_ROWS = 4_000


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Some consecutive rows; `numbers[i]` is the line or row of the file, from 1, that `rows[i]` is."""

    rows: list[list[object]]
    numbers: list[int]
    done: float
    """How much of the file is read, 0 to 1."""
