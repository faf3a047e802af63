"""Decides which files of an app's logs have to go. Pure: sizes, ages and limits in, a list out."""

from collections.abc import Iterable
from typing import NamedTuple

from protoddfd.logger.messages import Limits

_LEAST_BYTES = 64 * 1024


class Part(NamedTuple):
    """A file that is not being written any more."""

    slot: int
    sequence: int
    size: int
    written_at: float
    """When it was written to for the last time (Unix seconds)."""


def rotate_bytes(limits: Limits, instances: int) -> int:
    """Return how long a file may get: the files being written take at most half of the app's quota."""
    if limits.quota_bytes == 0:
        return limits.max_bytes
    share = max(limits.quota_bytes // (2 * max(instances, 1)), _LEAST_BYTES)
    return min(limits.max_bytes, share)


def span_s(limits: Limits) -> float:
    """Return how old the first line of a file may get before the file is put aside; 0: as old as it likes.

    As many files as are kept then reach back as far as the greatest age.
    """
    return limits.max_age_s / max(limits.kept, 1)


def excess(parts: Iterable[Part], limits: Limits, writing: int, now: float) -> list[Part]:
    """Return the files to remove, the oldest first, when `writing` instances have one more being written."""
    ordered = _oldest_first(parts)
    doomed = _too_many(ordered, limits.kept)
    rest = [part for part in ordered if part not in doomed]
    doomed.update(rest[: max(_outlived(rest, limits, now), _beyond_quota(rest, limits, writing))])
    return [part for part in ordered if part in doomed]


def _too_many(ordered: list[Part], kept: int) -> set[Part]:
    newer: dict[int, int] = {}
    doomed: set[Part] = set()
    for part in reversed(ordered):
        newer[part.slot] = newer.get(part.slot, 0) + 1
        if newer[part.slot] > kept:
            doomed.add(part)
    return doomed


def _oldest_first(parts: Iterable[Part]) -> list[Part]:
    """Return the parts by age; what an instance wrote later never comes before what it wrote earlier."""
    latest: dict[int, float] = {}
    ordered: list[Part] = []
    for part in sorted(parts, key=lambda each: each.sequence):
        latest[part.slot] = max(part.written_at, latest.get(part.slot, 0.0))
        ordered.append(part._replace(written_at=latest[part.slot]))
    return sorted(ordered, key=lambda each: (each.written_at, each.slot, each.sequence))


def _outlived(ordered: list[Part], limits: Limits, now: float) -> int:
    """Return how many of the first ones are too old."""
    if limits.max_age_s == 0:
        return 0
    return sum(part.written_at < now - limits.max_age_s for part in ordered)


def _beyond_quota(ordered: list[Part], limits: Limits, writing: int) -> int:
    """Return how many of the first ones have to go, so that those being written may grow as they may."""
    if limits.quota_bytes == 0:
        return 0
    over = sum(part.size for part in ordered) + writing * rotate_bytes(limits, writing) - limits.quota_bytes
    count = 0
    while over > 0 and count < len(ordered):
        over -= ordered[count].size
        count += 1
    return count
