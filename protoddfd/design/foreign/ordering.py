"""Puts pieces into the order of English: adjectives before nouns, `delivery date`, verbs behind who does it."""

from protoddfd.design.foreign.glossary import Meaning, past
from protoddfd.design.foreign.wording import Piece

_OF = {"es": ("de",), "fr": ("de", "d'"), "pt": ("de",), "it": ("di", "d'"), "de": ()}
_COUNTING = frozenset(
    "number quantity list group type kind part management control set inventory rest total workshop name half "
    "kilo gram liter litre meter piece hour hours day week month year box basket record people bottle pair "
    "percentage series sort lack age photo description system app club school association team".split()
)
"""Nouns that stay before `of`: a number of trees."""
_AUXILIARY = frozenset(("has", "have", "is", "are", "can", "must", "should", "want", "was", "were", "will"))
_ASKING = frozenset(("who",))
_PRONOUNS = frozenset(("i", "we", "he", "they", "you"))


def ordered(found: list[Piece], code: str) -> list[Piece]:
    """Return pieces in the order of English."""
    found = [_passive(found, at, code) for at in range(len(found))]
    if code == "de":
        return _german(found)
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
            behind.meaning = Meaning(past(behind.meaning.base), "past", base=behind.meaning.base, form="past")
            return _with(piece, Meaning("is" if form == "s" else "are", "small"))
    if piece.english in {"the", "it"} and behind.is_near():
        return _with(piece, Meaning("", "small"))
    return piece


def _with(piece: Piece, meaning: Meaning) -> Piece:
    return Piece(piece.before, piece.surface, meaning)


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
            made[at] = Piece(noun.before, title, Meaning(english, "noun", title, several=noun.meaning.several))
            made[at + 1] = Piece("", adjective.surface, Meaning("", "small"))
        elif adjective.meaning.part == "past" and ends and (at == 0 or made[at - 1].english not in _AUXILIARY):
            made[at], made[at + 1] = (
                Piece(noun.before, adjective.surface, adjective.meaning),
                Piece(adjective.before, noun.surface, noun.meaning),
            )
    return made


def _german(found: list[Piece]) -> list[Piece]:
    made: list[Piece] = []
    for clause in _clauses(found):
        made += _clause(clause)
    return made


def _clauses(found: list[Piece]) -> list[list[Piece]]:
    """Cut at signs, and before `and`, `or` and `who`."""
    made: list[list[Piece]] = []
    for piece in found:
        if not made or not piece.is_near() or piece.english in {"and", "or", "who", "whether"}:
            made.append([])
        made[-1].append(piece)
    return made


def _clause(clause: list[Piece]) -> list[Piece]:
    """Put the verbs at the end of a German clause behind its subject, or to the verb that helps them."""
    clause = _helped(_pronouns(clause))
    if len(clause) > 1 and clause[-1].meaning.form == "s" and _is_participle(clause):
        clause[-1] = _in_past(clause[-1])
    first = 0
    if clause and clause[0].english in {"and", "or"}:
        first = 1
    ending = len(clause)
    while ending > first and (
        clause[ending - 1].meaning.part in {"verb", "past"} or clause[ending - 1].english in _AUXILIARY
    ):
        ending -= 1
    verbs = clause[ending:]
    helper = next(
        (at for at in range(first, ending) if clause[at].english in _AUXILIARY), None
    )
    if not verbs or ending <= first + 1:
        return clause
    if helper is not None and verbs[0].meaning.part in {"past", "verb"} and verbs[0].english not in _AUXILIARY:
        return _moved(clause, ending, helper + 1)
    opening = clause[first]
    relative = opening.surface.lower() in {"die", "der", "das", "den", "dem"} and opening.before.startswith(",")
    if opening.english in _ASKING or relative:
        if relative:
            clause[first] = _with(opening, Meaning("who", "small"))
        return _moved(clause, ending, first + 1)
    return clause


def _in_past(piece: Piece) -> Piece:
    meaning = piece.meaning
    return _with(piece, Meaning(past(meaning.base), "past", base=meaning.base, form="past"))


def _helped(clause: list[Piece]) -> list[Piece]:
    """Put `benutzt wurde` right: what helps a verb comes before it."""
    for at in range(len(clause) - 1, 1, -1):
        one, two = clause[at - 1], clause[at]
        if two.english in _AUXILIARY and two.is_near() and one.meaning.form in {"s", "past"}:
            made = _in_past(one) if one.meaning.form == "s" and two.english not in {"can", "must"} else one
            before, after = Piece(one.before, two.surface, two.meaning), Piece(two.before, made.surface, made.meaning)
            return [*clause[: at - 1], before, after, *clause[at + 1 :]]
    return clause


def _is_participle(clause: list[Piece]) -> bool:
    """Tell `Pfand bezahlt` from `wer bezahlt`: the form is one and the same."""
    alike = clause[-1].surface.lower().startswith(("be", "ver", "er", "zer", "ent", "über", "unter", "repar"))
    opening = clause[0].english
    return alike and (
        any(each.english in _AUXILIARY for each in clause)
        or not (opening in {*_ASKING, *_PRONOUNS} or clause[-2].english in _PRONOUNS)
    )


def _moved(clause: list[Piece], start: int, to: int) -> list[Piece]:
    moved = [Piece(" ", each.surface, each.meaning) for each in clause[start:]]
    return [*clause[:to], *moved, *clause[to:start]]


def _pronouns(clause: list[Piece]) -> list[Piece]:
    """Put `brauche ich` right: the one who does it comes first."""
    for at in range(len(clause) - 1):
        verb, who = clause[at], clause[at + 1]
        doing = verb.meaning.part == "verb" or verb.english in {*_AUXILIARY, "need", "want", "manage", "record"}
        if doing and who.english in _PRONOUNS and (at == 0 or clause[at - 1].english not in _PRONOUNS):
            one = Piece(verb.before, who.surface, who.meaning)
            two = Piece(who.before, verb.surface, verb.meaning)
            return [*clause[:at], one, two, *clause[at + 2 :]]
    return clause


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
    if before in _PRONOUNS and before != "he":
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
