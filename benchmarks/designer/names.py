"""Whether two names mean the same: singulars, accepted synonyms, owners in front. Pure."""

import re
from collections.abc import Collection
from functools import cache

from benchmarks.designer.texts import Named

_IRREGULAR = {
    "people": "person", "men": "man", "women": "woman", "children": "child", "mice": "mouse",
    "criteria": "criterion", "data": "data", "series": "series", "species": "species", "class": "class",
    "classes": "class", "address": "address", "addresses": "address", "status": "status",
    "business": "business", "diagnosis": "diagnosis", "notes": "note", "abs": "abs", "apiaries": "apiary",
    "leaves": "leave", "gas": "gas", "pass": "pass", "bus": "bus", "boxes": "box", "sku": "sku",
    "isbn": "isbn",
}  # fmt: skip
_SAME: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split(", "))
    for group in (
        "phone, phone number, telephone, mobile, phone no",
        "email, email address, e mail, mail",
        "photo, picture, image, photograph",
        "name, full name",
        "title, name",
        "serial number, serial, serial no",
        "note, comment, remark",
        "description, detail",
        "date of birth, birth date, birthday, dob, birthdate",
        "start time, start, start at, starts at",
        "end time, end, ends at, finish time",
        "status, state",
        "website, url, web site",
        "quantity, qty",
        "licence number, license number",
        "center, centre",
    )
)
_SMALL = frozenset(("the", "a", "an", "of", "in", "is", "has", "my", "for", "s"))


def _singular(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) > 3 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if re.search(r"(ches|shes|xes|sses|zes)$", word):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@cache
def normal(name: str) -> str:
    """Return a name in lower-case singular words, without articles and the like."""
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    words = [_singular(word) for word in re.findall(r"[^\W_]+", apart.lower())]
    return " ".join(word for word in words if word not in _SMALL) or " ".join(words)


@cache
def accepted(name: str, also: tuple[str, ...]) -> frozenset[str]:
    """Return every name that stands for a reference's `name`."""
    names = {normal(name), *(normal(each) for each in also)}
    for group in _SAME:
        if names & group:
            names |= group
    return frozenset(names)


def likeness(name: str, wanted: Named, owners: Collection[str] = ()) -> float:
    """Return 1 for an accepted name, 0.9 without its owner, 0.6 for a longer or shorter one, else 0."""
    found, names = normal(name), accepted(wanted.name, wanted.aka)
    if found in names:
        return 1.0
    if any(_owned(found, owner, names) for owner in owners):
        return 0.9
    return max((_nearly(found, each, 2 if owners else 1) for each in names), default=0.0)


def _owned(found: str, owner: str, names: Collection[str]) -> bool:
    """Tell whether a name is accepted but for its owner in front: `book title` for a book's title."""
    start = f"{owner} "
    if found.startswith(start) and found.removeprefix(start) in names:
        return True
    return any(each.startswith(start) and each.removeprefix(start) == found for each in names)


def _nearly(found: str, name: str, least: int) -> float:
    if found.replace(" ", "") == name.replace(" ", ""):
        return 0.95
    mine, theirs = found.split(), name.split()
    if sorted(mine) == sorted(theirs):
        return 0.9
    if not mine or not theirs or mine[-1] != theirs[-1] or len(mine) + len(theirs) <= 2:
        return 0.0
    contained = set(mine) < set(theirs) or set(theirs) < set(mine)
    return 0.6 if contained and min(len(mine), len(theirs)) >= least else 0.0
