"""Counts every mention of a known noun in favour of its being an entity, wherever it stands."""

from collections.abc import Iterator, Sequence

from protoddfd.design.blocks import Statement
from protoddfd.design.choices import written
from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.draft import Draft
from protoddfd.design.entities import is_context, key_of
from protoddfd.design.lexicon import entity_kind
from protoddfd.design.naming import known_type
from protoddfd.design.reader import is_heading
from protoddfd.design.wishes import is_refusal, is_wish

EACH, PLURAL, ONE, BARE = 1.0, 1.0, 0.5, 0.2
"""What `each guest`, `guests`, `a guest` and `guest` count."""

MOST = 1.2
"""What mentions alone count at most."""


def count(draft: Draft, statements: Sequence[Statement]) -> None:
    """Add what mentions count to the scores of a draft."""
    counted: dict[str, float] = {}
    for noun, defined in _nouns(statements):
        key = key_of(noun.words)
        kind = entity_kind(tuple(key.split()))
        if not kind or is_context(key) or _is_field(noun, defined):
            continue
        counted[key] = counted.get(key, 0.0) + _weight(noun)
    for key, weight in counted.items():
        same = next((other for other in draft.entities if other == key or other.endswith(f" {key}")), key)
        draft.entity(same, min(weight, MOST), "it is spoken of")


def _nouns(statements: Sequence[Statement]) -> Iterator[tuple[Chunk, bool]]:
    """Yield the nouns of what speaks of data, and whether they stand in a definition."""
    for number, statement in enumerate(statements):
        text = written(statement.tokens)
        if is_refusal(text) or is_wish(text) or (number == 0 and is_heading(statement)):
            continue
        defines = bool(statement.bullets) or any(token.word == ":" for token in statement.tokens[:-1])
        for tokens in (statement.tokens, *statement.bullets):
            yield from ((each, defines) for each in chunk(tokens) if each.kind == "noun" and each.tokens)


def _is_field(noun: Chunk, defined: bool) -> bool:
    found, phrase = known_type(noun.words)
    is_entity = (
        not defined
        and noun.plural
        and len(phrase.split()) == 1
        and found not in {"long_text", "image", "file"}
    )
    return bool(found) and not is_entity


def _weight(noun: Chunk) -> float:
    if {"each", "every"} & set(noun.determiners):
        return EACH
    if noun.plural:
        return PLURAL
    return ONE if {"a", "an", "the", "which", "one"} & set(noun.determiners) else BARE
