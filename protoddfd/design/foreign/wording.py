"""A text of another language as pieces: what stands for what in English, and between what it stood."""

import re
from itertools import pairwise

import msgspec

from protoddfd.design.foreign import glossary
from protoddfd.design.foreign.compounds import compound
from protoddfd.design.foreign.glossary import LONGEST, Meaning

WORD = re.compile(r"[^\W\d_ªº]+(?:['’]|(?:-[^\W\d_ªº]+)*)")
_DROPPED = "-"
_SEVERAL: dict[str, tuple[str, ...]] = {
    "de": (), "es": ("los", "las"), "fr": ("les", "des"), "pt": ("os", "as"), "it": ("i", "gli"),
}  # fmt: skip
"""Articles behind which a noun is a plural."""
_PARTICLES = frozenset((
    "ab", "an", "auf", "aus", "bei", "durch", "ein", "fest", "heim", "her", "hin", "los", "mit", "nach",
    "nieder", "raus", "rein", "statt", "teil", "um", "unter", "vor", "weg", "weiter", "zu", "zurück",
    "zurueck", "zusammen", "frei",
))  # fmt: skip
"""What German verbs leave at the end of a clause."""
_DOING = frozenset(
    (
        "who",
        "that",
        "i",
        "we",
        "they",
        "he",
        "you",
        "can",
        "must",
        "should",
        "will",
        "it",
        "not",
        "has",
        "have",
    )
)
_BEFORE_NAMES = frozenset(("of", "of the", "by", "per", "with", "in", "in the", "to the", "a"))


class Piece(msgspec.Struct):
    """What stood between the word before and this one, the words themselves, and what they mean."""

    before: str
    surface: str
    meaning: Meaning

    @property
    def english(self) -> str:
        """Return the English, in the plural if the words were."""
        several = self.meaning.several and self.meaning.part == "noun"
        return plural(self.meaning.english) if several else self.meaning.english

    def is_near(self) -> bool:
        """Tell whether nothing but a space stands before it."""
        return not self.before.strip() and "\n" not in self.before


def pieces(text: str, code: str) -> tuple[list[Piece], str]:
    """Return a text's pieces, and what stands behind the last of them."""
    words = list(WORD.finditer(text))
    capitals = sum(1 for word in words if word.group()[0].isupper()) * 12 > len(words)
    made: list[Piece] = []
    end = at = 0
    while at < len(words):
        length, meaning = _match(text, words, at, code, made, capitals=capitals)
        surface = text[words[at].start() : words[at + length - 1].end()]
        made.append(Piece(text[end : words[at].start()], surface, meaning))
        end = words[at + length - 1].end()
        at += length
    if code == "de":
        _join_particles(made, text[end:])
    return made, text[end:]


def _match(
    text: str, words: list[re.Match[str]], at: int, code: str, made: list[Piece], *, capitals: bool
) -> tuple[int, Meaning]:
    """Return how many words from here stand for what."""
    for length in range(LONGEST, 0, -1):
        part = words[at : at + length]
        if len(part) < length or (length > 1 and not _together(text, part)):
            continue
        group = tuple(word.group().replace("’", "'") for word in part)
        found = _small(tuple(word.lower() for word in group), code)
        if found is not None:
            return length, found
        named = glossary.name(group, code)
        if length > 1 and named is None:
            continue
        doing = glossary.verb(group[0], code) if length == 1 else None
        if named is not None and doing is not None:
            last = _last(text, words, at, made)
            named = named if _is_name(group[0], last, named, doing, code, capitals=capitals) else doing
        elif named is None and not _is_thing(doing, _last(text, words, at, made)):
            named = doing
        if named is not None:
            before = made[-1].surface.lower() if made else ""
            return length, _counted(named, before, code)
    word = words[at].group()
    split = compound(word) if code == "de" and (word[0].isupper() or not capitals) else None
    return 1, split or Meaning(word, "")


def _small(words: tuple[str, ...], code: str) -> Meaning | None:
    english = glossary.small(code).get(words)
    if english is None:
        return None
    return Meaning("" if english == _DROPPED else english, "small")


def _last(text: str, words: list[re.Match[str]], at: int, made: list[Piece]) -> Meaning:
    """Return what the word before means, if no sign stands between."""
    if not made or text[words[at - 1].end() : words[at].start()].strip(" "):
        return Meaning("", "")
    return made[-1].meaning


def _is_name(word: str, last: Meaning, named: Meaning, doing: Meaning, code: str, *, capitals: bool) -> bool:
    """Tell a noun from a verb that is written alike: `la cuenta` and `quien cuenta`."""
    if code == "de" and capitals and last.english and named.part == "noun":
        return word[0].isupper()
    if doing.form == "i":
        return last.english not in {"i", "not"}
    if doing.form == "past":
        return named.part == "noun" and last.part != "noun" and last.english not in _DOING
    return not (last.part == "noun" or last.english in _DOING)


def _is_thing(doing: Meaning | None, last: Meaning) -> bool:
    """Tell a word behind a preposition, which is no verb even if a verb has such a form."""
    return doing is not None and doing.form in {"s", "base", "i", "we"} and last.english in _BEFORE_NAMES


def _counted(meaning: Meaning, article: str, code: str) -> Meaning:
    if meaning.part == "noun" and article in _SEVERAL[code]:
        return msgspec.structs.replace(meaning, several=True)
    return meaning


def _together(text: str, part: list[re.Match[str]]) -> bool:
    between = pairwise(part)
    return all(text[one.end() : two.start()] in {" ", ""} for one, two in between)


def _join_particles(made: list[Piece], tail: str) -> None:
    """Put `leiht ... aus` together: the particle at the end of a clause belongs to its verb."""
    for at in range(len(made) - 1, 0, -1):
        particle = made[at].surface.lower()
        behind = made[at + 1] if at + 1 < len(made) else None
        ends = (not behind or not behind.is_near() or behind.english in {"and", "or"}) and (
            behind is not None or not tail[:1].isalpha()
        )
        if particle not in _PARTICLES or not ends:
            continue
        for start in range(at - 1, max(-1, at - 12), -1):
            whole = glossary.verb(f"{made[start].surface} {particle}", "de")
            if whole is not None:
                made[start].meaning = whole
                made[at].meaning = Meaning("", "small")
                break
            if not made[start].is_near():
                break


def plural(english: str) -> str:
    """Return the plural of an English noun, or of the first one of `date of birth`."""
    head, of, rest = english.partition(" of ")
    if of:
        return f"{plural(head)} of {rest}"
    if english.endswith(("s", "staff", "people", "children", "equipment", "information")):
        return english
    if english.endswith("child"):
        return f"{english}ren"
    if english.endswith("person"):
        return f"{english[:-6]}people"
    if english.endswith(("x", "ch", "sh")):
        return f"{english}es"
    if english.endswith("y") and english[-2:-1] not in "aeiou":
        return f"{english[:-1]}ies"
    return f"{english}s"
