"""What a spec calls its entities, fields and choices, and which of them some words mean."""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

import msgspec

from dataforms.computed import RESULTS
from dataforms.errors import ExpressionInvalid
from dataforms.scope import meaning_of
from dataforms.spec import AppSpec, Entity, Field
from protoddfd.design.lexicon import closed, entity_kind, singular
from protoddfd.design.lexicon_files import sections
from protoddfd.design.naming import unit_type
from protoddfd.design.stated.clauses import plain

NUMBERS = frozenset(("integer", "decimal", "money", "percent", "rating"))
DAYS = frozenset(("date", "datetime"))
MOMENTS = DAYS | {"time"}
STORED = frozenset(("computed", "children", "auto_number"))
"""What nobody fills in, so that no condition can be asked of it."""


def replaced(spec: AppSpec, entity: Entity) -> AppSpec:
    """Return a spec with another entity in the place of the one that is called the same."""
    entities = tuple(entity if each.name == entity.name else each for each in spec.entities)
    return msgspec.structs.replace(spec, entities=entities)


def with_field(entity: Entity, field: Field) -> Entity:
    """Return an entity with a field: in the place of the one that is called the same, else behind all."""
    if any(each.name == field.name for each in entity.fields):
        fields = tuple(field if each.name == field.name else each for each in entity.fields)
    else:
        fields = (*entity.fields, field)
    return msgspec.structs.replace(entity, fields=fields)


@lru_cache(maxsize=8192)
def lemma(words: str) -> str:
    """Return words with the last one in the singular."""
    row = words.split()
    return " ".join((*row[:-1], singular(row[-1]))) if row else ""


@cache
def _alike() -> dict[str, frozenset[str]]:
    """Return, for each name, all that mean the same."""
    found: dict[str, frozenset[str]] = {}
    for line in sections("stated.txt").get("alike", ()):
        group = frozenset(each.strip() for each in line.split(","))
        for name in group:
            found[name] = found.get(name, frozenset()) | group
    return found


