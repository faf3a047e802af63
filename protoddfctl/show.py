"""Text for people: sizes, durations, colours, what fits. Pure: texts in, texts out; `table` has the tables.

Whatever comes from a user or an app passes through `clean`, so that it cannot drive the terminal.
"""

import re
from collections.abc import Iterable, Mapping

STATE_COLOURS = {
    "ready": "green", "starting": "cyan", "listening": "cyan", "stopping": "cyan",
    "backoff": "yellow", "unhealthy": "yellow", "failed": "red", "down": "dim",
}  # fmt: skip

_CODES = {
    "green": "32", "cyan": "36", "yellow": "33", "red": "31", "dim": "2", "bold": "1", "reverse": "7",
    "blue": "34", "magenta": "35", "bright green": "92", "bright blue": "94", "bright magenta": "95",
    "bright cyan": "96",
}  # fmt: skip
NAME_COLOURS = (
    "cyan", "magenta", "green", "blue", "yellow", "bright magenta", "bright cyan", "bright blue",
    "bright green",
)  # fmt: skip
"""What tells several apps apart; red is for errors."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SGR = re.compile(r"\x1b\[[0-9;]{0,20}m")
GAP = "  "
"""What stands between two columns."""


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


def wants_colour(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Tell whether to colour: NO_COLOR says no, FORCE_COLOR yes, else whether somebody looks decides."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return is_terminal and environ.get("TERM") != "dumb"


def pairs(items: Iterable[tuple[str, str]], *, width: int | None = None, coloured: bool) -> list[str]:
    """Return lines of a name and a value each, the values below each other, wrapped where they do not fit."""
    known = [(name, clean_text(value).split("\n")) for name, value in items]
    widest = max((len(name) for name, _ in known), default=0)
    room = None if width is None else width - widest - len(GAP)
    lines: list[str] = []
    for name, parts in known:
        first, *more = [line for part in parts for line in wrap(part, room)]
        lines.append(f"{paint(name.ljust(widest), 'bold', coloured=coloured)}{GAP}{first}".rstrip())
        lines += [f"{' ' * widest}{GAP}{line}" for line in more]
    return lines


def wrap(text: str, width: int | None) -> list[str]:
    """Return `text` as lines of at most `width` columns; a word that is longer stays whole, to be copied."""
    if width is None or columns_of(text) <= width:
        return [text]
    lines: list[str] = []
    line, taken = "", 0
    for word in text.split(" "):
        more = columns_of(word)
        if line and taken + 1 + more > width:
            lines.append(line)
            line, taken = word, more
        else:
            line, taken = (f"{line} {word}", taken + 1 + more) if line else (word, more)
    return [*lines, line]


def columns_of(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(
        0 if category(char) in ("Mn", "Me", "Cf") else 2 if east_asian_width(char) in "WF" else 1
        for char in text
    )


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
