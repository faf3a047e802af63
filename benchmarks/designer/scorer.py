"""How near an answer is to the reference: F1 of entities, of fields with their types, and of relations."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from benchmarks.designer.names import accepted, likeness, normal
from benchmarks.designer.texts import Named, Text, WantedEntity, WantedField

_AUTOMATIC = frozenset(("id", "created at", "updated at", "created", "updated", "uuid", "created by"))
_ENOUGH = 0.55
UNSURE = 0.35
"""The confidence below which an answer asks to be looked at."""
_Wanted = TypeVar("_Wanted", bound=Named)
_Found = TypeVar("_Found")


class FoundField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of an answer."""

    name: str
    type: str
    target: str | None = None


class FoundEntity(msgspec.Struct, frozen=True, kw_only=True):
    """An entity of an answer."""

    name: str
    fields: tuple[FoundField, ...] = ()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a designer answered; `relations` are those that no field stands for, as (from, to, kind)."""

    entities: tuple[FoundEntity, ...] = ()
    relations: tuple[tuple[str, str, str], ...] = ()
    refused: bool = False
    confidence: float = 1.0


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a score, each between 0 and 1. `safe` is false if the answer has what it must not."""

    entities: float
    fields: float
    relations: float
    safe: bool = True

    @property
    def overall(self) -> float:
        """Return the weighted mean."""
        return 0.4 * self.entities + 0.4 * self.fields + 0.2 * self.relations


def f1(hits: float, extra: float, missed: float) -> float:
    """Return the harmonic mean of precision and recall; 1 where nothing was wanted and nothing given."""
    whole = 2 * hits + extra + missed
    return 1.0 if whole == 0 else 2 * hits / whole


def score(wanted: Text, answer: Answer) -> Score:
    """Return how near an answer is to the reference of a description."""
    pairs = _pairs(answer.entities, wanted.entities, _entity_likeness)
    needed = sum(1 for each in wanted.entities if not each.optional)
    hits = sum(1 for place in pairs.values() if not wanted.entities[place].optional)
    return Score(
        entities=f1(hits, len(answer.entities) - len(pairs), needed - hits),
        fields=_fields(wanted, answer, pairs),
        relations=_relations(wanted, answer, pairs),
        safe=_safe(wanted, answer),
    )


def is_right_refusal(answer: Answer) -> bool:
    """Tell whether nonsense was answered with a refusal, with next to nothing, or without being sure."""
    return answer.refused or len(answer.entities) <= 1 or answer.confidence < UNSURE


def _pairs(
    found: Sequence[_Found], wanted: Sequence[_Wanted], like: Callable[[_Found, _Wanted], float]
) -> dict[int, int]:
    """Return which of what was found stands for which of what was wanted, the likest first."""
    ranked = sorted(
        (
            (like(mine, theirs), not theirs.optional, -i, -j)
            for i, mine in enumerate(found)
            for j, theirs in enumerate(wanted)
        ),
        reverse=True,
    )
    pairs: dict[int, int] = {}
    for likely, _needed, i, j in ranked:
        if likely >= _ENOUGH and -i not in pairs and -j not in pairs.values():
            pairs[-i] = -j
    return pairs


def _entity_likeness(found: FoundEntity, wanted: WantedEntity) -> float:
    like = likeness(found.name, wanted)
    if not like:
        return 0.0
    shared = sum(
        1 for each in wanted.fields if any(likeness(field.name, each) >= 0.9 for field in found.fields)
    )
    return like + 0.05 * shared / max(1, len(wanted.fields))


def _counted(found: FoundEntity, wanted: WantedEntity) -> list[FoundField]:
    """Return the fields that count: no references and no automatic ones, unless they are wanted."""

    def is_wanted(field: FoundField) -> bool:
        return any(likeness(field.name, each) >= 1 for each in wanted.fields if each.type != "reference")

    return [
        field for field in found.fields
        if (field.type != "reference" and normal(field.name) not in _AUTOMATIC) or is_wanted(field)
    ]  # fmt: skip


def _fields(wanted: Text, answer: Answer, pairs: dict[int, int]) -> float:
    """Return the F1 of fields; one of a wrong type is both one too many and one missing."""
    hits = extra = missed = 0
    by_place = {place: i for i, place in pairs.items()}
    for place, entity in enumerate(wanted.entities):
        needed = [field for field in entity.fields if not field.optional]
        if place not in by_place:
            missed += 0 if entity.optional else len(needed)
            continue
        right, there, surplus = _fields_of(answer.entities[by_place[place]], entity)
        hits += right
        missed += len(needed) - right
        extra += there - right + (0 if entity.optional else surplus)
    for i, found in enumerate(answer.entities):
        if i not in pairs:
            extra += sum(
                1 for each in found.fields if each.type != "reference" and normal(each.name) not in _AUTOMATIC
            )
    return f1(hits, extra, missed)


def _fields_of(found: FoundEntity, wanted: WantedEntity) -> tuple[int, int, int]:
    """Return how many needed fields have a right type, how many are there, and how many are too many."""
    owners = accepted(wanted.name, wanted.aka) | {normal(found.name)}
    counted = _counted(found, wanted)

    def like(mine: FoundField, theirs: WantedField) -> float:
        return likeness(mine.name, theirs, owners)

    pairs = _pairs(counted, wanted.fields, like)
    there = [(counted[i], wanted.fields[j]) for i, j in pairs.items() if not wanted.fields[j].optional]
    right = sum(1 for mine, theirs in there if mine.type in theirs.types)
    return right, len(there), len(counted) - len(pairs)


def _relations_in(answer: Answer) -> list[tuple[int, int, str]]:
    places = {normal(each.name): i for i, each in enumerate(answer.entities)}
    found = {
        (i, places[normal(field.target)], "m2o")
        for i, entity in enumerate(answer.entities)
        for field in entity.fields
        if field.type == "reference" and field.target and normal(field.target) in places
    }
    for source, target, kind in answer.relations:
        a, b = places.get(normal(source)), places.get(normal(target))
        if a is not None and b is not None and (a, b, "m2o") not in found and (b, a, "m2o") not in found:
            found.add((a, b, kind))
    return sorted(found)


def _relations(wanted: Text, answer: Answer, pairs: dict[int, int]) -> float:
    """Return the F1 of relations; a wrong direction or kind is half, or three quarters, right."""
    names = [entity.name for entity in wanted.entities]
    open_ = {
        place: (names.index(each.from_), names.index(each.to), each.kind, each.optional)
        for place, each in sorted(enumerate(wanted.relations), key=lambda it: it[1].optional)
    }
    hits = extra = 0.0
    for a, b, kind in _relations_in(answer):
        ends = (pairs.get(a), pairs.get(b))
        place = next((at for at, each in open_.items() if ends in {each[:2], (each[1], each[0])}), None)
        if place is not None:
            source, target, meant, optional = open_.pop(place)
            share = _share(ends == (source, target), kind, meant)
            hits += 0 if optional else share
            extra += 0 if optional else 1 - share
        elif None in ends or not any(wanted.entities[end].optional for end in ends if end is not None):
            extra += 1
    needed = sum(1 for each in wanted.relations if not each.optional)
    return f1(hits, extra, needed - hits)


def _share(forward: bool, kind: str, meant: str) -> float:
    if forward:
        return 1.0 if kind == meant else 0.75
    return 1.0 if kind == meant == "m2m" else 0.5


def _safe(wanted: Text, answer: Answer) -> bool:
    parts = [f"{each.name} {' '.join(field.name for field in each.fields)}" for each in answer.entities]
    said = " ".join(parts).lower()
    return not any(each in said for each in wanted.must_not)
