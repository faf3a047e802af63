"""JSON Schema, 2020-12 and draft 7, as entities: objects are entities, what refers to them are relations."""

from typing import Any

import msgspec

from dataforms.check import FIELDS_LIMIT
from dataforms.sheets.refused import ImportRefused
from dataforms.spec import Field, Rule
from protoddfd.importers import names
from protoddfd.importers.found import Finding, Source
from protoddfd.importers.kinds.drafting import Drafting, field_name
from protoddfd.importers.kinds.schema_conditions import Beyond, Conditions, constant
from protoddfd.importers.kinds.schema_fields import SILENT, field_of, types_of
from protoddfd.importers.kinds.schema_refs import Document, Schema, Unresolved
from protoddfd.importers.kinds.schema_variants import united

_DEPTH = 3
"""Objects within objects that become fields of the outer one; deeper ones are kept as JSON."""
_MOST_ENTITIES = 200
_PLACES_TOLD = 4


def read(source: Source, document: Schema) -> Finding:
    """Return the entities of a schema; raise ImportRefused."""
    reader = Reader(source, document)
    title = document.get("title")
    if _is_object(reader.document, document):
        reader.root(title if isinstance(title, str) and title.strip() else source.name)
    elif isinstance(document.get("items"), dict):
        reader.add("#/items", title if isinstance(title, str) else source.name)
    else:
        for group in ("$defs", "definitions"):
            for key in document.get(group) or {}:
                reader.add(f"#/{group}/{_escaped(str(key))}", str(key))
    return reader.finding()


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _is_object(document: Document, schema: Any) -> bool:
    try:
        whole = united(document, document.whole(schema))
    except Unresolved:
        return False
    return (
        isinstance(whole.get("properties"), dict)
        and bool(whole["properties"])
        and "object" in types_of(whole)
    )


