"""One item of a list of fields, such as `price in EUR`, `status (open, closed)` or `when it was paid`."""

from collections.abc import Sequence

import msgspec

from protoddfd.design import choices
from protoddfd.design.draft import FieldDraft
from protoddfd.design.lexicon import closed, entity_kind, is_plural, singular, verb_forms
from protoddfd.design.naming import known_type, name_words, type_word, unit_type
from protoddfd.design.tokens import Token, split

_BELONGING = frozenset(("belong", "link", "store", "assign", "attach", "connect", "relate", "refer", "point"))
_PASSED: dict[str, tuple[str, str]] = {
    "due": ("due date", "date"), "return": ("return date", "date"), "come": ("return date", "date"),
    "bring": ("return date", "date"), "expire": ("expiry date", "date"), "buy": ("purchase date", "date"),
    "borrow": ("loan date", "date"), "take": ("date", "date"), "start": ("start date", "date"),
    "end": ("end date", "date"), "pay": ("paid on", "date"), "join": ("join date", "date"),
}  # fmt: skip


class Item(msgspec.Struct, kw_only=True):
    """What an item says: a field; or only a link to the entity of `target`."""

    field: FieldDraft | None = None
    target: str = ""


def parse(tokens: Sequence[Token]) -> Item:
    """Return what one item of a list of fields says."""
    body, brackets = _apart(tokens)
    body = _without_start(body)
    if not body:
        return Item()
    field = FieldDraft(words=())
    left, right = _defined(body)
    if right:
        body = left
    link = _belonging(body)
    if link:
        return Item(target=link)
    body = _asked(field, body) or _plainly(field, _main_part(body))
    if not field.words:
        field.words = name_words([token.word for token in body])
    if not field.words:
        return Item()
    field.lemmas = (*field.words[:-1], singular(field.words[-1]))
    field.many = field.many or (is_plural(field.words[-1]) and field.words[-1] != "staff")
    for group in ([right] if right else []) + brackets:
        choices.annotate(field, group)
    settle(field)
    return Item(field=field)


def _main_part(body: list[Token]) -> list[Token]:
    """Leave out what only explains a name: `photo of each thing`, `amount that was paid`, `size if known`."""
    for at in range(1, len(body)):
        word = body[at].word
        if word in _CUTTING and not (word in {"is", "are", "was"} and at == 1):
            return body[:at]
        if word in _PLACING and at + 1 < len(body):
            whole = tuple(token.word for token in body)
            if known_type(whole)[1] == " ".join(whole) or (word in {"in", "as"} and type_word(whole[at + 1 :])) or type_word(whole[at:]):
                return body
            if word == "in" and unit_type(body[at + 1].word):
                return body
            if any(char.isdigit() for token in body[at - 1 : at + 2] for char in token.word):
                return body
            return body[:at]
    return body


_CUTTING = frozenset(
    """i we you he she it they who which that whose when where while if unless because so is are was were has have had will can
    should must may so that for each we're i'm they're it's""".split()
)
_PLACING = frozenset(("on", "in", "for", "at", "with", "from", "by", "into", "via", "like", "as", "during", "about", "between"))


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
    elif field.min is not None and field.max is not None and field.max <= 10 and found in {"rating", "integer", "text", "", "decimal"}:
        field.type = "rating" if field.min == 1 and field.max in {5, 10} and phrase in {"rating", "stars"} else "integer"
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


_OPENING = frozenset(("and", "or", "also", "plus", "then", "with", "has", "have", "a", "an", "the", "their", "its", "his", "her", "optional", "optionally", "maybe", "of", "including", "-", "&", "each", "every", "some", "our", "my", "both", "&"))


def _without_start(body: list[Token]) -> list[Token]:
    while body and (body[0].word in _OPENING or body[0].word in {'"', "'", "*"}):
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


def _asked(field: FieldDraft, body: list[Token]) -> list[Token]:
    """Read `when it is due`, `how many guests`, `whether it was read`, `who groomed`, `where it is stored`."""
    first = body[0].word
    second = body[1].word if len(body) > 1 else ""
    if first in {"whether", "if"} and len(body) > 1:
        return _whether(field, body)
    if first == "how" and second in {"many", "much", "long", "often", "old"} and len(body) > 2:
        return _how(field, second, body[2:])
    if first == "how" and second == "much":
        field.words, field.type = ("amount",), "money"
        return body
    if first == "when":
        return _when(field, body)
    if first == "where":
        field.words, field.type = ("location",), "text"
        return body
    if first in {"who", "whom"}:
        return _who(field, body)
    if first in {"which", "what", "whose"} and second and second not in closed("auxiliary"):
        return body[1:]
    if first in {"what", "why"}:
        field.words = ("reason",) if first == "why" else ("notes",)
        field.type = "long_text"
        return body
    return []


def _whether(field: FieldDraft, body: list[Token]) -> list[Token]:
    skipped = closed("pronoun") | closed("auxiliary") | closed("determiner") | {"whether", "if", "or", "not"}
    rest = [token for token in body if token.word not in skipped or token.word == "no"]
    field.type, field.typed, field.why = "boolean", True, "it is a question of yes or no"
    field.words = name_words([token.word for token in rest[-3:]]) or ("active",)
    return body


