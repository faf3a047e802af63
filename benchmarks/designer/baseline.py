"""What the designer is compared with: every plural is an entity, and what follows `with` its fields."""

import re

from benchmarks.designer.scorer import Answer, FoundEntity, FoundField

_LIST = re.compile(r"([A-Za-z]+)\s*(?:\(|:|with|have|has)\s*([^.;)\n]*)")
_PLURAL = re.compile(r"\b[A-Za-z]{4,}s\b")


def naive(text: str) -> Answer:
    """Return the answer of somebody who looks at the endings of words alone."""
    found: dict[str, tuple[FoundField, ...]] = {}
    for match in _LIST.finditer(text):
        fields = [part.strip() for part in re.split(r",| and ", match.group(2)) if part.strip()]
        found[_entity(match.group(1))] = tuple(
            FoundField(name="_".join(field.lower().split()[:3]), type=_type(field)) for field in fields[:12]
        )
    for match in _PLURAL.finditer(text):
        found.setdefault(_entity(match.group()), (FoundField(name="name", type="text"),))
    return Answer(entities=tuple(FoundEntity(name=name, fields=fields) for name, fields in found.items()))


def _entity(word: str) -> str:
    return word.removesuffix("s").title()


def _type(field: str) -> str:
    for part, kind in (("date", "date"), ("price", "money"), ("email", "email"), ("phone", "phone")):
        if part in field.lower():
            return kind
    return "text"
