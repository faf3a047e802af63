"""From a draft to what the app will have: entities that belong together are joined, the unlikely left out."""

from collections.abc import Iterable

from protoddfd.design import joining
from protoddfd.design.draft import Draft, EntityDraft, FieldDraft
from protoddfd.design.entities import is_context, key_of
from protoddfd.design.lexicon import entity_kind, kinds_of, verb_forms
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.naming import known_type
from protoddfd.design.promoting import promote

ENOUGH = 1.0
"""The score from which on something is an entity."""

SURE = 2.9
"""The score from which on an unknown word in the singular is an entity."""

WELL_KNOWN = 2.0
"""The score from which on one of something that nothing is said of is an entity."""

MOST_ENTITIES = 25


def resolve(draft: Draft) -> list[EntityDraft]:
    """Return the entities of the app in order, with the draft's links and fields moved to them."""
    if draft.columns:
        _house_columns(draft)
    promote(draft, ENOUGH)
    joining.join_longer(draft)
    _settle_topic(draft)
    joining.join_synonyms(draft)
    kept = [entity for entity in draft.entities.values() if entity.score >= ENOUGH and _possible(entity)]
    kept = [entity for entity in kept if not _in_passing(entity) and not _is_verb(entity.key)] or kept
    if not kept:
        kept = _fallback(draft)
    kept = _without_steps(draft, kept)[:MOST_ENTITIES]
    _keep_loose(draft, kept)
    draft.entities = {entity.key: entity for entity in kept}
    for entity in kept:
        entity.kind = entity_kind(tuple(entity.key.split())) or _guessed_kind(entity)
    return kept


def _house_columns(draft: Draft) -> None:
    """Give the columns of a table to an entity: what the text is about, else what the first of them names."""
    best = max(draft.entities.values(), key=lambda entity: entity.score, default=None)
    first = draft.columns[0].words
    key = draft.topic
    if (
        not key
        and len(first) > 1
        and first[-1] in {"no", "number", "nr", "name", "id", "code"}
        and entity_kind(first[:-1])
    ):
        key = key_of(first[:-1])
    if not key and len(first) == 1 and entity_kind(first) and known_type(first)[0] in {"", "text"}:
        key = key_of(first)
        draft.columns[0].words = ("name",)
    if not key:
        key = best.key if best is not None else "entry"
    entity = draft.entity(key, 4.0, "a table was given")
    entity.defined = True
    names = {field.name for field in entity.fields}
    for field in draft.columns:
        if field.many and not field.type and entity_kind(field.lemmas) in {"thing", "person"}:
            field.type, field.why = "integer", "a column that is called like several things counts them"
    entity.fields = [*(field for field in draft.columns if field.name not in names), *entity.fields]


def _possible(entity: EntityDraft) -> bool:
    if not entity.key or not entity.key[0].isalpha():
        return False
    if (
        not entity_kind(tuple(entity.key.split()))
        and not entity.plural
        and entity.score < SURE
        and len(entity.fields) < 2
    ):
        return False
    if entity.key == "person" and not entity.fields and entity.score < SURE:
        return False
    if entity.defined and entity.fields:
        return entity.key not in {"app", "system", "dashboard", "chart", "list"}
    several = bool(entity.plural) and entity.key.split()[-1] in word_set("places")
    return several or not is_context(entity.key)


def _in_passing(entity: EntityDraft) -> bool:
    """Tell whether one person or thing was spoken of without a word about it: `the manager signs`."""
    words = tuple(entity.key.split())
    if entity.plural or entity.fields or entity.defined or entity.score >= WELL_KNOWN:
        return False
    if {words[-1], entity.key} & word_set("own record"):
        return False
    return entity_kind(words) in {"person", "thing"} and entity.why in {"it is spoken of", "it is listed"}


def _without_steps(draft: Draft, kept: list[EntityDraft]) -> list[EntityDraft]:
    """Leave out what is done to a thing right after something else, as in `weighs and feeds it`."""
    left: list[EntityDraft] = []
    for entity in kept:
        before = left[-1] if left else None
        if before is None or not (
            _is_step(entity) and _is_step(before) and _shares_object(draft, before, entity)
        ):
            left.append(entity)
    return left


