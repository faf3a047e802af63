"""Clauses on when a field is shown, required or closed: `if paid, ask for the payment date`."""

import re

import msgspec

from dataforms.spec import Entity, Field
from protoddfd.design.lexicon_files import alternatives
from protoddfd.design.naming import known_type, name_words
from protoddfd.design.stated.clauses import IF
from protoddfd.design.stated.computing import is_name
from protoddfd.design.stated.conditions import condition
from protoddfd.design.stated.known import STORED, Known, with_field
from protoddfd.design.stated.outcome import Outcome, Place
from protoddfd.importers import names

_ASK = alternatives("stated.txt", "ask")
_NEED = alternatives("stated.txt", "need")
_MUST = alternatives("stated.txt", "required")
_SHOWN = alternatives("stated.txt", "shown")
_BE = r"(?:is|are|must be|should be|has to be|have to be|needs to be|need to be|to be|becomes|can be|may be|be)"
_WHO = r"(?:we |i |you |they |it |app |form |system |one )?(?:should |must |may |can |want to |need to |have to |would like to |will )?(?:then |also )?"
_IF = rf"(?P<if>{IF}|for|with|in case of|if it is)"
_FIELDS = r"(?P<fields>.+?)"
MOST_WORDS = 20
"""Words of a condition and what it is about, where no comma tells them apart."""
_REQUIRED = "required_when"
_VISIBLE = "visible_when"
_FIXED = "read_only_when"
_FORM_TEXTS = (
    (rf"^(?P<if>{IF}) (?P<when>[^,]+) , (?:then )?{_WHO}(?:{_NEED}) {_FIELDS}$", _REQUIRED),
    (rf"^(?P<if>{IF}) (?P<when>[^,]+) , (?:then )?{_FIELDS} (?:{_BE} )?(?:{_MUST})$", _REQUIRED),
    (rf"^(?P<if>{IF}|for) (?P<when>[^,]+) , (?:then )?{_WHO}(?:{_ASK}) {_FIELDS}(?: too| as well)?$", _VISIBLE),
    (rf"^(?P<if>{IF}|for) (?P<when>[^,]+) , (?:then )?{_FIELDS} (?:{_BE} )?(?:only )?(?:{_SHOWN})$", _VISIBLE),
    (rf"^{_FIELDS} (?:{_BE} )?(?:only )?(?:{_MUST})(?: only)? {_IF} (?P<when>.+)$", _REQUIRED),
    (rf"^{_WHO}(?:{_NEED}) {_FIELDS} (?:only )?{_IF} (?P<when>.+)$", _REQUIRED),
    (rf"^(?P<no>hide|do not show|do not ask for) {_FIELDS} (?P<if>unless|if|when|for|until) (?P<when>.+)$", _VISIBLE),
    (rf"^(?:only )?{_WHO}(?:only )?(?:{_ASK}) {_FIELDS} (?:only )?{_IF} (?P<when>.+)$", _VISIBLE),
    (rf"^{_FIELDS} (?:{_BE} )?(?P<no>hidden) (?P<if>unless|if|when|for|until) (?P<when>.+)$", _VISIBLE),
    (rf"^{_FIELDS} (?:{_BE} )?(?:only )?(?:{_SHOWN})(?: only)? {_IF} (?P<when>.+)$", _VISIBLE),
    (rf"^{_FIELDS} ,? ?only {_IF} (?P<when>.+)$", _VISIBLE),
    (rf"^only {_IF} (?P<when>[^,]+) , (?:{_ASK} )?{_FIELDS}$", _VISIBLE),
    (rf"^(?P<if>{IF}) (?P<when>[^,]+) , (?:then )?(?:also )?{_FIELDS}$", _VISIBLE),
    (rf"^{_FIELDS} (?P<if>if|unless) (?P<when>[^,]+)$", _VISIBLE),
    (rf"^{_FIELDS} (?:cannot|can not|must not|may not|can no longer|should not|must no longer) be "
     rf"(?:changed|edited|modified|altered|updated|touched)(?: any ?more| later)? (?P<if>{IF}|after) (?P<when>.+)$", _FIXED),
    (rf"^(?P<if>{IF}|after) (?P<when>[^,]+) , {_FIELDS} (?:cannot|can not|must not|may not|can no longer|should not) be "
     r"(?:changed|edited|modified|altered|updated|touched)(?: any ?more)?$", _FIXED),
    (r"^(?P<when>\w+) (?P<fields>\w+(?: \w+)?) (?:cannot|can not|must not|may not|can no longer|should not) be "
     r"(?:changed|edited|modified|altered|updated|touched)(?: any ?more)?$", _FIXED),
)  # fmt: skip
_FORMS = tuple((re.compile(form), kind) for form, kind in _FORM_TEXTS)
_HINT = re.compile(rf"\b(?:{IF}|only|after|require|required|mandatory|hide|hidden|shown|visible)\b|^for |be (?:changed|edited)")
"""What at least is in a clause on a condition."""
_SAID = {_REQUIRED: "required when", _VISIBLE: "shown only when", _FIXED: "closed once"}


