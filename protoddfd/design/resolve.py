"""From a draft to what the app will have: entities that belong together are joined, the unlikely left out."""

from collections.abc import Iterable, Sequence

from protoddfd.design import joining
from protoddfd.design.draft import Draft, EntityDraft, FieldDraft
from protoddfd.design.entities import is_context, key_of
from protoddfd.design.judge import candidates, judged
from protoddfd.design.lexicon import entity_kind
from protoddfd.design.lexicon_files import word_set
from protoddfd.design.mentioning import Mention
from protoddfd.design.naming import known_type
from protoddfd.design.promoting import promote

ENOUGH = 1.0
"""The score of what is an entity by the rules alone."""

LIKELY = 0.32
"""How likely a candidate must be to become an entity: rather one too many than one missing."""

SURE = 0.75
"""How likely it must be if something speaks against it."""

CERTAIN = 0.9
"""How likely it must be beside the header of a table, and for what only a heading names."""

MOST_ENTITIES = 25


def gather(draft: Draft) -> None:
    """Bring together what a draft says of the same thing by several names."""
    if draft.columns:
        _house_columns(draft)
    promote(draft, ENOUGH)
    joining.join_longer(draft)
    _settle_topic(draft)
    joining.join_synonyms(draft)


def resolve(draft: Draft, mentions: Sequence[Mention]) -> list[EntityDraft]:
    """Return the entities of the app in order, with the draft's links and fields moved to them."""
    found = candidates(draft, mentions)
    likely = judged(draft, found)
    chosen = _chosen(
        draft, {key: rate for key, rate in likely.items() if rate >= _enough(draft, key, found[key])}
    )
    kept = _without_steps(draft, [_entity(draft, key, found[key]) for key in chosen]) or _fallback(draft)
    _keep_loose(draft, kept)
    draft.entities = {entity.key: entity for entity in kept}
    for entity in kept:
        entity.kind = entity_kind(tuple(entity.key.split())) or _guessed_kind(entity)
    return kept


def _enough(draft: Draft, key: str, mentions: Sequence[Mention]) -> float:
    """Return how likely a candidate must be: more where something speaks against it that the rules know."""
    entity = draft.entities.get(key)
    if any(" ".join(column.lemmas) == key for column in draft.columns) and key not in word_set("own record"):
        return CERTAIN
    if entity is not None and entity.score >= ENOUGH:
        return SURE if is_context(key) else LIKELY
    if draft.columns or (mentions and all("heading" in each.marks for each in mentions)):
        return CERTAIN
    described = [each.fields for each in draft.entities.values() if each.defined]
    fields = (*(field for each in described for field in each), *(field for field, _ in draft.loose))
    doubtful = any(key == " ".join(field.lemmas or field.words) for field in fields) or (
        bool(mentions) and all(_says_little(each) for each in mentions)
    )
    return SURE if doubtful else LIKELY


def _says_little(mention: Mention) -> bool:
    """Tell a mention that makes no entity: a wish, a verb that nobody does to anything."""
    if {"wish", "refusal"} & set(mention.marks):
        return True
    if mention.where == "word":
        return mention.tags[mention.at] == "V"
    return mention.where == "doing" and not any(each.kind == "noun" for each in mention.chunks)


def _chosen(draft: Draft, likely: dict[str, float]) -> list[str]:
    """Return the keys of the entities in order, of two names of the same the likelier."""
    possible = {key: each for key, each in likely.items() if key[:1].isalpha()}
    ranked = sorted(possible, key=lambda key: -possible[key])
    chosen: list[str] = []
    for key in ranked:
        same = next((other for other in chosen if _same(key, other)), "")
        if same:
            joining.rename(draft, key, same)
        else:
            chosen.append(key)
    return [key for key in possible if key in chosen[:MOST_ENTITIES]]


def _same(one: str, two: str) -> bool:
    """Tell whether one of two names is only a shorter one for the other: `job` and `print job`."""
    short, long = sorted((one, two), key=len)
    return long.endswith(f" {short}") or two in joining.synonyms().get(one, ())


def _entity(draft: Draft, key: str, mentions: Sequence[Mention]) -> EntityDraft:
    entity = draft.entities.get(key) or EntityDraft(key=key, why="it is spoken of as things with records are")
    several = next((each for each in mentions if each.plural), None)
    if several is not None and not entity.plural:
        entity.plural = " ".join(several.chunks[several.at].words)
    return entity


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
    """Return what a description is most likely about if nothing of it is likely to have records."""
    possible = [entity for key, entity in draft.entities.items() if key.strip() and not is_context(key)]
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