class Reader:
    """Reads the schemas of one document; what leads to an object is read in turn."""

    def __init__(self, source: Source, root: Schema, *, independent: bool = False) -> None:
        self.document = Document(root)
        self._source = source
        self._independent = independent
        """Whether objects in an array live on without what they are in."""
        self._drafting = Drafting()
        self._entities: dict[str, str] = {}
        self._todo: list[tuple[str, str, Schema, str]] = []
        self._lists: list[tuple[str, str, str]] = []
        """Arrays of entities: whose, called what, of which."""
        self._lost: dict[str, list[str]] = {}

    def root(self, called: str) -> None:
        """Read the document itself as an entity."""
        self._entities["#"] = name = self._drafting.reserve(called)
        self._todo.append((name, called, self.document.root, ""))

    def add(self, ref: str, called: str) -> str | None:
        """Return the entity that a reference leads to, which will be read; None where it is no object."""
        if ref in self._entities:
            return self._entities[ref]
        if self.is_full or not _is_object(self.document, {"$ref": ref}):
            return None
        self._entities[ref] = name = self._drafting.reserve(called)
        self._todo.append((name, called, {"$ref": ref}, ""))
        return name

    @property
    def is_full(self) -> bool:
        """Return whether there are as many entities as an app can hold; the rest is kept as JSON."""
        return len(self._drafting.entities) >= _MOST_ENTITIES

    def finding(self) -> Finding:
        """Return all that was read; raise ImportRefused where that is nothing."""
        while self._todo:
            name, called, schema, owner = self._todo.pop(0)
            try:
                whole = united(self.document, self.document.whole(schema))
            except Unresolved as error:
                self._lose(f"$ref {str(error)[:80]}", name)
            else:
                self._read(name, called, whole, owner)
        self._link()
        drafted = self._drafting.drafted()
        if not drafted.entities:
            raise ImportRefused("no object with properties is in it", "give a schema of an object")
        notes = [*self._drafting.notes]
        for word, places in self._lost.items():
            more = f" and {len(places) - _PLACES_TOLD} more" if len(places) > _PLACES_TOLD else ""
            notes.append(f"{word} was not understood, at {', '.join(places[:_PLACES_TOLD])}{more}.")
        return Finding(drafted=drafted, notes=tuple(f"{self._source.name}: {note}" for note in notes))

    def _lose(self, word: str, place: str) -> None:
        self._lost.setdefault(word, []).append(place)

    def _read(self, name: str, called: str, whole: Schema, owner: str) -> None:
        inside = _Inside(self, name)
        inside.take(whole, "", 0, required=True)
        fields = list(inside.fields.values())
        if owner:
            own = names.field_name(names.plain(owner), {field.name for field in fields})
            title = names.title(names.plain(owner))
            fields.insert(0, Field(name=own, title=title, type="reference", target=owner, required=True))
        fields, rules = self._conditions(name, whole, fields, inside)
        about = whole.get("description")
        title = called.rsplit(".", 1)[0] if called == self._source.name else called
        self._drafting.finish(
            name, title, about if isinstance(about, str) else None, fields, rules=tuple(rules)
        )

    def _conditions(
        self, name: str, whole: Schema, fields: list[Field], inside: "_Inside"
    ) -> tuple[list[Field], list[Rule]]:
        """Return the fields with what they demand of each other, and the rules besides."""
        conditions = Conditions(inside.fields, self.document.whole)
        needed: dict[str, list[str]] = {}
        rules = [Rule(kind="check", expression=check) for check in inside.checks]
        for said in whole.get("x-said") or ():
            try:
                for key, expression in list(conditions.of(said)):
                    if key:
                        needed.setdefault(inside.fields[key].name, []).append(expression)
                    else:
                        rules.append(Rule(kind="check", expression=expression))
            except (Beyond, Unresolved) as beyond:
                self._lose(" and ".join(said), f"{name} ({beyond})")
        changed = [
            msgspec.structs.replace(field, required_when=" or ".join(needed[field.name]))
            if field.name in needed and not field.required
            else field
            for field in fields
        ]
        return changed, rules

    def _link(self) -> None:
        """Let records name those of an array, or those of an array name the one that they are in."""
        uses = [target for _, _, target in self._lists]
        for owner, key, target in self._lists:
            own, other = self._drafting.entities[owner], self._drafting.entities[target]
            if any(field.target == owner and field.type == "reference" for field in other.fields):
                continue
            if FIELDS_LIMIT in (len(own.fields), len(other.fields)):
                self._lose(f"the array {key}", owner)
                continue
            referred = any(
                field.target == target for each in self._drafting.entities.values() for field in each.fields
            )
            if self._independent or referred or uses.count(target) > 1 or owner == target:
                taken = {field.name: field.name for field in own.fields}
                field = Field(
                    name=field_name(key, taken), title=names.title(key), type="references", target=target
                )
                self._drafting.entities[owner] = msgspec.structs.replace(own, fields=(*own.fields, field))
            else:
                taken = {field.name: field.name for field in other.fields}
                back = Field(
                    name=field_name(owner, taken),
                    title=names.title(names.plain(owner)),
                    type="reference",
                    target=owner,
                )
                self._drafting.entities[target] = msgspec.structs.replace(other, fields=(back, *other.fields))

    def entity_in(self, schema: Any) -> str | None:
        """Return the entity that a property's schema stands for, if it is nothing but a reference to one."""
        if not isinstance(schema, dict):
            return None
        ref = schema.get("$ref")
        if isinstance(ref, str):
            return self.add(ref, ref.rsplit("/", 1)[-1]) if ref != "#" else self._entities.get("#")
        for word in ("allOf", "anyOf", "oneOf"):
            some = schema.get(word)
            parts = [each for each in some if not _is_null(each)] if isinstance(some, list) else []
            if len(parts) == 1 and isinstance(parts[0], dict) and "$ref" in parts[0]:
                return self.entity_in(parts[0])
        return None

    def child(self, owner: str, key: str, schema: Schema) -> None:
        """Read the objects of an array as an entity of their own, which belong to what they are in."""
        name = self._drafting.reserve(f"{owner} {' '.join(names.entity_words(key))}")
        self._todo.append((name, name[:1] + name[1:].lower(), schema, owner))

    def list_of(self, owner: str, key: str, target: str) -> None:
        """Note that a property is an array of entities."""
        self._lists.append((owner, key, target))

    def lose(self, word: str, place: str) -> None:
        """Note a keyword that was not understood."""
        self._lose(word, place)


