"""Sentences with a verb: who has what, who does what with what, what belongs to what."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from protoddfd.design import items
from protoddfd.design.choices import choices_in, looks_like_fields
from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.draft import FieldDraft
from protoddfd.design.entities import is_context, key_of, likely
from protoddfd.design.lexicon import closed, entity_kind, verb_forms, verbs_of
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.naming import known_type
from protoddfd.design.pieces import Piece

if TYPE_CHECKING:
    from protoddfd.design.reader import Sentence

_BELONG = frozenset(("belong to", "belong", "link", "attach", "connect", "relate"))
_MANY = frozenset(("several", "many", "multiple", "various", "some", "all"))
_ONE = frozenset(("a", "an", "one", "single", "exactly", "the", "each", "every"))
_SOMEBODY = frozenset(("we", "i", "they", "he", "she", "somebody", "someone"))
_ANAPHORA = frozenset(("it", "one", "them", "each", "they", "time", "that", "this", "these"))


def read(at: "Sentence", piece: Piece, chunks: list[Chunk], verb: int) -> None:
    """Read one clause: its subject, the verb and what follows."""
    left, right = chunks[:verb], chunks[verb + 1 :]
    base = chunks[verb].word
    subject = None if left and left[-1].word in _SOMEBODY else _noun(left, last=False)
    named = _noun(right, last=False)
    key = _subject_key(at, left, subject)
    if subject is not None and key:
        _mention(at, key, subject)
    if base == "be":
        _being(at, piece, chunks, verb, key, right)
    elif base in _BELONG or (
        chunks[verb].passive and base in {"store", "assign", "link", "attach", "keep"} and key
    ):
        _belonging(at, key, right)
    elif base in verbs_of("have") and key and _has(at, base, subject, right):
        _having(at, piece, chunks, verb, key, right)
    elif base in verbs_of("track") and (subject is None or is_context(key)) and named is not None:
        _tracking(at, piece, chunks, verb)
    else:
        _doing(at, piece, chunks, verb, key, named)


def _noun(chunks: Sequence[Chunk], *, last: bool) -> Chunk | None:
    nouns = [each for each in chunks if each.kind == "noun" and each.tokens]
    return (nouns[-1] if last else nouns[0]) if nouns else None


def _subject_key(at: "Sentence", left: Sequence[Chunk], subject: Chunk | None) -> str:
    """Return the key of a clause's subject; of what was last spoken of for `it`."""
    if subject is None or not subject.tokens:
        words = {each.word for each in left} | {word for each in left for word in each.determiners}
        return (
            at.owner
            if words & _ANAPHORA or not left or left[0].word in {"can", "may", "must", "should", "will"}
            else ""
        )
    return key_of(subject.words)


def _mention(at: "Sentence", key: str, noun: Chunk) -> None:
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


def _has(at: "Sentence", base: str, subject: Chunk | None, right: Sequence[Chunk]) -> bool:
    """Tell whether a verb such as `take` says what something has, rather than what somebody does."""
    if base in {
        "have",
        "contain",
        "include",
        "consist of",
        "comprise",
        "get",
        "carry",
        "feature",
        "list",
        "span",
    }:
        return True
    noun = _noun(right, last=False)
    return (
        noun is not None
        and not likely(noun, among_fields=True)
        and base in {"need", "hold", "show", "store", "record", "require", "come with"}
    )


def _having(
    at: "Sentence", piece: Piece, chunks: list[Chunk], verb: int, key: str, right: list[Chunk]
) -> None:
    entity = at.draft.entity(key, 1.4, "it is said to have something")
    noun = _noun(right, last=False)
    if noun is not None and right[0] is noun and noun.plural and _are_parts(noun):
        other = key_of(noun.words)
        at.draft.entity(other, 1.6, "something has several of it").plural = " ".join(noun.words)
        at.draft.link(other, key, strength=2.0, why="something has several of it")
        at.describe(other, noun)
        opener = next(
            (
                n
                for n, each in enumerate(right)
                if n and each.kind == "prep" and each.word in {"with", "including"}
            ),
            0,
        )
        at.owner, at.last, at.mode, at.by_have = key, other, "fields", True
        if opener:
            at.open_list(piece, chunks, verb + 1 + opener, other, by_have=False)
        return
    entity.score += 0.8
    at.open_list(piece, chunks, verb, key, by_have=True)


def _are_parts(noun: Chunk) -> bool:
    """Tell whether what something has several of are records of their own: `several tags`, `players`."""
    if known_type(noun.words)[0] == "image":
        return False
    return likely(noun, among_fields=True) or (noun.many and len(noun.words) == 1)


