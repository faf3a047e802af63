"""The forms of nouns and adjectives: which words of a list a word of a text can be a form of."""

import re
import unicodedata
from functools import lru_cache

SHORTEST = 3
"""Letters that must be left when an ending is taken off."""

_ENDINGS: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "de": (
        ("innen", "", True), ("nnen", "", True), ("nen", "", True), ("in", "", False), ("ern", "", True),
        ("en", "", True), ("er", "", True), ("es", "", False), ("n", "", True), ("e", "", True),
        ("s", "", False), ("sse", "s", True), ("en", "um", True), ("em", "", False), ("er", "e", False),
    ),
    "es": (
        ("es", "", True), ("ces", "z", True), ("s", "", True), ("as", "o", True), ("a", "o", False),
        ("as", "", True), ("a", "", False), ("itos", "o", True), ("itas", "a", True), ("sses", "s", True),
    ),
    "fr": (
        ("s", "", True), ("x", "", True), ("aux", "al", True), ("e", "", False), ("es", "", True),
        ("euse", "eur", False), ("euses", "eur", True), ("trice", "teur", False), ("trices", "teur", True),
        ("ive", "if", False), ("ives", "if", True), ("nne", "n", False), ("nnes", "n", True),
        ("lle", "l", False), ("lles", "l", True), ("che", "c", False), ("aux", "ail", True),
    ),
    "pt": (
        ("s", "", True), ("es", "", True), ("oes", "ao", True), ("aes", "ao", True), ("ais", "al", True),
        ("eis", "el", True), ("ois", "ol", True), ("ns", "m", True), ("a", "o", False), ("as", "o", True),
        ("a", "", False), ("as", "", True), ("eis", "il", True), ("is", "il", True),
    ),
    "it": (
        ("i", "o", True), ("i", "e", True), ("e", "a", True), ("a", "o", False), ("e", "o", True),
        ("chi", "co", True), ("ghi", "go", True), ("che", "ca", True), ("ghe", "ga", True),
        ("che", "co", True), ("ghe", "go", True), ("i", "a", True), ("i", "io", True),
        ("trice", "tore", False), ("trici", "tore", True),
        ("e", "ia", True), ("ici", "ice", True),
    ),
}  # fmt: skip
"""By language: an ending, what stands in its place in the list, and whether it makes a plural."""


@lru_cache(maxsize=65536)
def plain(text: str) -> str:
    """Return a text in lower case and without accents."""
    apart = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return "".join(char for char in apart if not unicodedata.combining(char)).replace("ß", "ss")


@lru_cache(maxsize=65536)
def key(word: str, code: str) -> str:
    """Return a word as lists are searched for it: `Gebühr` and `Gebuehr`, `baca` and `vaca` are one."""
    word = plain(word)
    if code == "de":
        return re.sub(r"(?<![aeq])([aou])e", r"\1", word)
    if code == "es":
        word = word.replace("b", "v").replace("z", "s").replace("ce", "se").replace("ci", "si")
        return word.replace("rr", "r").replace("h", "")
    return word


@lru_cache(maxsize=16384)
def candidates(word: str, code: str) -> tuple[tuple[str, bool], ...]:
    """Return what a word can be a form of, as written in a list, and whether it would be a plural."""
    own = key(word, code)
    found = [(own, False)]
    for ending, instead, several in _ENDINGS[code]:
        ended = key(ending, code) if code == "es" else ending
        if own.endswith(ended) and len(own) - len(ended) + len(instead) >= SHORTEST:
            found.append((own[: -len(ended)] + key(instead, code), several))
    return tuple(found)
