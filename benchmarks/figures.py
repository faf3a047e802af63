"""What a measurement yields: figures with goals, baselines and a verdict. Pure."""

import math
from collections.abc import Sequence
from typing import Literal

import msgspec

Verdict = Literal["met", "missed", "not measured", "told"]


class Goal(msgspec.Struct, frozen=True):
    """The most that a figure may be, or the least where `at_least`."""

    value: float
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        """Tell whether `value` is good enough."""
        return value >= self.value if self.at_least else value <= self.value


class Baseline(msgspec.Struct, frozen=True):
    """The same figure of something else, measured in the same run, in the figure's unit."""

    name: str
    value: float


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured figure. `value` is None where it could not be measured; `note` says why then."""

    row: str
    what: str
    unit: str
    value: float | None
    samples: int = 1
    goal: Goal | None = None
    baselines: tuple[Baseline, ...] = ()
    note: str = ""
    more_is_better: bool = False

    @property
    def verdict(self) -> Verdict:
        """Return how the figure compares with its goal; `told` is one without a goal."""
        if self.goal is None:
            return "told"
        if self.value is None:
            return "not measured"
        return "met" if self.goal.is_met(self.value) else "missed"

    @property
    def ratios(self) -> tuple[float, ...]:
        """Return how many times better than each baseline the figure is; below 1 it is worse."""
        if self.value is None:
            return ()
        return tuple(_ratio(each.value, self.value, up=self.more_is_better) for each in self.baselines)


def _ratio(baseline: float, value: float, *, up: bool) -> float:
    over, under = (value, baseline) if up else (baseline, value)
    return over / under if under else math.inf


def percentile(samples: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile of `samples`; raise ValueError when there are none."""
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def p50(samples: Sequence[float]) -> float:
    """Return the median, by nearest rank."""
    return percentile(samples, 50)


def p95(samples: Sequence[float]) -> float:
    """Return the 95th percentile, by nearest rank."""
    return percentile(samples, 95)


def failures(figures: Sequence[Figure]) -> list[Figure]:
    """Return the figures that keep a run from succeeding: goals missed, and goals not measured."""
    return [figure for figure in figures if figure.verdict in ("missed", "not measured")]
