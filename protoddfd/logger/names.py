"""How an instance's FIFOs and log files are named; app names that could leave the folder are refused.

`logs/APP/SLOT.log` is being written; `SLOT.000001.log`, `SLOT.000002.log`, ... were put aside in that order.
`SLOT.counts` says how many lines are missing.
"""

import re

_APP_BYTES_MAX = 200
_LOG = re.compile(r"(0|[1-9]\d*)(?:\.(\d{6,}))?\.log", re.ASCII)


def instance_name(app: object, slot: object) -> str:
    """Return `app.slot`; raises ValueError when that cannot be a file's name."""
    if not isinstance(app, str) or not isinstance(slot, int) or isinstance(slot, bool) or slot < 0:
        raise ValueError("an app's name and a slot are needed")
    if not app or app.startswith(".") or "/" in app or "\0" in app or len(app.encode()) > _APP_BYTES_MAX:
        raise ValueError("an app's name cannot be a file's name")
    return f"{app}.{slot}"


def current_name(slot: int) -> str:
    """Return the name of the file that an instance's output goes to."""
    return f"{slot}.log"


def part_name(slot: int, sequence: int) -> str:
    """Return the name of the `sequence`-th file that was put aside; the first is 1."""
    return f"{slot}.{sequence:06d}.log"


def counts_name(slot: int) -> str:
    """Return the name of the file that counts what is missing."""
    return f"{slot}.counts"


def parse_log_name(name: str) -> tuple[int, int] | None:
    """Return the slot and the sequence number (0: being written) of a log file, None for other names."""
    found = _LOG.fullmatch(name)
    return (int(found[1]), int(found[2] or 0)) if found is not None else None
