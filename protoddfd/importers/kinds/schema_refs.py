"""`$ref` and `allOf` of JSON Schema: what a schema is with all that it refers to in its place. Pure."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

Schema = dict[str, Any]
_DEPTH = 30
_MOST = 50_000
"""Schemas that one document may come to."""
CONDITIONAL = (
    *("if", "then", "else", "anyOf", "oneOf", "not"),
    *("dependentRequired", "dependencies", "dependentSchemas"),
)
"""Keywords that make one value depend on another; `whole` collects them, each with its like, in `x-said`."""
_OWN = ("x-kind", "x-variants", "x-needed")
"""Keywords that `schema_variants` adds, and no document has."""
_ANNOTATIONS = ("title", "description", "default", "examples", "$comment")


class Unresolved(Exception):
    """A `$ref` leads nowhere, or outside of the document, or in a circle."""


class Document:
    """A JSON document with schemas in it."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self._anchors = dict(self._anchored(root))
        self._count = 0

    def _anchored(self, root: Schema) -> Iterator[tuple[str, Schema]]:
        """Yield the schemas that have a name of their own: `$id`, `$anchor`."""
        for group in ("$defs", "definitions"):
            for each in (root.get(group) or {}).values() if isinstance(root.get(group), dict) else ():
                if isinstance(each, dict):
                    for key, mark in (("$id", ""), ("id", ""), ("$anchor", "#"), ("$dynamicAnchor", "#")):
                        if isinstance(each.get(key), str):
                            yield mark + each[key], each

    def at(self, ref: str) -> Any:
        """Return what a reference leads to; raise Unresolved."""
        if ref in self._anchors:
            return self._anchors[ref]
        own = self.root.get("$id")
        if isinstance(own, str) and own and ref.startswith(own.rstrip("#")):
            ref = ref[len(own.rstrip("#")) :] or "#"
        if not ref.startswith("#"):
            raise Unresolved(ref)
        place: Any = self.root
        for step in ref[1:].split("/")[1:]:
            step = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(place, list) and step.isdigit() and int(step) < len(place):
                place = place[int(step)]
            elif isinstance(place, dict) and step in place:
                place = place[step]
            else:
                raise Unresolved(ref)
        return place

    def whole(self, schema: Any, seen: tuple[str, ...] = ()) -> Schema:
        """Return a schema with its `$ref` and its `allOf` put into it; raise Unresolved."""
        self._count += 1
        if self._count > _MOST or len(seen) > _DEPTH:
            raise Unresolved("too many references")
        if not isinstance(schema, dict):
            return {} if schema is not False else {"not": {}}
        made = {
            key: value for key, value in schema.items() if key not in ("$ref", "allOf", *CONDITIONAL, *_OWN)
        }
        said = {key: value for key, value in schema.items() if key in CONDITIONAL}
        if said:
            made["x-said"] = [*made.get("x-said", ()), said]
        parts = []
        ref = schema.get("$ref")
        if isinstance(ref, str):
            if ref in seen:
                raise Unresolved(ref)
            parts.append(self.whole(self.at(ref), (*seen, ref)))
        all_of = schema.get("allOf")
        for number, each in enumerate(all_of if isinstance(all_of, list) else ()):
            parts.append(self.whole(each, (*seen, f"allOf {number} of {id(schema)}")))
        for part in parts:
            made = _both(made, part)
        return made


def _both(one: Schema, other: Schema) -> Schema:
    """Return a schema that says what two say."""
    made = dict(one)
    for key, value in other.items():
        if key not in made:
            made[key] = value
        elif key in ("x-said", "x-lost"):
            made[key] = [*made[key], *value]
        elif made[key] != value and key not in _ANNOTATIONS:
            both = _of_both(key, made[key], value)
            if both is None:
                made["x-lost"] = [*made.get("x-lost", ()), key]
            else:
                made[key] = both
    return made


def _of_both(key: str, one: Any, other: Any) -> Any:
    """Return the value of a keyword that says what two values say; None where there is none."""
    if key == "type":
        return _common(one, other)
    if isinstance(one, dict) and isinstance(other, dict) and key == "properties":
        both = {name: {"allOf": [one[name], other[name]]} for name in other if name in one}
        return {**one, **other, **both}
    if isinstance(one, list) and isinstance(other, list):
        if key == "required":
            return [*one, *(each for each in other if each not in one)]
        return [each for each in one if each in other] if key == "enum" else None
    if _is_number(one) and _is_number(other):
        return max(one, other) if key in _HIGHEST else min(one, other) if key in _LOWEST else None
    return None


_HIGHEST = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_LOWEST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _common(one: Any, other: Any) -> Any:
    first = one if isinstance(one, list) else [one]
    second = other if isinstance(other, list) else [other]
    if "number" in second:
        second = [*second, "integer"]
    if "number" in first:
        first = [*first, "integer"]
    return [each for each in first if each in second]
