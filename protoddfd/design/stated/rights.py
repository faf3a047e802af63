"""Clauses on who may do what, as rights: `only managers may delete loans`, `volunteers can see but not edit`."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal

import msgspec

from protoddfd.design.lexicon import entity_kind, singular
from protoddfd.design.lexicon_files import pairs, phrases
from protoddfd.design.stated.known import Known

Deed = Literal["create", "read", "update", "delete", "decide"]
Kind = Literal["only", "just", "not", "may", "does", "own", "hidden", "login"]
"""Only they may; they may just do that; they may not; they may; they do; only their own; they see no field."""
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


_MAY = r"(?:can|may|should|must|shall|will|are allowed to|is allowed to|get to|gets to|are able to|is able to|have to|has to|should be able to|are permitted to|is permitted to)"
_NOT = r"(?:cannot|can not|may not|must not|should not|must never|may never|can never|are not allowed to|is not allowed to|never|do not|does not|not)"
_WHO = r"(?P<who>[a-z][\w ]*?)"
_DO = r"(?P<do>.+)"
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(form), kind)
    for form, kind in (
        (rf"^only {_WHO} {_MAY} (?:be )?{_DO}$", "only"),
        (rf"^{_WHO} only {_MAY} {_DO}$", "only"),
        (rf"^(?:nobody|no one|noone|none) (?:but|except|other than) {_WHO} {_MAY} {_DO}$", "only"),
        (rf"^nobody {_MAY} {_DO} (?:but|except) {_WHO}$", "only"),
        (rf"^(?P<what>.+?) {_MAY} (?:only )?be (?P<do>\w+(?: (?:or|and) \w+)*) (?:only )?by (?:only )?{_WHO}(?: only)?$", "passive"),
        (rf"^(?P<do>[a-z]+ing) (?P<what>.+?) is (?:only )?(?:for|reserved for|restricted to|limited to|allowed for) {_WHO}(?: only)?$", "only"),
        (rf"^(?P<what>.+?) (?:is|are|should be|must be) (?:only )?(?:visible|shown|accessible|available) (?:only )?(?:to|for) (?:only )?{_WHO}(?: only)?$", "visible"),
        (rf"^(?P<what>.+?) (?:is|are|should be|must be) (?:hidden from|not visible to|invisible to|not shown to|kept from) {_WHO}$", "hidden"),
        (rf"^hide (?P<what>.+?) from {_WHO}$", "hidden"),
        (rf"^{_WHO} (?:= |: |are |is |have |has |get |gets |should have |should be |with |only )*read ?only(?: access| rights)?(?: (?:to|on|for) (?P<what>.+))?$", "read"),
        (rf"^read ?only(?: access)? (?:for|to) {_WHO}$", "read"),
        (rf"^{_WHO} (?:= |are |is |have |has |get |gets |should have )(?:full access|all rights|full rights|everything)$", "all"),
        (rf"^{_WHO} {_MAY} (?:only|just) {_DO}$", "just"),
        (rf"^{_WHO} {_NOT} (?:be able to )?{_DO}$", "not"),
        (rf"^{_WHO} {_MAY} {_DO}$", "may"),
        (rf"^{_WHO} (?:only|just) {_DO}$", "just"),
        (rf"^{_WHO} (?P<do>(?:sees?|reads?|views?|edits?|deletes?|changes?|manages?) .+)$", "may"),
        (rf"^{_WHO} (?P<do>(?:adds?|creates?|enters?|submits?|files?|records?|books?|requests?|registers?) .+)$", "does"),
    )
)  # fmt: skip
_LOGIN = re.compile(
    r"^(?:.* )?(?:(?:there )?(?:should|must|has to|needs to) be (?:login|log in|password protection)|(?:needs?|with|requires?|want|have) "
    r"(?:own )?(?:login|log in|logins|accounts? for (?:each|every)\w*|password)|(?:must|should|have to|need to|has to|can) (?:log ?in|sign ?in)"
    r"|password protected|login (?:is )?required)(?: .*)?$"
)
_HINT = re.compile(
    rf"\b(?:{_MAY[3:-1]}|{_NOT[3:-1]}|only|just|own|read ?only|full access|all rights|hide|hidden|visible|invisible|access|login|log ?in"
    r"|password|logins|reserved|restricted|limited|sees?|reads?|edits?|manages?|adds?|creates?|enters?|submits?|files?|records?|books?|requests?|registers?)\b"
)
"""What at least is in a clause on rights."""
_TAIL = re.compile(r"(?: (?:only|alone|too|as well|at all|anything else|anyway|please|instead|anymore|any more|directly))+$")


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
    yield from (verb, f"{verb}s", f"{verb}es", f"{base}s", f"{stem}ing", f"{doubled}ing", f"{stem}ed", f"{base}d", f"{doubled}ed")
    yield from {"see": ("seen",), "write": ("written",), "read": ("read",)}.get(verb, ())


def rights(known: Known, words: str) -> list[Right]:
    """Return what a clause says of rights; nothing if it is about something else, or about no people."""
    words = re.sub(r"^(?:and|but|also|so|while|whereas|otherwise) ", "", words)
    if not _HINT.search(words):
        return []
    if _LOGIN.match(words):
        return [Right(kind="login")]
    for form, kind in _FORMS:
        found = form.match(words)
        if not found:
            continue
        parts = {key: value or "" for key, value in found.groupdict().items()}
        people = who(known, parts.get("who", ""))
        if people and (made := _of(kind, people, parts)):
            return made
    return []


def _of(kind: str, people: tuple[str, ...], parts: dict[str, str]) -> list[Right]:
    what = parts.get("what", "")
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
    but = re.split(rf" ?,? ?(?:but|and) (?:{_NOT}) ", done, maxsplit=1)
    first = _deeds(but[0])
    if first is None:
        return
    deeds, verb, what, own = first
    if own:
        yield Right(kind="own", people=people, deeds=deeds, what=what)
        return
    if len(but) > 1:
        yield Right(kind="may" if kind == "may" else kind, people=people, deeds=deeds, verb=verb, what=what)  # type: ignore[arg-type]
        second = _deeds(but[1])
        if second is not None:
            object_ = "" if second[2] in _PRONOUNS else second[2]
            yield Right(kind="not", people=people, deeds=second[0], verb=second[1], what=object_ or what)
        return
    if kind == "does":
        yield Right(kind="does", people=people, deeds=deeds, what=re.split(r" (?:with|where|when|including|for|by|,|\() ?", what)[0])
    elif kind == "not" and (theirs := _OTHERS.sub("", what)) != what:
        yield Right(kind="own", people=people, deeds=deeds, what="" if theirs in _PRONOUNS else theirs)
    elif re.search(r"\bonly$", but[0]) and kind == "may":
        yield Right(kind="just", people=people, deeds=deeds, verb=verb, what=what)
    else:
        yield Right(kind=kind, people=people, deeds=deeds, verb=verb, what=what)  # type: ignore[arg-type]


_OTHERS = re.compile(r"^(?:each other|one another|other|others|someone else|somebody else|anyone else|another)\b ?(?:people|members?|users?|persons?|customers?|employees?|clients?|guests?)? ?")
_PRONOUNS = frozenset(("", "them", "it", "those", "that", "anything", "everything", "all", "any", "something"))


def _deeds(words: str) -> tuple[frozenset[Deed], str, str, bool] | None:
    """Return what verbs do, the first one's base, what of, and whether it is about their own alone."""
    words = re.sub(r"^(?:only|just|be able to|also|even|ever) ", "", words)
    row = words.split()
    deeds: set[Deed] = set()
    verb, at = "", 0
    while at < len(row):
        for length in (3, 2, 1):
            found = _verbs().get(" ".join(row[at : at + length]))
            if found is not None and at + length <= len(row):
                break
        else:
            break
        deeds |= found
        verb = verb or _base(" ".join(row[at : at + length]))
        at += length
        while at < len(row) and row[at] in {"and", "or", ",", "/"}:
            at += 1
    if not deeds:
        return None
    rest = _TAIL.sub("", f" {' '.join(row[at:])}").strip(" ,")
    own = bool(re.search(r"\bown\b|\bassigned to (?:them|him|her)\b|\btheirs\b", rest)) and not rest.endswith("own account")
    what = re.sub(r"^(?:only|all|any|of|on|at|in|for|into|own|whole) |\b(?:only|own)\b ?| assigned to (?:them|him|her)$", "", rest).strip()
    what = re.sub(r"^(?:only|all|any|of|on|at|in|for|into|own) ", "", what).strip()
    return frozenset(deeds), verb, "" if what in _PRONOUNS else what, own


def _base(verb: str) -> str:
    """Return the first form of a verb, as the list has it."""
    for line in pairs("stated.txt", "deeds", ":").values():
        for base in (each.strip() for each in line.split(",")):
            if verb in set(_forms(base)):
                return base
    return verb


def who(known: Known, words: str) -> tuple[str, ...]:
    """Return the people that words name, in the singular; nothing unless all of them are people."""
    found: list[str] = []
    for part in re.split(r" and | or | ?, ?| & |/", words):
        name = _person(known, re.sub(r"^(?:all|any|other|normal|ordinary|regular|every|for|as|but|only) ", "", part.strip()))
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
    return name if entity_kind(tuple(name.split())) == "person" and entity is None else ""
