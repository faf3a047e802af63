"""German compounds: `Mitgliedsbeitrag` is a member and a fee."""

from collections.abc import Iterator
from functools import lru_cache

from protoddfd.design.foreign.forms import candidates, key
from protoddfd.design.foreign.glossary import Meaning, name, names_of

SHORTEST = 6
"""Letters of the shortest word that can be two."""
SHORTEST_PART = 3
SHORTEST_HEAD = 5
"""Letters of a head behind something that is no word of the lists."""
_LINKS = ("", "s", "es", "n", "en", "er", "e", "-", "s-")


@lru_cache(maxsize=4096)
def compound(word: str) -> Meaning | None:
    """Return what a compound is in English; None for what is none."""
    if len(word) < SHORTEST:
        return None
    unknown: Meaning | None = None
    for cut in range(SHORTEST_PART, len(word) - SHORTEST_PART + 1):
        left, right = word[:cut], word[cut:]
        head = _noun(right) or (compound(right.capitalize()) if len(right) > SHORTEST + 2 else None)
        if head is None:
            continue
        first = next(_lefts(left), "")
        if first:
            return Meaning(f"{first} {head.english}", "noun", word, several=head.several)
        if unknown is None and len(right) >= SHORTEST_HEAD and len(left) > SHORTEST_PART:
            unknown = Meaning(f"{left.lower().rstrip('-')} {head.english}", "noun", word, several=head.several)
    return unknown


def _noun(word: str) -> Meaning | None:
    found = name((word.capitalize(),), "de")
    return found if found is not None and found.part == "noun" else None


def _lefts(left: str) -> Iterator[str]:
    """Return what the first part of a compound can be, without the letters that link it."""
    for link in _LINKS:
        if left.endswith(link) and len(left) - len(link) >= SHORTEST_PART:
            stem = left.removesuffix(link).rstrip("-")
            for form in (stem, f"{stem}e", f"{stem}en"):
                found = names_of("de").get((key(form, "de"),))
                if found:
                    yield found[0]
    for form, _ in candidates(left, "de"):
        found = names_of("de").get((form,))
        if found:
            yield found[0]
