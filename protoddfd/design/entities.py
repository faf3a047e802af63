"""Noun phrases as entities: their keys, and whether they are likely to be records of their own."""

from collections.abc import Sequence

from protoddfd.design.choices import looks_like_fields
from protoddfd.design.chunks import Chunk
from protoddfd.design.lexicon import (
    ENTITY_KINDS,
    closed,
    entity_kind,
    is_plural,
    kinds_of,
    singular,
    verb_forms,
)
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.naming import known_type, type_word, unit_type
from protoddfd.design.tokens import Token

_SOLID = frozenset(
    (
        "image",
        "file",
        "long_text",
        "boolean",
        "date",
        "datetime",
        "email",
        "phone",
        "url",
        "money",
        "percent",
        "rating",
        "json",
        "location",
        "color",
    )
)
LONGEST_KEY = 3


def key_of(words: tuple[str, ...]) -> str:
    """Return the key of what a noun phrase names: its last words, in the singular, without `of ...`."""
    if "of" in words[1:]:
        words = words[: words.index("of", 1)]
    dropped = closed("adjective") | closed("adverb") | closed("determiner")
    kept = [word for word in words if word[:1].isalpha()]
    while len(kept) > 1 and (kept[0] in dropped or _is_participle(kept)):
        kept.pop(0)
    if len(kept) > 1 and kept[-1] in _GATHERED and _names_entity(kept[:-1]):
        kept.pop()
    kept = kept[-LONGEST_KEY:]
    return " ".join((*kept[:-1], singular(kept[-1]))) if kept else ""


_GATHERED = frozenset(
    ("list", "collection", "table", "register", "directory", "catalogue", "catalog", "database")
)
"""What only says that there are several: the guest list keeps guests."""


def _names_entity(words: list[str]) -> bool:
    own = (*words[:-1], singular(words[-1]))
    return entity_kind(own) in {"person", "thing", "event"} and " ".join(own) not in {
        "price",
        "shopping",
        "wine",
    }


def _is_participle(words: list[str]) -> bool:
    form = verb_forms().get(words[0])
    return (
        form is not None
        and form[1] == "past"
        and not entity_kind((words[0],))
        and words[0] not in {"foster", "set"}
    )


def is_context(key: str) -> bool:
    """Tell a word for the app itself, or for the place where it is used."""
    kinds = kinds_of(tuple(key.split()))
    return (kinds[-1:] == ("context",) and not ENTITY_KINDS.intersection(kinds)) or key in word_set("never")


def is_place(chunk: Chunk) -> bool:
    """Tell several, or each, of what otherwise names where an app is used: `clinics`, `each club`."""
    several = chunk.plural or bool({"each", "every"} & set(chunk.determiners))
    return several and bool(chunk.tokens) and singular(chunk.words[-1]) in word_set("places")


def likely(chunk: Chunk, *, among_fields: bool) -> bool:
    """Tell whether a noun phrase in a list names an entity rather than a field."""
    key = key_of(chunk.words)
    if not key or key in word_set("never") or not key[0].isalpha():
        return False
    if chunk.words[0] in _BOUNDS:
        return False
    if chunk.inside is not None and _lists_fields(chunk.inside) and not _is_field_name(chunk):
        return True
    words = tuple(key.split())
    kind = entity_kind(words)
    found = known_type(words if kind and _counts_several(chunk.words) else chunk.words)
    if found[0] in _SOLID and len(found[1].split()) >= _length_of_kind(words):
        return False
    if is_context(key) and not kind:
        return is_place(chunk) and chunk.plural and not found[0]
    if not (chunk.plural or _counts_several(chunk.words)) and key != "staff":
        return bool(kind) and not found[0] and not among_fields
    if kind:
        return True
    return not found[0] and not among_fields


def _counts_several(words: tuple[str, ...]) -> bool:
    """Tell `readings of the meter` from `name of the meter`."""
    return "of" in words[1:] and is_plural(words[words.index("of", 1) - 1])


_BOUNDS = frozenset(("max", "min", "maximum", "minimum", "average", "avg", "total", "expected", "number"))


def _lists_fields(inside: Sequence[Token]) -> bool:
    """Tell fields in brackets from nothing but a type: `manufacturer (text)`."""
    words = tuple(token.word for token in inside)
    return (
        looks_like_fields(inside) and not type_word(words) and not (len(words) == 1 and unit_type(words[0]))
    )


def _is_field_name(chunk: Chunk) -> bool:
    return (
        known_type(chunk.words)[1] == " ".join(chunk.words)
        and not chunk.plural
        and not entity_kind(chunk.lemmas)
    )


def _length_of_kind(words: tuple[str, ...]) -> int:
    for start in range(len(words)):
        if entity_kind(words[start:]) and kinds_of(words[start:]):
            return len(words) - start if len(words) - start > 1 else 1
    return 0
