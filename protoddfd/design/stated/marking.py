"""Clauses on what should stand out: `colour overdue ones red`. They get a tab of their own."""

import re

import msgspec

from dataforms.spec import Entity, Field, View
from protoddfd.design.lexicon_files import phrases
from protoddfd.design.stated.conditions import condition
from protoddfd.design.stated.forms import forms, hint, wording
from protoddfd.design.stated.known import Known, with_field
from protoddfd.design.stated.outcome import Outcome, Place
from protoddfd.importers import names


def read(place: Place, words: str) -> Outcome | None:
    """Read what should stand out."""
    if not hint("marked").search(words):
        return None
    for _, form in forms("marked"):
        found = form.match(words)
        if not found:
            continue
        parts = {key: value or "" for key, value in found.groupdict().items()}
        for entity in place.about:
            said = _said(place.known, entity, parts)
            when = condition(place.known, entity, said) if said else None
            if when is not None:
                return _tab(place, entity, said, when)
    return None


def _said(known: Known, entity: Entity, parts: dict[str, str]) -> str:
    """Return the words of the condition, without what it is about."""
    when = re.sub(
        rf"^(?:{wording('if')}|that are|which are|that|which|whose|with) ", "", parts.get("when", "")
    )
    if when:
        return when
    row = [
        word
        for word in parts.get("what", "").split()
        if word not in {"ones", "all", "one", "rows", "records", "any"}
    ]
    for length in (3, 2, 1):
        for at in range(len(row) - length + 1):
            if known.entity(" ".join(row[at : at + length])) is entity:
                return " ".join((*row[:at], *row[at + length :]))
    return " ".join(row)


def _tab(place: Place, entity: Entity, said: str, when: str) -> Outcome | None:
    """Return the spec with a tab for the records of a condition, and a field that says which they are."""
    said = re.sub(r"^(?:that|which|who) (?:have|has|are|is) ", "", said)
    is_late = said in phrases("stated.txt", "late") and said != "expired"
    short = re.sub(r"\b(?:is|are|it) ", "", said)
    name = names.field_name("overdue" if is_late else short, ())[:40].strip("_")
    title = names.title(name.replace("_", " "))
    field = next((each for each in entity.fields if each.name == name or each.expression == when), None)
    field = field or next((each for each in entity.fields if each.name == when), None)
    if field is not None:
        name, title = field.name, field.title
    if field is None or (field.type == "boolean" and when != field.name):
        field = Field(name=name, title=title, type="computed", expression=when)
    plain = _is_value(entity, when)
    shown = plain[0] if plain else [field.name, "yes"]
    changed = entity if plain else with_field(entity, field)
    views = tuple(each for each in changed.views if each.name != name)
    view = View(name=name, title=title, fields=(), filter={"all": [shown]})
    changed = msgspec.structs.replace(changed, views=(*views, view))
    note = f"{entity.name}: those with {when} get a tab, {title}: rows have no colours of their own"
    return place.changed(changed, note)


def _is_value(entity: Entity, when: str) -> list[list[object]]:
    """Return the filter that a condition is by itself: a choice, or a box that is ticked."""
    if found := re.fullmatch(r'(\w+) == "([^"]+)"', when):
        return [[found.group(1), "any_of", [found.group(2)]]]
    if any(field.name == when and field.type == "boolean" for field in entity.fields):
        return [[when, "yes"]]
    return []
