"""Definitions: `Head: a, b, c`, a heading with bullets, `Status: open, closed`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from protoddfd.design import heads, items
from protoddfd.design.blocks import Statement
from protoddfd.design.choices import choices_in, looks_like_fields, written
from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.doing import SOMEBODY
from protoddfd.design.draft import FieldDraft
from protoddfd.design.entities import is_context, likely
from protoddfd.design.lexicon import entity_kind
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.naming import LONGEST_NAME, type_word
from protoddfd.design.pieces import colon, dash
from protoddfd.design.tokens import Token
from protoddfd.design.wishes import is_wish

if TYPE_CHECKING:
    from protoddfd.design.reader import Sentence

LONGEST_ANSWER = 3
"""Tokens of one of several answers."""

MOST_CLAUSES = 6
"""Parts of a list behind a colon that are looked at for verbs."""


def read_bullets(at: "Sentence", statement: Statement) -> None:
    """Read a line with bullets below it: fields of what it names, or things of their own."""
    head = tuple(token for token in statement.tokens if token.word not in {":", "-"})
    key = heads.head_key(head)
    if not key or is_context(key) or _all_entities(statement.bullets):
        at.take_topic(head)
        for bullet in statement.bullets:
            at.another().read(Statement(tokens=bullet))
        return
    define(at, key, head, statement.bullets)


def read(at: "Sentence", left: tuple[Token, ...], right: tuple[Token, ...]) -> None:
    """Read `Head: a, b, c`: fields of a head, or a list of what the app is about."""
    left = _without_topic(at, left)
    key = heads.head_key(left)
    words = {token.word for token in left}
    parts = items.parts_of(right)
    if is_wish(written(left)) and not {"track", "record", "manage"} & words:
        at.draft.wishes.append(written(right))
    elif word_set("field word") & words and (not key or is_context(key)):
        _list_columns(at, left, parts)
    elif _says_who(parts):
        at.take_topic(left)
        at.walk(right)
    elif heads.is_introduction(key, left) or (
        not heads.acted(chunk(left)) and _tells_entities(at, key, parts)
    ):
        _introduce(at, left, right, parts)
    elif _is_of_choices(key, parts):
        _values(at, key, parts)
    else:
        if any(each.kind == "verb" for each in chunk(left)):
            at.walk(left)
        define(at, key, left, parts)


def _without_topic(at: "Sentence", left: tuple[Token, ...]) -> tuple[Token, ...]:
    """Take what stands before another colon or dash for what the app is about; return the rest."""
    inner = colon(left) or dash(left)
    if inner:
        at.take_topic(left[:inner])
    return left[inner + 1 :] if inner else left


def _is_of_choices(key: str, parts: Sequence[tuple[Token, ...]]) -> bool:
    """Tell `Status: open, closed` and `Application stage: new, hired, rejected` from fields of something."""
    if any(len(part) > LONGEST_ANSWER for part in parts):
        return False
    return (len(parts) > 1 and heads.value_list(key)) or (len(parts) > 2 and bool(heads.value_owner(key)))


def is_typed(tokens: Sequence[Token]) -> bool:
    """Tell whether tokens are the name of a field and its type: `collected at: date`, `state: one of a/b`."""
    at = colon(tokens)
    after = [token.word for token in tokens[at + 1 :] if token.word != "(yes/no)"]
    return 0 < at <= LONGEST_NAME and any(type_word(after[:length]) for length in (1, 2, 3))


def _list_columns(at: "Sentence", left: Sequence[Token], parts: Sequence[tuple[Token, ...]]) -> None:
    """Take a list of columns for the fields of what was spoken of, or of what they themselves tell."""
    if not (at.owner or at.draft.topic or at.draft.entities):
        at.take_topic(left)
    if at.owner or at.draft.topic or at.draft.entities:
        define(at, at.main(), (), parts)
        return
    found = [items.parse(part).field for part in parts]
    at.draft.columns.extend(field for field in found if field is not None)


def _says_who(parts: Sequence[tuple[Token, ...]]) -> bool:
    """Tell whether a list behind a colon says who does or has what: `clerks plan tours`."""
    said = 0
    for part in parts[:MOST_CLAUSES]:
        chunks = chunk(part)
        if (
            len(chunks) == len(("people", "donate"))
            and chunks[1].kind == "verb"
            and chunks[0].word in SOMEBODY
        ):
            said += 1
        if len(chunks) < 3 or chunks[0].kind != "noun" or not chunks[0].tokens or chunks[1].kind != "verb":
            continue
        kind = entity_kind(chunks[0].lemmas)
        has = chunks[1].word in {"have", "contain", "belong to"} and chunks[2].kind == "noun"
        said += 2 if kind == "person" and not chunks[1].passive and chunks[1].word != "be" else int(has)
    return said >= 2


def _introduce(
    at: "Sentence", left: tuple[Token, ...], right: tuple[Token, ...], parts: Sequence[tuple[Token, ...]]
) -> None:
    """Read what follows an introduction: fields of its topic, or a list of entities."""
    at.take_topic(left)
    if (
        len(parts) > 2
        and not heads.is_clause(parts[0])
        and not _some_entities(parts)
        and not _mostly_entities(parts)
        and at.draft.topic
        and not at.draft.entities
    ):
        define(at, at.draft.topic, (), parts)
        return
    at.mode = "top"
    at.walk(right)


def _values(at: "Sentence", key: str, parts: Sequence[tuple[Token, ...]]) -> None:
    """Read `Status: open, closed` as a field of the entity last spoken of, or of the one it names."""
    owner = "" if heads.value_list(key) else heads.value_owner(key)
    if owner:
        at.draft.entity(owner, 2.0, "its choices are listed").defined = True
        key = key.removeprefix(f"{owner} ")
    field = FieldDraft(words=tuple(key.split()), lemmas=tuple(key.split()), type="enum")
    field.choices = tuple(dict.fromkeys(each for part in parts for each in choices_in(part)))
    field.why = "its choices are listed"
    at.add(field, owner or at.main())


def define(at: "Sentence", key: str, head: Sequence[Token], parts: Sequence[tuple[Token, ...]]) -> None:
    """Give an entity the fields of a list."""
    key = key or at.main()
    entity = at.draft.entity(key, 3.0, "its fields are listed")
    entity.defined = True
    if head:
        entity.plural = entity.plural or written(head)
    at.owner = key
    if head and at.kinds_of(key, parts):
        return
    for part in parts:
        at.item(part)


def _all_entities(bullets: Sequence[tuple[Token, ...]]) -> bool:
    nouns = [
        next((each for each in chunk(bullet) if each.kind == "noun" and each.tokens), None)
        for bullet in bullets
    ]
    return all(noun is not None and likely(noun, among_fields=False) and noun.plural for noun in nouns)


def _mostly_entities(parts: Sequence[tuple[Token, ...]]) -> bool:
    """Tell whether a list behind a colon speaks of entities rather than of fields."""
    hits = 0
    for part in parts:
        chunks = chunk(part)
        noun = chunks[0] if chunks and chunks[0].kind == "noun" else None
        if noun is None or not noun.tokens or not likely(noun, among_fields=False):
            continue
        if not noun.plural and not _is_defined(noun):
            continue
        described = len(chunks) > 1 and chunks[1].word in _DESCRIBING
        hits += 4 if described or (noun.inside is not None and looks_like_fields(noun.inside)) else 1
    return hits * 2 > len(parts)


def _tells_entities(at: "Sentence", key: str, parts: Sequence[tuple[Token, ...]]) -> bool:
    fewest = 1 if entity_kind(tuple(key.split())) == "group" else 2
    return not at.columns and (_mostly_entities(parts) or (at.first and _some_entities(parts, fewest)))


def _is_defined(noun: Chunk) -> bool:
    """Tell whether a known noun has its fields in brackets behind it."""
    return bool(entity_kind(noun.lemmas)) and noun.inside is not None and looks_like_fields(noun.inside)


def _some_entities(parts: Sequence[tuple[Token, ...]], fewest: int = 2) -> bool:
    """Tell whether a list has enough plurals that are known entities, or one with fields of its own."""
    hits = 0
    for part in parts:
        chunks = chunk(part)
        noun = chunks[0] if chunks and chunks[0].kind == "noun" and chunks[0].tokens else None
        described = len(chunks) > 1 and chunks[1].word in _DESCRIBING
        if noun is None or not noun.plural:
            continue
        if not likely(noun, among_fields=True) and not (described and entity_kind(noun.lemmas)):
            continue
        hits += 2 if described or (noun.inside is not None and looks_like_fields(noun.inside)) else 1
    return hits >= fewest


_DESCRIBING = frozenset(("with", "have", "who", "including", "w", "w/", "per", "which"))
