"""Clauses on who may do what, as rights: `only managers may delete loans`, `clerks can only look`."""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from protoddfd.design.lexicon import entity_kind, field_types, nouns, singular, verb_forms
from protoddfd.design.lexicon_files import phrases
from protoddfd.design.stated.deeds import OTHERS, PRONOUNS, Deed, Doing, doings
from protoddfd.design.stated.forms import forms, hint, wording
from protoddfd.design.stated.known import Known

Kind = Literal["only", "just", "not", "may", "does", "own", "hidden", "login"]
"""Only they may; they may just do that; they may not; they may; they do; their own; they see no field."""
EVERYBODY = "everyone"
ADMIN = "admin"
_DEEDS: tuple[Deed, ...] = ("create", "read", "update", "delete")


class Right(msgspec.Struct, frozen=True, kw_only=True):
    """What a clause says of who may do what."""

    kind: Kind
    people: tuple[str, ...] = ()
    """In the singular; `admin` for administrators, `everyone`."""
    deeds: frozenset[Deed] = frozenset()
    verb: str = ""
    """The verb of a decision, such as `approve`."""
    what: str = ""
    """The words for what of; `` for all."""


def rights(known: Known, words: str) -> list[Right]:
    """Return what a clause says of rights; nothing if it is about something else, or about no people."""
    words = re.sub(r"^(?:and|but|also|so|while|whereas|otherwise) ", "", words)
    if not hint("rights").search(words):
        return []
    if forms("login")[0][1].match(words):
        return [Right(kind="login")]
    for kind, form in forms("rights"):
        found = form.match(words)
        if not found:
            continue
        parts = {key: value or "" for key, value in found.groupdict().items()}
        people = who(known, parts.get("who", ""))
        if people and (made := _of(kind, people, parts)):
            return made
    both = _BOTH.match(words)
    for length in (1, 2) if both else ():
        somebody = " ".join(words.split()[:length])
        if both and who(known, somebody):
            return rights(known, f"{somebody} {both.group(1)}")
    return []


_BOTH = re.compile(
    r"^\w+ .+ and ((?:can |may |should )?(?:only )?(?:see|view|read|edit|change) (?:only )?own .+)$"
)
"""Somebody who does something, and of whom a right is said in the same breath."""


def _of(kind: str, people: tuple[str, ...], parts: dict[str, str]) -> list[Right]:
    what = parts.get("what", "")
    if kind == "own":
        return [Right(kind="own", people=people, deeds=frozenset(("read",)), what=what)]
    if kind == "hidden":
        return [Right(kind="hidden", people=people, what=what)]
    if kind == "visible":
        return [Right(kind="only", people=people, deeds=frozenset(("read",)), what=what)]
    if kind == "read":
        return [Right(kind="just", people=people, deeds=frozenset(("read",)), what=what)]
    if kind == "all":
        return [Right(kind="may", people=people, deeds=frozenset(_DEEDS))]
    if kind == "passive":
        kind, parts = "only", {**parts, "do": f"{parts['do']} {what}"}
    elif what:
        parts = {**parts, "do": f"{parts['do']} {what}"}
    done = parts.get("do", "")
    made = list(_clauses(kind, people, done))
    return made


def _clauses(kind: str, people: tuple[str, ...], done: str) -> Iterator[Right]:
    """Yield the rights of `see loans but not edit them`, of `only see own loans`, of `approve requests`."""
    only = re.sub(r" ?,? (?:but |and )?(?:nothing|not anything) (?:else|more)$", "", done)
    kind, done = ("just" if kind == "may" and only != done else kind), only
    first, *rest = re.split(rf" ?,? ?(?:but|and) (?:{wording('maynot')}) ", done, maxsplit=1)
    done_first = doings(first)
    for each in done_first:
        yield _right("own" if each.own and kind != "does" else _kind(kind, first, each), people, each)
    if not done_first or not rest or any(each.own for each in done_first):
        return
    for each in doings(rest[0]):
        what = each.what or done_first[-1].what
        yield _right("not", people, msgspec.structs.replace(each, what=what))


def _kind(kind: str, words: str, doing: Doing) -> str:
    if kind == "may" and words.endswith(" only"):
        return "just"
    if kind == "acts":
        return "just" if re.search(r"\bonly\b", words) else "does" if doing.what else "may"
    return "own" if kind == "not" and OTHERS.match(doing.what) else kind


def _right(kind: str, people: tuple[str, ...], doing: Doing) -> Right:
    what = OTHERS.sub("", doing.what) if kind == "own" else doing.what
    if kind == "does":
        what = _BESIDE.split(what)[0]
    what = "" if what in PRONOUNS else what
    return Right(kind=kind, people=people, deeds=doing.deeds, verb=doing.verb, what=what)  # type: ignore[arg-type]


_BESIDE = re.compile(r" (?:with|where|when|including|for|by|,|\() ?")


def who(known: Known, words: str) -> tuple[str, ...]:
    """Return the people that words name, in the singular; nothing unless all of them are people."""
    found: list[str] = []
    for part in re.split(r" and | or | ?, ?| & |/", words):
        name = _person(
            known,
            re.sub(r"^(?:all|any|other|normal|ordinary|regular|every|for|as|but|only) ", "", part.strip()),
        )
        if not name:
            return ()
        found.append(name)
    return tuple(dict.fromkeys(found))


def _person(known: Known, words: str) -> str:
    row = words.split()
    if not 0 < len(row) <= 3:
        return ""
    name = " ".join((*row[:-1], singular(row[-1])))
    if name in phrases("stated.txt", "administrator"):
        return ADMIN
    if name in phrases("stated.txt", "everybody"):
        return EVERYBODY
    if name in phrases("stated.txt", "role") or name.split()[-1] in phrases("stated.txt", "role"):
        return name
    entity = known.entity(name)
    if entity is not None and entity in list(known.people()):
        return entity.name.lower()
    if entity is not None:
        return ""
    return name if entity_kind(tuple(name.split())) == "person" or _acts(row[-1]) else ""


def _acts(word: str) -> bool:
    """Tell a word that no list has, and whose ending is that of people: `registrars`."""
    name = singular(word)
    unknown = name not in nouns() and name not in field_types() and name not in verb_forms()
    return unknown and name.isalpha() and len(name) > 5 and name.endswith(("er", "or", "ist", "ian", "ar"))
