"""One item of a list of fields, such as `price in EUR`, `status (open, closed)` or `when it was paid`."""

from collections.abc import Sequence

import msgspec

from protoddfd.design import choices, sharing
from protoddfd.design.asking import asked
from protoddfd.design.draft import FieldDraft
from protoddfd.design.endings import plain_name
from protoddfd.design.lexicon import field_types, is_plural, nouns, singular, verb_forms
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.naming import known_type, name_words, type_word, unit_type
from protoddfd.design.pieces import choice_ends
from protoddfd.design.tokens import Token

_BELONGING = frozenset(("belong", "link", "store", "assign", "attach", "connect", "relate", "refer", "point"))


EITHER = 3
"""Words of an item such as `full or empty`."""

LONGEST_ITEM = 24
"""Words of an item that are read."""


class Item(msgspec.Struct, kw_only=True):
    """What an item says: a field; or only a link to the entity of `target`."""

    field: FieldDraft | None = None
    target: str = ""


def parse(tokens: Sequence[Token]) -> Item:
    """Return what one item of a list of fields says."""
    body, brackets = _apart(tokens)
    body = _without_start(body)[:LONGEST_ITEM]
    if not body:
        return Item()
    field = FieldDraft(words=())
    left, right = _defined(body)
    if right:
        body = left
    link = _belonging(body)
    if link:
        return Item(target=link)
    body = _without_bounds(_without_marks(field, body))
    body = _glued(field, body) or asked(field, body) or plain_name(field, _main_part(body))
    if not field.words:
        field.words = name_words([token.word for token in body])
    if not field.words or not _is_name(field.words):
        return Item()
    field.lemmas = (*field.words[:-1], singular(field.words[-1]))
    field.many = field.many or (is_plural(field.words[-1]) and field.words[-1] != "staff")
    words = [token.word for token in body]
    if len(words) == EITHER and words[1] == "or" and not field.type:
        field.choices = choices.choices_in(body)
    for group in ([right] if right else []) + brackets:
        choices.annotate(field, group)
    settle(field)
    return Item(field=field)


def _is_name(words: tuple[str, ...]) -> bool:
    """Tell a name from a letter, and from part of a sentence such as `scenes we're doing`."""
    return any(len(word) > 1 for word in words) and not any("'" in word for word in words)


def _glued(field: FieldDraft, body: list[Token]) -> list[Token]:
    """Take a name such as `unit_price` as it is, and what follows for its type; return nothing otherwise."""
    end = next((at for at in range(1, len(body)) if not body[at].glued), len(body))
    if end < 2:
        return []
    rest = body[end:]
    if rest and not choices.annotate(field, rest):
        choices.annotate(field, _without_flags(field, rest))
    field.words = tuple(token.word for token in body[:end])
    return body[:end]


def _without_flags(field: FieldDraft, rest: list[Token]) -> list[Token]:
    while len(rest) > 1 and choices.flagged(field, rest[-1].word):
        rest = rest[:-1]
    return rest


def _without_marks(field: FieldDraft, body: list[Token]) -> list[Token]:
    """Take `unique` and `required` off the start of a name: `unique serial number`."""
    while len(body) > 1 and body[0].word in {"unique", "required", "mandatory", "obligatory"}:
        choices.flagged(field, body[0].word)
        body = body[1:]
    return body


def _without_bounds(body: list[Token]) -> list[Token]:
    """Leave out what a number is compared with, and a number in a name: `rounds > 0`, `max 24 places`."""
    at = next((at for at, token in enumerate(body) if at and token.word in _COMPARED), len(body))
    body = body[:at]
    while len(body) > 1 and body[-1].word in {"positive", "negative", "non-negative"}:
        body = body[:-1]
    if len(body) > 2 and body[0].word in {"max", "min", "maximum", "minimum"} and body[1].word.isdigit():
        body = [body[0], *body[2:]]
    return body


_COMPARED = frozenset(("≥", "≤", "<", ">"))


def _main_part(body: list[Token]) -> list[Token]:
    """Leave out what only explains a name: `photo of each thing`, `amount that was paid`, `size if known`."""
    for at in range(1, len(body)):
        word = body[at].word
        if word in word_set("cutting") and not (word in {"is", "are", "was"} and at == 1):
            return body[:at]
        if word in _PLACING and at + 1 < len(body):
            whole = tuple(token.word for token in body)
            if (
                known_type(whole)[1] == " ".join(whole)
                or (word in {"in", "as"} and type_word(whole[at + 1 :]))
                or type_word(whole[at:])
            ):
                return body
            if word == "in" and unit_type(body[at + 1].word):
                return body
            if any(char.isdigit() for token in body[at - 1 : at + 2] for char in token.word):
                return body
            return body[:at]
    return body


