"""The pure parts of the benchmarks: statistics, verdicts, ratios, and the table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.__main__ import sizes
from benchmarks.figures import Baseline, Figure, Goal, failures, p50, p95, percentile
from benchmarks.goals import NAMES, goal
from benchmarks.report import number, table


def figure(value: float | None, wanted: Goal | None = None, *baselines: Baseline) -> Figure:
    return Figure(row="row", what="what", unit="ms", value=value, goal=wanted, baselines=baselines)


def test_percentiles_are_samples_by_nearest_rank() -> None:
    hundred = [float(number) for number in range(100, 0, -1)]
    assert (p50(hundred), p95(hundred), percentile(hundred, 100)) == (50, 95, 100)
    assert (p50([7.0]), p95([7.0])) == (7, 7)


@given(st.lists(st.floats(allow_nan=False), min_size=1), st.floats(0, 100))
def test_a_percentile_is_always_a_sample(samples: list[float], percent: float) -> None:
    assert percentile(samples, percent) in samples


def test_no_samples_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no samples"):
        p50([])


@pytest.mark.parametrize(
    ("value", "wanted", "verdict"),
    [
        (40.0, Goal(40), "met"),
        (40.1, Goal(40), "missed"),
        (8000.0, Goal(8000, at_least=True), "met"),
        (7999.0, Goal(8000, at_least=True), "missed"),
        (None, Goal(40), "not measured"),
        (1e9, None, "told"),
    ],
)
def test_a_verdict_follows_from_value_and_goal(
    value: float | None, wanted: Goal | None, verdict: str
) -> None:
    assert figure(value, wanted).verdict == verdict


def test_what_is_missed_or_not_measured_fails_a_run() -> None:
    met, missed, absent, told = figure(1, Goal(2)), figure(3, Goal(2)), figure(None, Goal(2)), figure(9)
    assert failures([met, missed, absent, told]) == [missed, absent]


def test_a_ratio_above_one_is_better_whatever_the_direction() -> None:
    assert figure(10, Goal(40), Baseline("slow", 280)).ratios == (28,)
    rate = Figure(
        row="rpc",
        what="rate",
        unit="calls/s",
        value=2000,
        baselines=(Baseline("slow", 1000),),
        more_is_better=True,
    )
    assert rate.ratios == (2,)
    assert figure(None, Goal(40), Baseline("slow", 280)).ratios == ()


def test_a_newer_python_has_goals_of_its_own() -> None:
    assert goal("page.p50", (3, 11)).value > goal("page.p50", (3, 13)).value
    assert all(goal(name, (3, 11)).value >= goal(name, (3, 14)).value for name in NAMES)


def test_the_table_has_every_figure_and_its_note_once() -> None:
    noted = Figure(row="idle", what="CPU", unit="%", value=0.123, note="scaled")
    text = table([figure(41, Goal(40), Baseline("other", 82)), figure(None, Goal(40)), noted, noted])
    assert "| row: what | 41 ms" in text
    assert "missed" in text
    assert "other 82 (2x)" in text
    assert "| row: what | -" in text
    assert text.count("scaled") == 1


@pytest.mark.parametrize(("value", "shown"), [(12345.6, "12,346"), (12.345, "12.3"), (0.01234, "0.012")])
def test_numbers_have_the_digits_that_mean_something(value: float, shown: str) -> None:
    assert number(value) == shown


def test_numbers_of_apps_come_smallest_first_and_once() -> None:
    assert sizes("100,1,20,20") == (1, 20, 100)
    with pytest.raises(ValueError, match="1 or more"):
        sizes("0")
