"""A description as statements: its sentences, with every list of bullets joined to the line above it."""

import re

import msgspec

from protoddfd.design.pieces import colon
from protoddfd.design.tokens import Token, clean, sentences, split, tokens

MOST_BULLETS = 100
"""Bullets below one line that are read."""

_BULLET = re.compile(r"^(\s*)(?:[-*•·▪‣]|\d{1,2}[.)]|o(?=\s+[A-Z]))\s+(.*)$")
_HEADING = re.compile(r"^\s*#{1,6}\s+(.*)$")


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence, or a line with the bullets below it."""

    tokens: tuple[Token, ...]
    bullets: tuple[tuple[Token, ...], ...] = ()
    is_bullet: bool = False


class _Line(msgspec.Struct):
    text: str
    indent: int
    bullet: bool
    below: list["_Line"]


def statements(text: str) -> list[Statement]:
    """Return the statements of a description in order."""
    made: list[Statement] = []
    for line in _tree(clean(text)):
        made.extend(_of_line(line))
    return made


def _tree(text: str) -> list[_Line]:
    """Return the lines that stand for themselves, each with the bullets that are further in or below it."""
    roots: list[_Line] = []
    stack: list[_Line] = []
    after_heading = False
    for raw in text.split("\n"):
        if not raw.strip():
            stack = (
                stack[:1]
                if stack and stack[0].bullet is False and stack[0].text.rstrip().endswith(":")
                else []
            )
            continue
        heading = _HEADING.match(raw)
        match = None if heading else _BULLET.match(raw)
        if match:
            line = _Line(match.group(2), len(match.group(1)) + 1, True, [])
        else:
            line = _Line(
                heading.group(1) if heading else raw.strip(), len(raw) - len(raw.lstrip()), False, []
            )
            if after_heading and not heading and "," in line.text and ":" not in line.text:
                stack[-1].text = f"{stack[-1].text}: {line.text}"
                continue
        after_heading = bool(heading)
        _hang(line, stack, roots)
    return roots


def _hang(line: _Line, stack: list[_Line], roots: list[_Line]) -> None:
    """Put a line below the one that it belongs to, or continue a wrapped one."""
    if not line.bullet:
        last = stack[-1] if stack else None
        if last is not None and line.text[:1].islower() and last.text.rstrip()[-1:] not in ".:;!?":
            last.text = f"{last.text} {line.text}"
            return
        roots.append(line)
        stack[:] = [line]
        return
    while len(stack) > 1 and stack[-1].indent >= line.indent:
        stack.pop()
    if stack and (not stack[-1].bullet or stack[-1].indent < line.indent):
        stack[-1].below.append(line)
    else:
        roots.append(line)
        stack[:] = []
    stack.append(line)


LONGEST_HEAD = 6
"""Words that may stand before the colon in front of a table's header."""

_ENDED = re.compile(r"(?<=\w\w)[.] (?=[A-Z])")
"""Where a sentence ends within a line."""

_BARS = {"|": 2, "\t": 2, ";": 3, " / ": 3, " - ": 4}
"""What may stand between the names of a table's header, and how often at least."""


def _columns(line: _Line) -> Statement | None:
    """Return the statement of a table's header: names between bars, tabs or semicolons."""
    text = line.text.strip().strip("|").strip()
    head, at, rest = text.partition(": ")
    headed = bool(at) and len(head.split()) <= LONGEST_HEAD and not set(head) & set("|;,/\t")
    if headed:
        text = rest.strip()
    open_text = re.sub(r"\([^)]*\)", "", text)
    sign = next((sign for sign, least in _BARS.items() if open_text.count(sign) >= least), "")
    if not sign or (sign == "|" and " |" not in text and "| " not in text):
        return _comma_columns(line)
    if sign == "|" and _ENDED.search(text):
        return None
    names = [part.strip() for part in re.split(rf"{re.escape(sign)}(?![^(]*\))", text)]
    if sum(1 for name in names if 0 < len(name.split()) <= 5) < len(names) * 0.75 or any(
        ":" in name for name in names[0 if headed else 1 :]
    ):
        return None
    if text.endswith("."):
        names[-1] = names[-1].removesuffix(".")
    bullets = tuple(each for name in names if (each := tokens(name)))
    return Statement(tokens=tokens(head) if headed else (), bullets=bullets)


def _comma_columns(line: _Line) -> Statement | None:
    """Return the statement of a line such as `Date,Shift,Line` or `Name, Phone, Due on`."""
    names = [part.strip() for part in re.split(r",(?![^(]*\))", line.text.strip().rstrip("."))]
    if len(names) < 5 or line.bullet or any(":" in name for name in names):
        return None
    if any(not name or len(name.split("(")[0].split()) > 4 for name in names):
        return None
    capital = sum(1 for name in names if name[:1].isupper())
    if capital < len(names) * 0.8:
        return None
    return Statement(tokens=(), bullets=tuple(each for name in names if (each := tokens(name))))


def _of_line(line: _Line) -> list[Statement]:
    header = None if line.below else _columns(line)
    if header is not None:
        return [header]
    parts = re.split(r"(?<=[\w)?])\. (?=[A-Z])", line.text)
    if not line.below and len(parts) > 1 and any("|" in part for part in parts):
        return [each for part in parts for each in _of_line(_part(line, part))]
    found = sentences(tokens(line.text))
    found = [part for each in found for part in (_slashed(each) or [each])]
    bullets = tuple(each for below in line.below[:MOST_BULLETS] for each in [_flat(below)] if each)
    made = [Statement(tokens=each, is_bullet=line.bullet) for each in found]
    if not bullets or not made:
        return made
    if _are_fields(line):
        made[-1] = msgspec.structs.replace(made[-1], bullets=bullets)
        return made
    for below in line.below:
        made.extend(msgspec.structs.replace(each, is_bullet=True) for each in _of_line(below))
    return made


def _part(line: _Line, text: str) -> _Line:
    return _Line(text, line.indent, line.bullet, [])


def _are_fields(line: _Line) -> bool:
    """Tell bullets that are fields of the line above from bullets that speak of things of their own."""
    own = sum(1 for below in line.below if below.below or _has_parts(below.text))
    head = line.text.rstrip(" :*").split()
    return own * 3 < len(line.below) and len(head) <= 6


def _has_parts(text: str) -> bool:
    """Tell whether a line lists parts of its own after a colon, `with` or a bracket."""
    before, colon, after = text.partition(":" if ":" in text else " - ")
    if (
        colon
        and "," in after
        and len(before.split()) <= 5
        and not before.rstrip().endswith(("status", "type", "state"))
    ):
        return True
    return bool(re.search(r"\b(with|have|has)\b.*,", text)) or (
        bool(re.search(r"\([^)]*,[^)]*,[^)]*\)", text)) and "/" not in text
    )


def _flat(line: _Line) -> tuple[Token, ...]:
    return tuple(token for token in tokens(line.text) if token.word not in {"."})


def _slashed(sentence: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """Return the parts of a line that uses ` / ` where others begin a new line; empty if it does not."""
    parts = split(sentence, "/")
    heads = [part[: colon(part)] for part in parts]
    defining = sum(1 for head in heads if 0 < len(head) < 6 and all(token.word != "," for token in head))
    return parts if len(parts) > 2 and defining >= len(parts) - 1 else []
