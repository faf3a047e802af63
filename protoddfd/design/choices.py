"""Choices, ranges, types and flags that are written beside a field's name."""

import re
from collections.abc import Sequence

from protoddfd.design.draft import FieldDraft
from protoddfd.design.lexicon_files import pairs
from protoddfd.design.naming import known_type, type_word, unit_type
from protoddfd.design.tokens import Token, split

LONGEST_CHOICE = 40
MOST_CHOICES = 40
FEWEST_KINDS = 3
"""Words that no list of fields has, from which on they are kinds of what stands before them."""

YES_NO = frozenset(("yes/no", "y/n", "true/false", "yes/no?", "yes or no", "or not", "yes no", "no/yes"))
_FLAGS = {
    "unique": "unique", "required": "required", "mandatory": "required", "obligatory": "required",
    "must": "required",
    "optional": "", "not null": "required", "compulsory": "required",
}  # fmt: skip
_NUMBER = r"(\d+(?:\.\d+)?)"
_RANGE = re.compile(
    r"(?:from |between |score of |scale of |scale )?"
    rf"{_NUMBER} ?(?:-|to|and|until|through|\.\.) ?{_NUMBER}(?: stars| points| scale)?"
)
_LETTERS = r"(?: characters| chars| letters)?"
_MOST = re.compile(
    rf"(?:max|maximum|at most|up to|no more than|<=|not more than)\.?:? ?(?:of )?{_NUMBER}{_LETTERS}"
)
_LEAST = re.compile(
    rf"(?:min|minimum|at least|no less than|>=|not less than|more than)\.?:? ?(?:of )?{_NUMBER}{_LETTERS}"
)
_DEFAULT = re.compile(
    r"(?:default|defaults to|default is|default to|default:|by default) ?:? ?(.+)|(.+) by default"
)


def written(tokens: Sequence[Token]) -> str:
    """Return tokens as a text again."""
    text = ""
    for token in tokens:
        piece = f"({written(token.inside)})" if token.inside is not None else token.text
        text += f" {piece}" if token.spaced and text else piece
    return text


def as_choice(tokens: Sequence[Token]) -> str:
    """Return a choice as it is shown: `in progress` -> `In progress`, `VG+` as it is."""
    words = list(tokens)
    while words and words[0].word in {"or", "and", "either", "a", "an", "the", "e", "eg", "like"}:
        words.pop(0)
    while words and words[-1].word in {"or", "and", "etc", ".", ",", '"', "'"}:
        words.pop()
    text = written(words).strip(" \"'")
    return (text[:1].upper() + text[1:])[:LONGEST_CHOICE].strip()


