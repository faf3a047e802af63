"""What a controller is told first: who lives, who ended, and every descriptor that is held for it."""

import os
from collections.abc import Iterator
from itertools import zip_longest
from typing import TypeVar

from protoddfd.zygote.family import Family
from protoddfd.zygote.held import HeldSockets
from protoddfd.zygote.instance_lock import process_start_time
from protoddfd.zygote.messages import Welcome
from protoddfd.zygote.preloading import Preloading

_PART = 100
"""Children, exits and keys that one packet carries, at most."""

_Item = TypeVar("_Item")


def welcomes(
    family: Family, held: HeldSockets, version: str, preloading: Preloading
) -> Iterator[tuple[Welcome, list[int]]]:
    """Yield the packets of one welcome with their descriptors; there is always at least one."""
    pid = os.getpid()
    start_time = process_start_time(pid)
    parts = list(zip_longest(_portions(family.children), _portions(family.exits), held.batches(_PART)))
    parts = parts or [(None, None, None)]
    for number, (children, exits, portion) in enumerate(parts, start=1):
        heads, descriptors = portion or ([], [])
        yield (
            Welcome(
                pid=pid,
                start_time=start_time,
                version=version,
                children=children or [],
                exits=exits or [],
                held=heads,
                preload_error=preloading.error,
                preloaded=preloading.done,
                more=number < len(parts),
            ),
            descriptors,
        )


def _portions(items: list[_Item]) -> list[list[_Item]]:
    return [items[start : start + _PART] for start in range(0, len(items), _PART)]
