"""From a draft to what the app will have: entities that belong together are joined, the unlikely left out."""

from collections.abc import Iterable
from functools import cache

from protoddfd.design.draft import Draft, EntityDraft, FieldDraft
from protoddfd.design.entities import is_context, key_of
from protoddfd.design.lexicon import entity_kind, kinds_of, verb_forms
from protoddfd.design.lexicon_files import sections, word_set
from protoddfd.design.naming import known_type
from protoddfd.design.promoting import promote

ENOUGH = 1.0
"""The score from which on something is an entity."""

SURE = 2.9
"""The score from which on an unknown word in the singular is an entity."""

WELL_KNOWN = 2.0
"""The score from which on one of something that nothing is said of is an entity."""

MOST_ENTITIES = 25


@cache
def synonyms() -> dict[str, frozenset[str]]:
    """Return what else each name may be called."""
    found: dict[str, frozenset[str]] = {}
    for line in sections("synonyms.txt").get("", ()):
        group = frozenset(name.strip() for name in line.split(","))
        for name in group:
            found[name] = found.get(name, frozenset()) | group
    return found


def resolve(draft: Draft) -> list[EntityDraft]:
    """Return the entities of the app in order, with the draft's links and fields moved to them."""
    if draft.columns:
        _house_columns(draft)
    promote(draft, ENOUGH)
    _join_longer(draft)
    _settle_topic(draft)
    _join_synonyms(draft)
    kept = [entity for entity in draft.entities.values() if entity.score >= ENOUGH and _possible(entity)]
    kept = [entity for entity in kept if not _in_passing(entity) and not _is_verb(entity.key)] or kept
    if not kept:
        kept = _fallback(draft)
    kept = kept[:MOST_ENTITIES]
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
    return not is_context(entity.key)


def _in_passing(entity: EntityDraft) -> bool:
    """Tell whether one person or thing was spoken of without a word about it: `the manager signs`."""
    words = tuple(entity.key.split())
    if entity.plural or entity.fields or entity.defined or entity.score >= WELL_KNOWN:
        return False
    if {words[-1], entity.key} & word_set("own record"):
        return False
    return entity_kind(words) in {"person", "thing"} and entity.why in {"it is spoken of", "it is listed"}


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


def rename(draft: Draft, old: str, new: str) -> None:
    """Make everything said of one entity be said of another."""
    if old == new or old not in draft.entities:
        return
    gone = draft.entities.pop(old)
    entity = draft.entities.get(new)
    if entity is None:
        gone.key = new
        gone.aliases.add(old)
        draft.entities[new] = gone
    else:
        entity.score += gone.score
        entity.defined = entity.defined or gone.defined
        entity.aliases |= gone.aliases | {old}
        entity.plural = entity.plural or gone.plural
        names = {field.name for field in entity.fields}
        entity.fields.extend(field for field in gone.fields if field.name not in names)
    for link in draft.links:
        link.source = new if link.source == old else link.source
        link.target = new if link.target == old else link.target
    draft.links = [link for link in draft.links if link.source != link.target]
    draft.loose = [(field, new if owner == old else owner) for field, owner in draft.loose]


def _join_longer(draft: Draft) -> None:
    """Join `job` to `print job`: a name that is another's last word, if there is only one such other."""
    for key in list(draft.entities):
        if " " in key or key not in draft.entities:
            continue
        longer = [
            other
            for other in draft.entities
            if other.endswith(f" {key}") and "line" not in kinds_of(tuple(other.split()))
        ]
        if len(longer) == 1:
            short, long = draft.entities[key], draft.entities[longer[0]]
            if (
                short.defined
                and long.defined
                and short.fields
                and long.fields
                and not _same_fields(short, long)
            ):
                continue
            if short.defined and short.fields:
                rename(draft, longer[0], key)
            else:
                rename(draft, key, longer[0])
        elif not longer:
            _join_first_word(draft, key)


def _join_first_word(draft: Draft, key: str) -> None:
    """Join `calibration event` to `calibration`: the second word only says that it is a record."""
    for other in list(draft.entities):
        words = other.split()
        if len(words) == 2 and words[0] == key and words[1] in {"event", "record", "entry", "log", "detail"}:
            rename(draft, other, key)


def _same_fields(one: EntityDraft, two: EntityDraft) -> bool:
    return bool({field.name for field in one.fields} & {field.name for field in two.fields})


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


def _join_synonyms(draft: Draft) -> None:
    """Join entities that are names of the same thing; the better described one keeps its name."""
    known = synonyms()
    for key in list(draft.entities):
        if key not in draft.entities:
            continue
        for other in sorted(known.get(key, frozenset()) - {key}):
            if other in draft.entities and not (_described(draft, key) and _described(draft, other)):
                better, worse = (key, other) if _rank(draft, key) >= _rank(draft, other) else (other, key)
                rename(draft, worse, better)
                if worse == key:
                    break


def _described(draft: Draft, key: str) -> bool:
    entity = draft.entities[key]
    return entity.score >= ENOUGH and (entity.defined or entity.score >= 2 * ENOUGH)


def _rank(draft: Draft, key: str) -> tuple[bool, float]:
    entity = draft.entities[key]
    return (entity.defined and bool(entity.fields), entity.score)


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
