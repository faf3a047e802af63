"""Which fields each entity has: said beside it or going without saying, judged by learned signs."""

from collections.abc import Iterator, Sequence

import msgspec

from protoddfd.design import items
from protoddfd.design.draft import Draft, EntityDraft, FieldDraft
from protoddfd.design.field_signs import signs_of
from protoddfd.design.items import settle
from protoddfd.design.judge import likelihood
from protoddfd.design.mentioning import Mention
from protoddfd.design.naming import with_article
from protoddfd.design.spoken import Spoken

LIKELY = 0.36
"""How likely a field must be to be taken."""

SHARED = 0.45
"""How likely a field must be to be taken for more than one entity."""

USUAL_ENOUGH = 0.2
"""How likely a field must be that goes without saying by what is known of such entities."""

USUAL = (
    "name",
    "title",
    "date",
    "amount",
    "status",
    "quantity",
    "price",
    "description",
    "address",
    "phone",
    "email",
)
"""What an entity of whatever kind may have without a word about it."""


MOST_WORDS = 4
"""Words of a field's name that is found in a sentence."""


class Candidate(msgspec.Struct, kw_only=True):
    """A field that an entity may have."""

    owner: str
    field: FieldDraft
    given: bool
    """Is it what the rules found for this entity?"""
    places: list[int] = msgspec.field(default_factory=list)
    """Where it is spoken of, among all mentions."""


def house(draft: Draft, mentions: Sequence[Mention]) -> None:
    """Give every entity the fields that are likely to be its own, and take the others from it."""
    spoken = Spoken(draft, mentions)
    best: dict[str, float] = {}
    rated: list[tuple[float, Candidate]] = []
    for each in candidates(draft, spoken):
        rate = likelihood(
            signs_of(each.owner, each.field, given=each.given, places=each.places, spoken=spoken),
            "field_signs.txt",
        )
        rated.append((rate, each))
        if each.places:
            best[each.field.name] = max(rate, best.get(each.field.name, 0.0))
    taken: dict[str, list[FieldDraft]] = {key: [] for key in draft.entities}
    for rate, each in rated:
        if _is_listed(draft, each) or rate >= _enough(each, rate, best):
            taken[each.owner].append(each.field)
    for key, entity in draft.entities.items():
        entity.fields = taken[key]


def _is_listed(draft: Draft, each: Candidate) -> bool:
    """Tell whether a field stands in the list of its owner's fields."""
    return each.given and draft.entities[each.owner].defined and "usually" not in each.field.why


def _enough(each: Candidate, rate: float, best: dict[str, float]) -> float:
    """Return how likely a field must be: less if it is usual, more if another is likelier to have it."""
    if each.given:
        return USUAL_ENOUGH if "usually" in each.field.why else LIKELY
    return SHARED if each.places and rate < best[each.field.name] else LIKELY


def candidates(draft: Draft, spoken: Spoken) -> Iterator[Candidate]:
    """Yield all fields that the entities of a draft may have."""
    said = _said(draft, spoken)
    for entity in draft.entities.values():
        own = {field.name for field in entity.fields}
        for field in entity.fields:
            places = said[field.name][1] if field.name in said else []
            yield Candidate(owner=entity.key, field=field, given=True, places=places)
        for field, places in said.values():
            if not any(set(field.words) <= set(each.words) for each in entity.fields):
                copied = msgspec.structs.replace(field)
                yield Candidate(owner=entity.key, field=copied, given=False, places=places)
        if not (entity.defined and len(entity.fields) > 1):
            missing = (name for name in USUAL if name not in own and name not in said)
            yield from (
                Candidate(owner=entity.key, field=_usual(entity, name), given=False) for name in missing
            )


def _said(draft: Draft, spoken: Spoken) -> dict[str, tuple[FieldDraft, list[int]]]:
    """Return every phrase that may name a field, by its name, and where it is spoken of."""
    known = {field.name: field for entity in draft.entities.values() for field in entity.fields}
    found: dict[str, tuple[FieldDraft, list[int]]] = {}
    for place, mention in enumerate(spoken.mentions):
        if mention.where in {"doing", "owner", "word"} or spoken.entities[place]:
            continue
        field = items.parse(mention.chunks[mention.at].tokens).field
        if field is None or not field.words or len(field.words) > MOST_WORDS:
            continue
        field = known.get(field.name, field)
        found.setdefault(field.name, (field, []))[1].append(place)
    return found


def _usual(entity: EntityDraft, name: str) -> FieldDraft:
    field = FieldDraft(words=(name,), lemmas=(name,), why=f"{with_article(entity.key)} usually has one")
    settle(field)
    return field
