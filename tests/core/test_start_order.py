"""Which app may be started while others come up, and what is wrong when apps wait for each other."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfd.core.order import StartOrder, cycle_of

NAMES = "abcdefgh"


def test_apps_without_an_order_may_all_be_started_at_once() -> None:
    order = StartOrder({"a": (), "b": ()})
    assert sorted(order.startable()) == ["a", "b"]
    assert order.startable() == ()


def test_an_app_is_started_when_all_that_come_before_it_have_settled() -> None:
    order = StartOrder({"web": ("db", "queue"), "db": (), "queue": ("db",)})
    assert order.startable() == ("db",)
    order.settled("db")
    assert order.startable() == ("queue",)
    assert not order.is_over
    order.settled("queue")
    assert order.startable() == ("web",)
    order.settled("web")
    assert order.is_over


def test_apps_that_are_not_to_be_started_are_not_waited_for() -> None:
    assert StartOrder({"web": ("db", "unknown")}).startable() == ("web",)
    assert cycle_of({"web": ("db", "unknown")}) == ()


def test_nothing_to_start_is_over_at_once() -> None:
    assert StartOrder({}).is_over


@pytest.mark.parametrize(
    ("after", "cycle"),
    [
        ({"a": ("a",)}, {"a"}),
        ({"a": ("b",), "b": ("a",)}, {"a", "b"}),
        ({"a": ("b",), "b": ("c",), "c": ("a",), "d": ("a",)}, {"a", "b", "c"}),
    ],
)
def test_apps_that_wait_for_each_other_are_named_and_started_all_the_same(
    after: dict[str, tuple[str, ...]], cycle: set[str]
) -> None:
    found = cycle_of(after)
    assert set(found) == cycle
    assert found[0] == found[-1]
    assert all(other in after[name] for name, other in pairwise(found))
    order = StartOrder(after)
    assert order.cycles == (found,)
    assert set(order.startable()) == cycle


@given(st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES + "xyz"))))
def test_every_app_is_started_once_whatever_the_order(after: dict[str, set[str]]) -> None:
    order = StartOrder(after)
    started: list[str] = []
    while names := order.startable():
        for name in names:
            if not order.cycles:
                assert after[name] & after.keys() <= set(started)
        started += names
        for name in names:
            order.settled(name)
    assert order.is_over
    assert sorted(started) == sorted(after)
    assert bool(order.cycles) == bool(cycle_of(after))
