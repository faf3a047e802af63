"""Takes out of a spec what an app cannot hold, and says so: a source may ask for anything."""

import re
from typing import Any

import msgspec

from dataforms.check import problems
from dataforms.spec import AppSpec, Problem

_PART = re.compile(r"(\w+)(?:\[(\d+)\])?")
_ROUNDS = 8
_NAMED = ("name", "type", "target", "fields", "title", "kind")
_MOST_NOTES = 30


def fitted(spec: AppSpec) -> tuple[AppSpec, tuple[str, ...]]:
    """Return a spec without its faults, and a note for each thing that was left out.

    A fault of a field's or a rule's property costs that property, or the whole rule; never a field.
    """
    notes: list[str] = []
    for _ in range(_ROUNDS):
        found = problems(spec)
        if not found:
            break
        document: Any = msgspec.to_builtins(spec)
        for problem in reversed(found):
            note = _mend(document, problem)
            if note and note not in notes:
                notes.append(note)
        spec = msgspec.convert(document, AppSpec)
    more = len(notes) - _MOST_NOTES
    return spec, (*notes[:_MOST_NOTES], f"{more} more things were left out.") if more > 0 else tuple(notes)


def _mend(document: Any, problem: Problem) -> str:
    """Take the faulty part out of a document; return a note, empty where nothing could be done."""
    steps = [(name, int(place) if place else None) for name, place in _PART.findall(problem.path)]
    if len(steps) < 2 or steps[0][0] != "entities" or steps[0][1] is None:
        return ""
    entity = document["entities"][steps[0][1]]
    word, place = steps[1]
    if word == "rules" and place is not None and place < len(entity["rules"]):
        rule = entity["rules"].pop(place)
        said = rule.get("expression") or f"{' and '.join(rule.get('fields', ()))} are unique together"
        return f"{entity['title']}: the rule {said[:200]!r} was left out: {problem.message}"
    if word == "fields" and place is not None and len(steps) > 2 and steps[2][0] not in _NAMED:
        field = entity["fields"][place]
        if steps[2][0] in field:
            lost = field.pop(steps[2][0])
            return (
                f"{entity['title']}: {steps[2][0]} {str(lost)[:80]!r} of {field['title']} was left out: "
                f"{problem.message}"
            )
    if word in ("display", "description", "icon", "plural") and word in entity:
        entity.pop(word)
    return ""
