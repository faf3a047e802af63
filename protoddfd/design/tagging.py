"""Which part of speech each word of a sentence is, by lists, endings and neighbours."""

from collections.abc import Sequence
from functools import cache

from protoddfd.design.lexicon import (
    closed,
    field_types,
    is_plural,
    kinds_of,
    nouns,
    singular,
    verb_forms,
    verbs_of,
)
from protoddfd.design.tokens import Token

_WH = frozenset(("which", "who", "that", "when", "where", "whether", "how", "what", "whose", "whom", "why"))
_CONTRACTED = frozenset(("i", "we", "you", "they", "he", "she", "it", "who", "what", "here", "there", "that"))
_SUBJECTS = frozenset(("i", "we", "they", "he", "she"))
"""Pronouns that nothing but a verb or an adverb follows."""

_SIGNS = {"and": "C", "or": "C", "&": "C", "+": "C", "n": "C", "nor": "C", "plus": "C"}


@cache
def _noun_words() -> frozenset[str]:
    return frozenset(phrase for phrase in (*nouns(), *field_types()) if " " not in phrase)


@cache
def _closed_tags() -> dict[str, str]:
    """Return the tag of each word of the closed classes; the first class that has it decides."""
    tags: dict[str, str] = dict.fromkeys(_WH, "W")
    tags |= {word: tag for word, tag in _SIGNS.items() if word not in tags}
    parts = {"auxiliary": "X", "pronoun": "R", "determiner": "D", "preposition": "P", "conjunction": "J"}
    for part, tag in parts.items():
        for word in closed(part):
            tags.setdefault(word, tag)
    for word in closed("adverb"):
        tags.setdefault(word, "B")
    for word in closed("adjective"):
        tags.setdefault(word, "A")
    return tags


def tag(sentence: Sequence[Token]) -> list[str]:
    """Return a tag for each token.

    N noun, V verb, A adjective or participle before a noun, B adverb, D determiner, P preposition, C and/or,
    J other conjunction, R pronoun, X auxiliary, W question word, # number, G brackets, ' possession, S sign.
    """
    tags = [_alone(token) for token in sentence]
    for at, token in enumerate(sentence):
        if tags[at] in "?v":
            tags[at] = _among(sentence, tags, at, token)
        elif tags[at] == "N" and _must_be_verb(sentence, tags, at):
            tags[at] = "V"
    return tags


def _acts(word: str, plural: bool, form: str) -> bool:
    """Tell whether a person stands before a verb in the form that goes with it: `a clerk posts`."""
    person = "person" in kinds_of((singular(word),)) and word != "staff"
    return person and form == ("base" if plural else "s")


def _is_colon(sentence: Sequence[Token], at: int) -> bool:
    return at < len(sentence) and sentence[at].word == ":"


def _must_be_verb(sentence: Sequence[Token], tags: Sequence[str], at: int) -> bool:
    """Tell whether a word that no list has stands where only a verb can: `reporters draft stories`."""
    if at and sentence[at - 1].word in _SUBJECTS:
        return sentence[at].word.isalpha()
    if not 0 < at < len(sentence) - 1 or tags[at - 1] != "N" or tags[at + 1] not in "DN?":
        return False
    word, before = sentence[at].word, sentence[at - 1].word
    if word in _noun_words() or not word.isalpha():
        return False
    if is_plural(word):
        return singular(word) not in _noun_words() and _acts(before, is_plural(before), "s")
    plural = is_plural(before) and "person" in kinds_of((singular(before),)) and before != "staff"
    return plural and (tags[at + 1] == "D" or is_plural(sentence[at + 1].word))


def _alone(token: Token) -> str:
    """Return the tag that a word has in any company; `?` for a noun or a verb, `v` for a verb's form."""
    if token.inside is not None:
        return "G"
    word = token.word
    if word in {"'s", "'"}:
        return "'"
    if "'" in word and word.partition("'")[0] in _CONTRACTED:
        return "R"
    known = _closed_tags().get(word)
    if known is not None:
        return known
    if word[0].isalpha():
        return _open_tag(word)
    return "#" if word[0].isdigit() else ("N" if word in {"%", "€", "$", "£"} else "S")


