"""Text for people: tables that fit, sizes, durations, colours. Pure: texts in, texts out.

Whatever comes from a user or an app passes through `clean`, so that it cannot drive the terminal.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

STATE_COLOURS = {
    "ready": "green", "starting": "cyan", "listening": "cyan", "stopping": "cyan",
    "backoff": "yellow", "unhealthy": "yellow", "failed": "red", "down": "dim",
}  # fmt: skip

_CODES = {"green": "32", "cyan": "36", "yellow": "33", "red": "31", "dim": "2", "bold": "1"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SGR = re.compile(r"\x1b\[[0-9;]{0,20}m")
_LEAST_WIDTH = 5
_GAP = "  "


class Column(NamedTuple):
    """A column's heading; numbers stand at the `right`."""

    title: str
    right: bool = False


class Cell(NamedTuple):
    """A text and its colour, a name of `_CODES` or empty."""

    text: str
    colour: str = ""


def clean(text: str) -> str:
    """Return `text` with every character that could drive a terminal replaced."""
    return text if text.isascii() and text.isprintable() else _CONTROL.sub("\ufffd", text)


def clean_text(text: str) -> str:
    """Return a text of any number of lines with each of them cleaned."""
    return "\n".join(map(clean, text.split("\n")))


def state_of(name: str, state: str, reason: str | None, url: str) -> str:
    """Return how an app is in a sentence: where it is found when it is ready, else why it is not."""
    more = f": {url}" if state == "ready" and url else f" ({reason})" if reason else ""
    return clean_text(f"{name} is {state}{more}")


def clean_line(text: str) -> str:
    """Return a line of an app's output as a terminal may see it: its colours stay, other control does not."""
    if "\x1b" not in text:
        return clean(text.replace("\t", "    "))
    pieces: list[str] = []
    end = 0
    for match in _SGR.finditer(text):
        pieces += (clean(text[end : match.start()].replace("\t", "    ")), match.group())
        end = match.end()
    return "".join((*pieces, clean(text[end:].replace("\t", "    ")), "\x1b[0m"))


def paint(text: str, colour: str, *, coloured: bool) -> str:
    """Return `text` in `colour`, or as it is when nothing is to be coloured."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if coloured and colour else text


def table(
    columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, width: int | None, coloured: bool
) -> list[str]:
    """Return the lines of a table, cut to `width` columns of the terminal (None: not at all)."""
    head = [Cell(column.title, "bold") for column in columns]
    cells = [head, *rows]
    texts = [[clean(cell.text) for cell in row] for row in cells]
    sizes = [[columns_of(text) for text in row] for row in texts]
    widths = [max(column) for column in zip(*sizes, strict=True)]
    if width is not None:
        widths = _fit(widths, width - len(_GAP) * (len(columns) - 1))
    return [
        _line(*each, columns=columns, widths=widths, coloured=coloured)
        for each in zip(cells, texts, sizes, strict=True)
    ]


def _line(
    cells: Sequence[Cell],
    texts: Sequence[str],
    sizes: Sequence[int],
    *,
    columns: Sequence[Column],
    widths: Sequence[int],
    coloured: bool,
) -> str:
    """Return one line of a table: `texts` are what to show of `cells`, `sizes` what they take uncut."""
    parts: list[str] = []
    for cell, whole, taken, width, column in zip(cells, texts, sizes, widths, columns, strict=True):
        text = whole if taken <= width else cut(whole, width)
        fill = " " * (width - (taken if text is whole else columns_of(text)))
        painted = paint(text, cell.colour, coloured=True) if coloured else text
        parts.append(fill + painted if column.right else painted + fill)
    return _GAP.join(parts).rstrip()


def pairs(items: Iterable[tuple[str, str]], *, coloured: bool) -> list[str]:
    """Return lines of a name and a value each, the values below each other, those of several lines too."""
    known = [(name, clean_text(value).split("\n")) for name, value in items]
    widest = max((len(name) for name, _ in known), default=0)
    lines: list[str] = []
    for name, (first, *more) in known:
        lines.append(f"{paint(name.ljust(widest), 'bold', coloured=coloured)}{_GAP}{first}")
        lines += [f"{' ' * widest}{_GAP}{line}" for line in more]
    return lines


def columns_of(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def cut(text: str, width: int) -> str:
    """Return `text`, cut to `width` columns with an ellipsis when it is longer."""
    if columns_of(text) <= width:
        return text
    kept = text[: max(width - 1, 0)]
    while columns_of(kept) > width - 1 and kept:
        kept = kept[:-1]
    return f"{kept}…"


def size(count_bytes: float | None) -> str:
    """Return a number of bytes as a person reads it: `20.3 MiB`."""
    if count_bytes is None:
        return "-"
    amount = float(count_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def duration(seconds: float) -> str:
    """Return a time span as a person reads it, in its two greatest units: `2 h 5 min`."""
    whole = max(int(seconds), 0)
    parts = ((whole // 86400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s"))
    said = [(amount, unit) for amount, unit in parts]
    first = next((place for place, (amount, _) in enumerate(said) if amount), len(said) - 1)
    return " ".join(f"{amount} {unit}" for amount, unit in said[first : first + 2] if amount) or "0 s"


def _fit(widths: list[int], available: int) -> list[int]:
    """Return the widths with the widest columns made narrower, until all of them fit."""
    fitted = list(widths)
    while sum(fitted) > available and max(fitted) > _LEAST_WIDTH:
        widest = fitted.index(max(fitted))
        others = sorted(fitted, reverse=True)
        goal = max(others[1] if len(others) > 1 else 0, _LEAST_WIDTH)
        excess = sum(fitted) - available
        fitted[widest] = max(fitted[widest] - excess, min(goal, fitted[widest] - 1), _LEAST_WIDTH)
    return fitted
