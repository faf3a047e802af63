"""From a draft to an AppSpec that the checker passes: valid names, titles, choices, references."""

import re
from collections.abc import Collection

from dataforms.spec import AppSpec, Entity, Field, FieldType, Relation, Scalar
from dataforms.words import LANGUAGES
from protoddfd.design.charts import dashboard
from protoddfd.design.complete import display_name
from protoddfd.design.draft import Draft, EntityDraft, FieldDraft, LinkDraft
from protoddfd.design.lexicon_files import pairs
from protoddfd.design.titles import plural
from protoddfd.importers import names
from protoddfd.importers.icons import icon_for

MOST_FIELDS = 60
_UNSUITED = frozenset(("computed", "auto_number", "reference", "references", "children"))
_LIMITED = frozenset(("integer", "decimal", "money", "rating", "text", "long_text", "percent"))
_MOST_STARS = 10


def assemble(draft: Draft, name: str, title: str) -> AppSpec:
    """Return the spec of a draft that was resolved and completed."""
    called: dict[str, str] = {}
    for key in draft.entities:
        called[key] = _entity_name(key, set(called.values()))
    entities = tuple(_entity(draft, entity, called) for entity in draft.entities.values())
    relations = tuple(
        Relation(from_=called[link.source], to=called[link.target], kind="m2m")
        for link in draft.links
        if link.many
    )
    language = next((code for code in LANGUAGES if code == draft.language and code != "en"), None)
    return AppSpec(
        name=name,
        title=title,
        entities=entities,
        relations=relations,
        views=dashboard(draft.wishes, entities),
        language=language,
    )


def _entity_name(key: str, taken: Collection[str]) -> str:
    if re.fullmatch(r"(ssl|it|gps|sku|id|pc|tv|dvd|cd|lp|pr|hr|gp|vr|3d|api|url|qr)( .*)?", key):
        first, _, rest = key.partition(" ")
        made = names.entity_name(key, taken)
        return f"{first.upper()} {rest.title()}".strip() if made.lower() == key and first.isalpha() else made
    return names.entity_name(key.replace(".", " "), taken)


def _entity(draft: Draft, entity: EntityDraft, called: dict[str, str]) -> Entity:
    taken: set[str] = set()
    fields: list[Field] = []
    for field in entity.fields[:MOST_FIELDS]:
        made = _field(draft, entity, field, taken)
        taken.add(made.name)
        fields.append(made)
    for link in draft.links:
        if link.source == entity.key and not link.many:
            made = _reference(draft, link, called, taken)
            taken.add(made.name)
            fields.append(made)
    if not fields:
        fields.append(Field(name="name", title="Name", type="text"))
    name = called[entity.key]
    own = draft.titles.get(entity.key)
    return Entity(
        name=name,
        title=own or _sentence_case(name),
        plural=None if own else _sentence_case(plural(name)),
        icon=icon_for(names.plain(name).split("_")),
        fields=tuple(fields),
    )


def _sentence_case(name: str) -> str:
    first, _, rest = name.partition(" ")
    return f"{first} {rest.lower()}".strip()


def _field(draft: Draft, entity: EntityDraft, found: FieldDraft, taken: Collection[str]) -> Field:
    said = " ".join(found.words)
    kind, choices = _type(entity, found)
    low, high = _limits(found, kind)
    return Field(
        name=names.field_name(said, taken),
        title=_title(draft, said),
        type=kind,
        choices=choices,
        required=found.required or found.words == (display_name(entity.key),),
        unique=found.unique
        and kind
        not in {"boolean", "json", "file", "image", "multi_enum", "long_text", "rich_text", "location"},
        min=low,
        max=high,
        default=_default(found, kind, choices),
        currency=(found.currency or None) if kind == "money" else None,
        unit=(found.unit or None) if kind in {"integer", "decimal"} else None,
    )


def _title(draft: Draft, said: str) -> str:
    return names.title(draft.titles.get(said, "") or said)


def _type(entity: EntityDraft, draft: FieldDraft) -> tuple[FieldType, tuple[str, ...]]:
    kind: FieldType = draft.type or "text"  # type: ignore[assignment]
    if kind in _UNSUITED:
        kind = "text"
    if kind in {"enum", "multi_enum"}:
        choices = _distinct(draft.choices) or _usual_choices(entity, draft)
        return (kind, choices) if len(choices) > 1 else ("text", ())
    return kind, ()


def _distinct(choices: tuple[str, ...]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for choice in choices:
        plain = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", choice).split())
        if plain:
            kept.setdefault(plain.casefold(), plain)
    return tuple(kept.values())


def _usual_choices(entity: EntityDraft, draft: FieldDraft) -> tuple[str, ...]:
    known = pairs("choices.txt", "", ":")
    for start in range(len(draft.words)):
        phrase = " ".join(draft.words[start:])
        for owner in (entity.key, entity.key.split()[-1], entity.kind):
            if f"{owner}.{phrase}" in known:
                return tuple(each.strip() for each in known[f"{owner}.{phrase}"].split(","))
        if phrase in known:
            return tuple(each.strip() for each in known[phrase].split(","))
    return ()


def _limits(draft: FieldDraft, kind: str) -> tuple[int | float | None, int | float | None]:
    """Return the least and the greatest value, where a type has them and they make sense."""
    low, high = _whole(draft.min), _whole(draft.max)
    if kind not in _LIMITED or (low is not None and high is not None and low > high):
        return None, None
    if kind in {"text", "long_text"}:
        return None, high if isinstance(high, int) and high > 0 else None
    if kind == "rating":
        return None, high if isinstance(high, int) and 1 < high <= _MOST_STARS else None
    if kind == "integer":
        return (low if isinstance(low, int) else None), (high if isinstance(high, int) else None)
    return low, high


def _whole(value: float | None) -> int | float | None:
    return int(value) if value is not None and value == int(value) else value


def _default(draft: FieldDraft, kind: str, choices: tuple[str, ...]) -> Scalar:
    """Return what a new record starts with, if that is a value of the type; for a status the first choice."""
    said = str(draft.default).strip().casefold() if draft.default is not None else ""
    if kind in {"date", "datetime", "time"}:
        return {
            "today": "today" if kind == "date" else None,
            "now": "now" if kind != "date" else "today",
        }.get(said)
    if kind == "enum":
        match = next((choice for choice in choices if choice.casefold() == said), None)
        return match or (choices[0] if draft.words[-1] in {"status", "state", "stage"} else None)
    if kind == "boolean":
        return {"yes": True, "true": True, "no": False, "false": False}.get(said)
    if kind == "integer" and re.fullmatch(r"-?\d{1,9}", said):
        value = int(said)
        inside = (draft.min is None or value >= draft.min) and (draft.max is None or value <= draft.max)
        return value if inside else None
    return None


def _reference(draft: Draft, link: LinkDraft, called: dict[str, str], taken: Collection[str]) -> Field:
    name = names.field_name(link.target, taken)
    return Field(name=name, title=_title(draft, link.target), type="reference", target=called[link.target])
