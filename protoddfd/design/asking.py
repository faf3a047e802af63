"""Fields that are asked for: `when it is due`, `how many guests`, `whether it was read`, `who groomed`."""

from protoddfd.design.choices import choices_in
from protoddfd.design.draft import FieldDraft
from protoddfd.design.lexicon import closed, verb_forms
from protoddfd.design.naming import known_type, name_words
from protoddfd.design.tokens import Token

LONGEST_QUESTION = 14
"""Words of a question that can offer answers."""

_PASSED: dict[str, tuple[str, str]] = {
    "due": ("due date", "date"), "return": ("return date", "date"), "come": ("return date", "date"),
    "bring": ("return date", "date"), "expire": ("expiry date", "date"), "buy": ("purchase date", "date"),
    "borrow": ("loan date", "date"), "take": ("date", "date"), "start": ("start date", "date"),
    "end": ("end date", "date"), "pay": ("paid on", "date"), "join": ("join date", "date"),
}  # fmt: skip


def asked(field: FieldDraft, body: list[Token]) -> list[Token]:
    """Give a field the name and the type of what is asked for; return an empty list if nothing is."""
    first = body[0].word
    second = body[1].word if len(body) > 1 else ""
    if first in {"whether", "if"} and second:
        return _whether(field, body)
    if first == "how":
        return _how(field, second, body[2:])
    if first == "when":
        return _when(field, body)
    if first in {"who", "whom"}:
        return _who(field, body)
    if first in {"which", "what", "whose"} and second and second not in closed("auxiliary"):
        return body[1:]
    if first in _ANSWERS:
        name, field.type = _ANSWERS[first]
        field.words = (name,)
        return body
    return []


_ANSWERS = {
    "where": ("location", "text"),
    "why": ("reason", "long_text"),
    "what": ("description", "long_text"),
}


def _whether(field: FieldDraft, body: list[Token]) -> list[Token]:
    skipped = closed("pronoun") | closed("auxiliary") | closed("determiner") | {"whether", "if", "or", "not"}
    rest = [token for token in body if token.word not in skipped or token.word == "no"]
    offered = _offered(body)
    if len(offered) > 1:
        field.words, field.type, field.choices = ("status",), "enum", offered
        return body
    field.type, field.typed, field.why = "boolean", True, "it is a question of yes or no"
    field.words = name_words([token.word for token in rest[-3:]]) or ("active",)
    return body


def _offered(body: list[Token]) -> tuple[str, ...]:
    """Return the answers of `whether it is mint, used or faulty`; none for `whether it is paid or not`."""
    words = [token.word for token in body]
    if "or" not in words or words[-1] in {"not", "no"} or len(body) > LONGEST_QUESTION:
        return ()
    skipped = closed("pronoun") | closed("auxiliary") | {"whether", "if", "it's", "they're"}
    start = next((at for at, token in enumerate(body) if at and token.word not in skipped), len(body))
    offered = choices_in(body[start:])
    return offered if all(len(each.split()) < 3 for each in offered) else ()


def _how(field: FieldDraft, question: str, rest: list[Token]) -> list[Token]:
    words: list[str] = []
    for token in rest:
        if (
            token.word in closed("pronoun")
            or token.word in closed("auxiliary")
            or token.word in closed("determiner")
        ):
            break
        words.append(token.word)
    named = name_words(words)
    if question not in {"much", "many", "long", "often", "old"}:
        return []
    if question == "much":
        field.words = named or ("amount",)
        field.type = known_type(field.words)[0] or "decimal"
    elif question == "many":
        field.words, field.type = ("number", "of", *named), "integer"
    elif question == "long":
        field.words, field.type = ("duration",), "duration"
    else:
        field.words = ("age",) if question == "old" else ("frequency",)
    return rest or [Token(text=question, word=question, lemma=question)]


def _when(field: FieldDraft, body: list[Token]) -> list[Token]:
    for token in reversed(body[1:]):
        word = token.word.removesuffix("'s")
        known = _PASSED.get(verb_forms().get(word, (word, ""))[0])
        if known is not None:
            field.words, field.type = tuple(known[0].split()), known[1]
            return body
    verb = next(
        (token.word for token in reversed(body[1:]) if verb_forms().get(token.word, ("", ""))[1] == "past"),
        "",
    )
    field.words = (verb, "on") if verb else ("date",)
    field.type = "date"
    return body


def _who(field: FieldDraft, body: list[Token]) -> list[Token]:
    verbs = [token.word for token in body[1:] if token.word in verb_forms()]
    if not verbs or verb_forms()[verbs[0]][1] != "past":
        return []
    field.words, field.type = (verbs[0], "by"), "text"
    field.why = "it asks for somebody"
    return body
