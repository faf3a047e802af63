"""Numbered events and those who follow them. A follower that falls behind is told so and lists again."""

import asyncio
import time
from collections import deque
from typing import Any, Self

from protoddfd.wire.events import Event

KEPT = 2000
"""How many events can be replayed."""
QUEUE = 1000
"""How many events may wait for one follower."""


class Follower:
    """An async iterator of events, bounded; `aclose` ends it."""

    def __init__(self, bus: "Bus", apps: frozenset[str] | None, kinds: frozenset[str] | None) -> None:
        self._bus = bus
        self._apps, self._kinds = apps, kinds
        self._queue: deque[Event] = deque()
        self._lost_from: int | None = None
        self._wake = asyncio.Event()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._queue and self._lost_from is None:
            self._wake.clear()
            await self._wake.wait()
        if self._lost_from is not None:
            first, self._lost_from = self._lost_from, None
            return Event(seq=self._bus.seq, time=time.time(), kind="events.lost", data={"first": first})
        return self._queue.popleft()

    async def aclose(self) -> None:
        """Stop following."""
        self._bus.forget(self)

    def put(self, event: Event) -> None:
        """Queue `event` if it is wanted; drop the queue when it is full."""
        if self._kinds is not None and event.kind not in self._kinds:
            return
        if self._apps is not None and event.app is not None and event.app not in self._apps:
            return
        if len(self._queue) >= QUEUE:
            self.lose(self._queue[0].seq)
            self._queue.clear()
        self._queue.append(event)
        self._wake.set()

    def lose(self, first: int) -> None:
        """Say that events from number `first` on are missing."""
        self._lost_from = first
        self._wake.set()


class Bus:
    """Publishes events to followers; keeps the last ones for replay."""

    def __init__(self, seq: int = 0) -> None:
        self.seq = seq
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._followers: set[Follower] = set()

    @property
    def followers(self) -> int:
        """How many follow."""
        return len(self._followers)

    def publish(self, kind: str, app: str | None = None, **data: Any) -> None:
        """Number an event and hand it to every follower that wants it."""
        self.seq += 1
        event = Event(seq=self.seq, time=time.time(), kind=kind, app=app, data=data)
        self._kept.append(event)
        for follower in self._followers:
            follower.put(event)

    def follow(
        self,
        since: int | None = None,
        apps: frozenset[str] | None = None,
        kinds: frozenset[str] | None = None,
    ) -> Follower:
        """Return the events from now on, after those kept that are newer than `since`.

        What happened since then and is kept no longer is announced by one `events.lost`.
        """
        follower = Follower(self, apps, kinds)
        if since is not None:
            oldest = self._kept[0].seq if self._kept else self.seq + 1
            if since > self.seq or since + 1 < oldest:
                follower.lose(since + 1)
            for event in self._kept:
                if event.seq > since:
                    follower.put(event)
        self._followers.add(follower)
        return follower

    def forget(self, follower: Follower) -> None:
        """Hand it no more events."""
        self._followers.discard(follower)