class Known:
    """The names of a spec."""

    def __init__(self, spec: AppSpec) -> None:
        self.spec = spec
        self._names = {entity.name: _entity_names(entity) for entity in spec.entities}
        self._called: dict[str, list[Entity]] = {}
        for entity in spec.entities:
            for name in self._names[entity.name]:
                self._called.setdefault(name, []).append(entity)
        self._firsts = {name.split()[0] for name in self._called if " " in name}
        self._in: dict[str, list[Entity]] = {}
        self._by_name = {entity.name: entity for entity in spec.entities}
        self._last = {name: {each.split()[-1] for each in called} for name, called in self._names.items()}
        self._fields: dict[tuple[str, str], Field | None] = {}

    def entity(self, words: str) -> Entity | None:
        """Return the entity that words name, in the singular or the plural."""
        key = lemma(words)
        for entity in self.spec.entities:
            if key in self._names[entity.name]:
                return entity
        last = [each for each in self.spec.entities if key in self._last[each.name]]
        return last[0] if len(last) == 1 else None

    def entities_in(self, words: str) -> list[Entity]:
        """Return the entities that a clause names, in the order in which it does."""
        if words not in self._in:
            self._in[words] = self._entities_in(words.split())
        return self._in[words]

    def _entities_in(self, row: Sequence[str]) -> list[Entity]:
        found: list[Entity] = []
        at = 0
        while at < len(row):
            lengths = (3, 2, 1) if row[at] in self._firsts else (1,)
            for length in lengths:
                named = self._called.get(lemma(" ".join(row[at : at + length])), ())
                if named and at + length <= len(row):
                    found += [each for each in named if each not in found]
                    at += length - 1
                    break
            at += 1
        return found

    def kind(self, entity: Entity, field: Field) -> str:
        """Return the type of a field's values, of a computed one too; `` if that cannot be told."""
        if field.type != "computed":
            return field.type
        try:
            return RESULTS.get(meaning_of(self.spec, entity, field).kind.name, "")
        except ExpressionInvalid:
            return ""

    def field(self, entity: Entity, words: str) -> Field | None:
        """Return the field of an entity that words name: exactly, by what means the same, or nearly."""
        key = (entity.name, words)
        if self.of(entity.name) is not entity:
            return self._field(entity, words)
        if key not in self._fields:
            self._fields[key] = self._field(entity, words)
        return self._fields[key]

    def _field(self, entity: Entity, words: str) -> Field | None:
        words = self.without_owner(entity, words)
        if not words:
            return None
        exact = {words, lemma(words)}
        alike = {*_alike().get(words, ()), *_alike().get(lemma(words), ())}
        for wanted in (exact, alike):
            for field in entity.fields:
                if wanted & _field_names(field):
                    return field
        near = [field for field in entity.fields if _is_near(lemma(words), field)]
        if len(near) == 1:
            return near[0]
        first, _, rest = words.partition(" ")
        return (
            self._field(entity, rest)
            if rest and first in closed("adjective") | closed("determiner")
            else None
        )

    def without_owner(self, entity: Entity, words: str) -> str:
        """Return a field's name without whose it is: `loan amount`, `balance of member`."""
        for name in sorted(self._names[entity.name], key=len, reverse=True):
            for end in (f" of {name}", f" of {name}s"):
                words = words.removesuffix(end)
            for start in (f"{name} ", f"{name}s "):
                if words.startswith(start) and not any(words in _field_names(f) for f in entity.fields):
                    return words.removeprefix(start).removeprefix("of ")
        return words

    def paths(self, entity: Entity, words: str) -> Iterator[tuple[str, Entity, Field]]:
        """Yield how a field is written from an entity: its own first, then those of what it refers to."""
        own = self.field(entity, words)
        if own is not None:
            yield own.name, entity, own
        for via in entity.fields:
            if via.type == "reference" and (target := self.of(via.target)) and target.name != entity.name:
                names = self._names[target.name] | _field_names(via)
                rest = next((words.removeprefix(f"{n} ") for n in names if words.startswith(f"{n} ")), "")
                there = self.field(target, rest or words)
                if there is not None and (rest or not _is_general(there)):
                    yield f"{via.name}.{there.name}", target, there

    def of(self, name: str | None) -> Entity | None:
        """Return the entity of this name."""
        return self._by_name.get(name or "")

    def choice(self, field: Field, words: str) -> str | None:
        """Return the choice of a field that words name."""
        wanted = {words, lemma(words), *_alike().get(words, ())}
        for choice in field.choices:
            if {plain(choice), lemma(plain(choice))} & wanted:
                return choice
        return None

    def children(self, parent: Entity, words: str) -> tuple[Entity, Field] | None:
        """Return the entity that words name, and its field that refers to `parent`."""
        child = self.entity(words)
        if child is None:
            return None
        back = [
            field for field in child.fields
            if field.type in {"reference", "references"} and field.target == parent.name
        ]  # fmt: skip
        return (child, back[0]) if len(back) == 1 else None

    def people(self) -> Iterator[Entity]:
        """Yield the entities that are people."""
        for entity in self.spec.entities:
            if entity_kind(tuple(lemma(plain(entity.name)).split())) == "person":
                yield entity


def _entity_names(entity: Entity) -> frozenset[str]:
    said = {lemma(plain(each)) for each in (entity.name, entity.title, entity.plural or "")}
    return frozenset(
        each for each in said | {lemma(name) for name in _alike().get(plain(entity.name), ())} if each
    )


def _field_names(field: Field) -> frozenset[str]:
    return _names(field.name, field.title)


@lru_cache(maxsize=8192)
def _names(name: str, title: str) -> frozenset[str]:
    return frozenset((plain(name), plain(title), lemma(plain(name))))


def _is_near(words: str, field: Field) -> bool:
    """Tell whether words are the end of a field's name, or its beginning without what adds nothing."""
    row, name = words.split(), plain(field.name).split()
    if not row or len(row) >= len(name) or (row == [row[0]] and row[0] in _EMPTY):
        return False
    ends = lemma(" ".join(name)).split()[-len(row) :] == row
    return ends or (name[: len(row)] == row and _is_tail(name[len(row) :]))


_EMPTY = frozenset(("date", "name", "number", "no", "of", "time", "on", "at"))
"""Words that are in many names and tell none."""


def _is_tail(rest: Sequence[str]) -> bool:
    """Tell words that add nothing to a name: `due` and `due date`."""
    return all(each in _TAILS or unit_type(each) for each in rest)


_TAILS = frozenset(("date", "time", "on", "at", "yes", "no", "of", "in"))


def _is_general(field: Field) -> bool:
    """Tell a field whose name alone leads to no other entity: each has one."""
    return plain(field.name) in {
        "name",
        "date",
        "status",
        "state",
        "note",
        "notes",
        "type",
        "number",
        "total",
    }
