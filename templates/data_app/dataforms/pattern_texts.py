"""A text that a regular expression matches, for records to try with. Pure."""

import importlib
import re
from random import Random
from typing import Any

from dataforms.patterns import matches

_parser: Any = importlib.import_module("re._parser")
_MORE = 3
"""How much more than the least is repeated."""
_LETTERS = "abcdefghijkmnpqrstuvwxyz"
_DIGITS = "0123456789"
_CLASSES = {"CATEGORY_DIGIT": _DIGITS, "CATEGORY_WORD": _LETTERS + _DIGITS, "CATEGORY_SPACE": " "}


def matching(pattern: str, chance: Random) -> str | None:
    """Return a text that `pattern`, one that a spec may have, matches as a whole; None if none is found."""
    try:
        made = _made(_parser.parse(pattern), chance)
    except (re.error, LookupError, StopIteration):
        return None
    return made if matches(pattern, made) else None


def _made(parts: Any, chance: Random) -> str:
    return "".join(_part(str(name), value, chance) for name, value in parts)


def _part(name: str, value: Any, chance: Random) -> str:
    match name:
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL":
            return "x" if value != ord("x") else "y"
        case "ANY":
            return chance.choice(_LETTERS)
        case "IN":
            return _one_of(value, chance)
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inner = value
            times = chance.randint(int(least), min(int(most), int(least) + _MORE))
            return "".join(_made(inner, chance) for _ in range(times))
        case "BRANCH":
            return _made(chance.choice(value[1]), chance)
        case "SUBPATTERN":
            return _made(value[-1], chance)
        case _:  # where a text begins or ends
            return ""


def _one_of(items: Any, chance: Random) -> str:
    if str(items[0][0]) == "NEGATE":
        refused = {letter for item in items[1:] for letter in _letters(item)}
        return next(letter for letter in f"{_LETTERS}{_DIGITS} -_" if letter not in refused)
    return chance.choice(_letters(chance.choice(items)))


def _letters(item: Any) -> str:
    name, value = str(item[0]), item[1]
    if name == "LITERAL":
        return chr(value)
    if name == "RANGE":
        return "".join(map(chr, range(value[0], min(value[1], value[0] + 127) + 1)))
    return _CLASSES[str(value)]
