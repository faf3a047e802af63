"""Which ports are tried, and in which order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfd.core.ports import PortSpan, candidates, parse_span


def test_the_order_begins_where_chance_says_and_wraps_around() -> None:
    assert list(candidates(PortSpan(10, 13), frozenset(), 0.5)) == [12, 13, 10, 11]


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
