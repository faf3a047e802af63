"""The descriptors that the zygote keeps for the daemon: the second holder of every app's sockets."""

import os
from collections.abc import Iterator

from protoddfd.zygote.messages import DESCRIPTORS_MAX, Held


class HeldSockets:
    """Descriptors by key, in the order in which they came."""

    def __init__(self) -> None:
        self._by_key: dict[str, list[int]] = {}

    def hold(self, key: str, descriptors: list[int]) -> None:
        """Keep `descriptors`, which are ours from now on, in place of what `key` had."""
        self.release(key)
        self._by_key[key] = descriptors

    def release(self, key: str) -> None:
        """Close what `key` has; nothing happens when it has nothing."""
        for descriptor in self._by_key.pop(key, []):
            os.close(descriptor)

    def pair(self, key: str) -> tuple[int, int] | None:
        """Return the frontend's and the backend's socket of an app, if both are held."""
        held = self._by_key.get(key, [])
        return (held[0], held[1]) if len(held) >= 2 else None

    def batches(self, keys_max: int) -> Iterator[tuple[list[Held], list[int]]]:
        """Yield all that is held in portions that fit into one packet each."""
        heads: list[Held] = []
        descriptors: list[int] = []
        for key, mine in self._by_key.items():
            if heads and (len(heads) >= keys_max or len(descriptors) + len(mine) > DESCRIPTORS_MAX):
                yield heads, descriptors
                heads, descriptors = [], []
            heads.append(Held(key=key, count=len(mine)))
            descriptors.extend(mine)
        if heads:
            yield heads, descriptors
