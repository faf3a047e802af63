"""Two fields that share a word: `min and max players`, `valid from / until`, `number of boys and girls`."""

from collections.abc import Sequence
from functools import cache

import msgspec

from protoddfd.design.lexicon_files import sections
from protoddfd.design.tokens import Token

SIGNS = frozenset(("and", "&", "/", "-", "+", "to", "or"))


@cache
def _pairs() -> frozenset[tuple[str, str]]:
    """Return every two words that are said together and share what stands before or behind them."""
    found: set[tuple[str, str]] = set()
    for line in sections("words.txt").get("paired", ()):
        words = line.split()
        found.update((one, two) for one in words for two in words if one != two)
    return frozenset(found)


def shares(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether the sign at `at` stands between two words that share a third."""
    if not 0 < at < len(tokens) - 1 or tokens[at].word not in SIGNS:
        return False
    if (tokens[at - 1].word, tokens[at + 1].word) not in _pairs():
        return False
    return len(tokens) > 3 and (
        _is_shared(tokens, at - 2) or _is_shared(tokens, at + 2) or tokens[at].word in {"/", "-"}
    )


def _is_shared(tokens: Sequence[Token], at: int) -> bool:
    return 0 <= at < len(tokens) and tokens[at].is_word and tokens[at].word not in SIGNS


_EITHER = frozenset(
    ("left", "right", "in", "out", "male", "female", "home", "away", "open", "credit", "debit", "high")
)
"""What is one or the other where a slash stands behind it."""


def each_of(tokens: Sequence[Token]) -> list[tuple[Token, ...]]:
    """Return the names of both fields where two share a word, else the tokens as they are."""
    for at, token in enumerate(tokens):
        if token.inside is None and token.word in SIGNS and 0 < at < len(tokens) - 1:
            pair = (tokens[at - 1].word, tokens[at + 1].word) in _pairs()
            if token.word == "/" and tokens[at - 1].word in _EITHER:
                continue
            if pair and token.word != "or" and (token.word != "to" or tokens[at - 1].word == "from"):
                before, after = tuple(tokens[: at - 1]), tuple(tokens[at + 2 :])
                if token.word == "/" and not before and not after:
                    continue
                if tokens[at - 1].word in {"before", "after"} and not before:
                    after = tuple(msgspec.structs.replace(each, glued=True) for each in after)
                return [(*before, tokens[at - 1], *after), (*before, tokens[at + 1], *after)]
    return [tuple(tokens)]
