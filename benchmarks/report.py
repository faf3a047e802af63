"""What a run tells: a table for people, JSON for programs."""

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.figures import Figure, Verdict
from benchmarks.machine import Machine


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with what follows from it."""

    figure: Figure
    verdict: Verdict
    ratios: tuple[float, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `finished_at` is Unix time in seconds, `took_s` seconds."""

    machine: Machine
    quick: bool
    sizes: tuple[int, ...]
    finished_at: float
    took_s: float
    lines: tuple[Line, ...]


def report(
    machine: Machine, figures: Sequence[Figure], *, quick: bool, sizes: tuple[int, ...], took_s: float
) -> Report:
    """Return the report of a run that ends now."""
    lines = tuple(Line(figure=each, verdict=each.verdict, ratios=each.ratios) for each in figures)
    return Report(
        machine=machine,
        quick=quick,
        sizes=sizes,
        finished_at=time.time(),
        took_s=round(took_s, 1),
        lines=lines,
    )


def save(made: Report, folder: Path) -> list[Path]:
    """Write `benchmarks.json` and `benchmarks.md` into `folder`; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    as_json, as_table = folder / "benchmarks.json", folder / "benchmarks.md"
    as_json.write_bytes(msgspec.json.format(msgspec.json.encode(made)) + b"\n")
    as_table.write_text(heading(made) + "\n\n" + table([line.figure for line in made.lines]) + "\n")
    return [as_json, as_table]


def heading(made: Report) -> str:
    """Return what the figures were measured on, in a sentence or two."""
    machine = made.machine
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    said = (
        f"{machine.cores} cores, {machine.memory_mib / 1024:.0f} GiB, Linux {machine.kernel}, "
        f"{machine.disk}; Python {machine.python}; {versions}. Load before: {machine.load}."
    )
    if machine.busy:
        said += "\n**The machine was busy with something else: these figures are to be doubted.**"
    return said


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table in Markdown, readable as it is."""
    rows = [
        ("what", "measured", "goal", "verdict", "beside it, and how many times better"),
        *map(_cells, figures),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["| " + " | ".join(_padded(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    notes = dict.fromkeys(figure.note for figure in figures if figure.note)
    return "\n".join([*lines, *(("", *notes) if notes else ())])


def _padded(row: tuple[str, ...], widths: Sequence[int]) -> list[str]:
    return [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]


def _cells(figure: Figure) -> tuple[str, ...]:
    value = "-" if figure.value is None else f"{number(figure.value)} {figure.unit}"
    goal = ""
    if figure.goal is not None and figure.unit:
        goal = f"{'>=' if figure.goal.at_least else '<='} {number(figure.goal.value)}"
    beside = ", ".join(
        f"{each.name} {number(each.value)} ({number(ratio)}x)"
        for each, ratio in zip(figure.baselines, figure.ratios, strict=bool(figure.ratios))
    )
    verdict = "" if figure.verdict == "told" else figure.verdict
    return f"{figure.row}: {figure.what}", value, goal, verdict, beside


def number(value: float) -> str:
    """Return a number with three digits that mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 1 else f"{value:.2g}"
