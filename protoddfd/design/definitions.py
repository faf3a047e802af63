"""Definitions: `Head: a, b, c`, a heading with bullets, `Status: open, closed`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from protoddfd.design import items
from protoddfd.design.blocks import Statement
from protoddfd.design.choices import choices_in, looks_like_fields, written
from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.doing import SOMEBODY
from protoddfd.design.draft import FieldDraft
from protoddfd.design.entities import is_context, key_of, likely
from protoddfd.design.lexicon import entity_kind, kinds_of, verbs_of
from protoddfd.design.lexicon_files import pairs, word_set
from protoddfd.design.naming import LONGEST_NAME, known_type, type_word
from protoddfd.design.pieces import colon, dash
from protoddfd.design.tokens import Token
from protoddfd.design.wishes import is_wish

if TYPE_CHECKING:
    from protoddfd.design.reader import Sentence

MOST_CLAUSES = 6
"""Parts of a list behind a colon that are looked at for verbs."""


def read_bullets(at: "Sentence", statement: Statement) -> None:
    """Read a line with bullets below it: fields of what it names, or things of their own."""
    head = tuple(token for token in statement.tokens if token.word not in {":", "-"})
    key = _head_key(head)
    if not key or is_context(key) or _all_entities(statement.bullets):
        at.take_topic(head)
        for bullet in statement.bullets:
            at.another().read(Statement(tokens=bullet))
        return
    define(at, key, head, statement.bullets)


def read(at: "Sentence", left: tuple[Token, ...], right: tuple[Token, ...]) -> None:
    """Read `Head: a, b, c`: fields of a head, or a list of what the app is about."""
    inner = colon(left) or dash(left)
    if inner:
        at.take_topic(left[:inner])
        left = left[inner + 1 :]
    key = _head_key(left)
    words = {token.word for token in left}
    parts = items.parts_of(right)
    if is_wish(written(left)) and not {"track", "record", "manage"} & words:
        at.draft.wishes.append(written(right))
    elif word_set("field word") & words and (not key or is_context(key)):
        _list_columns(at, left, parts)
    elif _says_who(parts):
        at.take_topic(left)
        at.walk(right)
    elif _is_introduction(key, left) or (not _acted(chunk(left)) and _tells_entities(at, key, parts)):
        _introduce(at, left, right, parts)
    elif len(parts) >= 2 and all(len(part) <= 3 for part in parts) and _value_list(key):
        _values(at, key, parts)
    elif len(parts) >= 3 and all(len(part) <= 3 for part in parts) and (owner := _value_owner(key)):
        entity = at.draft.entity(owner, 2.0, "its choices are listed")
        entity.defined = True
        _values(at, key.removeprefix(f"{owner} "), parts, owner)
    else:
        if any(each.kind == "verb" for each in chunk(left)):
            at.walk(left)
        define(at, key, left, parts)


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
        if len(chunks) == len(("people", "donate")) and chunks[1].kind == "verb" and chunks[0].word in SOMEBODY:
            said += 1
        if len(chunks) < 3 or chunks[0].kind != "noun" or not chunks[0].tokens or chunks[1].kind != "verb":
            continue
        kind = entity_kind(chunks[0].lemmas)
        has = chunks[1].word in {"have", "contain", "belong to"} and chunks[2].kind == "noun"
        said += 2 if kind == "person" and not chunks[1].passive and chunks[1].word != "be" else int(has)
    return said >= 2


def _is_introduction(key: str, left: tuple[Token, ...]) -> bool:
    """Tell words such as `Gym management:` from the name of an entity."""
    length = len(left)
    if {"each", "every"} & {token.word for token in left} or _is_one(left):
        return not key
    if left[0].word in {"for", "at", "in"} and {"my", "our", "the"} & {token.word for token in left}:
        return True
    return not key or (is_context(key) and not _is_report(key)) or length > 7 or _is_app(left)


def _is_report(key: str) -> bool:
    """Tell a report of something, which is a record, from one that is only looked at."""
    first, _, last = key.rpartition(" ")
    return last == "report" and bool(first) and bool(kinds_of(tuple(first.split())))


def _is_one(left: Sequence[Token]) -> bool:
    """Tell whether words end in one of something: `a researcher submits an application`."""
    nouns = [each for each in chunk(left) if each.kind == "noun" and each.tokens]
    if len(nouns) < 2 or nouns[-1].words[-1] in word_set("never"):
        return False
    return bool({"a", "an"} & set(nouns[-1].determiners))


def _is_app(left: Sequence[Token]) -> bool:
    """Tell whether words name an app by what it is for: `meal planner for our family`."""
    chunks = chunk(left)
    if (
        len(chunks) < 3
        or chunks[0].kind != "noun"
        or not chunks[0].tokens
        or chunks[1].word not in {"for", "of", "at"}
    ):
        return False
    return "context" in kinds_of((chunks[0].words[-1],))


def _introduce(
    at: "Sentence", left: tuple[Token, ...], right: tuple[Token, ...], parts: Sequence[tuple[Token, ...]]
) -> None:
    """Read what follows an introduction: fields of its topic, or a list of entities."""
    at.take_topic(left)
    if (
        len(parts) > 2
        and not _is_clause(parts[0])
        and not _some_entities(parts)
        and not _mostly_entities(parts)
        and at.draft.topic
        and not at.draft.entities
    ):
        define(at, at.draft.topic, (), parts)
        return
    at.mode = "top"
    at.walk(right)


def _is_clause(part: Sequence[Token]) -> bool:
    """Tell whether the first part behind a colon says who does what: `runners register with a name`."""
    chunks = chunk(part)
    return (
        len(chunks) > 2
        and chunks[0].kind == "noun"
        and entity_kind(chunks[0].lemmas) == "person"
        and any(each.kind == "verb" for each in chunks[1:3])
    )


def _head_key(left: Sequence[Token]) -> str:
    chunks = chunk(left)
    nouns = [each for each in chunks if each.kind == "noun" and each.tokens]
    acted = _acted(chunks)
    if acted:
        return acted
    if nouns and chunks[-1].kind == "verb" and nouns[-1].lemmas and entity_kind(nouns[-1].lemmas) == "person":
        nouns.pop()
    if not nouns:
        return key_of((left[-1].word,)) if len(left) == 1 and left[0].is_word else ""
    last = nouns[-1]
    if (
        len(nouns) == 2 and left[0].word == nouns[0].words[0] and {"each", "every"} & set(last.determiners)
    ) or (
        len(nouns) == 2 and len(chunks) == 3 and nouns[0].plural and chunks[1].word in {"per", "for", "by"}
    ):
        last = nouns[0]
    if last.words[-1] in word_set("field word") and len(nouns) > 1:
        last = nouns[-2]
    words = tuple(word for word in last.words if word not in word_set("field word"))
    while len(words) > 1 and words[-1] in word_set("collecting") and kinds_of(words) != ("group",):
        words = words[:-1]
    if len(words) > 1 and words[0] in {"table", "entity", "object", "model", "tab", "sheet"}:
        words = words[1:]
    return key_of(words) if words else ""


def _acted(chunks: Sequence[Chunk]) -> str:
    """Return what a head such as `the foreman writes one entry per day` or `people enrol` makes a record of."""
    verb = next(
        (n for n, each in enumerate(chunks) if n and each.kind == "verb" and each.word not in _STATES), 0
    )
    if not verb or chunks[verb].passive or not any(e.kind == "noun" and e.tokens for e in chunks[:verb]):
        return ""
    following = chunks[verb + 1] if verb + 1 < len(chunks) else Chunk(kind="other")
    if following.kind == "noun" and following.tokens and following.words[-1] not in word_set("never"):
        return "" if {"each", "every"} & set(chunks[-1].determiners) else key_of(following.words)
    if following.kind == "verb" or any(each.kind == "wh" for each in chunks):
        return ""
    record = verbs_of("event").get(chunks[verb].word) or pairs("verbs.txt", "record", ":").get(
        chunks[verb].word, ""
    )
    return record.lower()


_STATES = frozenset(("be", "have", "want", "need", "like", "see"))


def _values(at: "Sentence", key: str, parts: Sequence[tuple[Token, ...]], owner: str = "") -> None:
    """Read `Status: open, closed` as a field of the entity last spoken of."""
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


def _value_owner(key: str) -> str:
    """Return the entity that `application stage: new, hired, rejected` gives choices to; `` for none."""
    words = tuple(key.split())
    found, phrase = known_type(words)
    own = words[: len(words) - len(phrase.split())]
    return " ".join(own) if found == "enum" and own and entity_kind(own) else ""


def _value_list(key: str) -> bool:
    return known_type(tuple(key.split()))[0] == "enum" and not entity_kind(tuple(key.split()))
