"""Where the parts of a chart stand, in per cent of its height and width. Pure."""

from collections.abc import Sequence
from math import cos, pi, sin

RADIUS = 50.0
HOLE = 31.0


def sizes(values: Sequence[float]) -> list[float]:
    """Return the lengths of bars in per cent of the longest one, whatever their sign."""
    most = max((abs(value) for value in values), default=0.0)
    return [round(100 * abs(value) / most, 2) if most else 0.0 for value in values]


def points(values: Sequence[float]) -> list[tuple[float, float]]:
    """Return the points of a line in a square of 100 by 100 whose origin is at the top left; 0 is in it."""
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    height = (high - low) or 1.0
    width = max(len(values) - 1, 1)
    return [
        (round(100 * place / width, 2), round(100 * (high - value) / height, 2))
        for place, value in enumerate(values)
    ]


def line_path(values: Sequence[float]) -> str:
    """Return the outline of a line; a single value is a level one."""
    found = points(values) if len(values) != 1 else [*points(values), (100.0, points(values)[0][1])]
    return "".join(f"{'L' if place else 'M'}{x} {y}" for place, (x, y) in enumerate(found))


def area_path(values: Sequence[float]) -> str:
    """Return the outline of what lies between a line and the level of 0."""
    if not values:
        return ""
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    ground = round(100 * high / ((high - low) or 1.0), 2)
    return f"{line_path(values)}L100 {ground}L0 {ground}Z"


def slices(values: Sequence[float]) -> list[str]:
    """Return the outlines of the parts of a ring around (50, 50); what is not positive has an empty one."""
    whole = sum(value for value in values if value > 0)
    found: list[str] = []
    at = 0.0
    for value in values:
        if value <= 0:
            found.append("")
            continue
        share = value / whole
        found.append(_ring(at, min(at + share, at + 0.99999)))
        at += share
    return found


def _ring(begin: float, end: float) -> str:
    large = 1 if end - begin > 0.5 else 0
    (ax, ay), (bx, by) = _on_circle(begin, RADIUS), _on_circle(end, RADIUS)
    (cx, cy), (dx, dy) = _on_circle(end, HOLE), _on_circle(begin, HOLE)
    outer = f"M{ax} {ay}A{RADIUS} {RADIUS} 0 {large} 1 {bx} {by}"
    return f"{outer}L{cx} {cy}A{HOLE} {HOLE} 0 {large} 0 {dx} {dy}Z"


def _on_circle(share: float, radius: float) -> tuple[float, float]:
    angle = 2 * pi * share
    return round(50 + radius * sin(angle), 3), round(50 - radius * cos(angle), 3)