_PLACING = frozenset(
    ("on", "in", "for", "at", "with", "from", "by", "into", "via", "like", "as", "during", "about", "between")
)


def is_remark(tokens: Sequence[Token]) -> bool:
    """Tell whether an item only says more of the field before it: `name, unique, required`."""
    return 0 < len(tokens) <= 3 and all(token.word in _REMARKS for token in tokens)


def is_action(tokens: Sequence[Token]) -> bool:
    """Tell whether an item says what somebody does, and names nothing: `pays a deposit`, `puts it back`."""
    first = tokens[0].word if tokens else ""
    form = verb_forms().get(first)
    if form is None or form[1] not in {"base", "s"} or first in nouns() or singular(first) in nouns():
        return False
    return not known_type(tuple(token.word for token in tokens))[0] and first not in field_types()


_REMARKS = frozenset(("unique", "required", "mandatory", "obligatory", "optional", "must", "be", "is"))


def settle(field: FieldDraft) -> None:
    """Give a field the type that its name stands for, unless one was written; note why."""
    found, phrase = known_type(field.words)
    if field.typed and field.type:
        field.why = field.why or "the words say so"
    elif field.choices:
        field.type = field.type if field.type == "multi_enum" else "enum"
        field.why = field.why or "its choices are listed"
    elif field.type == "boolean":
        field.why = field.why or "it is a question of yes or no"
    elif (
        field.min is not None
        and field.max is not None
        and field.max <= 10
        and found in {"rating", "integer", "text", "", "decimal"}
    ):
        field.type = (
            "rating"
            if field.min == 1 and field.max in {5, 10} and phrase in {"rating", "stars"}
            else "integer"
        )
        field.why = field.why or "it has a range"
    elif not field.type or (field.type == "integer" and found in {"rating", "decimal", "money", "percent"}):
        field.type = found
        field.why = field.why or (f"names that end in “{phrase}” are" if phrase else "")


def _apart(tokens: Sequence[Token]) -> tuple[list[Token], list[tuple[Token, ...]]]:
    """Return the words, and what stands in brackets among them."""
    return (
        [token for token in tokens if token.inside is None],
        [token.inside for token in tokens if token.inside is not None],
    )


def _without_start(body: list[Token]) -> list[Token]:
    while body and (body[0].word in word_set("opening") or body[0].word in {'"', "'", "*"}):
        body = body[1:]
    while body and body[-1].word in {'"', "'", "etc", ".", ",", "*", "and", "also", "too"}:
        body = body[:-1]
    return body


def _defined(body: list[Token]) -> tuple[list[Token], tuple[Token, ...]]:
    """Split `status: open, closed` and `group = a or b` at the sign."""
    for at, token in enumerate(body):
        if token.word in {":", "="} and at:
            return body[:at], tuple(body[at + 1 :])
    for at, token in enumerate(body):
        if token.word == "-" and at and len(body) > at + 1:
            left, right = body[:at], tuple(body[at + 1 :])
            if left[-1].word[-1:].isdigit() and right[0].word[:1].isdigit():
                break
            return left, right
    return body, ()


def _belonging(body: Sequence[Token]) -> str:
    """Return the key of what an item such as `belongs to a freezer` points at."""
    first = verb_forms().get(body[0].word, ("", ""))[0]
    if first in _BELONGING and len(body) > 2 and body[1].word in {"to", "in", "with", "at", "on"}:
        words = name_words([token.word for token in body[2:]])
        return " ".join((*words[:-1], singular(words[-1]))) if words else ""
    return ""


def parts_of(tokens: Sequence[Token]) -> list[tuple[Token, ...]]:
    """Return the items of a list of fields: at commas, `and`, and line ends."""
    closed = choice_ends(tokens)
    parts: list[tuple[Token, ...]] = []
    start = 0
    for at, token in enumerate(tokens):
        if token.inside is None and token.word in {",", ";", "\n"} and at >= closed.get(at, 0):
            parts.extend(_at_and(tuple(tokens[start:at])))
            start = at + 1
    parts.extend(_at_and(tuple(tokens[start:])))
    return [part for part in parts if part]


def _at_and(part: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """Split `a and b`, but not `date and time`, `cost and sale price` or a list of choices."""
    words = [token.word for token in part]
    for sign in ("and", "&", "+", "plus"):
        if sign in words[1:-1]:
            at = words.index(sign, 1)
            if sharing.shares(part, at):
                continue
            if known_type(tuple(words))[1] == " ".join(words):
                return [part]
            if {"between", ":", "="} & set(words[:at]):
                return [part]
            return [part[:at], *_at_and(part[at + 1 :])]
    return [part]
