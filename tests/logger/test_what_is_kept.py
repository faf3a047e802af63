"""Which files have to go: by number, by age, by an app's quota; decided without a disk."""

import pytest

from protoddfd.logger.keeping import Part, excess, rotate_bytes, span_s
from protoddfd.logger.messages import Limits, limits_from

NOW = 1_000_000.0
FREE = Limits(max_bytes=100_000, kept=1000, max_age_s=0, quota_bytes=0)


def part(slot: int, sequence: int, *, size: int = 100_000, age_s: float = 0.0) -> Part:
    return Part(slot, sequence, size, NOW - age_s)


def names(parts: list[Part]) -> list[tuple[int, int]]:
    return [(each.slot, each.sequence) for each in parts]


def test_nothing_goes_without_limits() -> None:
    assert excess([part(0, n, age_s=1e9) for n in range(1, 900)], FREE, 1, NOW) == []


def test_each_instance_keeps_its_latest_files() -> None:
    parts = [part(slot, n, age_s=100.0 - n) for slot in (0, 1) for n in range(1, 5)]
    assert names(excess(parts, FREE._replace(kept=3), 2, NOW)) == [(0, 1), (1, 1)]
    assert len(excess(parts, FREE._replace(kept=0), 2, NOW)) == 8


def test_what_is_too_old_goes() -> None:
    parts = [part(0, 1, age_s=90), part(0, 2, age_s=50), part(1, 7, age_s=70)]
    assert names(excess(parts, FREE._replace(max_age_s=60), 2, NOW)) == [(0, 1), (1, 7)]


def test_the_quota_takes_the_oldest_of_all_instances() -> None:
    parts = [part(0, 1, age_s=10), part(0, 2, age_s=1), part(1, 5, age_s=20), part(2, 9, age_s=15)]
    limits = FREE._replace(quota_bytes=400_000)
    assert rotate_bytes(limits, 2) == 100_000
    assert names(excess(parts, limits, 2, NOW)) == [(1, 5), (2, 9)]


def test_files_that_number_takes_count_no_more_for_the_quota() -> None:
    parts = [part(0, 1, age_s=5), part(0, 2, age_s=4), part(1, 1, age_s=9)]
    assert names(excess(parts, FREE._replace(quota_bytes=400_000, kept=1), 2, NOW)) == [(0, 1)]


def test_an_instances_files_go_in_their_order_whatever_their_times_say() -> None:
    parts = [part(0, 1, age_s=1), part(0, 2, age_s=500), part(0, 3, age_s=1)]
    assert excess(parts, FREE._replace(max_age_s=60), 1, NOW) == []
    doomed = excess(parts, FREE._replace(quota_bytes=300_000), 1, NOW)
    assert names(doomed) == [(0, 1)]


def test_files_being_written_share_half_the_quota() -> None:
    limits = Limits(max_bytes=10_000_000, quota_bytes=20_000_000)
    assert [rotate_bytes(limits, n) for n in (0, 1, 4)] == [10_000_000, 10_000_000, 2_500_000]
    assert rotate_bytes(limits, 10_000) == 64 * 1024
    assert rotate_bytes(limits._replace(quota_bytes=0), 64) == 10_000_000


def test_the_files_kept_reach_as_far_back_as_the_greatest_age() -> None:
    assert span_s(Limits(max_age_s=300, kept=5)) == 60
    assert span_s(Limits(max_age_s=300, kept=0)) == 300


def test_limits_come_as_an_object_of_numbers() -> None:
    assert limits_from({}) == Limits()
    assert limits_from({"kept": 0, "max_bytes": 0, "max_age_s": 1.5}) == Limits(1, 0, 1.5)


@pytest.mark.parametrize("value", [[], {"kept": "5"}, {"kept": -1}, {"other": 1}, {"quota_bytes": True}])
def test_other_limits_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="limits are"):
        limits_from(value)
