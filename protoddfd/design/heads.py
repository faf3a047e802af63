"""What stands before a colon: the name of an entity, who makes a record of what, or only an introduction."""

from collections.abc import Sequence

from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.entities import is_context, key_of
from protoddfd.design.lexicon import entity_kind, kinds_of, verbs_of
from protoddfd.design.lexicon_files import pairs, word_set
from protoddfd.design.naming import known_type
from protoddfd.design.tokens import Token


def head_key(left: Sequence[Token]) -> str:
    """Return the key of what a head names; `` for none."""
    chunks = chunk(left)
    nouns = [each for each in chunks if each.kind == "noun" and each.tokens]
    record = acted(chunks)
    if record:
        return record
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


def acted(chunks: Sequence[Chunk]) -> str:
    """Return what a head such as `a foreman writes an entry a day` or `people enrol` makes."""
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


def is_introduction(key: str, left: tuple[Token, ...]) -> bool:
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


def is_clause(part: Sequence[Token]) -> bool:
    """Tell whether the first part behind a colon says who does what: `runners register with a name`."""
    chunks = chunk(part)
    return (
        len(chunks) > 2
        and chunks[0].kind == "noun"
        and entity_kind(chunks[0].lemmas) == "person"
        and any(each.kind == "verb" for each in chunks[1:3])
    )


def value_owner(key: str) -> str:
    """Return the entity that `application stage: new, hired, rejected` gives choices to; `` for none."""
    words = tuple(key.split())
    found, phrase = known_type(words)
    own = words[: len(words) - len(phrase.split())]
    return " ".join(own) if found == "enum" and own and entity_kind(own) else ""


def value_list(key: str) -> bool:
    """Tell whether a head is the name of a field that is one of several, such as `Status`."""
    return known_type(tuple(key.split()))[0] == "enum" and not entity_kind(tuple(key.split()))
