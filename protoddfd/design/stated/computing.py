"""Clauses that say how a figure is computed: `line total is quantity times unit price`, `age from date of birth`."""

import re

from dataforms.spec import Entity, Field
from protoddfd.design.lexicon import closed
from protoddfd.design.lexicon_files import alternatives
from protoddfd.design.stated.conditions import overdue
from protoddfd.design.stated.formulas import Formula, Reader, Unreadable, usual
from protoddfd.design.stated.known import Known, with_field
from protoddfd.design.stated.clauses import plain
from protoddfd.design.stated.outcome import Outcome, Place
from protoddfd.importers import names

_NAME = r"(?P<name>(?:\w+ ){0,4}?\w+)"
_LEAD = r"^(?:and |but |with |so |where |here )?(?:(?:we|i|it|app|system) (?:want|need|should|must|would like)(?: to)?(?: have| see)? )?"
_DONE = r"(?:calculated|computed|worked out|figured out|derived|determined|generated|filled in|added up)"
_AUTO = r"(?:\b(?:automatically|by (?:app|system|itself)|for (?:me|us)|alone|by machine)\b ?)*"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_LEAD}{_NAME} (?:is|are|should be|must be|will be|to be|gets|being)?(?: ?{_AUTO})?{_DONE} ?{_AUTO}"
        r"(?:as|from|out of|by|with|using|=) (?P<formula>.+)$",
        rf"{_LEAD}{_NAME} (?:=|equals|: ?=?|is equal to|amounts to|comes from|results from|follows from|is result of|which is|which are|that is|is simply|i\.e) (?P<formula>.+)$",
        rf"{_LEAD}{_NAME} (?:is|are|should be|must be|will be|shows|adds up|sums up) (?P<formula>.+)$",
        rf"{_LEAD}(?:calculate|compute|work out|derive|figure out|show|display|determine) {_NAME} (?:as|from|by|using|=|out of) (?P<formula>.+)$",
        rf"{_LEAD}multiply (?P<formula>.+?) (?:to get|for|gives|giving|to give) {_NAME}$",
        rf"^(?P<formula>.+?) (?:gives|makes|equals|yields|=|is) {_NAME}$",
        rf"{_LEAD}{_NAME} (?:from|as) (?P<formula>.+)$",
    )
)  # fmt: skip
_BY_ITSELF = (
    re.compile(rf"{_LEAD}{_NAME} (?:is|are|should be|must be|to be|gets|should|must)?(?: be| get)? ?{_AUTO}{_DONE} ?{_AUTO}$"),
    re.compile(rf"{_LEAD}(?:calculate|compute|work out|figure out|add up) {_NAME} ?{_AUTO}$"),
    re.compile(rf"{_LEAD}{_NAME} (?:should|must|has to) (?:calculate|compute|work out) (?:itself|by itself|alone)$"),
)
_HINT = re.compile(
    rf"\b(?:times|minus|plus|less|multipl\w+|divided|sum|totals?|number of|count of|how many|average|mean|difference"
    rf"|days?|nights|years|half|twice|double|percent|adding|product|age|duration|calculate|compute|itself|{_DONE[3:-1]})\b| [-+/x] |%"
)
"""What at least is in a clause on a figure."""
LONGEST_TITLE = 40


def read(place: Place, words: str) -> Outcome | None:
    """Read how a figure is computed."""
    if not _HINT.search(words):
        return None
    left_out: Outcome | None = None
    for form in _FORMS:
        found = form.match(words)
        if not found:
            continue
        formula = _formula(found.group("formula"), found.re.pattern)
        outcome = _defined(place, found.group("name"), formula)
        if outcome is not None:
            return outcome
        if _is_arithmetic(formula) and is_name(found.group("name")):
            left_out = left_out or Outcome(note=f"there is not all that {found.group('name')} is computed from")
    for form in _BY_ITSELF:
        if found := form.match(words):
            return _by_itself(place, found.group("name"))
    return left_out


def _formula(words: str, form: str) -> str:
    words = re.sub(r"^(?:we |it |as |from |: )+", "", words)
    words = re.sub(r" (?:automatically|by itself|for (?:me|us))$", "", words)
    return re.sub(r" by ", " times ", words) if "multiply" in form or "product" in words else words


def _is_arithmetic(words: str) -> bool:
    return bool(re.search(r"\b(?:times|minus|plus|multiplied by|divided by|sum of|average of|difference between)\b", words))


def _defined(place: Place, name: str, formula: str) -> Outcome | None:
    for entity in place.about:
        made = _of_entity(place.known, entity, name, formula)
        if made is not None and (outcome := _with(place, made, name, formula)):
            return outcome
    return None


def _of_entity(known: Known, entity: Entity, name: str, words: str) -> Formula | None:
    """Return the formula in words; a field that is named alone is one only where the name says how."""
    single = " " + words.replace(",", "")
    if name.split()[-1] == "age" and known.field(entity, words.removeprefix("from ")):
        words = f"years since {words}"
    elif re.match(r"days? (?:overdue|late)$", name) and " " in single and known.field(entity, words):
        words = f"days since {words}"
    elif name.split()[-1] in {"nights", "days", "duration"} and not re.search(r"\b(?:between|since|from)\b", words) and re.fullmatch(r"\w[\w ]* (?:to|until|and) \w[\w ]*", words):
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
    operands = set(re.findall(r"[a-z_]\w*", made.expression))
    own = field.name in operands
    return not own and field.type in _FIGURES and field.name != entity.display and not field.unique


_FIGURES = frozenset(("integer", "decimal", "money", "percent", "text", "boolean", "computed", "duration", "date"))


def is_name(words: str) -> bool:
    """Tell words that can be a field's name: no verbs, pronouns or numbers."""
    row = words.split()
    small = closed("pronoun") | closed("auxiliary") | closed("determiner") | closed("conjunction")
    return (
        0 < len(row) <= 4
        and len(words) <= LONGEST_TITLE
        and all(each.isalpha() and each not in small for each in row)
        and not re.search(rf"\b(?:{alternatives('stated.txt', 'no name')})\b", words)
    )


# -- what is computed by its name alone ------------------------------------------------------------------

_LATE_DAYS = re.compile(r"(?:number_of_)?days_(?:overdue|late|past_due)|(?:overdue|late)_days|overdue_by(?:_days)?")
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
