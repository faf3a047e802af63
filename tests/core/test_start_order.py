"""What is wrong when apps wait for each other."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfd.core.order import cycle_of

NAMES = "abcdefgh"


@pytest.mark.parametrize(
    "after",
    [{}, {"a": ()}, {"a": ("b",), "b": ()}, {"a": ("b", "c"), "b": ("c",), "c": ()}, {"a": ("nobody",)}],
)
def test_an_order_without_a_circle_has_none(after: dict[str, tuple[str, ...]]) -> None:
    assert cycle_of(after) == ()


def test_a_circle_is_named_from_end_to_end() -> None:
    found = cycle_of({"a": ("b",), "b": ("c",), "c": ("a",), "d": ("a",)})
    assert found[0] == found[-1]
    assert set(found) == {"a", "b", "c"}


def test_an_app_that_waits_for_itself_is_a_circle() -> None:
    assert cycle_of({"a": ("a",)}) == ("a", "a")


@given(st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES), max_size=3)))
def test_every_step_of_a_circle_is_one_that_was_asked_for(after: dict[str, set[str]]) -> None:
    for app, other in pairwise(cycle_of(after)):
        assert other in after[app] or app in after[other]
