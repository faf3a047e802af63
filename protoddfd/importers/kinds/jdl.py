"""JHipster's JDL: entities, enums, validations and relationships; settings of applications are no data."""

from pathlib import Path

import msgspec

from dataforms.sheets import encoding
from dataforms.sheets.refused import ImportRefused
from dataforms.spec import Field, FieldType
from protoddfd.importers import names
from protoddfd.importers.found import Finding, Source
from protoddfd.importers.kinds.drafting import Drafting, field_name
from protoddfd.importers.kinds.jdl_words import End, JdlEntity, JdlField, JdlRead, JdlRelation, parsed

_BYTES = 4 << 20
_TYPES: dict[str, FieldType] = {
    "String": "text", "Integer": "integer", "Long": "integer", "BigDecimal": "decimal", "Float": "decimal",
    "Double": "decimal", "Boolean": "boolean", "LocalDate": "date", "ZonedDateTime": "datetime",
    "Instant": "datetime", "LocalTime": "time", "Duration": "duration", "UUID": "text",
    "TextBlob": "long_text", "Blob": "file", "AnyBlob": "file", "ImageBlob": "image", "ByteBuffer": "file",
}  # fmt: skip
_BOUNDS = {"minlength": "min", "maxlength": "max", "min": "min", "max": "max"}
_HELP = 2_000


def find(source: Source, scratch: Path) -> Finding:
    """Return the entities of a JDL file; raise ImportRefused."""
    path = Path(source.path)
    if path.stat().st_size > _BYTES:
        raise ImportRefused("it is larger than 4 MiB", "give the part with the entities")
    read = parsed(path.read_bytes().decode(encoding.detect(path).name))
    if not read.entities:
        raise ImportRefused("there is no entity in it", "an entity is written: entity Name { field Type }")
    making = _Making(read)
    drafted = making.drafting.drafted()
    notes = [*read.notes, *making.drafting.notes]
    if not drafted.entities:
        raise ImportRefused("no entity in it has a field", "an entity is written: entity Name { field Type }")
    return Finding(drafted=drafted, notes=tuple(f"{source.name}: {note}" for note in notes))


class _Making:
    """Makes entities of what was read."""

    def __init__(self, read: JdlRead) -> None:
        self.drafting = Drafting()
        self._enums = read.enums
        self._names = {entity.name: self.drafting.reserve(entity.name) for entity in read.entities}
        self._taken: dict[str, dict[str, str]] = {entity.name: {} for entity in read.entities}
        self._fields = {entity.name: self._of(entity) for entity in read.entities}
        for relation in read.relations:
            self._relate(relation)
        for entity in read.entities:
            about = entity.about[:_HELP] or None
            self.drafting.finish(self._names[entity.name], entity.name, about, self._fields[entity.name])

    def _of(self, entity: JdlEntity) -> list[Field]:
        return [self._field(entity, field) for field in entity.fields]

    def _field(self, entity: JdlEntity, field: JdlField) -> Field:
        name = field_name(field.name, self._taken[entity.name])
        choices = self._enums.get(field.type, ())
        kind: FieldType | None = "enum" if choices else _TYPES.get(field.type)
        if kind is None:
            self.drafting.notes.append(f"{entity.name}.{field.name}: the type {field.type} became text.")
            kind = "text"
        made = Field(
            name=name,
            title=names.title(field.name),
            type=kind,
            choices=choices,
            help=field.about[:_HELP] or None,
        )
        return self._validated(made, field, f"{entity.name}.{field.name}")

    def _validated(self, made: Field, field: JdlField, place: str) -> Field:
        change: dict[str, object] = {}
        for word, value in field.rules.items():
            if word in ("required", "unique"):
                change[word] = True
            elif word in _BOUNDS and isinstance(value, int | float):
                change[_BOUNDS[word]] = value
            elif word == "pattern" and isinstance(value, str):
                change["pattern"] = value.removeprefix("^").removesuffix("$") if "|" not in value else value
            else:
                self.drafting.notes.append(f"{place}: {word} was not understood.")
        if made.type == "text" and isinstance(longest := change.get("max"), int) and longest > 255:
            change |= {"type": "long_text"}
        return msgspec.structs.replace(made, **change)

    def _relate(self, relation: JdlRelation) -> None:
        one, other = relation.one, relation.other
        lost = [end.entity for end in (one, other) if end.entity not in self._fields]
        if lost:
            self.drafting.notes.append(
                f"The relationship with {lost[0]} was left out: there is no such entity."
            )
        elif relation.kind == "ManyToMany":
            self._add(one, other, "references", unique=False)
        elif relation.kind == "OneToMany":
            self._add(other, one, "reference", unique=False)
        else:
            self._add(one, other, "reference", unique=relation.kind == "OneToOne")

    def _add(self, owner: End, target: End, kind: FieldType, *, unique: bool) -> None:
        """Give an entity the field that leads to another."""
        written = owner.field or target.entity
        name = field_name(written, self._taken[owner.entity])
        self._fields[owner.entity].append(
            Field(
                name=name,
                title=names.title(written),
                type=kind,
                target=self._names[target.entity],
                required=owner.required,
                unique=unique,
            )
        )
