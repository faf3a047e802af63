"""Chains such as `Region > site > well`: each of what is listed belongs to the one before it."""

from collections.abc import Sequence

from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.draft import Draft
from protoddfd.design.entities import is_context, key_of
from protoddfd.design.lexicon import entity_kind
from protoddfd.design.tokens import ARROW, Token

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
