"""Typing errors: a word that no list has is read as the one known word that it is closest to."""

import re
from collections import defaultdict
from functools import cache, lru_cache

from protoddfd.design.lexicon import closed, field_types, nouns, regular_plural, singular, vocabulary
from protoddfd.design.lexicon_files import pairs, phrases

_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")
CARELESS = 0.15
"""The share of unknown words from which on a text is taken to be typed in haste."""


@cache
def known_words() -> frozenset[str]:
    """Return every word that is taken as it stands."""
    return vocabulary() | frozenset(phrases("common.txt", ""))


@cache
def _skeletons() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for word in sorted(vocabulary()):
        if word.isalpha() and len(word) > 2:
            found[_skeleton(word)].append(word)
    return {key: tuple(words) for key, words in found.items()}


@cache
def _deletions() -> dict[str, tuple[str, ...]]:
    """Return the words that become each text when one letter is taken out, and the words themselves."""
    found: dict[str, list[str]] = defaultdict(list)
    for word in sorted(vocabulary()):
        if word.isalpha() and len(word) > 2:
            for short in _shorter(word):
                found[short].append(word)
    return {key: tuple(words) for key, words in found.items()}


def _shorter(word: str) -> set[str]:
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _skeleton(word: str) -> str:
    """Return a word's first letter and its consonants, double ones once."""
    rest = re.sub(r"[aeiouyh]", "", word[1:])
    return re.sub(r"(.)\1+", r"\1", word[0] + rest)


def corrected(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return a text with its typing errors put right, and each word with what it was read as."""
    words = [match.group().lower() for match in _WORD.finditer(text)]
    unknown = sum(1 for word in words if len(word) > 3 and word not in known_words() and "'" not in word)
    careless = unknown >= 3 and unknown >= CARELESS * len(words)
    changes: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        word = match.group()
        better = word if text[match.end() :].startswith("/") and len(word) == 1 else _better(word, careless)
        if better == word:
            return word
        changes[word] = better
        return better[:1].upper() + better[1:] if word[:1].isupper() else better

    return _WORD.sub(replace, text), list(changes.items())


def _better(word: str, careless: bool) -> str:
    lower = word.lower()
    short = pairs("words.txt", "shorthand").get(lower)
    if short is not None and (careless or len(lower) > 2):
        return short
    if (
        lower in known_words()
        or len(word) < (3 if careless else 4)
        or word.isupper()
        or "'" in word
        or "’" in word
    ):
        return word
    if (word[0].isupper() and not careless) or (not careless and len(word) < 6):
        return word
    if lower.endswith("s") and (lower[:-1] in known_words() or singular(lower) in known_words()):
        return word
    return nearest(lower, careless) or word


@lru_cache(maxsize=4096)
def nearest(word: str, careless: bool) -> str:
    """Return the known word that a wrong one most likely stands for, or ``."""
    candidates = {found for short in _shorter(word) for found in _deletions().get(short, ())}
    if careless and len(_skeleton(word)) > 1 and len(word) > 2:
        candidates |= set(_skeletons().get(_skeleton(word), ()))
    ranked = sorted((_cost(word, each), each) for each in candidates)
    furthest = (1.45 if len(word) > 4 else 1.0) if careless else 0.65
    return ranked[0][1] if ranked and ranked[0][0] <= furthest else ""


def _cost(wrong: str, right: str) -> float:
    """Return how unlikely it is to type `wrong` for `right`: letters are left out more often than changed."""
    cost = _distance(wrong, right)
    if wrong[0] != right[0]:
        cost += 0.5
    if wrong[-1] != right[-1]:
        cost += 0.3
    return cost + (0.0 if right in _likely() else 0.15)


@cache
def _likely() -> frozenset[str]:
    """Return the words that descriptions are full of: single nouns and names of fields, and their plurals."""
    single = {phrase for phrase in (*nouns(), *field_types()) if " " not in phrase}
    small = {
        word for part in ("preposition", "determiner", "pronoun", "conjunction") for word in closed(part)
    }
    plurals = {regular_plural(word) for word in single}
    return frozenset(single | plurals | small | {"with", "every", "book", "books", "which"})


def _distance(wrong: str, right: str) -> float:
    """Return the cost of the letters to put in, take out, change or swap."""
    before: list[float] = []
    row = [0.0]
    for letter in right:
        row.append(row[-1] + _missing(letter))
    for i, a in enumerate(wrong, 1):
        older, before = before, row
        row = [before[0] + 0.7]
        for j, b in enumerate(right, 1):
            best = min(before[j] + 0.7, row[j - 1] + _missing(b), before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and wrong[i - 2] == b:
                best = min(best, older[j - 2] + 0.5)
            row.append(best)
    return row[-1]


def _missing(letter: str) -> float:
    return 0.45 if letter in "aeiouyh" else 0.6
