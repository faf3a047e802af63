"""A description as clauses of plain words: `if paid ask for payment date`, `total is quantity times price`.

Owns their form alone: no articles, no contractions, signs as words; brackets as clauses of what stands
before them.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import msgspec

from protoddfd.design.lexicon_files import pairs, phrases
from protoddfd.design.stated.forms import wording
from protoddfd.design.tokens import LONGEST_TEXT, Token, tokens

LONGEST_CLAUSE = 300
"""Characters of a clause that is read: the time that its forms take grows faster than its length."""
MOST_CLAUSES = 400

_SENTENCE = re.compile(r"(?<=[\w)%\"'’”])[.!?]+(?=\s|$)|\n+|;")
_BULLET = re.compile(r"^\s*(?:[-*•·▪‣>]|\d{1,2}[.)])\s+")
_SIGNS = (
    (re.compile(r"≥|>=|=>(?= ?\d)"), " at least "),
    (re.compile(r"≤|<=|=<"), " at most "),
    (re.compile(r"!=|≠|<>"), " is not "),
    (re.compile(r"(?<=[\w)]) ?[×✕∗*·] ?(?=[\w(])|(?<=\w) x (?=\w)"), " times "),
    (re.compile(r"(?<=\w) ?[−–] ?(?=\w)"), " - "),
    (re.compile(r"(?<=\w) ?> ?(?=\w)"), " more than "),
    (re.compile(r"(?<=\w) ?< ?(?=\w)"), " less than "),
    (re.compile(r"÷"), " / "),
    (re.compile(r"[’‘`]"), "'"),
    (
        re.compile(
            r"\bonly ((?:see |view |read |edit |change |access )?)(?:his|her|their) (?!own)", re.IGNORECASE
        ),
        r"only \1own ",
    ),
    (re.compile(r"[“”\"*_]"), " "),
)
_LIST = re.compile(r" ?, ?")
_IF = wording("if")


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is stated: its plain words, and how it was written."""

    words: str
    said: str


def clauses(text: str) -> list[Clause]:
    """Return the clauses of a text, in order."""
    made: list[Clause] = []
    for line in _SENTENCE.split(unicodedata.normalize("NFC", text[:LONGEST_TEXT])):
        said = " ".join(_BULLET.sub("", line).split())
        if said and len(made) < MOST_CLAUSES:
            parts = _parts(_flat(tokens(_signs(said))))
            made.extend(Clause(words=each, said=said) for each in parts if 0 < len(each) <= LONGEST_CLAUSE)
    return made


_ARROWS = re.compile(r"[>→⇒]")


def _signs(text: str) -> str:
    if len(_ARROWS.findall(text)) > 1:
        text = _ARROWS.sub(" , ", text)
    for pattern, instead in _SIGNS:
        text = pattern.sub(instead, text)
    return text


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """Return a name, or what a clause says, in the words of clauses."""
    return _flat(tokens(text.replace("_", " ")))


def _flat(row: Sequence[Token]) -> str:
    return " ".join(_words(row))


def _words(row: Sequence[Token]) -> Iterator[str]:
    for token in row:
        if token.inside is not None:
            yield from ("(", *_words(token.inside), ")")
        elif token.word in _spoken():
            yield from _spoken()[token.word].split()
        elif token.word not in _dropped():
            yield from token.word.replace("-", " ").split() or ("-",)


@cache
def _dropped() -> frozenset[str]:
    return frozenset(phrases("stated.txt", "dropped"))


@cache
def _spoken() -> dict[str, str]:
    """Return what is said for contractions and the like."""
    return pairs("stated.txt", "spoken")


def _parts(words: str) -> list[str]:
    """Return the clauses of a sentence: at commas, at `and` before one of its own, and out of brackets."""
    made: list[str] = []
    for part in _whole(words):
        made.extend(_without_brackets(part))
    return made


_TRIGGER = re.compile(
    r"(?:=| is | are | must | should | can | cannot | may | has to |^only |^show |^ask |^require |^hide )"
)


def _whole(words: str) -> list[str]:
    """Return the parts between commas and `and`; a condition stays with what follows it."""
    made: list[str] = []
    for part in _split(words):
        begun = made[-1] if made else ""
        if begun and (_waits(begun) or not (_TRIGGER.search(part) or _formal(part))):
            made[-1] = f"{begun} , {part}"
        else:
            made.append(part)
    return made


_FORMAL = re.compile(
    rf"\b(?:{_IF})\b|\b(?:times|minus|at least|at most|read only|only own|positive$|not in future$)\b"
    r"| - |\(|:"
)


def _formal(part: str) -> bool:
    return bool(_FORMAL.search(part))


def _waits(part: str) -> bool:
    """Tell a condition that what it is about has yet to follow."""
    return bool(re.match(rf"(?:and |but |then |also )?(?:{_IF})\b|for \w+$", part)) and "," not in part


def _split(words: str) -> list[str]:
    parts: list[str] = []
    depth = 0
    row = words.split()
    begun = 0
    for at, word in enumerate(row):
        depth += (word == "(") - (word == ")")
        own = word in {"and", "but", "while", "whereas"} and _speaks(row, begun, at)
        if depth == 0 and (word == "," or own):
            parts.append(" ".join(row[begun:at]))
            begun = at + 1
    parts.append(" ".join(row[begun:]))
    return [part for part in parts if part]


def _speaks(row: Sequence[str], begun: int, at: int) -> bool:
    """Tell whether both sides of an `and` have a verb of their own, and it is no `between a and b`."""
    after = " ".join(row[at + 1 : at + 10]).split(" , ", maxsplit=1)[0]
    before = " ".join(row[begun:at])
    if re.search(r"\b(?:between|sum of|difference between)\b[^,]*$", before) or _waits(before):
        return False
    own = re.match(r"(?:\w+ ){1,4}(?:=|is|are|must|should|can|cannot|may|has to|have to) ", f"{after} ")
    return bool(own and _TRIGGER.search(f"{before} ")) or bool(re.match(r"(?:only|if|when) ", after))


_BRACKET = re.compile(r"((?:[^\W\d]\w*(?: \w+){0,3})) \( ([^()]*) \)")


def _without_brackets(part: str) -> Iterator[str]:
    """Yield a clause for each bracket that states something, then the rest."""
    if _arithmetic(part):
        yield part
        return
    for found in _BRACKET.finditer(part):
        for inside in _LIST.split(found.group(2)):
            if len(inside.split()) > 1 or "%" in inside:
                name = re.split(r"\b(?:with|and|has|have|of their|has|,)\b", found.group(1))[-1].strip()
                limits = re.fullmatch(r"(\d+) (?:-|to|\.\.) (\d+)(?: \w+)?", inside)
                inside = f"between {limits[1]} and {limits[2]}" if limits else inside
                yield f"{name} {inside}" if _adds(inside) else f"{name} = {inside}"
    yield " ".join(_BRACKET.sub(r"\1", part).split())


def _adds(inside: str) -> bool:
    """Tell what goes on with a name from what it is: `must be after start`, and `quantity times price`."""
    return not re.search(
        r"\b(?:times|minus|plus|divided|sum of|number of|count of|average of)\b| [-+/] ", inside
    )


def _arithmetic(part: str) -> bool:
    return bool(
        re.search(
            r"(?:times|minus|plus|divided by|=|[-+/]) \(|\) (?:times|minus|plus|divided by|[-+/])", part
        )
    )