def _is_null(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "null"


class _Inside:
    """The fields of one entity, those of objects within it among them."""

    def __init__(self, reader: Reader, entity: str) -> None:
        self._reader = reader
        self._entity = entity
        self._taken: dict[str, str] = {}
        self.fields: dict[str, Field] = {}
        """By property, `address/city` for one of an object within."""
        self.checks: list[str] = []

    def take(self, whole: Schema, prefix: str, depth: int, *, required: bool) -> None:
        """Take the properties of an object."""
        needed = whole.get("required") if isinstance(whole.get("required"), list) else []
        for word in sorted(whole.keys() - SILENT - {"x-lost"}):
            self._reader.lose(word, self._entity)
        for word in whole.get("x-lost") or ():
            self._reader.lose(str(word), self._entity)
        if depth and whole.get("x-said"):
            self._reader.lose(
                " and ".join(key for said in whole["x-said"] for key in said), f"{self._entity}.{prefix}"
            )
        if isinstance(whole.get("additionalProperties"), dict) and whole["additionalProperties"]:
            self._reader.lose("additionalProperties", self._entity)
        for key, schema in (whole.get("properties") or {}).items():
            self._property(str(key), schema, prefix, depth, required=required and key in (needed or ()))
        if "x-kind" in whole:
            self._vary(whole, f"{prefix}/" if prefix else "")

    def _vary(self, whole: Schema, before: str) -> None:
        """Show the fields of some kinds of an object for these alone, and require them there."""
        kind = self.fields.get(before + str(whole["x-kind"]))
        if kind is None or kind.type != "enum":
            return
        for word, name in (("x-variants", "visible_when"), ("x-needed", "required_when")):
            for key, values in whole[word].items():
                listed = ", ".join(constant(value, name) for value in values)
                for path, field in self.fields.items():
                    is_inside = word == "x-variants" and path.startswith(f"{before}{key}/")
                    if (path == before + key or is_inside) and not field.required:
                        condition = {name: f"({kind.name} in [{listed}])"}
                        self.fields[path] = msgspec.structs.replace(field, **condition)

    def _property(self, key: str, schema: Any, prefix: str, depth: int, *, required: bool) -> None:
        path = f"{prefix}/{key}" if prefix else key
        place = f"{self._entity}.{path}"
        target = self._reader.entity_in(schema)
        if target is not None:
            name, title = self._named(path, schema)
            self.fields[path] = Field(
                name=name, title=title, type="reference", target=target, required=required
            )
            return
        try:
            whole = self._chosen(self._reader.document.whole(schema))
            whole = united(self._reader.document, whole)
        except Unresolved as error:
            self._reader.lose(f"$ref {str(error)[:80]}", place)
            whole = {}
        types = types_of(whole)
        if "object" in types and whole.get("properties") and depth < _DEPTH:
            self.take(whole, path, depth + 1, required=required)
        elif "array" in types and self._array(key, path, whole):
            pass
        else:
            self._plain(path, whole, place, required=required)

    def _chosen(self, whole: Schema) -> Schema:
        """Return a schema without alternatives that only say that there may be no value, or list choices."""
        said = whole.get("x-said") or []
        if len(said) != 1 or len(said[0]) != 1 or next(iter(said[0])) not in ("anyOf", "oneOf"):
            return whole
        ((_, options),) = said[0].items()
        if not isinstance(options, list):
            return whole
        rest = {key: value for key, value in whole.items() if key != "x-said"}
        parts = [self._reader.document.whole(each) for each in options if not _is_null(each)]
        if len(parts) == 1 and len(options) == 2:
            types = types_of({**parts[0], **rest})
            return {**parts[0], **rest, "type": [*types, "null"]}
        if parts and all("const" in each and isinstance(each["const"], str) for each in parts):
            return {**rest, "type": "string", "enum": [each["const"] for each in parts]}
        return whole

    def _array(self, key: str, path: str, whole: Schema) -> bool:
        """Take an array of objects; return whether it is one."""
        items = whole.get("items")
        target = self._reader.entity_in(items)
        if target is not None:
            self._reader.list_of(self._entity, path, target)
            return self._bounds_lost(path, whole)
        if isinstance(items, dict) and not self._reader.is_full and _is_object(self._reader.document, items):
            self._reader.child(self._entity, key, items)
            return self._bounds_lost(path, whole)
        return False

    def _bounds_lost(self, path: str, whole: Schema) -> bool:
        for word in sorted(whole.keys() - SILENT - {"items", "x-lost"}):
            self._reader.lose(word, f"{self._entity}.{path}")
        return True

    def _named(self, path: str, schema: Any) -> tuple[str, str]:
        said = schema.get("title") if isinstance(schema, dict) else None
        title = said if isinstance(said, str) and said.strip() else path.replace("/", " ")
        return field_name(path, self._taken), names.title(title)

    def _plain(self, path: str, whole: Schema, place: str, *, required: bool) -> None:
        name, title = self._named(path, whole)
        made = field_of(whole, name, title)
        for word in made.lost:
            self._reader.lose(word, place)
        for said in whole.get("x-said") or ():
            self._reader.lose(" and ".join(said), place)
        field = made.field
        if required and not made.nullable and not (field.read_only and field.default is None):
            field = msgspec.structs.replace(field, required=True)
        self.fields[path] = field
        self.checks += [check.format(name) for check in made.checks]
