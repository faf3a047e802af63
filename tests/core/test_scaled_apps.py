"""What several instances add up to, and which slots come and go."""

from itertools import permutations

import pytest

from protoddfd.core.lifecycle import STATES, State
from protoddfd.core.scale import overall, reason, slots_to_add, slots_to_remove


@pytest.mark.parametrize("state", STATES)
def test_one_instance_is_the_app(state: State) -> None:
    assert overall([state]) == state


def test_an_app_is_ready_when_any_instance_is() -> None:
    assert all(overall(["failed", state, "ready"]) == "ready" for state in STATES)


def test_without_a_ready_instance_the_most_hopeful_state_counts() -> None:
    hopeful: list[State] = ["starting", "unhealthy", "stopping", "backoff", "listening", "failed", "down"]
    for place, state in enumerate(hopeful):
        for others in permutations(hopeful[place:], 2):
            assert overall([*others, state]) == state


def test_an_app_without_instances_is_down() -> None:
    assert overall([]) == "down"


def test_the_reason_of_one_instance_is_the_apps() -> None:
    assert reason([("failed", "exited with status 3")]) == "exited with status 3"
    assert reason([("ready", None)]) is None
    assert reason([]) is None


def test_the_reason_of_several_says_how_many_it_concerns() -> None:
    known: list[tuple[State, str | None]] = [("failed", "no port"), ("ready", None), ("failed", "no port")]
    assert reason(known) == "2 of 3 instances are failed: no port"
    assert reason(known[:2]) == "1 of 2 instances is failed: no port"


def test_the_gravest_reason_is_told() -> None:
    known: list[tuple[State, str | None]] = [("ready", "was adopted"), ("failed", "no port")]
    assert reason(known) == "1 of 2 instances is failed: no port"


def test_slots_are_filled_from_the_lowest_and_emptied_from_the_highest() -> None:
    assert slots_to_add({0, 2}, 4) == (1, 3)
    assert slots_to_add({0, 1}, 1) == ()
    assert slots_to_remove({0, 1, 2, 5}, 2) == (5, 2)
    assert slots_to_remove({0}, 3) == ()
