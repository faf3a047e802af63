"""Clauses that say how a figure is computed: `total is quantity times price`, `age from birthday`."""

import re

import msgspec

from dataforms.spec import Entity, Field
from protoddfd.design.lexicon import closed
from protoddfd.design.lexicon_files import alternatives
from protoddfd.design.stated.clauses import plain
from protoddfd.design.stated.conditions import condition
from protoddfd.design.stated.forms import forms, hint
from protoddfd.design.stated.formulas import Formula, Reader, usual
from protoddfd.design.stated.known import Known, with_field
from protoddfd.design.stated.lateness import overdue
from protoddfd.design.stated.operands import Unreadable
from protoddfd.design.stated.outcome import Outcome, Place
from protoddfd.importers import names

LONGEST_TITLE = 40
LONGEST_FORMULA = 10
"""Words of a formula of which it is said that it was left out; what is longer hardly is one."""


def read(place: Place, words: str) -> Outcome | None:
    """Read how a figure is computed."""
    if not hint("computed").search(words):
        return None
    left_out: Outcome | None = None
    for kind, form in forms("computed"):
        found = form.match(words)
        if not found:
            continue
        formula = _formula(found.group("formula"), kind)
        outcome = _defined(place, found.group("name"), formula)
        if outcome is not None:
            return outcome
        if (
            _is_arithmetic(formula)
            and len(formula.split()) <= LONGEST_FORMULA
            and is_name(found.group("name"))
        ):
            left_out = left_out or Outcome(
                note=f"there is not all that {found.group('name')} is computed from"
            )
    for _, form in forms("computed by itself"):
        if found := form.match(words):
            return _by_itself(place, found.group("name"))
    return left_out


def _formula(words: str, kind: str) -> str:
    words = re.sub(r"^(?:we |it |as |from |: )+", "", words)
    words = re.sub(r" (?:automatically|by itself|for (?:me|us))$", "", words)
    return re.sub(r" by ", " times ", words) if kind == "product" or "product" in words else words


def _is_arithmetic(words: str) -> bool:
    return bool(
        re.search(
            r"\b(?:times|minus|plus|multiplied by|divided by|sum of|average of|difference between)\b", words
        )
    )


def _defined(place: Place, name: str, formula: str) -> Outcome | None:
    found = [_of_entity(place.known, entity, name, formula) for entity in place.about]
    for made in sorted((each for each in found if each), key=lambda it: it.is_far):
        near = made.entity.name in [each.name for each in place.about[: place.near]]
        there = place.known.field(made.entity, name) is not None
        is_meant = near or there or not made.is_counted
        if is_meant and (outcome := _with(place, made, name, formula)):
            return outcome
    return None


_OF_MANY = {"average": "average of", "mean": "average of", "number": "number of", "count": "number of"}
"""What a name says of the children that alone are named: `average rating from ratings`."""


def _of_entity(known: Known, entity: Entity, name: str, words: str) -> Formula | None:
    """Return the formula in words; a field that is named alone is one only where the name says how."""
    words, _, when = words.partition(" if ")
    if when:
        return _on_condition(known, entity, name, words, when)
    of_many = next((lead for start, lead in _OF_MANY.items() if name.startswith(start)), "")
    if of_many and known.children(entity, words):
        words = f"{of_many} {words}"
    single = " " + words.replace(",", "")
    if name.split()[-1] == "age" and known.field(entity, words.removeprefix("from ")):
        words = f"years since {words}"
    elif re.match(r"days? (?:overdue|late)$", name) and " " in single and known.field(entity, words):
        words = f"days since {words}"
    elif (
        name.split()[-1] in {"nights", "days", "duration"}
        and not re.search(r"\b(?:between|since|from)\b", words)
        and re.fullmatch(r"\w[\w ]* (?:to|until|and) \w[\w ]*", words)
    ):
        words = f"days between {words}"
    try:
        made = Reader(known, entity, words).formula()
    except Unreadable:
        joined = re.fullmatch(r"(.+) and (.+)", words)
        return _from_operands(known, entity, name, joined.groups()) if joined else None
    if made.is_plain:
        joined = re.fullmatch(r"(.+) and (.+)", words)
        return _from_operands(known, entity, name, joined.groups()) if joined else None
    return made


def _on_condition(known: Known, entity: Entity, name: str, words: str, when: str) -> Formula | None:
    """Return the formula of `5% of amount if paid`, which is nothing otherwise."""
    made, holds = _of_entity(known, entity, name, words), condition(known, entity, when)
    if made is None or holds is None:
        return None
    return msgspec.structs.replace(made, expression=f"if({holds}, {made.expression}, 0)", is_plain=False)


