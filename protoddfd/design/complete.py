"""What goes without saying: names, dates and amounts, references to what is there."""

from functools import cache

from protoddfd.design.draft import Draft, EntityDraft, FieldDraft
from protoddfd.design.items import settle
from protoddfd.design.joining import synonyms
from protoddfd.design.lexicon import entity_kind, singular
from protoddfd.design.lexicon_files import pairs, sections, word_set
from protoddfd.design.naming import known_type, with_article

_NUMBERS = frozenset(
    ("number", "no", "nr", "code", "tag", "plate", "label", "barcode", "serial", "reference", "reg")
)
"""The last words of names that tell records apart as well as a name does."""

ENOUGH_FIELDS = 1
"""An entity with so many fields of its own gets none that were not asked for, but for a name."""


@cache
def _topics() -> dict[str, tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]]:
    """Return, by entity, the fields and the links that go without saying."""
    found: dict[str, tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]] = {}
    for line in sections("topics.txt").get("", ()):
        name, _, rest = line.partition(":")
        parts = [part.strip() for part in rest.split(";")]
        fields = tuple(each.strip() for each in parts[0].split(",") if each.strip())
        links = tuple(
            tuple(each.strip() for each in part[1:].split(",")) for part in parts[1:] if part.startswith(">")
        )
        found[name.strip().lower()] = (fields, links)
    return found


def topic_of(key: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the default fields and links of an entity, by the longest name that its key ends in."""
    words = key.split()
    known = _topics()
    for start in range(len(words)):
        for name in (" ".join(words[start:]), *sorted(synonyms().get(" ".join(words[start:]), ()))):
            if name in known and _kindred(name, key):
                return known[name]
    return (), ()


def _kindred(name: str, key: str) -> bool:
    return entity_kind(tuple(name.split())) == entity_kind(tuple(key.split()))


def complete(draft: Draft) -> None:
    """Add to every entity what a careful analyst would, and no more."""
    for entity in draft.entities.values():
        _own_words(entity)
    for entity in list(draft.entities.values()):
        _references(draft, entity)
    for entity in draft.entities.values():
        _fields(entity)
    for entity in draft.entities.values():
        _name(entity)


def _own_words(entity: EntityDraft) -> None:
    for field in entity.fields:
        settle(field)


# -- references ------------------------------------------------------------------------------------------


def entity_named(draft: Draft, words: tuple[str, ...]) -> str:
    """Return the key of the entity that a field's name speaks of, or ``."""
    lemma = (*words[:-1], singular(words[-1]))
    for start in range(len(lemma)):
        name = " ".join(lemma[start:])
        for key, entity in draft.entities.items():
            if name == key or name in entity.aliases or (start == 0 and name in synonyms().get(key, ())):
                return key
    last = lemma[-1]
    ends = [key for key in draft.entities if key.split()[-1] == last and len(lemma) == 1]
    return ends[0] if len(ends) == 1 else ""


def _references(draft: Draft, entity: EntityDraft) -> None:
    """Turn fields that speak of another entity into links to it."""
    kept: list[FieldDraft] = []
    for field in entity.fields:
        target = (
            ""
            if field.typed or field.choices or not field.words or "of" in field.words
            else entity_named(draft, field.words)
        )
        found, phrase = known_type(field.words)
        if (
            target
            and target != entity.key
            and not (found in {"date", "datetime", "money", "integer"} and len(phrase.split()) > 1)
        ):
            if not (field.many and draft_links(draft, target, entity.key)):
                draft.link(entity.key, target, many=field.many, strength=2.0, why="it names another entity")
            continue
        kept.append(field)
    entity.fields = kept


def draft_links(draft: Draft, source: str, target: str) -> bool:
    """Tell whether there is a link from one entity to another."""
    return any(link.source == source and link.target == target for link in draft.links)


# -- fields ----------------------------------------------------------------------------------------------


def _fields(entity: EntityDraft) -> None:
    """Give an entity with hardly a field of its own those that go without saying."""
    own = [field for field in entity.fields if field.type]
    defaults, _ = topic_of(entity.key)
    if len(own) <= ENOUGH_FIELDS:
        for name in defaults:
            _add(entity, name)
    if entity.kind == "person" and len(own) <= 1 and entity.defined:
        for name in ("email", "phone"):
            _add(entity, name)
    dated = any(field.type in {"date", "datetime", "time"} for field in entity.fields)
    if entity.kind in {"event", "money"} and not dated and len(own) <= ENOUGH_FIELDS + 1:
        _add(entity, "date")


def _add(entity: EntityDraft, name: str) -> None:
    words = tuple(name.split())
    found = known_type(words)[0]
    if entity.field(name) is not None:
        return
    if (
        found in {"date", "datetime"}
        and words[-1] == "date"
        and len(words) == 1
        and any(field.type in {"date", "datetime"} for field in entity.fields)
    ):
        return
    if any(
        set(words) <= set(field.words)
        or (field.type == found and found in {"money", "email", "phone", "rating"})
        for field in entity.fields
    ):
        return
    field = FieldDraft(words=words, lemmas=words, why=f"{with_article(entity.key)} usually has one")
    settle(field)
    entity.fields.append(field)


def _name(entity: EntityDraft) -> None:
    """Give an entity a field that stands for its records, where people would look for one."""
    if entity.kind in {"event", "money", "line"} and topic_of(entity.key)[0]:
        return
    names = {field.name for field in entity.fields}
    if names & word_set("naming field") or any(
        field.words and field.words[-1] in {"name", "title"} for field in entity.fields[:3]
    ):
        return
    if entity.kind in {"event", "money", "line"}:
        return
    if entity.defined and any(field.words and field.words[-1] in _NUMBERS for field in entity.fields):
        return
    wanted = display_name(entity.key)
    field = FieldDraft(words=(wanted,), lemmas=(wanted,), why="it is what its records are called")
    settle(field)
    if entity.fields and any(field.unique for field in entity.fields):
        return
    entity.fields.insert(0, field)


def display_name(key: str) -> str:
    """Return what stands for a record of an entity: `name`, `title`, `number`, ..."""
    known = _display_names()
    return known.get(key) or known.get(key.split()[-1], "name")


@cache
def _display_names() -> dict[str, str]:
    """Return what entities are told by, by their names, where it is no name."""
    found: dict[str, str] = {}
    for name, listed in pairs("display.txt", "", ":").items():
        if name != "date":
            found.update({each.strip(): name for each in listed.split(",")})
    return found
