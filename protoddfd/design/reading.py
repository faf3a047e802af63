"""Reads statements one after the other into a draft; tells data from wishes, rights and refusals."""

from collections.abc import Sequence

from protoddfd.design import items
from protoddfd.design.blocks import Statement
from protoddfd.design.choices import looks_like_fields, written
from protoddfd.design.chunks import chunk
from protoddfd.design.draft import Draft
from protoddfd.design.entities import is_context, key_of, likely
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.pieces import colon
from protoddfd.design.reader import Sentence
from protoddfd.design.tokens import Token
from protoddfd.design.wishes import is_refusal, is_right, is_wish

LONGEST_HEADING = 9
"""Words of a sentence that can be the name of an app, and where it is used."""

SHORT = 16
"""Words of a description that is only a name for an app."""


def read(draft: Draft, found: Sequence[Statement]) -> None:
    """Add what statements say to a draft."""
    if sum(len(statement.tokens) for statement in found) <= SHORT:
        said = [token for statement in found for token in statement.tokens]
        draft.nouns = [token.lemma for token in said if token.is_word]
    for number, statement in enumerate(found):
        text = written(statement.tokens)
        if not statement.tokens:
            _columns(draft, statement)
            continue
        if is_refusal(text) or _announces(statement):
            continue
        if (is_wish(text) and not _tracks(statement)) or is_right(text):
            draft.wishes.append(text)
            listed = _listed(statement)
            if listed:
                Sentence(draft, first=False, bullet=False).read(Statement(tokens=listed))
            else:
                _mentions(draft, statement)
            continue
        sentence = Sentence(draft, first=number == 0, bullet=statement.is_bullet)
        if number == 0 and len(found) > 1 and is_heading(statement):
            sentence.take_topic(statement.tokens)
            continue
        sentence.read(statement)


def _announces(statement: Statement) -> bool:
    """Tell a line that only says that fields follow: `Fields please exactly so.`"""
    words = [token.word for token in statement.tokens if token.is_word]
    return (
        not statement.bullets and words[:1] in (["fields"], ["columns"]) and not set(words[1:]) - _FOLLOWING
    )


_FOLLOWING = frozenset(
    ("please", "exactly", "so", "as", "follows", "below", "like", "this", "here", "are", "these")
)


def is_heading(statement: Statement) -> bool:
    """Tell whether a statement only names what the app is about, such as `Stables.` or `Gym management:`."""
    if statement.bullets or len(statement.tokens) > LONGEST_HEADING:
        return False
    chunks = [each for each in chunk(statement.tokens) if each.kind != "colon"]
    if len(chunks) == 3 and chunks[1].word in {"at", "for", "in", "of"} and chunks[2].kind == "noun":
        chunks.pop()
        chunks.pop()
    return len(chunks) == 1 and chunks[0].kind == "noun" and chunks[0].inside is None


def _columns(draft: Draft, statement: Statement) -> None:
    """Take the header of a table for the fields of what the app is about."""
    reader = Sentence(draft, first=False, bullet=True)
    reader.mode, reader.owner = "fields", ""
    for bullet in statement.bullets:
        item = items.parse(bullet)
        if item.field is not None:
            draft.columns.append(item.field)


def _mentions(draft: Draft, statement: Statement) -> None:
    """Count the known nouns of a wish in their favour, and take the fields in brackets behind them."""
    sentence = Sentence(draft, first=False, bullet=False)
    for each in chunk(statement.tokens):
        if each.kind != "noun" or not each.tokens:
            continue
        key = key_of(each.words)
        described = each.inside is not None and looks_like_fields(each.inside)
        if described and not is_context(key):
            draft.entity(key, 1.0, "its fields are listed")
            sentence.describe(key, each)
        elif likely(each, among_fields=True) and key in draft.entities:
            draft.entity(key, 0.3)


def _listed(statement: Statement) -> tuple[Token, ...]:
    """Return what a wish lists the fields of, as in `the chief can see certificates: kind, issued on`."""
    chunks = chunk(statement.tokens)
    for number, each in enumerate(chunks[1:-1], 1):
        if each.word in {"with", "w", "w/"} and chunks[number - 1].kind == "noun":
            begun = chunks[number - 1]
            listed = statement.tokens[begun.start :]
            if begun.plural and likely(begun, among_fields=False) and len(items.parts_of(listed)) > 1:
                return listed
    at = colon(statement.tokens)
    if not at or len(items.parts_of(statement.tokens[at + 1 :])) < 2:
        return ()
    head = chunk(statement.tokens[:at])[-1:]
    if not head or head[0].kind != "noun" or is_context(key_of(head[0].words)):
        return ()
    return statement.tokens[head[0].start :]


def _tracks(statement: Statement) -> bool:
    words = [token.word for token in statement.tokens[:12]]
    return any(word in word_set("tracking") for word in words) or any(
        token.word == ":" for token in statement.tokens[:-1]
    )