def _being(
    at: "Sentence", piece: Piece, chunks: list[Chunk], verb: int, key: str, right: list[Chunk]
) -> None:
    """Read `Staff are nurses, doctors or clerks` and `there are rooms with a number`."""
    if key:
        _apart(at, right, key)
    if any(each.word == "there" for each in chunks[:verb]) and right:
        rest = piece.tokens[right[0].start :]
        at.mode, at.owner = "top", ""
        at.listed(Piece(rest, ""), chunk(rest))
        return
    noun = _noun(right, last=False)
    if not key or noun is None or is_context(key):
        return
    if right[0].kind == "prep":
        other = key_of(noun.words)
        if noun.inside is not None:
            field = items.parse(noun.tokens).field
            if field is not None:
                field.choices, field.type = choices_in(noun.inside), "enum"
                at.add(field, key)
        elif entity_kind(tuple(other.split())):
            at.draft.link(key, other, strength=1.2, why="it is said to be in it")
        return
    following = piece.tokens[right[0].start :]
    kind = entity_kind(tuple(key.split()))
    either = following[0].word == "either"
    if either or (len(following) <= 4 and not noun.determiners):
        words = (_question(kind, following[-1].word if either else following[0].word),)
        field = FieldDraft(
            words=words, lemmas=words, type="enum", choices=choices_in(following), why="it is one of several"
        )
        at.choosing = field
        at.owner = key
        at.draft.entity(key)
        at.draft.loose.append((field, key))


def _question(kind: str, answer: str) -> str:
    """Return what one of several answers: a status such as `occupied`, a role of people, else a type."""
    form = verb_forms().get(answer, ("", ""))[1]
    if form in {"past", "ing"} or answer in closed("adjective") or known_type((answer,))[0] == "boolean":
        return "status"
    return "role" if kind == "person" else "type"


def _belonging(at: "Sentence", key: str, right: Sequence[Chunk]) -> None:
    noun = _noun(right, last=False)
    if noun is None:
        return
    other = key_of(noun.words)
    subjects = [each for each in (key, *at.pending) if each] or ([at.owner] if at.owner else [])
    at.draft.entity(other, 1.2, "something belongs to it")
    for each in subjects:
        many = bool(_MANY & set(noun.determiners)) and noun.plural
        at.draft.entity(each, 1.0, "it belongs to something")
        at.draft.link(each, other, many=many, strength=2.5, why="it is said to belong to it")
    at.pending = []
    at.mode = "none"


def _tracking(at: "Sentence", piece: Piece, chunks: list[Chunk], verb: int) -> None:
    """Read what an app keeps track of as a list of entities."""
    at.mode, at.owner = "top", ""
    start = verb + 1
    while (
        start < len(chunks) and chunks[start].kind in {"other", "prep"} and chunks[start].word not in {"()"}
    ):
        start += 1
    if start >= len(chunks):
        return
    rest = piece.tokens[chunks[start].start :]
    inner = chunk(rest)
    noun = _noun(inner, last=False)
    if noun is not None:
        key = key_of(noun.words)
        if (
            key
            and not is_context(key)
            and (entity_kind(tuple(key.split())) or noun.plural)
            and not at.draft.topic
        ):
            at.draft.topic = key
    at.piece(Piece(rest, ""), inner)


def _doing(
    at: "Sentence", piece: Piece, chunks: list[Chunk], verb: int, key: str, named: Chunk | None
) -> None:
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
        _mention(at, other, named)
    event = verbs_of("event").get(base, "")
    relative = verb > 0 and chunks[verb - 1].kind == "wh" and bool(key)
    if relative and any(each.word == "with" for each in chunks[verb + 1 :]):
        event, other, known = "", "", False
    doing = any(each.word in _SOMEBODY for each in chunks[:verb])
    if event and (key or known or doing) and not is_context(key):
        _event(at, event.lower(), key, other if known else "")
    elif known and key and not is_context(key) and named is not None:
        _tie(at, base, chunks[verb].passive, key, other, named)
    _after(at, piece, chunks, verb, key, other if known and object_first else "", event.lower())
    _apart(at, chunks[verb + 1 :], event.lower() or (other if known else "") or key)


def _apart(at: "Sentence", right: Sequence[Chunk], focus: str) -> None:
    """Take fields in brackets that stand behind no noun: `guards file (time, place)`, `a fee is due (amount)`."""
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
    many = named.plural and bool(_MANY & set(named.determiners))
    if base in verbs_of("submit") or (
        base in verbs_of("handle") and not passive and entity_kind(tuple(key.split())) == "person"
    ):
        at.draft.link(other, key, strength=1.5, why=f"somebody does {base} it")
    elif passive or many or _ONE & set(named.determiners) or not named.plural:
        at.draft.link(key, other, many=many, strength=1.3, why=f"{base}")


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
