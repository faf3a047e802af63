"""Events: numbered, replayed, filtered; a follower that falls behind is told."""

import asyncio

import pytest

from protoddfd.runtime import bus
from protoddfd.runtime.bus import Bus, Follower
from protoddfd.wire.events import Event

pytestmark = pytest.mark.anyio


async def take(follower: Follower, count: int) -> list[Event]:
    async with asyncio.timeout(5):
        return [await anext(follower) for _ in range(count)]


async def test_events_are_numbered_without_gaps() -> None:
    events = Bus(seq=41)
    follower = events.follow()
    for name in ("a", "b", "c"):
        events.publish("app.changed", name)
    assert [(event.seq, event.app) for event in await take(follower, 3)] == [(42, "a"), (43, "b"), (44, "c")]


async def test_a_follower_sees_only_what_it_asked_for() -> None:
    events = Bus()
    follower = events.follow(apps=frozenset({"b"}), kinds=frozenset({"app.changed", "daemon.degraded"}))
    events.publish("app.changed", "a")
    events.publish("progress", "b")
    events.publish("app.changed", "b")
    events.publish("daemon.degraded", reason="disk")
    assert [event.seq for event in await take(follower, 2)] == [3, 4]


async def test_what_is_kept_is_replayed() -> None:
    events = Bus()
    for name in ("a", "b", "c"):
        events.publish("app.changed", name)
    assert [event.app for event in await take(events.follow(since=1), 2)] == ["b", "c"]


async def test_a_follower_that_asks_for_what_is_gone_is_told_first() -> None:
    events = Bus(seq=10)
    events.publish("app.changed", "a")
    lost, event = await take(events.follow(since=3), 2)
    assert (lost.kind, lost.data) == ("events.lost", {"first": 4})
    assert event.app == "a"


async def test_a_follower_that_falls_behind_is_told_and_others_lose_nothing() -> None:
    events = Bus()
    slow, quick = events.follow(), events.follow()
    seen: list[int] = []
    for _ in range(bus.QUEUE + 5):
        events.publish("app.changed", "a")
        seen += [event.seq for event in await take(quick, 1)]
    assert seen == list(range(1, bus.QUEUE + 6))
    first, second = await take(slow, 2)
    assert (first.kind, second.seq) == ("events.lost", bus.QUEUE + 1)


async def test_a_closed_follower_gets_nothing_more() -> None:
    events = Bus()
    follower = events.follow()
    await follower.aclose()
    events.publish("app.changed", "a")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await anext(follower)
