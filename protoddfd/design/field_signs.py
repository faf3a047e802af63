"""Signs that speak for or against a phrase being a field of an entity: where both stand, and what they are."""

from collections.abc import Sequence

from protoddfd.design.chunks import Chunk
from protoddfd.design.draft import Draft, FieldDraft
from protoddfd.design.lexicon import entity_kind, verbs_of
from protoddfd.design.mentioning import Mention
from protoddfd.design.naming import known_type

_SECTIONS = ("have", "event", "submit", "handle", "track", "record")
FAR = 4


class Spoken:
    """All noun phrases and verbs of a description in order, and which of them speak of the draft's entities."""

    def __init__(self, draft: Draft, mentions: Sequence[Mention]) -> None:
        self.draft = draft
        self.mentions = [each for each in mentions if each.where != "word"]
        names = {also: key for key, entity in draft.entities.items() for also in (key, *entity.aliases)}
        self.entities = [names.get(each.key, "") for each in self.mentions]
        self.outer = [names.get(each.outer, "") for each in self.mentions]
        self.order = list(draft.entities)

    def entity(self, place: int) -> str:
        """Return the key of the entity that is spoken of at a place, or ``."""
        return self.entities[place]


def signs_of(owner: str, field: FieldDraft, given: bool, places: Sequence[int], spoken: Spoken) -> set[str]:
    """Return the signs of a field of an entity, as short texts."""
    entity = spoken.draft.entities[owner]
    kind, type_, name = entity.kind or "-", field.type or "-", field.name
    last, head = field.words[-1], owner.split()[-1]
    count = min(3, len(entity.fields))
    others = sum(
        1 for each in spoken.draft.entities.values() if each.key != owner and each.field(name) is not None
    )
    made = {
        "*", f"given {given}", f"given {given} {type_}", f"said {bool(places)} {given}", f"name {name}", f"last {last}",
        f"name {name} {kind} {bool(places)}", f"name {name} {head}", f"type {type_} {kind} {bool(places)}",
        f"fields {count} {given}", f"fields {count} {name} {kind}", f"defined {entity.defined} {given} {bool(places)}",
        f"defined {entity.defined} {name}", f"elsewhere {bool(others)} {given}", f"typed {field.typed}",
        f"choices {bool(field.choices)} {given}", f"words {len(field.words)} {bool(places)}",
        f"entity name {entity_kind(field.lemmas or field.words)} {given}", f"times {min(3, len(places))} {given}",
        f"entities {min(6, len(spoken.order))} {given} {bool(places)}", f"many {field.many} {given}",
        f"first {spoken.order[0] == owner} {given} {bool(places)}", f"start {field.words[0]}",
    }  # fmt: skip
    if given:
        made |= {f"why {_why(field)}", f"why {_why(field)} {name}", f"why {_why(field)} {kind} {count}"}
    elif not places:
        own = {each.type for each in entity.fields}
        named = any(each.words[-1] in _NAMES for each in entity.fields if each.words)
        made |= {
            f"named {named} {name} {kind}",
            f"dated {bool(own & _DATES)} {name} {kind}",
            f"paid {'money' in own} {name} {kind}",
        }
    for place in places:
        made |= _at(owner, kind, type_, place, spoken, given)
    return made


_NAMES = frozenset(("name", "title", "number", "code", "id", "no", "label"))
_DATES = frozenset(("date", "datetime", "time"))


def _why(field: FieldDraft) -> str:
    words = field.why.split()
    return " ".join(word for word in words if word in _PLAIN)


_PLAIN = frozenset(
    "usually has one it is what its records are called because names that end in are a table was given is said its fields listed".split()
)


