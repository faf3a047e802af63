"""Pieces of a sentence without a verb: one more entity, one more field, or a whole list of fields."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from protoddfd.design import definitions, items
from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.constraints import owned
from protoddfd.design.entities import is_context, key_of, likely
from protoddfd.design.lexicon import entity_kind, singular
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.naming import known_type
from protoddfd.design.pieces import Piece
from protoddfd.design.taking import WITH
from protoddfd.design.tokens import Token

if TYPE_CHECKING:
    from protoddfd.design.reader import Sentence


def owned_fields(at: "Sentence", tokens: Sequence[Token]) -> bool:
    """Read `Flight no, date, aircraft` as fields of flights; tell whether it is that."""
    parts = items.parts_of(tokens)
    if len(parts) < 2 or not at.draft.entities:
        return False
    chunks = [chunk(part) for part in parts]
    first = chunks[0][0] if chunks[0] else Chunk(kind="other")
    said = [each for part in chunks for each in part]
    if any(each.kind in {"verb", "wh"} or each.word in WITH for each in said) or first.kind != "noun":
        return False
    words = tuple(token.word for token in parts[0] if token.is_word)
    own = owned(at.draft, words)
    if not own or first.start or first.words[:own] != words[:own]:
        return False
    named = parts[0] if len(words) > own and words[own] in {"no", "nr"} else parts[0][own:]
    definitions.define(at, key_of(words[:own]), (), [named, *parts[1:]])
    return True


def only_fields(at: "Sentence", tokens: Sequence[Token]) -> bool:
    """Tell whether a sentence without a verb lists only fields, of what the app is about."""
    parts = items.parts_of(tokens)
    if len(parts) < 4 or not (at.draft.topic or len(at.draft.entities) == 1):
        return False
    fields = 0
    for part in parts:
        chunks = chunk(part)
        if any(
            each.kind == "verb" or each.word in {"with", "w", "w/", "per", "who", "each"} for each in chunks
        ):
            return False
        noun = chunks[0] if chunks and chunks[0].kind == "noun" and chunks[0].tokens else None
        fields += noun is None or not (noun.plural and likely(noun, among_fields=False))
    return fields > 0.64 * len(parts)


def listed(at: "Sentence", piece: Piece, chunks: list[Chunk]) -> None:
    """Read a piece without a verb of its own: one more of what is being listed."""
    noun = next((each for each in chunks if each.kind == "noun" and each.tokens), None)
    opener = next((n for n, each in enumerate(chunks) if n and each.kind == "prep" and each.word in WITH), 0)
    among = at.mode == "fields"
    entity = (
        noun is not None
        and (chunks[0] is noun or chunks[0].kind in {"prep", "other"})
        and likely(noun, among_fields=among)
    )
    if opener and noun is not None and chunks.index(noun) < opener and not (among and not noun.plural):
        entity = not is_context(key_of(noun.words)) or bool(
            {"a", "an", "each", "every"} & set(noun.determiners)
        )
    if among and entity and noun is not None and not noun.inside and not opener:
        entity = _closes(at, noun)
    if opener and not entity and at.last and noun is not None and noun.words[-1] in word_set("never"):
        at.open_list(piece, chunks, opener, at.last, by_have=False)
        return
    if at.mode == "top" and not entity and noun is not None and _begins(at, noun, piece):
        return
    if noun is None or not entity:
        as_field(at, piece)
        return
    _entity_item(at, piece, chunks, noun, opener)


def _begins(at: "Sentence", noun: Chunk, piece: Piece) -> bool:
    """Read `shifts date` and what follows as fields of shifts; tell whether it is that."""
    words = noun.words
    key = singular(words[0])
    if len(words) < len(("shifts", "date")) or key == words[0] or not entity_kind((key,)):
        return False
    if (
        not known_type(words[1:])[0]
        or known_type(words)[1] == " ".join(words)
        or piece.tokens[0].word != words[0]
    ):
        return False
    entity = at.draft.entity(key, 2.0, "its fields are listed")
    entity.defined, entity.plural = True, entity.plural or words[0]
    at.owner = at.last = key
    at.mode, at.by_have, at.and_seen = "fields", False, False
    at.item(piece.tokens[1:])
    return True


def _closes(at: "Sentence", noun: Chunk) -> bool:
    """Tell whether a bare plural ends a list of fields rather than being one of them."""
    return bool(entity_kind(noun.lemmas) or _counts(noun)) or at.and_seen


def _counts(noun: Chunk) -> bool:
    """Tell whether a noun phrase is about several events of what was measured: `readings of pressure`."""
    return noun.words[1:2] == ("of",) and entity_kind((singular(noun.words[0]),)) == "event"


def as_field(at: "Sentence", piece: Piece) -> None:
    """Take a piece for a field of what is being listed, if anything is."""
    at.and_seen = at.and_seen or piece.before == "and"
    tokens = piece.tokens
    first = chunk(tokens)[:1]
    if len(tokens) > 1 and first and first[0].kind == "verb" and first[0].word in word_set("writing"):
        tokens = tokens[1:]
    if at.mode in {"fields", "top"}:
        at.item(tokens, strict=False)


def _entity_item(at: "Sentence", piece: Piece, chunks: list[Chunk], noun: Chunk, opener: int) -> None:
    key = key_of(noun.words)
    among, parent = at.mode == "fields" and at.by_have, at.owner
    if at.mode == "none":
        at.pending.append(key)
    entity = at.draft.entity(
        key, 2.5 if noun.plural or opener or noun.inside or _counts(noun) else 0.6, "it is listed"
    )
    if noun.plural:
        entity.plural = entity.plural or " ".join(noun.words)
    if among and parent:
        at.draft.link(key, parent, strength=1.5, why="listed as a part")
    at.describe(key, noun)
    at.owner, at.last, at.and_seen = key, key, False
    at.around(key, chunks)
    if opener:
        at.open_list(piece, chunks, opener, key, by_have=False)
    elif at.mode != "fields" or not at.by_have:
        at.mode = "top"
