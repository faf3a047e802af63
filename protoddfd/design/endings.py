"""What stands at the end of a field's name: a type, flags, a range, a unit, choices between slashes."""

from collections.abc import Sequence

from protoddfd.design import choices
from protoddfd.design.draft import FieldDraft
from protoddfd.design.lexicon import entity_kind
from protoddfd.design.naming import known_type, type_word, unit_type
from protoddfd.design.tokens import Token


def plain_name(field: FieldDraft, body: list[Token]) -> list[Token]:
    """Take flags, ranges, units, choices and a type off the end of a name."""
    body = _yes_no(field, body)
    body = _flags(field, body)
    body = _slashed(field, body)
    body = _spoken(field, body)
    body = _tail(field, body)
    for length in (3, 2, 1):
        if len(body) > length and not field.typed:
            kind = type_word([token.word for token in body[-length:]])
            if kind and _is_annotation(body, length):
                field.type, field.typed = kind, True
                return _flags(field, body[:-length])
    return body


def _is_annotation(body: Sequence[Token], length: int) -> bool:
    """Tell a type after a name (`price money`) from a part of the name (`due date`, `page number`)."""
    words = tuple(token.word for token in body)
    _, phrase = known_type(words)
    if phrase == " ".join(words):
        return False
    last = words[-length:]
    if length == 1 and last[0] in {
        "number",
        "date",
        "time",
        "email",
        "phone",
        "link",
        "url",
        "photo",
        "image",
        "picture",
        "file",
        "document",
        "duration",
        "rating",
        "color",
        "colour",
        "location",
        "tags",
        "options",
        "word",
        "double",
        "real",
        "upload",
        "currency",
        "money",
        "percentage",
        "choices",
        "select",
        "stars",
        "flag",
        "attachment",
        "percent",
        "text",
    }:
        return _obvious(words, last[0])
    return True


def _obvious(words: Sequence[str], last: str) -> bool:
    """Tell whether what stands before an ambiguous type word is a whole name: `title text`, `born date`."""
    if last in {"text", "percent", "money", "url"}:
        return True
    before, phrase = known_type(tuple(words[:-1]))
    if last in {"date", "time"} and words[-2] in {"on", "at", "until", "by", "from", "to", "in", "out"}:
        return True
    if last in {"date", "time"}:
        return (
            before in {"date", "datetime", "time"}
            and phrase not in {"birth", "start", "end", "opening", "closing"}
            and words[-2]
            in {
                "opens",
                "closes",
                "born",
                "until",
                "on",
                "at",
                "date",
                "joined",
                "deadline",
                "expiry",
                "birthday",
            }
        )
    return (
        bool(before)
        and phrase == " ".join(words[:-1])
        and last
        not in {"number", "link", "photo", "picture", "document", "rating", "location", "phone", "email"}
    )


def _yes_no(field: FieldDraft, body: list[Token]) -> list[Token]:
    words = " ".join(token.word for token in body)
    for tail in (" yes / no", " y / n", " or not", " yes or no", " true / false", " yes no", " ( yes / no )"):
        if words.endswith(tail):
            field.type, field.typed, field.why = "boolean", True, "it is a question of yes or no"
            return body[: len(body) - len(tail.split())]
    return body


def _flags(field: FieldDraft, body: list[Token]) -> list[Token]:
    words = [token.word for token in body]
    if "default" in words[1:-1]:
        at = words.index("default", 1)
        field.default = choices.written(body[at + 1 :]).removeprefix("is ").removeprefix("to ")
        body = body[:at]
    while len(body) > 1 and body[-1].word in {"unique", "required", "mandatory", "optional"}:
        field.unique = field.unique or body[-1].word == "unique"
        field.required = field.required or body[-1].word in {"required", "mandatory"}
        body = body[:-1]
    return body


def _slashed(field: FieldDraft, body: list[Token]) -> list[Token]:
    """Read `status draft / approved / rejected`, `pass/fail` and `role teacher or librarian`."""
    signs = [at for at, token in enumerate(body) if token.word in {"/", "|"}]
    if not signs:
        return body
    start = max(signs[0] - 1, 0)
    while start > 1 and not body[start].spaced:
        start -= 1
    if start and len(signs) > 1 and body[start - 1].text[:1].isupper() and body[start].text[:1].islower():
        start -= 1
    offered = choices.choices_in([*body[start:]])
    if len(offered) < 2:
        return body
    name = body[:start]
    if name and type_word([name[-1].word]) in {"enum", "multi_enum"} and len(name) > 1:
        name = name[:-1]
    if not name:
        found = known_type(tuple(token.word for token in body[: signs[0]]))[0]
        if found not in {"boolean", ""} and not entity_kind((body[0].word,)):
            return body[: signs[0]]
        field.words = _unnamed([token.word for token in body if token.is_word], len(offered))
    field.choices, field.type = offered, "enum"
    return name or body[:1]


def _spoken(field: FieldDraft, body: list[Token]) -> list[Token]:
    """Read words behind a name that asks for one of several: `level gold silver bronze`, `grade A B C`."""
    words = [token.word for token in body]
    if field.choices or len(words) < FEWEST_SPOKEN or known_type(tuple(words[:1]))[0] != "enum":
        return body
    rest = [token for token in body[1:] if token.word not in {"or", ","}]
    plain = all(
        token.word.isalpha() and token.word not in _JOINING and not known_type((token.word,))[0]
        for token in rest
    )
    if not plain or known_type(tuple(words))[0] or len(rest) < FEWEST_SPOKEN - 1:
        return body
    field.choices, field.type = tuple(choices.as_choice([token]) for token in rest), "enum"
    return body[:1]


FEWEST_SPOKEN = 4
"""Words of a name with choices behind it, and with no sign between them."""

_JOINING = frozenset(("of", "for", "in", "on", "at", "to", "by", "per", "with", "from", "the", "is", "and"))


def _unnamed(words: Sequence[str], offered: int) -> tuple[str, ...]:
    """Return a name for choices without one: `pass/fail` is a result, `won/lost` a status, `int/ext` both."""
    if {"pass", "fail", "passed", "failed"} & set(words):
        return ("result",)
    if any(known_type((word,))[0] == "boolean" for word in words):
        return ("status",)
    return tuple(words) if offered == 2 and len(words) == 2 else ("type",)


def _tail(field: FieldDraft, body: list[Token]) -> list[Token]:
    """Take a range or a unit off the end of a name."""
    for length in range(min(6, len(body) - 1), 0, -1):
        tail = tuple(body[-length:])
        probe = FieldDraft(words=(), type="")
        text = choices.written(tail).lower()
        if any(char.isdigit() for char in text) and choices.take_range(probe, text):
            field.min, field.max = probe.min, probe.max
            return body[:-length]
    if len(body) > 2 and body[-2].word == "in" and unit_type(body[-1].word):
        return _unit(field, [*body[:-2], body[-1]])
    if (
        len(body) > 1
        and unit_type(body[-1].word)
        and (len(body[-1].word) < 4 or not known_type(tuple(t.word for t in body[-2:]))[0])
    ):
        return _unit(field, body)
    return body


def _unit(field: FieldDraft, body: list[Token]) -> list[Token]:
    """Keep a unit as the last word of the name, unless it is one of money or a percentage."""
    unit = body[-1].word
    if len(body) > 2 and body[-2].word == "per":
        return body
    found = known_type(tuple(token.word for token in body[:-1]))[0]
    choices.take_unit(field, unit)
    if field.type in {"money", "percent"}:
        return body[:-1]
    if found in {"integer", "decimal"}:
        field.type = found
    field.typed = True
    return body
