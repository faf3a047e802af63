"""Puts pieces into the order of English: adjectives before nouns, `delivery date` for `fecha de entrega`."""

from protoddfd.design.foreign.clauses import AUXILIARY, PRONOUNS, german, in_past, replaced
from protoddfd.design.foreign.glossary import Meaning
from protoddfd.design.foreign.wording import Piece

_OF = {"es": ("de",), "fr": ("de", "d'"), "pt": ("de",), "it": ("di", "d'"), "de": ()}
_COUNTING = frozenset((
    "number", "quantity", "list", "group", "type", "kind", "part", "management", "control", "set",
    "inventory", "rest", "total", "workshop", "name", "half", "kilo", "gram", "liter", "litre", "meter",
    "piece", "hour", "hours", "day", "week", "month", "year", "box", "basket", "record", "people",
    "bottle", "pair", "percentage", "series", "sort", "lack", "age", "photo", "description", "system",
    "app", "club", "school", "association", "team",
))  # fmt: skip
"""Nouns that stay before `of`: a number of trees."""


def ordered(found: list[Piece], code: str) -> list[Piece]:
    """Return pieces in the order of English."""
    found = [_passive(found, at, code) for at in range(len(found))]
    if code == "de":
        return german(found)
    return _adjectives(_compounds(found, code))


def _passive(found: list[Piece], at: int, code: str) -> Piece:
    """Read `se pesa` as `is weighed`, and leave out the object before a verb: `quien lo pide`."""
    piece = found[at]
    behind = found[at + 1] if at + 1 < len(found) else None
    if code == "de" or behind is None or behind.meaning.part != "verb" or piece.meaning.part != "small":
        return piece
    if piece.english == "it" and piece.surface.lower().split()[0] in {"se", "si"} and code != "fr":
        form = behind.meaning.form
        if form in {"s", "base"}:
            behind.meaning = in_past(behind).meaning
            return replaced(piece, Meaning("is" if form == "s" else "are", "small"))
    if piece.english in {"the", "it"} and behind.is_near():
        return replaced(piece, Meaning("", "small"))
    return piece


def _compounds(found: list[Piece], code: str) -> list[Piece]:
    """Turn `fecha de entrega` round: it is a delivery date."""
    made: list[Piece] = []
    at = 0
    while at < len(found):
        here = found[at : at + 3]
        if len(here) == 3 and _is_compound(here, code):
            head, _, kind = here
            space = "" if here[1].surface[-1] in "'’" else " "
            title = f"{head.meaning.title} {here[1].surface}{space}{kind.surface}"
            english = f"{kind.meaning.english} {head.meaning.english}"
            meaning = Meaning(english, "noun", title, several=head.meaning.several)
            made.append(Piece(head.before, title, meaning))
            at += 3
        else:
            made.append(found[at])
            at += 1
    return made


def _is_compound(here: list[Piece], code: str) -> bool:
    head, of, kind = here
    return (
        head.meaning.part == "noun"
        and kind.meaning.part == "noun"
        and of.surface.lower().replace("’", "'") in _OF[code]
        and of.is_near()
        and kind.is_near()
        and " " not in head.meaning.english
        and " of " not in kind.meaning.english
        and head.meaning.english not in _COUNTING
    )


def _adjectives(found: list[Piece]) -> list[Piece]:
    """Put adjectives, and participles that end what is listed, before their nouns."""
    made = list(found)
    for at in range(len(made) - 1):
        noun, adjective = made[at], made[at + 1]
        if noun.meaning.part != "noun" or not adjective.is_near():
            continue
        behind = made[at + 2] if at + 2 < len(made) else None
        ends = behind is None or not behind.is_near() or behind.english in {"and", "or"}
        if adjective.meaning.part == "adj":
            english = f"{adjective.meaning.english} {noun.meaning.english}"
            title = f"{noun.meaning.title or noun.surface} {adjective.surface}"
            made[at] = Piece(
                noun.before, title, Meaning(english, "noun", title, several=noun.meaning.several)
            )
            made[at + 1] = Piece("", adjective.surface, Meaning("", "small"))
        elif adjective.meaning.part == "past" and ends and (at == 0 or made[at - 1].english not in AUXILIARY):
            made[at], made[at + 1] = (
                Piece(noun.before, adjective.surface, adjective.meaning),
                Piece(adjective.before, noun.surface, noun.meaning),
            )
    return made


def said(found: list[Piece], tail: str) -> str:
    """Return pieces as a text; nothing stands for what has no English."""
    made: list[str] = []
    for number, piece in enumerate(found):
        english = _subject(found, number)
        before = piece.before
        if number and not before and english and found[number - 1].surface[-1:] in "'’":
            before = " "
        if not english and piece.is_near():
            continue
        made.append(before + english)
    return "".join(made) + tail


def _subject(found: list[Piece], at: int) -> str:
    """Return the English of a piece: no second `we` behind a `we`, no `uses` behind one."""
    piece = found[at]
    before = found[at - 1].english if at else ""
    if piece.english == "for" and at + 1 < len(found) and found[at + 1].meaning.form == "inf":
        return "to"
    if piece.meaning.part != "verb":
        return piece.english
    if before.endswith(("want", "need")) and piece.is_near():
        return f"to {piece.meaning.base}"
    if before in PRONOUNS and before != "he":
        return piece.meaning.base
    if before in {"can", "must", "should", "to", "will"}:
        return piece.meaning.base
    if before == "who" and piece.meaning.form in {"i", "we"}:
        return piece.meaning.base
    return piece.english


def titles_of(found: list[Piece]) -> dict[str, str]:
    """Return the titles, in the language of the text, of what is named in English."""
    titles: dict[str, str] = {}
    for piece in found:
        if piece.meaning.title and piece.meaning.part == "noun":
            titles.setdefault(piece.meaning.english, piece.meaning.title)
    return titles
