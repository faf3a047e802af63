"""Clauses on when a field is shown, required or closed: `if paid, ask for the payment date`."""

import re

import msgspec

from dataforms.spec import Entity, Field
from protoddfd.design.naming import known_type, name_words
from protoddfd.design.stated.computing import is_name
from protoddfd.design.stated.conditions import condition
from protoddfd.design.stated.forms import forms, hint, wording
from protoddfd.design.stated.known import DAYS, STORED, Known, with_field
from protoddfd.design.stated.outcome import Outcome, Place
from protoddfd.importers import names

MOST_WORDS = 20
"""Words of a condition and what it is about, where no comma tells them apart."""
_REQUIRED = "required_when"
_VISIBLE = "visible_when"
_FIXED = "read_only_when"
_SAID = {_REQUIRED: "required when", _VISIBLE: "shown only when", _FIXED: "closed once"}


def read(place: Place, words: str) -> Outcome | None:
    """Read on what condition fields are shown, required or closed."""
    if not hint("required").search(words):
        return None
    words = re.sub(r"^(?:and|but|then|also|so|make) ", "", words)
    missing: Outcome | None = None
    for said in _apart(words):
        outcome = _read(place, said)
        if outcome is not None and outcome.spec is not None:
            return outcome
        missing = missing or outcome
    return missing


def _apart(words: str) -> list[str]:
    """Return a clause with a comma between its condition and the rest, at each place where one may be."""
    if not re.match(rf"(?:only )?(?:{wording('if')}|for|after) ", words) or " , " in words:
        return [words]
    row = words.split()[:MOST_WORDS]
    return [f"{' '.join(row[:at])} , {' '.join(row[at:])}" for at in range(2, len(row))]


def _read(place: Place, words: str) -> Outcome | None:
    missing: Outcome | None = None
    for kind, form in forms("required"):
        found = form.match(words)
        if not found:
            continue
        parts = found.groupdict()
        for entity in place.about:
            when = _condition(place.known, entity, parts)
            fields = _fields(place.known, entity, parts["fields"], kind) if when else []
            if when and not fields and kind != _FIXED:
                fields = _new(entity, parts["fields"], when, asked=bool(_ASKED.search(words)))
            if fields and when and not (kind == _VISIBLE and _names_itself(fields, when)):
                return _with(place, entity, fields, kind, when)
        if missing is None and kind == _REQUIRED and len(words.split()) < MOST_WORDS and _SURE.search(words):
            missing = Outcome(note="there is no field, or no condition over fields, of what it says")
    return missing


def _condition(known: Known, entity: Entity, parts: dict[str, str | None]) -> str | None:
    when = parts["when"] or ""
    when = re.sub(r"^(?:only )?(?:if|when) ", "", when)
    opened = condition(known, entity, re.sub(r"^(?:those|ones|people|who|that are|which are) ", "", when))
    negated = bool(parts.get("no")) != (parts.get("if") in {"unless", "until"})
    if opened is None or not negated:
        return opened
    return f"not ({opened})" if " " in opened else f"not {opened}"


def _names_itself(fields: list[Field], when: str) -> bool:
    """Tell whether a field would be shown on a condition over itself: nobody could ever fill it in."""
    return any(re.search(rf"\b{field.name}\b", when) for field in fields)


def _fields(known: Known, entity: Entity, words: str, kind: str) -> list[Field]:
    """Return the fields that words name, all of them; nothing if one is none."""
    words = re.sub(rf"^(?:(?:{wording('ask')}|{wording('need')}) )?", "", words.strip(" ,"))
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
_ASKED = re.compile(rf"\b(?:{wording('ask')}|{wording('need')}|{wording('required')})\b")


def _new(entity: Entity, words: str, when: str, *, asked: bool) -> list[Field]:
    """Return the field that is asked for and not there yet, if its name says what it is."""
    said = words.strip(" ,")
    if said in {"date", "time", "when"}:
        first = re.split(r"\W", when)[0].split("_")[0]
        dates = [each for each in entity.fields if each.type in DAYS and each.name.startswith(first[:3])]
        return dates if len(dates) == 1 else []
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
