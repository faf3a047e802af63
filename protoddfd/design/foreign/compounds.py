"""German compounds: `Mitgliedsbeitrag` is a member and a fee."""

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from protoddfd.design.foreign.forms import candidates, key
from protoddfd.design.foreign.glossary import Meaning, name, names_of

SHORTEST = 6
"""Letters of the shortest word that can be two."""
SHORTEST_PART = 3
LONG = 8
"""Letters of what can itself be two words."""
SHORTEST_HEAD = 5
"""Letters of a head behind something that is no word of the lists."""
_LINKS = ("", "s", "es", "n", "en", "er", "e")


@lru_cache(maxsize=4096)
def compound(word: str) -> Meaning | None:
    """Return what a compound is in English; None for what is none."""
    if len(word) < SHORTEST:
        return None
    cuts = range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)
    parts = [(word[:cut], word[cut:]) for cut in reversed(cuts)]
    for left, right in parts:
        head = _noun(right)
        if head is not None and (first := next(_lefts(left), "")):
            return Meaning(f"{first} {head.english}", "noun", word, several=head.several)
    for left, right in parts:
        rest = compound(right.capitalize()) if len(right) > LONG else None
        if rest is not None and rest.title and (first := next(_lefts(left), "")):
            return Meaning(f"{first} {rest.english}", "noun", word, several=rest.several)
    for left, right in reversed(parts):
        head = _noun(right) if len(right) >= SHORTEST_HEAD and len(left) > SHORTEST_PART else None
        if head is not None:
            return Meaning(f"{left.lower().rstrip('-')} {head.english}", "noun", word, several=head.several)
    return None


def _noun(word: str) -> Meaning | None:
    """Return a noun that can end a compound: in one, `Ende` is an end and not yet a date."""
    found = name((word.capitalize(),), "de")
    if found is None or found.part != "noun":
        return None
    return msgspec.structs.replace(found, english=found.english.removesuffix(" date"))


def _lefts(left: str) -> Iterator[str]:
    """Return what the first part of a compound can be, without the letters that link it."""
    known = names_of("de")
    left = left.rstrip("-")
    for link in _LINKS:
        if left.endswith(link) and len(left) - len(link) >= SHORTEST_PART:
            stem = left.removesuffix(link)
            for form in (stem, f"{stem}e", f"{stem}en"):
                if (found := known.get((key(form, "de"),))) and len(form) > SHORTEST_PART - 1:
                    yield found[0]
    for form, _ in candidates(left, "de"):
        if found := known.get((form,)):
            yield found[0]
