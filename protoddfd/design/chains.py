"""Chains such as `Region > site > well`: each of what is listed belongs to the one before it."""

from collections.abc import Sequence

from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.draft import Draft
from protoddfd.design.entities import is_context, key_of
from protoddfd.design.lexicon import entity_kind
from protoddfd.design.tokens import ARROW, Token, split

_KINDS_OF_LINK = frozenset(("many", "one", "n", "1", "optional", "required", "each", "m2o", "fk", "-", "to"))
LONGEST_END = 3
"""Words of an end of an arrow."""

LONGEST_PART = 4
"""Tokens of what can be one link of a chain."""


def read(draft: Draft, tokens: Sequence[Token]) -> bool:
    """Note the entities and links of a chain; tell whether the tokens are one."""
    nouns = _links_of(tokens)
    keys = [key_of(each.words) for each in nouns]
    known = sum(
        1 for key, noun in zip(keys, nouns, strict=True) if noun.plural or entity_kind(tuple(key.split()))
    )
    if len(keys) < 2 or known * 2 <= len(keys) or not all(keys):
        return False
    before = ""
    for key, noun in zip(keys, nouns, strict=True):
        if not before and is_context(key):
            continue
        entity = draft.entity(key, 3.0, "it is a link of a chain")
        if noun.plural:
            entity.plural = entity.plural or " ".join(noun.words)
        if before:
            draft.link(key, before, strength=2.5, why="it comes behind it in a chain")
        before = key
    return True


def _links_of(tokens: Sequence[Token]) -> list[Chunk]:
    """Return the nouns between the arrows; nothing where something else stands there."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == ARROW:
            parts.append([])
        elif token.word in {",", ";", "-", "."} and len(parts) > 1:
            break
        elif token.word == ":":
            parts[-1] = []
        else:
            parts[-1].append(token)
    if len(parts) < 2 or any(len(part) > LONGEST_PART for part in parts):
        return []
    nouns = [[each for each in chunk(part) if each.kind == "noun" and each.tokens] for part in parts]
    return [found[0] for found in nouns] if all(len(found) == 1 for found in nouns) else []


def read_arrows(draft: Draft, tokens: Sequence[Token]) -> bool:
    """Read `Sample -> Box, Box -> Freezer` as links; tell whether every part is one."""
    links: list[tuple[str, str]] = []
    for part in split(tuple(tokens), ",", ";", "and"):
        at = next(
            (at for at, token in enumerate(part[:-1]) if token.word == "-" and part[at + 1].word == ">"),
            0,
        )
        left, right = part[:at], part[at + 2 :]
        if not 0 < len(left) <= LONGEST_END or not right:
            return False
        end = next((n for n, each in enumerate(right) if n and each.word in _KINDS_OF_LINK), 2)
        links.append(
            (key_of(tuple(each.word for each in left)), key_of(tuple(each.word for each in right[:end])))
        )
    for source, target in links:
        draft.link(source, target, strength=2.5, why="an arrow says so")
    return bool(links)
