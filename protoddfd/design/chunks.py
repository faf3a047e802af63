"""A sentence as a row of chunks: noun phrases with what belongs to them, verbs, and the words between."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from protoddfd.design.lexicon import closed, field_types, is_plural, singular, verb_forms
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.tagging import tag
from protoddfd.design.tokens import Token

ChunkKind = Literal[
    "noun", "verb", "prep", "comma", "and", "colon", "semicolon", "slash", "dash", "wh", "equals", "other"
]
"""Nouns that say nothing before `of`: a list of guests is guests."""

_MANY = frozenset(["several", "many", "multiple", "various", "lots", "some", "few", "dozens", "hundreds"])
_SIGNS: dict[str, ChunkKind] = {
    ",": "comma", ";": "semicolon", ":": "colon", "/": "slash", "-": "dash", "=": "equals", "|": "slash",
    "and": "and", "or": "and", "&": "and", "+": "and", "n": "and", "plus": "and",
}  # fmt: skip


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """A noun phrase (its words without articles), a verb (its base in `word`), or a word or sign."""

    kind: ChunkKind
    word: str = ""
    tokens: tuple[Token, ...] = ()
    inside: tuple[Token, ...] | None = None
    """What stands in brackets behind a noun phrase."""
    determiners: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    """Whose it is: the words before an apostrophe, in the singular."""
    passive: bool = False
    start: int = 0

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words in lower case."""
        return tuple(token.word for token in self.tokens)

    @property
    def lemmas(self) -> tuple[str, ...]:
        """Return the words, the last one in the singular."""
        return (*self.words[:-1], singular(self.words[-1])) if self.tokens else ()

    @property
    def plural(self) -> bool:
        """Is it about several things?"""
        return bool(self.tokens) and is_plural(self.tokens[-1].word)

    @property
    def many(self) -> bool:
        """Is it said to be several, as in `several guests`?"""
        return self.plural and not _MANY.isdisjoint(self.determiners)


def chunk(sentence: Sequence[Token]) -> list[Chunk]:
    """Return the chunks of a sentence."""
    tags = tag(sentence)
    made: list[Chunk] = []
    at = 0
    while at < len(sentence):
        kind = tags[at]
        if kind in "NA#D'":
            at = _noun(sentence, tags, at, made)
        elif kind == "G":
            _bracket(sentence[at], made, at)
            at += 1
        else:
            at = _other(sentence, tags, at, made)
    return _joined(made)


def _noun(sentence: Sequence[Token], tags: Sequence[str], at: int, made: list[Chunk]) -> int:
    """Add the noun phrase that begins at `at`; return where it ends."""
    start = at
    determiners: list[str] = []
    owner: tuple[str, ...] = ()
    body: list[Token] = []
    while at < len(sentence) and tags[at] in "NA#D'":
        token = sentence[at]
        if tags[at] == "D":
            if body:
                break
            determiners.append(token.word)
        elif tags[at] == "'":
            owner = (*(each.word for each in body[:-1]), *(singular(each.word) for each in body[-1:]))
            body = []
        else:
            body.append(token)
        at += 1
    while body and body[0].word in closed("adjective") and len(body) > 1 and not _is_name(body):
        determiners.append(body.pop(0).word)
    if len(body) > 1 and body[-1].word in _MOVING and is_plural(body[-2].word):
        body.pop()
    if body or determiners:
        made.append(
            Chunk(kind="noun", tokens=tuple(body), determiners=tuple(determiners), owner=owner, start=start)
        )
    return at


_PARTICLES = frozenset(("in", "out", "up", "off", "back", "down"))
_MOVING = frozenset(("coming", "going", "leaving", "arriving", "ordered", "done", "made", "given", "taken"))
"""What only says what happens to things: `parcels going out`."""


def _is_name(body: Sequence[Token]) -> bool:
    return " ".join(token.word for token in body) in field_types()


def _bracket(token: Token, made: list[Chunk], at: int) -> None:
    """Give brackets to the noun phrase before them."""
    if made and made[-1].kind == "noun" and made[-1].tokens and made[-1].inside is None:
        made[-1] = msgspec.structs.replace(made[-1], inside=token.inside)
    elif len(made) > 1 and made[-1].word in _PARTICLES and made[-2].tokens and made[-2].inside is None:
        made[-2] = msgspec.structs.replace(made[-2], inside=token.inside)
    else:
        made.append(Chunk(kind="other", word="()", inside=token.inside, start=at))


def _other(sentence: Sequence[Token], tags: Sequence[str], at: int, made: list[Chunk]) -> int:
    """Add what is no noun phrase; return where it ends."""
    token = sentence[at]
    kind = tags[at]
    if kind == "V":
        return _verb(sentence, tags, at, made)
    if kind in "CS":
        made.append(Chunk(kind=_SIGNS.get(token.word, "other"), word=token.word, start=at))
    elif kind == "P":
        made.append(Chunk(kind="prep", word=token.word, start=at))
    elif kind == "W":
        made.append(Chunk(kind="wh", word=token.word, start=at))
    elif kind == "X" and token.word in _HAVING and not (at + 1 < len(tags) and tags[at + 1] == "V"):
        made.append(Chunk(kind="verb", word="have", start=at))
    elif kind == "X" and token.word in _BEING and not (at + 1 < len(tags) and tags[at + 1] in "VX"):
        made.append(Chunk(kind="verb", word="be", start=at))
    else:
        made.append(Chunk(kind="other", word=token.word, start=at))
    return at + 1


_HAVING = frozenset(["has", "have", "had", "having", "gets", "got"])
_BEING = frozenset(["is", "are", "was", "were", "be", "being"])


def _verb(sentence: Sequence[Token], tags: Sequence[str], at: int, made: list[Chunk]) -> int:
    token = sentence[at]
    forms = verb_forms()
    base, form = forms.get(token.word, (token.word, "base"))
    end = at + 1
    if end < len(sentence):
        longer = forms.get(f"{token.word} {sentence[end].word}")
        if longer is not None:
            (base, form), end = longer, end + 1
    helper = sentence[at - 1].word if at else ""
    passive = form == "past" and helper in {"is", "are", "was", "were", "be", "been", "gets", "get", "being"}
    made.append(Chunk(kind="verb", word=base, passive=passive, tokens=(token,), start=at))
    return end


def _joined(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Join `A of B` to one noun phrase, and give a possession without a noun to what follows."""
    made: list[Chunk] = []
    for piece in chunks:
        if piece.kind == "noun" and len(made) > 1 and made[-1].word == "of" and made[-2].kind == "noun":
            first = made[-2]
            if first.tokens and piece.tokens and first.inside is None:
                made[-2:] = [_of(first, piece)]
                continue
            if not first.tokens:
                made[-2:] = [
                    msgspec.structs.replace(piece, determiners=(*first.determiners, *piece.determiners))
                ]
                continue
        made.append(piece)
    return made


def _of(first: Chunk, second: Chunk) -> Chunk:
    if (
        first.words[-1] in word_set("light")
        and f"{' '.join(first.words)} of {' '.join(second.words)}" not in field_types()
    ):
        return msgspec.structs.replace(second, determiners=(*first.determiners, *second.determiners))
    joint = Token(text="of", word="of", lemma="of")
    return msgspec.structs.replace(
        first, tokens=(*first.tokens, joint, *second.tokens), inside=second.inside, owner=first.owner
    )
