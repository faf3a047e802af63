"""From the figures of a dashboard's card to the chart that is drawn. Pure."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from dataforms.spec import Card, Entity, Field, Period
from dataforms.types import type_of
from dataforms.ui.views.geometry import area_path, line_path, sizes, slices
from dataforms.ui.views.shapes import Bar, Chart, Slice
from dataforms.views.figures import ADDED, local_figure, shown_figure
from dataforms.views.periods import shifted, span_label, start_of
from dataforms.views.questions import Figure
from dataforms.words import number as grouped
from dataforms.words import phrase, say

TONES = 8
_WHOLE = re.compile(r"^-?[0-9]+")
SPANS: dict[str, tuple[Period, int, int]] = {
    "month": ("month", 0, 1),
    "last_month": ("month", -1, 1),
    "quarter": ("quarter", 0, 1),
    "year": ("year", 0, 1),
    "last_year": ("year", -1, 1),
}
"""Ranges of days by name: in which spans they count, where they begin, how many."""
OTHERS = "\0others"
"""The key of what all groups that are not shown come to; no text holds a NUL."""
MEASURES = {
    "count": phrase("Number"),
    "sum": phrase("Sum"),
    "average": phrase("Average"),
    "min": phrase("Least"),
    "max": phrase("Greatest"),
}


def range_of(name: str, today: date) -> tuple[date | None, date | None]:
    """Return the first and the last day of a named range; None for no limit."""
    if name not in SPANS:
        return None, None
    every, step, length = SPANS[name]
    first = shifted(start_of(today, every), every, step)
    return first, shifted(first, every, length) - timedelta(days=1)


def chart(
    key: str, card: Card, entity: Entity, figures: Sequence[Figure], shown: Field, rest: Figure | None
) -> Chart:
    """Return a card with its figures; `rest` is the figure of all groups that are not among them."""
    group = next((field for field in entity.fields if field.name == card.group), None)
    found = [*figures, *([] if rest is None else [rest])]
    labels = [label_of(figure, group, card) for figure in found]
    values = [number(figure) for figure in found]
    width = card.width
    made: Chart = {
        "key": key,
        "title": card.title,
        "kind": card.kind,
        "look": f"df-chart is-{card.kind} wide-{width}",
        "number": "",
        "local": "",
        "bars": [],
        "slices": [],
        "line": "",
        "area": "",
        "top": "",
        "top_local": "",
        "bottom": "",
        "bottom_local": "",
        "ends": [],
        "group": "" if group is None else group.title,
        "measure": say(MEASURES[card.aggregate]),
        "note": "",
    }
    if card.kind == "number":
        made["number"], made["local"] = told(found[0], shown, card), local_figure(found[0], shown)
        return made
    if not any(values):
        made["note"] = say("Nothing to show yet.")
        return made
    made["bars"] = [
        bar(figure, label, size, tone_of(figure, group, card, place), shown, card)
        for place, (figure, label, size) in enumerate(zip(found, labels, sizes(values), strict=True))
    ]
    if card.kind == "pie":
        paths = slices(values)
        made["slices"] = [
            Slice(path=path, look=one["look"]) for path, one in zip(paths, made["bars"], strict=True) if path
        ]
    if card.kind in ("line", "area"):
        made["line"] = line_path(values)
        made["area"] = area_path(values) if card.kind == "area" else ""
        least = found[values.index(min(values))]
        made["top"], made["top_local"] = _highest(found, values, shown, card)
        if min(values) < 0:
            made["bottom"], made["bottom_local"] = told(least, shown, card), local_figure(least, shown)
        middle = [labels[len(labels) // 2]] if len(labels) > 2 else []
        made["ends"] = [labels[0], *middle, *([labels[-1]] if len(labels) > 1 else [])]
    if card.kind == "bar" and is_timed(group):
        made["look"] += " is-upright"
        made["top"], made["top_local"] = _highest(found, values, shown, card)
        made["ends"] = [labels[0], *([labels[-1]] if len(labels) > 1 else [])]
    return made


def _highest(found: Sequence[Figure], values: Sequence[float], shown: Field, card: Card) -> tuple[str, str]:
    """Return what the top of a chart stands for, and the same for a browser to write."""
    most = found[values.index(max(values))]
    return (told(most, shown, card), local_figure(most, shown)) if max(values) > 0 else ("0", "")


def told(figure: Figure, shown: Field, card: Card) -> str:
    """Return the text of a figure: what was counted or added up has its thousands apart, a year has not."""
    text = shown_figure(figure, shown)
    is_whole = card.aggregate in ADDED and shown.type == "integer"
    return _WHOLE.sub(lambda digits: grouped(int(digits[0])), text) if is_whole else text


def bar(figure: Figure, label: str, size: float, look: str, shown: Field, card: Card) -> Bar:
    """Return one figure of a chart."""
    negative = " is-negative" * (number(figure) < 0)
    return {
        "label": label,
        "text": told(figure, shown, card),
        "local": local_figure(figure, shown),
        "size": f"{size}%",
        "look": look + negative,
    }


def is_timed(group: Field | None) -> bool:
    """Tell whether figures are told apart by spans of time."""
    return group is not None and type_of(group).kind in ("date", "datetime")


def label_of(figure: Figure, group: Field | None, card: Card) -> str:
    """Return what a group is called."""
    if figure.label:
        return figure.label
    if figure.key is None or group is None:
        return say("Not set")
    if isinstance(figure.key, date) and is_timed(group):
        return span_label(figure.key, card.every or "month")
    return str(type_of(group).show(figure.key, group))


def tone_of(figure: Figure, group: Field | None, card: Card, place: int) -> str:
    """Return the class with the colour of a group: that of its choice wherever it is shown."""
    if group is None or is_timed(group):
        return "hue-accent"
    if figure.key in (None, OTHERS):
        return "hue-7"
    if group.choices:
        is_known = figure.key in group.choices
        return f"hue-{group.choices.index(str(figure.key)) % TONES}" if is_known else "hue-7"
    return f"hue-{place % (TONES - 1)}" if card.kind == "pie" else "hue-accent"


def number(figure: Figure) -> float:
    """Return the size of a figure; what is no number has none."""
    value = figure.value
    if isinstance(value, timedelta):
        return value.total_seconds()
    return float(value) if isinstance(value, int | float | Decimal) else 0.0
