"""Puts German clauses into the order of English: `wer was bezahlt hat` is who has paid what."""

from protoddfd.design.foreign.glossary import Meaning, past
from protoddfd.design.foreign.wording import Piece

AUXILIARY = frozenset(("has", "have", "is", "are", "can", "must", "should", "want", "was", "were", "will"))
"""Verbs that help others."""
PRONOUNS = frozenset(("i", "we", "he", "they", "you"))
_ASKING = frozenset(("who",))


def replaced(piece: Piece, meaning: Meaning) -> Piece:
    """Return a piece that stands where one stood, with another meaning."""
    return Piece(piece.before, piece.surface, meaning)


def in_past(piece: Piece) -> Piece:
    """Return a verb in its past form."""
    meaning = piece.meaning
    return replaced(piece, Meaning(past(meaning.base), "past", base=meaning.base, form="past"))


def german(found: list[Piece]) -> list[Piece]:
    """Return the pieces of a German text in the order of English."""
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
        clause[-1] = in_past(clause[-1])
    first = 0
    if clause and clause[0].english in {"and", "or"}:
        first = 1
    ending = len(clause)
    while ending > first and (
        clause[ending - 1].meaning.part in {"verb", "past"} or clause[ending - 1].english in AUXILIARY
    ):
        ending -= 1
    verbs = clause[ending:]
    helper = next((at for at in range(first, ending) if clause[at].english in AUXILIARY), None)
    if not verbs or ending <= first + 1:
        return clause
    if helper is not None and verbs[0].meaning.part in {"past", "verb"} and verbs[0].english not in AUXILIARY:
        return _moved(clause, ending, helper + 1)
    opening = clause[first]
    relative = opening.surface.lower() in {"die", "der", "das", "den", "dem"} and opening.before.startswith(
        ","
    )
    if opening.english in _ASKING or relative:
        if relative:
            clause[first] = replaced(opening, Meaning("who", "small"))
        return _moved(clause, ending, first + 1)
    return clause


def _helped(clause: list[Piece]) -> list[Piece]:
    """Put `benutzt wurde` right: what helps a verb comes before it."""
    for at in range(len(clause) - 1, 1, -1):
        one, two = clause[at - 1], clause[at]
        if two.english in AUXILIARY and two.is_near() and one.meaning.form in {"s", "past"}:
            made = in_past(one) if one.meaning.form == "s" and two.english not in {"can", "must"} else one
            before, after = (
                Piece(one.before, two.surface, two.meaning),
                Piece(two.before, made.surface, made.meaning),
            )
            return [*clause[: at - 1], before, after, *clause[at + 1 :]]
    return clause


def _is_participle(clause: list[Piece]) -> bool:
    """Tell `Pfand bezahlt` from `wer bezahlt`: the form is one and the same."""
    alike = clause[-1].surface.lower().startswith(("be", "ver", "er", "zer", "ent", "über", "unter", "repar"))
    opening = clause[0].english
    return alike and (
        any(each.english in AUXILIARY for each in clause)
        or not (opening in {*_ASKING, *PRONOUNS} or clause[-2].english in PRONOUNS)
    )


def _moved(clause: list[Piece], start: int, to: int) -> list[Piece]:
    moved = [Piece(" ", each.surface, each.meaning) for each in clause[start:]]
    return [*clause[:to], *moved, *clause[to:start]]


def _pronouns(clause: list[Piece]) -> list[Piece]:
    """Put `brauche ich` right: the one who does it comes first."""
    for at in range(len(clause) - 1):
        verb, who = clause[at], clause[at + 1]
        doing = verb.meaning.part == "verb" or verb.english in {
            *AUXILIARY,
            "need",
            "want",
            "manage",
            "record",
        }
        if doing and who.english in PRONOUNS and (at == 0 or clause[at - 1].english not in PRONOUNS):
            one = Piece(verb.before, who.surface, who.meaning)
            two = Piece(who.before, verb.surface, verb.meaning)
            return [*clause[:at], one, two, *clause[at + 2 :]]
    return clause
