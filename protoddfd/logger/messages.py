"""What the daemon and the logger agree on beside names: the protocol's number, and how much is kept."""

from typing import Any, NamedTuple

PROTOCOL = 2
"""Goes up when a logger of the version before cannot be talked to; it is then ended and replaced."""

MIB = 1024 * 1024
DAY_S = 86_400.0


class Limits(NamedTuple):
    """How large files get, and how many of them stay for how long. 0 means no bound but for `kept`."""

    max_bytes: int = 10 * MIB
    """A file is put aside before it gets longer."""
    kept: int = 5
    """Files of an instance that were put aside and stay."""
    max_age_s: float = 30 * DAY_S
    """Files that were written to for the last time longer ago are removed."""
    quota_bytes: int = 200 * MIB
    """What the files of one app, all instances, may take."""


def limits_from(value: Any) -> Limits:
    """Return the limits in a JSON object; raises ValueError when it has others or impossible ones."""
    if not isinstance(value, dict) or not set(value) <= set(Limits._fields):
        raise ValueError(f"limits are an object of {', '.join(Limits._fields)}")
    limits = Limits(**value)
    numbers: list[Any] = list(limits)
    if not all(type(each) in (int, float) and each >= 0 for each in numbers):
        raise ValueError("limits are numbers, 0 or more")
    return limits._replace(
        max_bytes=max(int(limits.max_bytes), 1), kept=int(limits.kept), quota_bytes=int(limits.quota_bytes)
    )
