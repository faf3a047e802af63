"""Entities out of schemas that have no records: names given once, fields that say what they can. Pure."""

from collections.abc import Sequence

import msgspec

from dataforms.check import FIELDS_LIMIT
from dataforms.names import NAME_LENGTH
from dataforms.spec import Entity, Field, Relation
from protoddfd.importers import names
from protoddfd.importers.found import Drafted
from protoddfd.importers.icons import icon_for

_LABELS = (
    "name",
    "full_name",
    "display_name",
    "title",
    "label",
    "subject",
    "username",
    "email",
    "code",
    "number",
)
_PROSE = 2_000


class Drafting:
    """Collects entities and what a person should know of them."""

    def __init__(self) -> None:
        self.entities: dict[str, Entity] = {}
        self.relations: list[Relation] = []
        self.notes: list[str] = []

    def reserve(self, written: str) -> str:
        """Return the name of a new entity that is called so, and keep it; `finish` fills it."""
        name = names.entity_name(written.replace("/", " ")[:200], self.entities)
        self.entities[name] = Entity(name=name, title=name, fields=())
        return name

    def finish(
        self, name: str, title: str, description: str | None, fields: Sequence[Field], **more: object
    ) -> None:
        """Fill an entity that was reserved."""
        if len(fields) > FIELDS_LIMIT:
            self.notes.append(f"{title} has {len(fields):,} properties; the first {FIELDS_LIMIT} were taken.")
        kept = tuple(fields[:FIELDS_LIMIT])
        made = Entity(
            name=name,
            title=names.title(title),
            icon=icon_for(names.plain(name).split("_")),
            description=description.strip()[:_PROSE] or None if description else None,
            display=_display(kept),
            fields=kept,
        )
        self.entities[name] = msgspec.structs.replace(made, **more)

    def drafted(self) -> Drafted:
        """Return what was collected; an entity without a field is left out, and with it what leads to it."""
        entities = dict(self.entities)
        while empty := [name for name, each in entities.items() if not each.fields]:
            for name in empty:
                self.notes.append(f"{name} has no properties, so it was left out.")
                del entities[name]
            for name, each in entities.items():
                kept = tuple(
                    field for field in each.fields if field.target is None or field.target in entities
                )
                entities[name] = msgspec.structs.replace(each, fields=kept, display=_display(kept))
        relations = tuple(each for each in self.relations if {each.from_, each.to} <= entities.keys())
        return Drafted(entities=tuple(entities.values()), relations=relations)


def _display(fields: Sequence[Field]) -> str | None:
    texts = [field.name for field in fields if field.type in ("text", "email")]
    known = next((name for name in _LABELS if name in texts), None)
    partly = next((name for name in texts if {"name", "title"} & set(name.split("_"))), None)
    return known or partly or next(iter(texts), None)


def field_name(written: str, taken: dict[str, str]) -> str:
    """Return the name of a field that is called so, and keep it in `taken`, by what is written."""
    name = names.field_name(written[:200], taken.values())[:NAME_LENGTH]
    taken[written] = name
    return name
