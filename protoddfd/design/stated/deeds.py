"""What people do to records: verbs as deeds, with what they are done to, and whether it is their own."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Literal

import msgspec

from protoddfd.design.lexicon_files import pairs

Deed = Literal["create", "read", "update", "delete", "decide"]


class Doing(msgspec.Struct, frozen=True, kw_only=True):
    """What verbs do, the first one's base form, what of, and whether it is about somebody's own alone."""

    deeds: frozenset[Deed]
    verb: str
    what: str
    own: bool = False


@cache
def _verbs() -> dict[str, frozenset[Deed]]:
    """Return what each verb of rights does, in all its forms."""
    found: dict[str, frozenset[Deed]] = {}
    for deeds, verbs in pairs("stated.txt", "deeds", ":").items():
        for verb in verbs.split(","):
            for form in _forms(verb.strip()):
                found[form] = frozenset(deeds.split())  # type: ignore[arg-type]
    return found


def _forms(verb: str) -> Iterator[str]:
    stem = verb.removesuffix("e")
    doubled = f"{verb}{verb[-1]}"
    base = f"{verb[:-1]}ie" if verb.endswith("y") and verb[-2] not in "aeiou" else verb
    yield from (
        verb,
        f"{verb}s",
        f"{verb}es",
        f"{base}s",
        f"{stem}ing",
        f"{doubled}ing",
        f"{stem}ed",
        f"{base}d",
        f"{doubled}ed",
    )
    yield from {"see": ("seen",), "write": ("written",), "read": ("read",)}.get(verb, ())


_TAIL = re.compile(
    r"(?: (?:only|alone|too|as well|at all|anything else|anyway|please|instead|anymore|any more|directly))+$"
)
OTHERS = re.compile(
    r"^(?:each other|one another|other|others|someone else|somebody else|anyone else|another)\b ?"
    r"(?:people|members?|users?|persons?|customers?|employees?|clients?|guests?)? ?"
)
"""How what is not one's own is spoken of."""
PRONOUNS = frozenset(("", "them", "it", "those", "that", "anything", "everything", "all", "any", "something"))


@cache
def _verb_behind_and() -> re.Pattern[str]:
    longest = sorted(_verbs(), key=len, reverse=True)
    return re.compile(rf" (?:and|or) (?=(?:{'|'.join(longest)})(?: |$))")


def doings(words: str) -> list[Doing]:
    """Return what is done: `add comments and change status` is two, each with its own object."""
    parts = _verb_behind_and().split(words)
    found = [_doing(part) for part in parts]
    if len(parts) == 1 or not all(found) or any(each is not None and not each.what for each in found):
        whole = _doing(words)
        return [whole] if whole is not None else []
    return [each for each in found if each is not None]


_JOINTS = frozenset(("and", "or", ",", "/"))


def _verb_length(row: Sequence[str], at: int) -> int:
    """Return how many words the verb at a place has; 0 if there is none."""
    lengths = (n for n in (3, 2, 1) if at + n <= len(row) and " ".join(row[at : at + n]) in _verbs())
    return next(lengths, 0)


def _doing(words: str) -> Doing | None:
    """Return what the verbs at the beginning do; None without any."""
    words = re.sub(r"^(?:only|just|be able to|also|even|ever) ", "", words)
    row = words.split()
    deeds: set[Deed] = set()
    verb, at = "", 0
    while length := _verb_length(row, at):
        said = " ".join(row[at : at + length])
        deeds |= _verbs()[said]
        verb = verb or _base(said)
        behind = at = at + length
        while at < len(row) and row[at] in _JOINTS:
            at += 1
        if at == behind:
            break
    if not deeds:
        return None
    rest = _TAIL.sub("", f" {' '.join(row[at:])}").strip(" ,")
    own = bool(re.search(r"\bown\b|\bassigned to (?:them|him|her)\b|\btheirs\b", rest)) and not rest.endswith(
        "own account"
    )
    what = re.sub(r" assigned to (?:them|him|her)$|\b(?:only|own|whole)\b ?", "", rest).strip()
    what = re.sub(r"^(?:(?:only|all|any|of|on|at|in|for|into) )+", "", what).strip()
    return Doing(deeds=frozenset(deeds), verb=verb, what="" if what in PRONOUNS else what, own=own)


def _base(verb: str) -> str:
    """Return the first form of a verb, as the list has it."""
    for line in pairs("stated.txt", "deeds", ":").values():
        for base in (each.strip() for each in line.split(",")):
            if verb in set(_forms(base)):
                return base
    return verb
