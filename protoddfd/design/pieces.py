"""A sentence in pieces: at commas and `and`, at a colon, at a dash that works as one."""

from collections.abc import Sequence

import msgspec

from protoddfd.design import sharing
from protoddfd.design.chunks import Chunk
from protoddfd.design.tokens import Token


class Piece(msgspec.Struct):
    """A part of a sentence between commas or `and`, with what stood before it."""

    tokens: tuple[Token, ...]
    before: str


def pieces(tokens: Sequence[Token]) -> list[Piece]:
    """Return the parts of a sentence at commas, semicolons and `and`, in order."""
    made = [Piece((), "")]
    closed = choice_ends(tokens)
    for at, token in enumerate(tokens):
        if at < closed.get(at, 0) or (token.word != "or" and sharing.shares(tokens, at)):
            made[-1].tokens = (*made[-1].tokens, token)
        elif token.inside is None and token.word in {",", ";", "and", "&", "+", "or", "n", "plus", "but"}:
            if token.word == "and" and any(each.word == "between" for each in made[-1].tokens):
                made[-1].tokens = (*made[-1].tokens, token)
            elif made[-1].tokens:
                made.append(Piece((), token.word))
            elif made[-1].before in {",", ";"}:
                made[-1].before += token.word
        else:
            made[-1].tokens = (*made[-1].tokens, token)
    return [piece for piece in made if piece.tokens]


LONGEST_OFFER = 12
"""Tokens between `whether` and the `or` before the last answer."""


def choice_ends(tokens: Sequence[Token]) -> dict[int, int]:
    """Return, for the places in `whether a, b or c`, `either a or b` and `one of a, b, c`, where it ends."""
    ends: dict[int, int] = {}
    for start, token in enumerate(tokens):
        if token.word not in {"whether", "either"} or start in ends:
            continue
        last = next(
            (
                at
                for at in range(start + 1, min(start + LONGEST_OFFER, len(tokens)))
                if tokens[at].word == "or"
            ),
            0,
        )
        between = {each.word for each in tokens[start + 1 : last]}
        if last and not between & {"and", "with", ";", "when", "who", "whether"}:
            ends.update(dict.fromkeys(range(start, last + 1), last + 1))
    return ends


def goes_on(verb: Chunk) -> bool:
    """Tell a verb that says more of the same subject, as in `a team has a coach and belongs to a league`."""
    word = verb.tokens[0].word if verb.tokens else verb.word
    return verb.word in {"have", "contain", "belong to", "belong", "include"} or (
        word.endswith("s") and verb.word in {"hold", "need", "use", "cover"}
    )


def colon(tokens: Sequence[Token]) -> int:
    """Return where the first colon stands that has something on both sides, or a `=`; 0 without."""
    for at, token in enumerate(tokens):
        if at and at + 1 < len(tokens):
            if token.word == ":":
                return at
            if token.word == "=" and at <= 4 and sum(1 for each in tokens[at:] if each.word == ",") > 1:
                return at
    return 0


def dash(tokens: Sequence[Token]) -> int:
    """Return where a dash stands that works as a colon: early, spaced, with words behind it; else 0."""
    for at, token in enumerate(tokens):
        if (
            token.word in {"-"}
            and token.spaced
            and 0 < at <= 6
            and len(tokens) > at + 2
            and tokens[at + 1].spaced
        ):
            return at
    return 0
