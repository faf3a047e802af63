"""From a draft to an AppSpec that the checker passes: valid names, titles, choices, references."""

from collections.abc import Collection

from dataforms.check import problems_in
from dataforms.spec import AppSpec, Entity, Field, FieldType, Relation, encode
from protoddfd.design.complete import display_name
from protoddfd.design.draft import Draft, EntityDraft, FieldDraft, LinkDraft
from protoddfd.design.lexicon_files import pairs
from protoddfd.importers import names
from protoddfd.importers.icons import icon_for

MOST_FIELDS = 60


def assemble(draft: Draft, name: str, title: str) -> AppSpec:
    """Return the spec of a draft that was resolved and completed."""
    called: dict[str, str] = {}
    for key in draft.entities:
        called[key] = names.entity_name(key.replace(".", " "), set(called.values()))
    entities = tuple(_entity(draft, entity, called) for entity in draft.entities.values())
    relations = tuple(
        Relation(from_=called[link.source], to=called[link.target], kind="m2m")
        for link in draft.links
        if link.many
    )
    return AppSpec(name=name, title=title, entities=entities, relations=relations)


def faults(spec: AppSpec) -> list[str]:
    """Return what the checker says of a spec: nothing, if this package is right."""
    return [f"{problem.path}: {problem.message}" for problem in problems_in(encode(spec))[1]]


def _entity(draft: Draft, entity: EntityDraft, called: dict[str, str]) -> Entity:
    taken: set[str] = set()
    fields: list[Field] = []
    for field in entity.fields[:MOST_FIELDS]:
        made = _field(entity, field, taken)
        if made is not None:
            taken.add(made.name)
            fields.append(made)
    for link in draft.links:
        if link.source == entity.key and not link.many:
            made = _reference(link, called, taken)
            taken.add(made.name)
            fields.append(made)
    if not fields:
        fields.append(Field(name="name", title="Name", type="text"))
    name = called[entity.key]
    return Entity(
        name=name,
        title=name[:1] + name[1:].lower(),
        plural=None,
        icon=icon_for(names.plain(name).split("_")),
        fields=tuple(fields),
    )


def _field(entity: EntityDraft, draft: FieldDraft, taken: Collection[str]) -> Field | None:
    name = names.field_name(" ".join(draft.words), taken)
    kind, choices = _type(entity, draft)
    low, high = _limits(draft, kind)
    return Field(
        name=name,
        title=names.title(" ".join(draft.words)),
        type=kind,
        choices=choices,
        required=draft.required or (draft.words == (display_name(entity.key),)),
        unique=draft.unique,
        min=low,
        max=high,
        currency=draft.currency or None if kind == "money" else None,
        unit=draft.unit or None if kind in {"integer", "decimal"} else None,
    )


def _type(entity: EntityDraft, draft: FieldDraft) -> tuple[FieldType, tuple[str, ...]]:
    kind: FieldType = draft.type or "text"  # type: ignore[assignment]
    if kind in {"computed", "auto_number", "reference", "references", "children"}:
        kind = "text"
    if kind in {"enum", "multi_enum"}:
        choices = draft.choices or _usual_choices(entity, draft)
        return (kind, choices) if len(choices) > 1 else ("text", ())
    return kind, ()


def _usual_choices(entity: EntityDraft, draft: FieldDraft) -> tuple[str, ...]:
    known = pairs("choices.txt", "", ":")
    words = draft.words
    for start in range(len(words)):
        phrase = " ".join(words[start:])
        for key in (f"{entity.key}.{phrase}", f"{entity.key.split()[-1]}.{phrase}", f"{entity.kind}.{phrase}", phrase):
            if key in known:
                return tuple(each.strip() for each in known[key].split(","))
    return ()


def _limits(draft: FieldDraft, kind: str) -> tuple[int | float | None, int | float | None]:
    if kind not in {"integer", "decimal", "money", "rating", "text", "long_text", "percent"}:
        return None, None
    low, high = _whole(draft.min), _whole(draft.max)
    return low, high


def _whole(value: float | None) -> int | float | None:
    return int(value) if value is not None and value == int(value) else value


def _reference(link: LinkDraft, called: dict[str, str], taken: Collection[str]) -> Field:
    name = names.field_name(link.target, taken)
    return Field(name=name, title=names.title(link.target), type="reference", target=called[link.target])
