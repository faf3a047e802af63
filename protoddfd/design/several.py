"""Many to many: things that usually have several of each other, such as recipes and ingredients."""

from functools import cache

from protoddfd.design.draft import Draft, LinkDraft
from protoddfd.design.lexicon_files import sections
from protoddfd.design.naming import with_article

SAID = 2.5
"""The strength from which on the words themselves say how many there are."""


@cache
def _usual() -> frozenset[tuple[str, str]]:
    """Return every two names of entities that have several of each other."""
    found: set[tuple[str, str]] = set()
    for line in sections("many.txt").get("", ()):
        left, _, right = line.partition(":")
        found.update((one.strip(), two.strip()) for one in left.split(",") for two in right.split(","))
    return frozenset(found)


def tie(draft: Draft) -> None:
    """Tie entities that usually have several of each other, unless records of a third kind tie them."""
    keys = list(draft.entities)
    for one in keys:
        for two in keys:
            if one != two and _are_usual(one, two) and not _joined(draft, one, two):
                _make_many(draft, one, two)


def _are_usual(one: str, two: str) -> bool:
    names = ((left, right) for left in {one, one.split()[-1]} for right in {two, two.split()[-1]})
    return any(pair in _usual() for pair in names)


def _joined(draft: Draft, one: str, two: str) -> bool:
    """Tell whether an enrolment, a line or the like points at both."""
    return any(
        {one, two} <= {link.target for link in draft.links if link.source == key}
        for key in draft.entities
        if key not in {one, two}
    )


def _make_many(draft: Draft, one: str, two: str) -> None:
    known = next((link for link in draft.links if {link.source, link.target} == {one, two}), None)
    why = f"{with_article(one)} usually has several of {two}, and the other way round"
    if known is None:
        draft.links.append(LinkDraft(source=one, target=two, many=True, why=why))
    elif not known.many and known.strength < SAID:
        known.source, known.target, known.many, known.why = one, two, True, why
