"""The operands of formulas: fields by their names, and children that are counted or summed."""

from collections.abc import Callable

from dataforms.spec import Entity, Field
from protoddfd.design.stated.known import NUMBERS, Known, lemma, replaced, with_field
from protoddfd.importers import names

LONGEST_NAME = 6


class Unreadable(Exception):
    """Words that are no formula over the fields there are; the text says which."""


class Operands:
    """The words of one formula, read from the left to the right; `at` is how far."""

    def __init__(self, known: Known, entity: Entity, words: str) -> None:
        self.known, self.entity = known, entity
        self.row = words.split()
        self.at = 0
        self.steps = 0
        self.is_counted = False
        self.is_far = False
        """Was a field of another record named?"""
        self.percents: set[str] = set()
        """The operands so far that are percentages."""

    def taken(self, signs: dict[str, str]) -> str:
        """Read one of these if it comes next; return what it stands for, else ``."""
        for said, sign in signs.items():
            row = said.split()
            if self.row[self.at : self.at + len(row)] == row:
                self.at += len(row)
                return sign
        return ""

    def operand(self, fits: Callable[[Field, str], bool]) -> tuple[str, Field]:
        """Read the longest name of a field that fits; return how it is written and the field."""
        for length in range(min(LONGEST_NAME, len(self.row) - self.at), 0, -1):
            words = " ".join(self.row[self.at : self.at + length])
            found = [
                (path, field) for path, owner, field in self.known.paths(self.entity, words)
                if fits(field, self.known.kind(owner, field))
            ]  # fmt: skip
            if found and (len(found) == 1 or "." not in found[0][0]):
                self.at += length
                self.is_far = self.is_far or "." in found[0][0]
                if found[0][1].type == "percent":
                    self.percents.add(found[0][0])
                return found[0]
            if summed := self._all_of(words, fits):
                self.at += length
                return summed
        raise Unreadable(" ".join(self.row[self.at : self.at + 3]))

    def _all_of(self, words: str, fits: Callable[[Field, str], bool]) -> tuple[str, Field] | None:
        """Return the sum over children that are named in the plural: `fees`, `payments`."""
        if lemma(words) == words or not (found := self.known.children(self.entity, words)):
            return None
        child, via = found
        field = self.counted(child, "")
        if field is None or not fits(field, self.known.kind(child, field)):
            return None
        self.steps += 1
        return f"sum({self.children(child, via)}.{field.name})", field

    def all_children(self) -> list[tuple[Entity, Field]]:
        """Return every entity that refers to this one by one field, with that field."""
        named = [
            self.known.children(self.entity, lemma(each.name.lower())) for each in self.known.spec.entities
        ]
        return [each for each in named if each is not None]

    def counted(self, child: Entity, words: str) -> Field | None:
        """Return the number of a child that is meant: the one named, or the only amount or number."""
        if words and (named := self.known.field(child, lemma(words))):
            return named if self.known.kind(child, named) in NUMBERS else None
        if words and words not in {"amount", "total", "value", "cost", "price"}:
            return None
        for kinds in ({"money"}, NUMBERS - {"money"}):
            fields = [field for field in child.fields if self.known.kind(child, field) in kinds]
            computed = [each for each in fields if each.type == "computed" or each.name.endswith("total")]
            for those in (fields, computed):
                if len(those) == 1:
                    return those[0]
            if fields:
                return None
        return None

    def children(self, child: Entity, via: Field) -> str:
        """Return the name of the field that stands for children; it is added if there is none."""
        self.is_counted = True
        for field in self.entity.fields:
            if field.type == "children" and field.target == child.name and field.via == via.name:
                return field.name
        title = child.plural or child.title
        name = names.field_name(title, {field.name for field in self.entity.fields})
        made = Field(name=name, title=title, type="children", target=child.name, via=via.name)
        self.entity = with_field(self.entity, made)
        self.known = Known(replaced(self.known.spec, self.entity))
        return name