def choices_in(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Return what a list such as `a, b or c` offers."""
    parts = split(tuple(tokens), ",", ";", "/", "|", "or", "and") if len(tokens) > 1 else [tuple(tokens)]
    found: dict[str, str] = {}
    for part in parts:
        choice = as_choice(part)
        if choice and choice.lower() != "etc":
            found.setdefault(choice.casefold(), choice)
    return tuple(found.values())[:MOST_CHOICES]


def annotate(field: FieldDraft, tokens: Sequence[Token]) -> bool:
    """Apply what stands in brackets behind a field's name, or after it; tell whether it was understood."""
    text = " ".join(written(tokens).lower().split())
    if text in YES_NO:
        field.type, field.typed = "boolean", True
        return True
    if _type_and_rest(field, tokens):
        return True
    parts = split(tuple(tokens), ",", ";")
    if len(parts) > 1 and any(_simple(FieldDraft(words=()), part) for part in parts):
        understood = [part for part in parts if _simple(field, part)]
        rest = [part for part in parts if part not in understood]
        if len(rest) > 1 and field.type in {"enum", "multi_enum", ""}:
            field.choices = field.choices or tuple(as_choice(part) for part in rest)
            field.type = field.type or "enum"
        return True
    if _simple(field, tokens):
        return True
    return _as_choices(field, tokens)


def _type_and_rest(field: FieldDraft, tokens: Sequence[Token]) -> bool:
    """Apply `enum: a, b`, `choice a/b`, `one of a, b`."""
    words = [token.word for token in tokens]
    for length in (3, 2, 1):
        kind = type_word(words[:length])
        if kind in {"enum", "multi_enum"} and len(words) > length:
            rest = list(tokens[length:])
            while rest and rest[0].word in {":", "=", "of", "-"}:
                rest.pop(0)
            inside = rest[0].inside if len(rest) == 1 else None
            offered = choices_in(inside if inside is not None else rest)
            if len(offered) > 1:
                field.type, field.choices, field.typed = kind, offered, True
                return True
    return False


def _simple(field: FieldDraft, tokens: Sequence[Token]) -> bool:
    """Apply a type, a flag, a range, a default or a unit."""
    text = " ".join(written(tokens).lower().split()).strip(" .")
    return _typed(field, text) or flagged(field, text) or take_range(field, text) or take_unit(field, text)


def _typed(field: FieldDraft, text: str) -> bool:
    kind = type_word(text.split()) or ("boolean" if text in YES_NO else "")
    if kind:
        field.type, field.typed = kind, True
        field.currency = field.currency or pairs("words.txt", "currency").get(text, "")
    return bool(kind)


def flagged(field: FieldDraft, text: str) -> bool:
    """Apply a default, `unique` or `required`; tell whether the text is that."""
    match = _DEFAULT.fullmatch(text)
    if match:
        field.default = (match.group(1) or match.group(2)).strip(" \"'")
        return True
    known = False
    for word in re.split(r"[ ,&]+| and ", text):
        flag = _FLAGS.get(word)
        known = flag is not None
        if not known:
            return False
        if flag == "unique":
            field.unique = True
        elif flag == "required":
            field.required = True
    return known


def take_range(field: FieldDraft, text: str) -> bool:
    """Apply `1 to 5`, `max 200` or `at least 18`; tell whether the text is that."""
    both, most, least = _RANGE.fullmatch(text), _MOST.fullmatch(text), _LEAST.fullmatch(text)
    if both:
        low, high = float(both.group(1)), float(both.group(2))
        if high > low:
            field.min, field.max = low, high
            field.type = field.type or "integer"
        return True
    if most:
        field.max = float(most.group(1))
    if least:
        field.min = float(least.group(1))
    return bool(most or least)


def take_unit(field: FieldDraft, text: str) -> bool:
    """Apply a unit or a currency, such as `in kg`; tell whether the text is that."""
    unit = text.removeprefix("in ").removeprefix("as ")
    kind = unit_type(unit)
    if not kind:
        return False
    field.currency = pairs("words.txt", "currency").get(unit, "")
    if kind not in {"money", "percent"}:
        field.unit = unit
    field.type = (
        kind if kind in {"money", "percent"} or field.type in {"", "text", "duration"} else field.type
    )
    field.typed = True
    return True


def _as_choices(field: FieldDraft, tokens: Sequence[Token]) -> bool:
    """Take a list of short values for the field's choices."""
    words = [token.word for token in tokens]
    examples = words[:1] in (["eg"], ["like"], ["ie"]) or words[:2] == ["such", "as"] or "etc" in words
    offered = choices_in([token for token in tokens if token.word not in {"eg", "such"}])
    if len(offered) < 2 or any(len(each.split()) > 4 for each in offered):
        return False
    if examples:
        return False
    if {each.casefold() for each in offered} in ({"yes", "no"}, {"true", "false"}):
        field.type = "boolean"
        return True
    field.type, field.choices = "multi_enum" if field.many else "enum", offered
    return True


def looks_like_fields(tokens: Sequence[Token]) -> bool:
    """Tell names of fields (`name, phone, due date`) from values (`idle, printing`)."""
    parts = [part for part in split(tuple(tokens), ",", ";", "and") if part]
    if not parts or written(tokens).lower() in YES_NO:
        return False
    hits = sum(1 for part in parts if _names_a_field(part))
    return hits * 2 >= len(parts) and (len(parts) > 1 or hits > 0)


def looks_like_kinds(parts: Sequence[Sequence[Token]]) -> bool:
    """Tell kinds of something (`breakfast, lunch, dinner`) from names of fields: not one of them is known."""
    if len(parts) < FEWEST_KINDS:
        return False
    known = 0
    for part in parts:
        words = tuple(token.word for token in part if token.is_word)
        plain = all(token.inside is None and token.word not in {":", "=", "/", "-"} for token in part)
        if not plain or not 0 < len(words) < FEWEST_KINDS or type_word(words):
            return False
        known += _names_a_field(part)
    return known * 4 <= len(parts)


def _names_a_field(part: Sequence[Token]) -> bool:
    words = tuple(token.word for token in part if token.is_word)
    if not words:
        return False
    if len(words) > 1 and (type_word(words[-1:]) or type_word(words[-2:])):
        return True
    if any(token.inside is not None or token.word in {":", "="} for token in part):
        return True
    kind, phrase = known_type(words)
    return bool(kind) and not (kind == "boolean" and phrase == " ".join(words) and len(words) == 1)
