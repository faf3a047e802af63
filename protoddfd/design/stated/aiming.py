"""What a right is about: entities, fields, or what stands for a decision."""

import re
from collections.abc import Sequence

from dataforms.spec import Field
from protoddfd.design.lexicon_files import pairs
from protoddfd.design.stated import owning
from protoddfd.design.stated.grants import Target
from protoddfd.design.stated.known import DAYS, Known, lemma
from protoddfd.design.stated.rights import Right

ALL_WORDS = frozenset(
    ("", "everything", "all", "anything", "data", "records", "record", "entries", "entry",
     "all data", "things", "them",
     "it",
     "app", "information", "details", "this", "that", "stuff", "whole", "tables", "lists", "list", "those")
)  # fmt: skip


def target(known: Known, right: Right, about: Sequence[str]) -> Target | None:
    """Return the entities, or the fields, that a right is about; None if they are not there."""
    what = right.what
    if right.kind == "own":
        return owning.target(known, right, about)
    if right.deeds == {"decide"}:
        return _decided(known, right, about)
    if what in ALL_WORDS:
        return Target(entities=known.spec.entities)
    return _named(known, what, about)


def _named(known: Known, what: str, about: Sequence[str]) -> Target | None:
    entities = [known.entity(part) for part in re.split(r" and | or | ?, ", what)]
    if all(entities):
        return Target(entities=tuple(each for each in entities if each))
    owner, _, rest = what.partition(" of ")
    whose = known.entity(rest) if rest else None
    row = [whose] if whose else [*filter(None, map(known.of, about)), *known.spec.entities]
    for entity in row:
        fields = [known.field(entity, part) or known.field(entity, lemma(part))
                  for part in re.split(r" and | or | ?, ", owner if whose else what)]  # fmt: skip
        if all(fields):
            return Target(entities=(entity,), fields=tuple(each for each in fields if each))
    return None


def _decided(known: Known, right: Right, about: Sequence[str]) -> Target | None:
    """Return the fields that stand for a decision: a status that can be `approved`, a box, its date."""
    words = pairs("stated.txt", "decided", ":").get(right.verb, "")
    states = [each.strip() for each in words.split(",") if each.strip()]
    named = known.entities_in(right.what)
    rows = named or [*filter(None, map(known.of, about)), *known.spec.entities]
    for entity in rows:
        fields = [each for each in entity.fields if _decides(known, each, states)]
        if fields:
            return Target(entities=(entity,), fields=tuple(fields))
    return None


def _decides(known: Known, field: Field, states: Sequence[str]) -> bool:
    if field.type in {"enum", "multi_enum"}:
        return any(known.choice(field, state) for state in states)
    if field.type == "boolean":
        return field.name.removeprefix("is_") in states
    words = field.name.split("_")
    return (
        (field.type in DAYS or field.type in {"text", "reference"})
        and words[0] in states
        and words[-1] in {"by", "on", "at", "date"}
    )