def _is_step(entity: EntityDraft) -> bool:
    kind = entity_kind(tuple(entity.key.split()))
    return kind == "event" and entity.why == "somebody does it with something" and not entity.fields


def _shares_object(draft: Draft, one: EntityDraft, two: EntityDraft) -> bool:
    """Tell whether two events are about the same, or one about the other, or the second about nothing."""
    about = [
        {link.target for link in draft.links if link.source == each.key and not _is_person(link.target)}
        for each in (one, two)
    ]
    return not about[1] or one.key in about[1] or bool(about[0] & about[1])


def _is_person(key: str) -> bool:
    return entity_kind(tuple(key.split())) == "person"


def _is_verb(key: str) -> bool:
    """Tell a verb that was taken for a noun: `when matched: handed out on`."""
    return verb_forms().get(key, ("", ""))[1] == "past" and not kinds_of((key,))


def _guessed_kind(entity: EntityDraft) -> str:
    last = entity.key.split()[-1]
    if last.endswith(("er", "or", "ist", "ian", "ee")) and not last.endswith(
        ("paper", "number", "order", "meter", "letter", "folder", "sensor", "vector", "filter")
    ):
        return "person"
    if last.endswith(("tion", "sion", "ment", "ing", "al")) and len(last) > 5:
        return "event"
    return "thing"


def _settle_topic(draft: Draft) -> None:
    """Make what the app is about an entity if it is an event or money, and no other entity is one."""
    topic = draft.topic
    if not topic:
        return
    strong = [entity for entity in draft.entities.values() if entity.score >= ENOUGH]
    kind = entity_kind(tuple(topic.split()))
    known = topic in draft.entities or any(
        key.endswith(f" {topic}") or topic.endswith(f" {key}") for key in draft.entities
    )
    if known:
        return
    if not strong:
        draft.entity(topic, ENOUGH, "the app is about it")
        return
    explicit = sum(1 for entity in strong if entity.defined and len(entity.fields) > 1)
    events = [each for each in strong if entity_kind(tuple(each.key.split())) in {"event", "money"}]
    if kind in {"event", "money"} and not events and explicit < 2:
        draft.entity(topic, ENOUGH, "the app is about it")


def _fallback(draft: Draft) -> list[EntityDraft]:
    """Return the likeliest entity of a description that has none that is likely enough."""
    possible = [entity for entity in draft.entities.values() if _possible(entity)]
    if possible:
        return [max(possible, key=lambda entity: entity.score)]
    known = [key for key in draft.nouns if entity_kind((key,)) and not is_context(key)]
    if known:
        return [draft.entity(key, ENOUGH, "the description names it") for key in dict.fromkeys(known[-2:])]
    if any(field.type or known_type(field.words)[0] for field, _ in draft.loose):
        return [draft.entity(draft.topic or "item", ENOUGH, "fields were named, and nothing that has them")]
    return []


def _keep_loose(draft: Draft, kept: Iterable[EntityDraft]) -> None:
    """Give fields without an owner to the entity they fit best; drop those of entities that were left out."""
    by_key = {entity.key: entity for entity in kept}
    if not by_key:
        return
    for field, owner in draft.loose:
        entity = by_key.get(owner) or _fitting(field, list(by_key.values()))
        if entity is not None and entity.field(field.name) is None:
            entity.fields.append(field)


def _fitting(field: FieldDraft, kept: list[EntityDraft]) -> EntityDraft | None:
    found, phrase = known_type(field.words)
    if not phrase:
        return None
    if phrase in {"due date", "due", "return date", "deadline"}:
        wanted = ("event", "money")
    elif found in {"email", "phone"}:
        wanted = ("person", "group")
    else:
        wanted = ("", "")
    for entity in kept:
        if entity_kind(tuple(entity.key.split())) in wanted:
            return entity
    return kept[-1] if len(kept) == 1 or not wanted else kept[0]
