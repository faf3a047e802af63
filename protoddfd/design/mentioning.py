"""All that a description speaks of, and where: noun phrases, words, and verbs that make records."""

from collections.abc import Iterator, Sequence
from functools import cache

import msgspec

from protoddfd.design.blocks import Statement
from protoddfd.design.choices import written
from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.entities import key_of
from protoddfd.design.lexicon import closed, singular, verbs_of
from protoddfd.design.lexicon_files import pairs
from protoddfd.design.reading import is_heading
from protoddfd.design.tagging import tag
from protoddfd.design.tokens import Token
from protoddfd.design.wishes import is_refusal, is_right, is_wish

SHORTEST = 3
"""Letters of a word that may name something."""


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """One place where something is spoken of."""

    key: str
    where: str
    """`said` in a sentence, in a `bullet`, `inside` brackets, an `owner`, a verb (`doing`), or a `word`."""
    marks: tuple[str, ...]
    """What kind of statement it is in."""
    number: int
    """Which statement it is in."""
    at: int
    """Its place among the chunks; for a word, among the tokens."""
    outer: str = ""
    """The key of the noun phrase in whose brackets it stands."""
    chunks: tuple[Chunk, ...] = ()
    tokens: tuple[Token, ...] = ()
    tags: str = ""

    @property
    def plural(self) -> bool:
        """Is it a noun phrase about several things?"""
        return bool(self.chunks) and self.where not in {"doing", "owner"} and self.chunks[self.at].plural


def mentions_of(statements: Sequence[Statement]) -> Iterator[Mention]:
    """Yield all that statements speak of, in order."""
    for number, statement in enumerate(statements):
        marks = tuple(_marks(number, statement, len(statements)))
        yield from _spoken(statement.tokens, "said", marks, number)
        for bullet in statement.bullets:
            yield from _spoken(bullet, "bullet", marks, number)


def _marks(number: int, statement: Statement, count: int) -> Iterator[str]:
    text = written(statement.tokens)
    found = {
        "first": number == 0,
        "last": number == count - 1,
        "refusal": is_refusal(text),
        "wish": is_wish(text),
        "right": is_right(text),
        "heading": is_heading(statement),
        "above": bool(statement.bullets),
        "point": statement.is_bullet,
    }
    return (mark for mark, is_so in found.items() if is_so)


def _spoken(
    tokens: Sequence[Token], where: str, marks: tuple[str, ...], number: int, outer: str = ""
) -> Iterator[Mention]:
    yield from _phrases(tokens, where, marks, number, outer)
    yield from _words(tuple(tokens), (*marks, where), number)


def _phrases(
    tokens: Sequence[Token], where: str, marks: tuple[str, ...], number: int, outer: str
) -> Iterator[Mention]:
    chunks = tuple(chunk(tokens))

    def mention(key: str, at: int, where: str) -> Mention:
        return Mention(key=key, where=where, marks=marks, number=number, at=at, outer=outer, chunks=chunks)

    for at, each in enumerate(chunks):
        if each.kind == "noun" and each.tokens:
            if key := key_of(each.words):
                yield mention(key, at, where)
            if each.owner:
                yield mention(key_of(each.owner), at, "owner")
        elif each.kind == "verb" and (record := _record(each.word)):
            yield mention(record, at, "doing")
        if each.inside is not None and where != "inside":
            yield from _spoken(
                each.inside, "inside", marks, number, key_of(each.words) if each.tokens else ""
            )


def _record(verb: str) -> str:
    """Return what doing something makes a record of; `` for a verb that makes none."""
    return (verbs_of("event").get(verb) or pairs("verbs.txt", "record", ":").get(verb, "")).lower()


def _words(tokens: tuple[Token, ...], marks: tuple[str, ...], number: int) -> Iterator[Mention]:
    tags = "".join(tag(tokens))
    for at, token in enumerate(tokens):
        word = token.word
        if (
            word[:1].isalpha()
            and len(word) >= SHORTEST
            and tags[at] not in CLOSED_TAGS
            and word not in grammar()
        ):
            yield Mention(
                key=singular(word), where="word", marks=marks, number=number, at=at, tokens=tokens, tags=tags
            )


CLOSED_TAGS = "DPCJRXWBG"
"""The tags of words that name nothing."""


@cache
def grammar() -> frozenset[str]:
    """Return the words that hold sentences together."""
    parts = ("determiner", "preposition", "conjunction", "pronoun", "auxiliary", "adverb")
    return frozenset().union(*(closed(part) for part in parts))
