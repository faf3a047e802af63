"""Sentences with a verb: who has what, who does what with what, what belongs to what."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from protoddfd.design import doing, items, listing, noting
from protoddfd.design.choices import choices_in
from protoddfd.design.chunks import Chunk, chunk
from protoddfd.design.doing import MANY, SOMEBODY
from protoddfd.design.draft import FieldDraft
from protoddfd.design.entities import is_context, key_of, likely
from protoddfd.design.lexicon import closed, entity_kind, verb_forms, verbs_of
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.naming import known_type
from protoddfd.design.pieces import Piece
from protoddfd.design.tokens import Token

if TYPE_CHECKING:
    from protoddfd.design.reader import Sentence

SHORT = 4
"""Tokens of one of several answers."""

_BELONG = frozenset(("belong to", "belong", "link", "attach", "connect", "relate"))
_ANAPHORA = frozenset(("it", "one", "them", "each", "they", "time", "that", "this", "these"))


def read(at: "Sentence", piece: Piece, chunks: list[Chunk], verb: int) -> None:
    """Read one clause: its subject, the verb and what follows."""
    left, right = chunks[:verb], chunks[verb + 1 :]
    base = chunks[verb].word
    acting = [each for each in left if not each.tokens or each.words[-1] not in word_set("never")] or left
    subject = None if left and left[-1].word in SOMEBODY else _noun(acting, last=False)
    named = _noun(right, last=False)
    key = _subject_key(at, left, subject)
    if subject is not None and key:
        doing.mention(at, key, subject)
        at.last = key if key in at.draft.entities else at.last
    if not key and noting.writes(chunks[verb]) and noting.noting(at, piece, chunks, verb):
        return
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
        doing.read(at, piece, chunks, verb, key, named)


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
    if noun is not None and base in {"hold", "own"} and noun.plural and subject is not None:
        return True
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
        doing.apart(at, right, key)
    if any(each.word == "there" for each in chunks[:verb]) and right:
        rest = piece.tokens[right[0].start :]
        at.mode, at.owner = "top", ""
        listing.listed(at, Piece(rest, ""), chunk(rest))
        return
    noun = _noun(right, last=False)
    if not key or noun is None or is_context(key):
        return
    if right[0].kind == "prep":
        _within(at, key, noun)
    else:
        _one_of(at, key, noun, piece.tokens[right[0].start :])
    opener = next((n for n, each in enumerate(right) if n and each.word == "with"), 0)
    if opener and opener + 1 < len(right):
        at.open_list(piece, chunks, verb + 1 + opener, key, by_have=False)


def _within(at: "Sentence", key: str, noun: Chunk) -> None:
    """Read `a horse is in a box` as a link, and `a bulb is in stock (low, enough)` as a field."""
    other = key_of(noun.words)
    if noun.inside is not None:
        field = items.parse(noun.tokens).field
        if field is not None:
            field.choices, field.type = choices_in(noun.inside), "enum"
            at.add(field, key)
    elif entity_kind(tuple(other.split())):
        at.draft.link(key, other, strength=1.2, why="it is said to be in it")


def _one_of(at: "Sentence", key: str, noun: Chunk, following: Sequence[Token]) -> None:
    """Read `nurses, doctors or clerks` behind `staff are` as a field with these choices."""
    either = following[0].word == "either"
    if not either and (len(following) > SHORT or noun.determiners):
        return
    kind = entity_kind(tuple(key.split()))
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
        many = bool(MANY & set(noun.determiners)) and noun.plural
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