def _at(owner: str, kind: str, type_: str, place: int, spoken: Spoken, given: bool) -> set[str]:
    mention = spoken.mentions[place]
    chunks, at = mention.chunks, mention.at
    noun = chunks[at]
    left, right = _beside(chunks, at - 1), _beside(chunks, at + 1)
    near = _nearness(owner, place, spoken)
    other = next((key for key in _close(place, spoken) if key != owner), "")
    other_kind = spoken.draft.entities[other].kind if other else "-"
    made = {
        f"near {near}", f"near {near} {type_}", f"near {near} {kind}", f"near {near} {kind} {type_}", f"near {near} {given}",
        f"near {near} over {other_kind} {kind} {type_}", f"in {mention.where}", f"in {mention.where} {type_}",
        f"L {left}", f"R {right}", f"L {left} {type_}", f"R {right} {type_}", f"LR {left} {right}", f"near {near} L {left}",
        f"number {noun.plural} {bool(noun.determiners)} {type_}", f"brackets {noun.inside is not None}",
        f"owned {bool(noun.owner)}", f"outer {bool(mention.outer)} {spoken.outer[place] == owner}",
    }  # fmt: skip
    for word in noun.determiners:
        made.add(f"det {word} {type_ != '-'}")
    made |= {f"mark {mark} {near}" for mark in mention.marks}
    made |= {f"mark {mark} {type_}" for mark in mention.marks}
    between = _between(owner, place, spoken)
    made |= {f"between {between}", f"between {between} {type_}", f"between {between} {given}"}
    verb = next((each for each in reversed(chunks[:at]) if each.kind in {"verb", "wh"}), None)
    said = verb.word if verb else "-"
    made |= {f"after {said}", f"after {said} {near}", f"after {said} {type_}"}
    return made


def _nearness(owner: str, place: int, spoken: Spoken) -> str:
    """Return how an entity stands to a place: before or behind it in its sentence, and how many others are nearer."""
    mention = spoken.mentions[place]
    if spoken.outer[place]:
        return "around" if spoken.outer[place] == owner else "not around"
    noun = mention.chunks[mention.at]
    if noun.owner and owner.split()[-1] == noun.owner[-1]:
        return "possessing"
    if "of" in noun.words[1:] and owner.split()[-1] in {each.lemma for each in noun.tokens}:
        return "of"
    before = _distinct(place - 1, -1, spoken)
    behind = _distinct(place + 1, 1, spoken)
    if owner in before:
        return f"before {min(2, before.index(owner))} {min(2, len(behind))}"
    if owner in behind:
        return f"behind {min(2, behind.index(owner))} {min(2, len(before))}"
    earlier = [
        key for at, key in enumerate(spoken.entities) if key and spoken.mentions[at].number < mention.number
    ]
    if earlier and earlier[-1] == owner and not before:
        return f"earlier {mention.number - max(spoken.mentions[at].number for at, key in enumerate(spoken.entities) if key == owner and spoken.mentions[at].number < mention.number) < 2}"
    if owner in earlier:
        return "long before"
    return "unspoken" if owner not in spoken.entities else "later"


def _distinct(start: int, step: int, spoken: Spoken) -> list[str]:
    """Return the entities of the same sentence in one direction, the nearest first."""
    found: list[str] = []
    number = spoken.mentions[start - step].number
    at = start
    while 0 <= at < len(spoken.mentions) and spoken.mentions[at].number == number:
        key = spoken.entities[at]
        if key and key not in found and not spoken.mentions[at].outer:
            found.append(key)
        at += step
    return found


def _close(place: int, spoken: Spoken) -> list[str]:
    if spoken.outer[place]:
        return [spoken.outer[place]]
    return [*_distinct(place - 1, -1, spoken)[:1], *_distinct(place + 1, 1, spoken)[:1]]


def _between(owner: str, place: int, spoken: Spoken) -> str:
    """Return the words between an entity and a place in the same clause, as their kinds."""
    mention = spoken.mentions[place]
    for at in range(place - 1, -1, -1):
        other = spoken.mentions[at]
        if other.number != mention.number:
            return "-"
        if spoken.entities[at] == owner and other.where != "doing":
            if other.chunks is not mention.chunks and other.chunks != mention.chunks:
                return "above"
            inner = mention.chunks[other.at + 1 : mention.at]
            kinds = [_short(each) for each in inner]
            if len(kinds) > FAR:
                return f"{' '.join(kinds[:2])} .. {kinds[-1]}"
            return " ".join(kinds) or "none"
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
        return (
            f"noun {known_type(each.words)[0] or entity_kind(each.lemmas) or '?'}"
            if each.tokens
            else "pronoun"
        )
    return _short(each)
