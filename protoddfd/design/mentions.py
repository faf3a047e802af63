"""Counts every mention of a known noun in favour of its being an entity, wherever it stands."""

from collections.abc import Iterator, Sequence

from protoddfd.design.blocks import Statement
from protoddfd.design.choices import written
from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.draft import Draft
from protoddfd.design.entities import is_context, is_place, key_of
from protoddfd.design.lexicon import entity_kind, kinds_of
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.naming import known_type
from protoddfd.design.reading import is_heading
from protoddfd.design.wishes import is_refusal, is_wish

EACH, PLURAL, ONE, BARE = 1.0, 1.0, 0.5, 0.2
"""What `each guest`, `guests`, `a guest` and `guest` count."""

SOMEBODY = 1.0
"""What any mention of people who have records everywhere counts at least, such as `customer`."""

UNKNOWN = 0.5
"""How much less a noun counts that no list has."""

MOST = 1.2
"""What mentions alone count at most."""


def count(draft: Draft, statements: Sequence[Statement]) -> None:
    """Add what mentions count to the scores of a draft."""
    counted: dict[str, float] = {}
    plurals: dict[str, str] = {}
    for noun, defined in _nouns(draft, statements):
        key = key_of(noun.words)
        kind = entity_kind(tuple(key.split()))
        if key == "person" or not key or _is_field(noun, defined):
            continue
        if is_context(key) and not is_place(noun):
            continue
        if not kind and (
            known_type(noun.words)[0] or not (noun.plural or {"each", "every"} & set(noun.determiners))
        ):
            continue
        if noun.plural:
            plurals.setdefault(key, " ".join(noun.words))
        counted[key] = counted.get(key, 0.0) + _weight(noun) * (1.0 if kind else UNKNOWN)
    for key, counts in counted.items():
        weight = max(counts, SOMEBODY) if key in word_set("own record") else counts
        same = next((other for other in draft.entities if other == key or other.endswith(f" {key}")), key)
        entity = draft.entity(same, min(weight, MOST), "it is spoken of")
        entity.plural = entity.plural or plurals.get(key, "")


def _nouns(draft: Draft, statements: Sequence[Statement]) -> Iterator[tuple[Chunk, bool]]:
    """Yield the nouns of what speaks of data, and whether they stand in a definition."""
    for number, statement in enumerate(statements):
        text = written(statement.tokens)
        if is_refusal(text) or is_wish(text) or (number == 0 and is_heading(statement)):
            continue
        defines = bool(statement.bullets) or any(token.word == ":" for token in statement.tokens[:-1])
        for tokens in (statement.tokens, *statement.bullets):
            chunks = chunk(tokens)
            said = [each for each in chunks if each.kind == "noun" and each.tokens]
            draft.together.append(tuple(key_of(each.words) for each in said))
            for at, each in enumerate(chunks):
                if each.kind == "noun" and each.tokens and not (at and _is_where(chunks[at - 1], each)):
                    yield each, defines


def _is_where(before: Chunk, noun: Chunk) -> bool:
    """Tell whether a noun only says for whom or where the app is: `for our hospital`, `at a school`."""
    ours = bool({"our", "my", "a", "an", "the", "small", "local"} & set(noun.determiners))
    return before.word in {"for", "of", "at", "in"} and ours and not noun.plural and _is_group(noun)


def _is_group(noun: Chunk) -> bool:
    return "group" in kinds_of(noun.lemmas) or is_context(key_of(noun.words))


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
