"""Who does what with what: records of their own for verbs such as `borrow`, links for others."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from protoddfd.design import items
from protoddfd.design.choices import looks_like_fields
from protoddfd.design.chunks import Chunk
from protoddfd.design.entities import is_context, key_of
from protoddfd.design.lexicon import entity_kind, verbs_of
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.naming import known_type
from protoddfd.design.pieces import Piece

if TYPE_CHECKING:
    from protoddfd.design.reader import Sentence

MANY = frozenset(("several", "many", "multiple", "various", "some", "all"))
SOMEBODY = frozenset(("we", "i", "they", "he", "she", "somebody", "someone"))
_SHARED = frozenset(
    ("use", "follow", "play", "join", "need", "take", "cover", "attend", "know", "speak", "learn")
)
"""What many do with many of the same: `trainees follow modules`."""

_ONE = frozenset(("a", "an", "one", "single", "exactly", "the", "each", "every"))


def mention(at: "Sentence", key: str, noun: Chunk) -> None:
    """Count a noun in favour of its being an entity."""
    if is_context(key):
        return
    kind = entity_kind(tuple(key.split()))
    found = known_type(noun.words)[0]
    score = (1.2 if kind and not found else 0.4) + (0.8 if noun.plural and kind else 0.0)
    if {"each", "every"} & set(noun.determiners):
        score += 0.8
    if score >= 0.8:
        entity = at.draft.entity(key, score, "it is spoken of")
        if noun.plural:
            entity.plural = entity.plural or " ".join(noun.words)
        at.describe(key, noun)


def read(at: "Sentence", piece: Piece, chunks: list[Chunk], verb: int, key: str, named: Chunk | None) -> None:
    """Read who does what with what: records of their own for verbs such as `borrow`, links for others."""
    base = chunks[verb].word
    other = key_of(named.words) if named is not None else ""
    object_first = verb + 1 < len(chunks) and named is chunks[verb + 1]
    known = bool(other) and bool(entity_kind(tuple(other.split()))) and not is_context(other)
    if other and object_first and _is_described(chunks, verb, known=known) and named is not None:
        if named.words[-1] in word_set("collecting"):
            other = at.draft.topic or other
        at.draft.entity(other, 1.0, "its fields are listed")
        at.describe(other, named)
        known = True
    if known and named is not None:
        mention(at, other, named)
    if base in _GIVING and key and known and _given(at, key, other, chunks[verb + 1 :]):
        return
    event = verbs_of("event").get(base, "")
    relative = verb > 0 and chunks[verb - 1].kind == "wh" and bool(key)
    if relative and any(each.word == "with" for each in chunks[verb + 1 :]):
        event, other, known = "", "", False
    doing = any(each.word in SOMEBODY for each in chunks[:verb])
    if event and (key or known or doing) and not is_context(key):
        _event(at, event.lower(), key, other if known else "")
    elif known and key and not is_context(key) and named is not None:
        _tie(at, base, chunks[verb].passive, key, other, named)
    _after(at, piece, chunks, verb, key, other if known and object_first else "", event.lower())
    apart(at, chunks[verb + 1 :], event.lower() or (other if known else "") or key)


def which_of_which(at: "Sentence", piece: Piece, chunks: list[Chunk]) -> bool:
    """Read `which car was hired by which client` as a hire, and `which tags are on which songs` as a link."""
    asked = [
        (n, chunks[n + 1])
        for n, each in enumerate(chunks[:-1])
        if each.word in {"which", "what"} and chunks[n + 1].kind == "noun" and chunks[n + 1].tokens
    ]
    if len(asked) != len(("one", "other")) or asked[0][0] != 0:
        return False
    one, two = (key_of(noun.words) for _, noun in asked)
    if is_context(one) or is_context(two) or known_type(asked[1][1].words)[0] in {"date", "time", "datetime"}:
        return False
    for key, (_, noun) in zip((one, two), asked, strict=True):
        entity = at.draft.entity(key, 1.2, "it is asked which")
        entity.plural = entity.plural or (" ".join(noun.words) if noun.plural else "")
    verb = next((each for each in chunks if each.kind == "verb"), None)
    event = verbs_of("event").get(verb.word, "").lower() if verb is not None else ""
    if event:
        _event(at, event, one, two)
    else:
        many = asked[0][1].plural and asked[1][1].plural
        at.draft.link(one, two, many=many, strength=1.6, why="it is asked which of them")
    at.owner = at.last = event or one
    opener = next((n for n, each in enumerate(chunks) if n > asked[1][0] and each.word == "with"), 0)
    if opener and event:
        at.open_list(piece, chunks, opener, event, by_have=False)
    else:
        at.mode = "none"
    return True


_GIVING = frozenset(("give", "award", "assign", "grant", "offer", "hand", "pay", "send"))


def _given(at: "Sentence", key: str, other: str, right: Sequence[Chunk]) -> bool:
    """Read `jurors give every film a score` as a record of the score; tell whether it is that."""
    if len(right) < len(("to whom", "what")) or any(
        each.kind != "noun" or not each.tokens for each in right[:2]
    ):
        return False
    given = right[1]
    record = key_of(given.words)
    if is_context(record) or not (known_type(given.words)[0] or entity_kind(tuple(record.split()))):
        return False
    at.draft.entity(record, 2.0, "somebody gives it to something")
    for each in (key, other):
        at.draft.link(record, each, strength=1.8, why="it is part of what is given")
    if known_type(given.words)[0]:
        at.item(given.tokens) if at.owner == record else at.fields_of(record, given.tokens)
    at.owner = at.last = record
    at.mode, at.by_have = "fields", False
    return True


def apart(at: "Sentence", right: Sequence[Chunk], focus: str) -> None:
    """Take fields in brackets that stand behind no noun: `a fee is due (amount)`."""
    inside = next((each.inside for each in right if each.word == "()"), None)
    if inside is None or not looks_like_fields(inside):
        return
    if not focus or entity_kind(tuple(focus.split())) == "person":
        focus = at.draft.topic or focus
    if focus and not is_context(focus):
        entity = at.draft.entity(focus, 1.0, "its fields are listed")
        entity.defined = True
        at.fields_of(focus, inside)


def _is_described(chunks: Sequence[Chunk], verb: int, *, known: bool) -> bool:
    """Tell whether the object of a verb is said to have fields: `submit a report with a photo`."""
    inside = chunks[verb + 1].inside
    if inside is not None and (looks_like_fields(inside) or len(items.parts_of(inside)) > 2):
        return True
    return (
        not known
        and verb + 2 < len(chunks)
        and chunks[verb + 2].word in {"with", "including", "w", "w/"}
        and bool(chunks[verb + 1].tokens)
    )


def _event(at: "Sentence", event: str, key: str, other: str) -> None:
    if other.split()[-1:] == [event.split()[-1]]:
        if key:
            at.draft.link(other, key, strength=1.5, why="somebody does it")
        return
    at.draft.entity(event, 2.0 if key and other else 1.4, "somebody does it with something")
    for each in (key, other):
        if each:
            at.draft.link(event, each, strength=1.8, why="it is part of what is done")


def _tie(at: "Sentence", base: str, passive: bool, key: str, other: str, named: Chunk) -> None:
    many = named.plural and bool(MANY & set(named.determiners))
    if (base in verbs_of("submit") and not passive) or (
        base in verbs_of("handle") and not passive and entity_kind(tuple(key.split())) == "person"
    ):
        at.draft.link(other, key, strength=1.5, why=f"somebody does {base} it")
    elif passive or many or _ONE & set(named.determiners) or not named.plural:
        at.draft.link(key, other, many=many, strength=1.3, why=f"{base}")
    elif base in _SHARED:
        at.draft.link(key, other, many=True, strength=0.7, why=f"{base}")


def _after(
    at: "Sentence", piece: Piece, chunks: list[Chunk], verb: int, key: str, other: str, event: str
) -> None:
    """Go on with a list of fields where `with` follows the object, and note what the rest ties together."""
    focus = other or event or (key if not is_context(key) else "")
    if not focus:
        return
    at.owner = at.last = focus
    opener = next(
        (
            n
            for n, each in enumerate(chunks)
            if n > verb and each.kind == "prep" and each.word in {"with", "including", "w", "w/"}
        ),
        0,
    )
    tied = other or event or key
    at.around(tied, chunks[verb + 1 :])
    if opener and opener + 1 < len(chunks):
        at.open_list(piece, chunks, opener, focus, by_have=False)
    else:
        at.mode = "none"