def read(place: Place, words: str) -> Outcome | None:
    """Read on what condition fields are shown, required or closed."""
    if not _HINT.search(words):
        return None
    words = re.sub(r"^(?:and|but|then|also|so) ", "", words)
    missing: Outcome | None = None
    for said in _apart(words):
        outcome = _read(place, said)
        if outcome is not None and outcome.spec is not None:
            return outcome
        missing = missing or outcome
    return missing


def _apart(words: str) -> list[str]:
    """Return a clause with a comma between its condition and the rest, at each place where one may be."""
    if not re.match(rf"(?:only )?(?:{IF}|for|after) ", words) or " , " in words:
        return [words]
    row = words.split()[:MOST_WORDS]
    return [f"{' '.join(row[:at])} , {' '.join(row[at:])}" for at in range(2, len(row))]


def _read(place: Place, words: str) -> Outcome | None:
    missing: Outcome | None = None
    for form, kind in _FORMS:
        found = form.match(words)
        if not found:
            continue
        parts = found.groupdict()
        for entity in place.about:
            when = _condition(place.known, entity, parts)
            fields = _fields(place.known, entity, parts["fields"], kind) if when else []
            if when and not fields and kind != _FIXED:
                fields = _new(entity, parts["fields"], asked=bool(_ASKED.search(words)))
            if fields and when and not (kind == _VISIBLE and _names_itself(fields, when)):
                return _with(place, entity, fields, kind, when)
        if missing is None and kind == _REQUIRED and len(words.split()) < MOST_WORDS and _SURE.search(words):
            missing = Outcome(note="there is no field, or no condition over fields, of what it says")
    return missing


def _condition(known: Known, entity: Entity, parts: dict[str, str | None]) -> str | None:
    when = parts["when"] or ""
    when = re.sub(r"^(?:only )?(?:if|when) ", "", when)
    opened = condition(known, entity, re.sub(r"^(?:those|ones|people|who|that are|which are) ", "", when))
    negated = (parts.get("if") == "unless") != bool(parts.get("no") and parts.get("if") not in {"unless", "until"})
    if opened is None or not negated:
        return opened
    return f"not ({opened})" if " " in opened else f"not {opened}"


def _names_itself(fields: list[Field], when: str) -> bool:
    """Tell whether a field would be shown on a condition over itself: nobody could ever fill it in."""
    return any(re.search(rf"\b{field.name}\b", when) for field in fields)


def _fields(known: Known, entity: Entity, words: str, kind: str) -> list[Field]:
    """Return the fields that words name, all of them; nothing if one is none."""
    words = re.sub(rf"^(?:(?:{_ASK}|{_NEED}) )?", "", words.strip(" ,"))
    words = re.sub(r"^(?:both|at least|some|also|only) ", "", words)
    if kind == _FIXED and known.entity(words) is entity:
        return [field for field in entity.fields if field.type not in STORED]
    whole = known.field(entity, words)
    if whole is not None:
        return [whole] if whole.type not in STORED else []
    found: list[Field] = []
    for part in re.split(r" ?, (?:and )?| and | & ", words):
        field = known.field(entity, part)
        if field is None or field.type in STORED:
            return []
        found.append(field)
    return found


_SURE = re.compile(r"\b(?:required|mandatory|compulsory|obligatory|require)\b")
_ASKED = re.compile(rf"\b(?:{_ASK}|{_NEED}|{_MUST})\b")


def _new(entity: Entity, words: str, *, asked: bool) -> list[Field]:
    """Return the field that is asked for and not there yet, if its name says what it is."""
    said = words.strip(" ,")
    name = name_words(said.split())
    kind, _ = known_type(name)
    if not asked or not kind or kind in {"enum", "multi_enum"} or " ".join(name) != said or not is_name(said):
        return []
    taken = {field.name for field in entity.fields}
    return [Field(name=names.field_name(said, taken), title=names.title(said), type=kind)]  # type: ignore[arg-type]


def _with(place: Place, entity: Entity, fields: list[Field], kind: str, when: str) -> Outcome | None:
    changed = entity
    for field in fields:
        values: dict[str, object] = {kind: when}
        if kind != _FIXED:
            values["required"] = False
        changed = with_field(changed, msgspec.structs.replace(field, **values))
    called = " and ".join(each.name.replace("_", " ") for each in fields)
    if kind == _FIXED and len(fields) > 2:
        called = "all of it"
    return place.changed(changed, f"{entity.name}: {called} → {_SAID[kind]} {when}, because the text says so")

