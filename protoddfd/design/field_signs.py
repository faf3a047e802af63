"""Signs that speak for or against a phrase being a field of an entity: what both are and where."""

from collections.abc import Iterator, Sequence

from protoddfd.design.chunks import Chunk
from protoddfd.design.draft import EntityDraft, FieldDraft
from protoddfd.design.lexicon import entity_kind, verbs_of
from protoddfd.design.naming import known_type
from protoddfd.design.spoken import Spoken

FAR = 4
"""More chunks than this between two phrases are told by their ends."""

_SECTIONS = ("have", "event", "submit", "handle", "track", "record")
_NAMES = frozenset(("name", "title", "number", "code", "id", "no", "label"))
_DATES = frozenset(("date", "datetime", "time"))


def signs_of(
    owner: str, field: FieldDraft, *, given: bool, places: Sequence[int], spoken: Spoken
) -> set[str]:
    """Return the signs of a field of an entity, as short texts. Was it `given` by the rules?"""
    entity = spoken.draft.entities[owner]
    made = {"*", *_of_both(entity, field, spoken, given=given, said=bool(places), times=min(3, len(places)))}
    if given:
        made |= set(_of_reason(entity, field))
    elif not places:
        made |= set(_of_lack(entity, field.name))
    for place in places:
        made |= set(_of_place(entity, field.type or "-", place, spoken, given=given))
    return made


def _of_both(
    entity: EntityDraft, field: FieldDraft, spoken: Spoken, *, given: bool, said: bool, times: int
) -> Iterator[str]:
    kind, type_, name = entity.kind or "-", field.type or "-", field.name
    count = min(3, len(entity.fields))
    entities = spoken.draft.entities
    elsewhere = any(each.field(name) for each in entities.values() if each.key != entity.key)
    first = next(iter(entities)) == entity.key
    yield from (
        f"given {given}", f"given {given} {type_}", f"said {said} {given}", f"name {name}",
        f"last {field.words[-1]}", f"name {name} {kind} {said}", f"name {name} {entity.key.split()[-1]}",
        f"type {type_} {kind} {said}", f"fields {count} {given}", f"fields {count} {name} {kind}",
        f"defined {entity.defined} {given} {said}", f"defined {entity.defined} {name}",
        f"elsewhere {elsewhere} {given}", f"typed {field.typed}", f"choices {bool(field.choices)} {given}",
        f"words {len(field.words)} {said}", f"entity name {entity_kind(field.lemmas or field.words)} {given}",
        f"times {times} {given}", f"entities {min(6, len(entities))} {given} {said}",
        f"many {field.many} {given}", f"first {first} {given} {said}", f"start {field.words[0]}",
    )  # fmt: skip


def _of_reason(entity: EntityDraft, field: FieldDraft) -> Iterator[str]:
    """Yield why the rules gave a field: that it was said, that it is usual, or what stands for a record."""
    why = "usual" if "usually" in field.why else "called" if "are called" in field.why else "said"
    yield from (
        f"why {why}", f"why {why} {field.name}", f"why {why} {entity.kind} {min(3, len(entity.fields))}"
    )  # fmt: skip


def _of_lack(entity: EntityDraft, name: str) -> Iterator[str]:
    """Yield whether an entity has anything of a kind that a usual field would be one more of."""
    types = {each.type for each in entity.fields}
    named = any(each.words[-1] in _NAMES for each in entity.fields if each.words)
    yield from (
        f"named {named} {name} {entity.kind}", f"dated {bool(types & _DATES)} {name} {entity.kind}",
        f"paid {'money' in types} {name} {entity.kind}",
    )  # fmt: skip


def _of_place(entity: EntityDraft, type_: str, place: int, spoken: Spoken, *, given: bool) -> Iterator[str]:
    mention = spoken.mentions[place]
    chunks, at, kind = mention.chunks, mention.at, entity.kind or "-"
    noun, left, right = chunks[at], _beside(chunks, at - 1), _beside(chunks, at + 1)
    near = spoken.nearness(entity.key, place)
    other = spoken.nearest(place, but=entity.key)
    other_kind = spoken.draft.entities[other].kind if other else "-"
    between = _between(entity.key, place, spoken)
    verb = next((each.word for each in reversed(chunks[:at]) if each.kind in {"verb", "wh"}), "-")
    yield from (
        f"near {near}", f"near {near} {type_}", f"near {near} {kind}", f"near {near} {kind} {type_}",
        f"near {near} {given}", f"near {near} over {other_kind} {kind} {type_}", f"in {mention.where}",
        f"in {mention.where} {type_}", f"L {left}", f"R {right}", f"L {left} {type_}", f"R {right} {type_}",
        f"LR {left} {right}", f"near {near} L {left}",
        f"number {noun.plural} {bool(noun.determiners)} {type_}", f"brackets {noun.inside is not None}",
        f"owned {bool(noun.owner)}", f"outer {bool(mention.outer)} {spoken.outer[place] == entity.key}",
        f"between {between}", f"between {between} {type_}", f"between {between} {given}", f"after {verb}",
        f"after {verb} {near}", f"after {verb} {type_}",
    )  # fmt: skip
    yield from (f"det {word} {type_ != '-'}" for word in noun.determiners)
    for mark in mention.marks:
        yield f"mark {mark} {near}"
        yield f"mark {mark} {type_}"


def _between(owner: str, place: int, spoken: Spoken) -> str:
    """Return what stands between an entity and a place behind it, as the kinds of chunks."""
    mention = spoken.mentions[place]
    for at in range(place - 1, -1, -1):
        other = spoken.mentions[at]
        if other.number != mention.number:
            break
        if spoken.entities[at] == owner and other.where != "doing":
            if other.chunks != mention.chunks:
                return "above"
            kinds = [_short(each) for each in mention.chunks[other.at + 1 : mention.at]]
            return " ".join(kinds if len(kinds) <= FAR else (*kinds[:2], "..", kinds[-1])) or "none"
    return "-"


def _short(each: Chunk) -> str:
    if each.kind == "noun":
        return "n"
    if each.kind == "verb":
        return next((name for name in _SECTIONS if each.word in verbs_of(name)), "verb")
    return each.word or each.kind


def _beside(chunks: Sequence[Chunk], at: int) -> str:
    if not 0 <= at < len(chunks):
        return "|"
    each = chunks[at]
    if each.kind == "noun":
        found = known_type(each.words)[0] or entity_kind(each.lemmas) or "?"
        return f"noun {found}" if each.tokens else "pronoun"
    return _short(each)