def _how(field: FieldDraft, question: str, rest: list[Token]) -> list[Token]:
    words = []
    for token in rest:
        if token.word in closed("pronoun") or token.word in closed("auxiliary") or token.word in closed("determiner"):
            break
        words.append(token.word)
    named = name_words(words)
    if question == "much":
        field.words = named or ("amount",)
        field.type = known_type(field.words)[0] or "decimal"
    elif question == "many":
        field.words, field.type = ("number", "of", *named), "integer"
    elif question == "long":
        field.words, field.type = ("duration",), "duration"
    else:
        field.words = ("age",) if question == "old" else ("frequency",)
    return rest


def _when(field: FieldDraft, body: list[Token]) -> list[Token]:
    for token in reversed(body[1:]):
        word = token.word.removesuffix("'s")
        known = _PASSED.get(verb_forms().get(word, (word, ""))[0])
        if known is not None:
            field.words, field.type = tuple(known[0].split()), known[1]
            return body
    verb = next((token.word for token in reversed(body[1:]) if verb_forms().get(token.word, ("", ""))[1] == "past"), "")
    field.words = (verb, "on") if verb else ("date",)
    field.type = "date"
    return body


def _who(field: FieldDraft, body: list[Token]) -> list[Token]:
    verbs = [token.word for token in body[1:] if token.word in verb_forms()]
    field.words = (verbs[0], "by") if verbs and verb_forms()[verbs[0]][1] == "past" else ("person",)
    field.type = "text"
    field.why = "it asks for somebody"
    return body


def _plainly(field: FieldDraft, body: list[Token]) -> list[Token]:
    """Take flags, ranges, units, choices and a type off the end of a name."""
    body = _yes_no(field, body)
    body = _flags(field, body)
    body = _slashed(field, body)
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
    found, phrase = known_type(words)
    if phrase == " ".join(words):
        return False
    last = words[-length:]
    if length == 1 and last[0] in {"number", "date", "time", "email", "phone", "link", "url", "photo", "image", "picture", "file", "document", "duration", "rating", "color", "colour", "location", "tags", "options", "word", "double", "real", "upload", "currency", "link", "money", "percentage", "choices", "select", "stars", "flag", "attachment", "percent", "text"}:
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
        return before in {"date", "datetime", "time"} and phrase not in {"birth", "start", "end", "opening", "closing"} and words[-2] in {"opens", "closes", "born", "until", "on", "at", "date", "joined", "deadline", "expiry", "birthday"}
    return bool(before) and phrase == " ".join(words[:-1]) and last not in {"number", "link", "photo", "picture", "document", "rating", "location", "phone", "email"}


def _yes_no(field: FieldDraft, body: list[Token]) -> list[Token]:
    words = " ".join(token.word for token in body)
    for tail in (" yes / no", " y / n", " or not", " yes or no", " true / false", " yes no", " ( yes / no )"):
        if words.endswith(tail):
            field.type, field.typed, field.why = "boolean", True, "it is a question of yes or no"
            return body[: len(body) - len(tail.split())]
    return body


def _flags(field: FieldDraft, body: list[Token]) -> list[Token]:
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
        if found not in {"boolean", ""} and not entity_kind((body[0].word,)) :
            return body[: signs[0]]
        field.words = ("result",) if {"pass", "fail"} & {each.lower() for each in offered} else ("type",)
    field.choices, field.type = offered, "enum"
    return name or body[:1]


def _tail(field: FieldDraft, body: list[Token]) -> list[Token]:
    """Take a range or a unit off the end of a name."""
    for length in range(min(6, len(body) - 1), 0, -1):
        tail = tuple(body[-length:])
        probe = FieldDraft(words=(), type="")
        text = choices.written(tail).lower()
        if any(char.isdigit() for char in text) and choices._ranged(probe, text):
            field.min, field.max = probe.min, probe.max
            return body[:-length]
    if len(body) > 2 and body[-2].word == "in" and unit_type(body[-1].word):
        return _unit(field, [*body[:-2], body[-1]])
    if len(body) > 1 and unit_type(body[-1].word) and (len(body[-1].word) < 4 or not known_type(tuple(t.word for t in body[-2:]))[0]):
        return _unit(field, body)
    return body


def _unit(field: FieldDraft, body: list[Token]) -> list[Token]:
    """Keep a unit as the last word of the name, unless it is one of money or a percentage."""
    unit = body[-1].word
    found = known_type(tuple(token.word for token in body[:-1]))[0]
    choices._united(field, unit)
    if field.type in {"money", "percent"}:
        return body[:-1]
    if found in {"integer", "decimal"}:
        field.type = found
    field.typed = True
    return body


def parts_of(tokens: Sequence[Token]) -> list[tuple[Token, ...]]:
    """Return the items of a list of fields: at commas, `and`, and line ends."""
    parts: list[tuple[Token, ...]] = []
    for part in split(tuple(tokens), ",", ";", "\n"):
        parts.extend(_at_and(part))
    return parts


def _at_and(part: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """Split `a and b`, but not `date and time`, `cost and sale price` or a list of choices."""
    words = [token.word for token in part]
    for sign in ("and", "&", "+", "plus"):
        if sign in words[1:-1]:
            at = words.index(sign, 1)
            if known_type(tuple(words))[1] == " ".join(words):
                return [part]
            if {"between", ":", "="} & set(words[:at]):
                return [part]
            return [part[:at], *_at_and(part[at + 1 :])]
    return [part]