def _from_operands(known: Known, entity: Entity, name: str, operands: tuple[str, ...]) -> Formula | None:
    """Return the usual formula of `total from quantity and price`, if it is over all that was named."""
    made = usual(known, entity, name)
    fields = [known.field(entity, each) for each in operands]
    if made is None or not all(each is not None and each.name in made.expression for each in fields):
        return None
    return made


def _by_itself(place: Place, name: str) -> Outcome | None:
    """Return what becomes of a figure that is only said to be computed: by the usual formula."""
    for entity in place.about:
        made = usual(place.known, entity, place.known.without_owner(entity, name))
        if made is not None and (outcome := _with(place, made, name, "")):
            return outcome
    return Outcome(note=f"from what {name} is to be computed is not said")


def _with(place: Place, made: Formula, name: str, words: str) -> Outcome | None:
    """Return the spec with a computed field; None where the name is no name, or the field is in use."""
    entity = made.entity
    said = place.known.without_owner(entity, name)
    found = place.known.field(entity, said)
    if found is not None and not _may_be_computed(entity, found, made):
        return None
    if found is None:
        if not is_name(said):
            return None
        taken = {field.name for field in entity.fields}
        found = Field(name=names.field_name(said, taken), title=names.title(said), type="computed")
    field = computed(found, made.expression)
    why = "the text says so" if words else "it is said to be computed, and usually is so"
    note = f"{entity.name}: {plain(field.name)} = {made.expression}, because {why}"
    return place.changed(with_field(entity, field), note)


def computed(field: Field, expression: str) -> Field:
    """Return a field that is computed in the place of one that was filled in."""
    return Field(
        name=field.name, title=field.title, type="computed", expression=expression, help=field.help,
        unit=field.unit if field.type in {"integer", "decimal"} else None, hidden=field.hidden,
    )  # fmt: skip


def _may_be_computed(entity: Entity, field: Field, made: Formula) -> bool:
    """Tell a field that nothing stands for, and that is not computed from itself."""
    operands = set(re.findall(r"\b[a-z_]\w*\b(?!\()", made.expression))
    own = field.name in operands
    return not own and field.type in _FIGURES and field.name != entity.display and not field.unique


_FIGURES = frozenset(
    ("integer", "decimal", "money", "percent", "text", "boolean", "computed", "duration", "date")
)


def is_name(words: str) -> bool:
    """Tell words that can be a field's name: no verbs, pronouns or numbers."""
    row = words.split()
    small = (
        closed("pronoun")
        | closed("auxiliary")
        | closed("determiner")
        | closed("conjunction")
        | (closed("preposition") - {"per"})
    )
    return (
        0 < len(row) <= 4
        and len(words) <= LONGEST_TITLE
        and all(each[0].isalpha() and each.isalnum() and each not in small for each in row)
        and not re.search(rf"\b(?:{alternatives('stated.txt', 'no name')})\b", words)
    )


# -- what is computed by its name alone ------------------------------------------------------------------

_LATE_DAYS = re.compile(
    r"(?:number_of_)?days_(?:overdue|late|past_due)|(?:overdue|late)_days|overdue_by(?:_days)?"
)
_LEFT_DAYS = re.compile(r"days_(?:left|remaining|until_due)|remaining_days")


def by_name(place: Place, text: str) -> list[Outcome]:
    """Return what becomes of fields that nobody would fill in: days overdue, where there is a due date."""
    made: list[Outcome] = []
    known = place.known
    for entity in known.spec.entities:
        for field in entity.fields:
            if plain(field.name) not in text or field.type == "computed":
                continue
            expression = _by_name(known, entity, field)
            if expression is None:
                continue
            changed = with_field(known.of(entity.name) or entity, computed(field, expression))
            note = f"{entity.name}: {plain(field.name)} = {expression}, because it follows from a date"
            outcome = Place(known=known, about=()).changed(changed, note)
            if outcome is not None and outcome.spec is not None:
                made.append(outcome)
                known = Known(outcome.spec)
    return made


def _by_name(known: Known, entity: Entity, field: Field) -> str | None:
    due = known.field(entity, "due date")
    if due is None or due.type != "date" or due.name == field.name:
        return None
    late = overdue(known, entity)
    if late and _LATE_DAYS.fullmatch(field.name):
        return f"if({late}, today - {due.name}, 0)"
    if late and field.name in {"overdue", "is_overdue"}:
        return late
    if _LEFT_DAYS.fullmatch(field.name):
        return f"{due.name} - today"
    return None
