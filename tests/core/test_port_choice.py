"""Which ports are tried, and in which order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfd.core.ports import PortSpan, candidates, free_count, next_free, parse_span


def test_the_order_begins_where_chance_says_and_wraps_around() -> None:
    assert list(candidates(PortSpan(3010, 3013), frozenset(), 0.5)) == [3012, 3013, 3010, 3011]


@given(st.sets(st.integers(3000, 3040)), st.floats(0, 1))
def test_every_free_port_is_tried_once_and_no_taken_one(taken: set[int], chance: float) -> None:
    tried = list(candidates(PortSpan(3000, 3040), taken, chance))
    assert sorted(tried) == sorted(set(range(3000, 3041)) - taken)


def test_a_range_is_read() -> None:
    assert parse_span("3000-5000") == PortSpan(3000, 5000)


@pytest.mark.parametrize("text", ["", "3000", "5000-3000", "0-10", "1-70000", "a-b", "3000-5000-6000"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a range|does not lie"):
        parse_span(text)


def test_an_app_that_moves_gets_the_next_free_port_and_never_its_own() -> None:
    span = PortSpan(3010, 3014)
    assert list(next_free(span, {3012}, 3011)) == [3013, 3014, 3010]
    assert list(next_free(span, {3012}, 3014)) == [3010, 3011, 3013]
    assert list(next_free(span, set(), 99)) == [3010, 3011, 3012, 3013, 3014]


def test_ports_that_no_browser_opens_are_given_to_nobody() -> None:
    span = PortSpan(3657, 3661)
    assert list(candidates(span, {3660}, 0.0)) == [3657, 3658, 3661]
    assert list(next_free(span, set(), 3658)) == [3660, 3661, 3657]
    assert (free_count(span, {3659, 3660}), span.usable) == (3, 4)


@given(st.sets(st.integers(2990, 3050)), st.integers(2990, 3050))
def test_a_move_tries_every_free_port_once(taken: set[int], port: int) -> None:
    span = PortSpan(3000, 3040)
    tried = list(next_free(span, taken, port))
    assert sorted(tried) == sorted(set(range(3000, 3041)) - taken - {port})
    assert free_count(span, taken | {port}) == len(tried)


def test_a_thousand_apps_get_two_ports_each_and_then_there_are_none() -> None:
    span = PortSpan(3000, 5002)
    taken: set[int] = set()
    for number in range(1000):
        free = candidates(span, taken, number * 0.618 % 1)
        taken |= {next(free), next(free)}
    assert len(taken) == 2000
    assert free_count(span, taken) == 0
    assert next(candidates(span, taken, 0.5), None) is None
