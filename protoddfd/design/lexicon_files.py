"""Reads the word lists beside it, once. Owns their form; what a word *does* is said elsewhere."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

_FOLDER = files("protoddfd.design") / "lexicon"


def lines(name: str) -> Iterator[str]:
    """Yield the lines of a file that are no remarks."""
    for line in (_FOLDER / name).read_text("utf-8").splitlines():
        text = line.strip()
        if text and not text.startswith("# ") and text != "#":
            yield text


@cache
def sections(name: str) -> dict[str, tuple[str, ...]]:
    """Return the lines of a file by the `[section]` they stand in."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in lines(name):
        if re.fullmatch(r"\[[\w ]+\]", line):
            section = line[1:-1]
        else:
            found.setdefault(section, []).append(line)
    return {key: tuple(lines) for key, lines in found.items()}


@cache
def phrases(name: str, section: str) -> tuple[str, ...]:
    """Return the comma-separated phrases of one section."""
    text = ",".join(sections(name).get(section, ()))
    return tuple(phrase for part in text.split(",") if (phrase := part.strip()))


@cache
def pairs(name: str, section: str = "", sign: str = "=") -> dict[str, str]:
    """Return what stands left and right of `sign` in each line of one section."""
    made: dict[str, str] = {}
    for line in sections(name).get(section, ()):
        left, found, right = line.partition(f" {sign} " if sign == "=" else sign)
        if found:
            made.setdefault(left.strip(), right.strip())
    return made


@cache
def alternatives(name: str, section: str) -> str:
    """Return the lines of one section as alternatives of a regular expression."""
    return "|".join(sections(name).get(section, ()))


@cache
def word_set(section: str) -> frozenset[str]:
    """Return the words of one section of `words.txt`."""
    return frozenset(phrases("words.txt", section))