def _open_tag(word: str) -> str:
    """Return the tag of a word that is in no closed class."""
    if word not in verb_forms():
        return "B" if word.endswith("ly") and len(word) > 4 and word not in _noun_words() else "N"
    return "?" if word in _noun_words() or singular(word) in _noun_words() else "v"


def _among(sentence: Sequence[Token], tags: Sequence[str], at: int, token: Token) -> str:
    """Return N, A or V for a word that could be several."""
    before = tags[at - 1] if at else "S"
    after = tags[at + 1] if at + 1 < len(tags) else "S"
    form = verb_forms()[token.word][1]
    noun = tags[at] == "?"
    if (
        (at and sentence[at - 1].word in _SUBJECTS)
        or _orders(sentence, at)
        or _relates(tags, at, form, after)
    ):
        return "V"
    if before in "X" or (before == "P" and sentence[at - 1].word == "to") or before == "W":
        if before == "W" and noun and after in "SCG":
            return "N"
        return "V" if not (noun and form == "ing") else "N"
    if before in "RB" and not (noun and after in "SCG"):
        return "V"
    if form == "ing":
        return "N" if before in "DPA'NSC?#G" else "V"
    if form == "past":
        return _participle(sentence, tags, at, noun, before, after)
    return _present(sentence, at, form, noun, before, after)


def _orders(sentence: Sequence[Token], at: int) -> bool:
    """Tell whether a sentence begins with what an app is to do: `track antibiotics given to cows`."""
    if at or len(sentence) < len(("track", "the", "cows")) or sentence[0].word not in verbs_of("track"):
        return False
    following = sentence[1].word
    return is_plural(following) and f"{sentence[0].word} {singular(following)}" not in nouns()


def _relates(tags: Sequence[str], at: int, form: str, after: str) -> bool:
    """Tell whether a clause such as `which the hotel signs` ends in a verb."""
    return form == "s" and after in "SCG" and list(tags[max(at - 3, 0) : at]) == ["W", "D", "N"]


def _participle(
    sentence: Sequence[Token], tags: Sequence[str], at: int, noun: bool, before: str, after: str
) -> str:
    if before == "N" and is_plural(sentence[at - 1].word) and after in "DNAPR#?":
        return "V"
    if after in "N?" or before in "DA'":
        return "A"
    if before in "SC":
        return "N" if after in "SCG" else "A"
    return "N" if noun or after in "SCG" else "V"


def _present(sentence: Sequence[Token], at: int, form: str, noun: bool, before: str, after: str) -> str:
    """Return N or V for a base form or one that ends in -s."""
    starts = after in "DR" or (after in "NA" and form == "base")
    if before in "DA'P#":
        return "N"
    if before == "N":
        return _behind_noun(sentence, at, form, noun, after)
    if before in "SCJG":
        return "V" if starts and (after in "DR" or not noun) else ("N" if noun else "V")
    return "N" if noun else "V"


def _behind_noun(sentence: Sequence[Token], at: int, form: str, noun: bool, after: str) -> str:
    """Return N or V for a base form or one that ends in -s, behind what may be its subject."""
    plural = is_plural(sentence[at - 1].word)
    if _acts(sentence[at - 1].word, plural, form) and (
        after in ("N?WG" if plural else "N?W") or _is_colon(sentence, at + 1)
    ):
        return "V"
    if form == "base":
        acts = after in "DNAPR#?W" or not noun if plural else not noun and after in "DRPN?W"
        return "V" if acts else "N"
    if form != "s":
        return "N"
    following = sentence[at + 1].word if after == "P" and len(sentence) > at + 2 else ""
    if following in _WAYS or (following in _PLACES and (not noun or at > 1)):
        return "V"
    if not plural:
        return "V" if after in "DR#A" or not noun else "N"
    return "N"


_WAYS = frozenset(("off", "up", "out"))
_PLACES = frozenset(("in", "on", "at", "from", "to"))
