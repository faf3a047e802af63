"""What JSON Schema demands of several properties at once, as expressions of an app. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dataforms.spec import Field

_IGNORED = frozenset(("title", "description", "$comment", "type", "default", "examples"))
_MOST = 4
Resolve = Callable[[Any], dict[str, Any]]


class Beyond(Exception):
    """A demand that an app has no words for; its argument is the keyword."""


class Conditions:
    """Turns schemas over the properties of one entity into expressions over its fields."""

    def __init__(self, fields: Mapping[str, Field], whole: Resolve) -> None:
        self._fields = fields
        """The field of each property."""
        self._whole = whole

    def of(self, said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield pairs: a property and when it is required, or nothing and what must hold; raise Beyond."""
        if "if" in said:
            yield from self._if(said)
        for key, needed in {**_object(said, "dependencies"), **_object(said, "dependentRequired")}.items():
            given = f"({self._name(key)} != empty)"
            if isinstance(needed, list):
                yield from ((name, given) for name in needed if self._name(str(name)))
            else:
                yield "", f"(not {given} or {self.holds(needed)})"
        for key, schema in _object(said, "dependentSchemas").items():
            yield "", f"(({self._name(key)} == empty) or {self.holds(schema)})"
        for word in ("anyOf", "oneOf", "not"):
            if word in said:
                yield "", self._combined(word, said[word])

    def _if(self, said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        condition = self.holds(said["if"])
        for word, when in (("then", condition), ("else", f"(not {condition})")):
            schema = said.get(word)
            if not isinstance(schema, dict):
                continue
            whole = self._whole(schema)
            yield from ((str(name), when) for name in whole.get("required") or () if self._name(str(name)))
            rest = {key: value for key, value in whole.items() if key not in ("required", *_IGNORED)}
            if rest:
                yield "", f"(not {when} or {self.holds(rest)})"

    def holds(self, schema: Any) -> str:
        """Return what is true of a record exactly if a schema holds; raise Beyond."""
        if isinstance(schema, bool):
            return "true" if schema else "false"
        whole = self._whole(schema)
        parts = [f"({self._name(str(name))} != empty)" for name in whole.get("required") or ()]
        for key, value in whole.items():
            if key == "properties" and isinstance(value, dict):
                parts += [each for name, inner in value.items() if (each := self._property(name, inner))]
            elif key == "x-said":
                parts += [self._combined(word, each[word]) for each in value for word in each]
            elif key not in _IGNORED | {"required"}:
                raise Beyond(key)
        if not parts:
            return "true"
        return f"({' and '.join(parts)})" if len(parts) > 1 else parts[0]

    def _combined(self, word: str, value: Any) -> str:
        if word == "not":
            return f"(not {self.holds(value)})"
        if word not in ("anyOf", "oneOf") or not isinstance(value, list) or not 0 < len(value) <= _MOST:
            raise Beyond(word)
        parts = [self.holds(each) for each in value]
        if word == "anyOf":
            return f"({' or '.join(parts)})"
        ways = [
            " and ".join(part if place == chosen else f"(not {part})" for place, part in enumerate(parts))
            for chosen in range(len(parts))
        ]
        return f"({' or '.join(f'({way})' for way in ways)})"

    def _name(self, key: str) -> str:
        field = self._fields.get(key)
        if field is None or field.type in ("json", "references", "children", "multi_enum"):
            raise Beyond(f"a condition on {key}")
        return field.name

    def _property(self, key: str, schema: Any) -> str:
        """Return what a schema demands of a property, which holds where there is no value."""
        if schema is True or schema == {}:
            return ""
        name = self._name(key)
        if schema is False:
            return f"({name} == empty)"
        parts = []
        for word, value in self._whole(schema).items():
            part = _demand(self._fields[key], word, value)
            if part:
                parts.append(part)
        return f"(({name} == empty) or ({' and '.join(parts)}))" if parts else ""


def _demand(field: Field, word: str, value: Any) -> str:
    """Return one demand on a field; empty for what demands nothing more."""
    name = field.name
    match word:
        case "const":
            return f"({name} == {constant(value, word)})"
        case "enum" if isinstance(value, list) and value:
            if any(isinstance(each, bool) for each in value):
                return f"({' or '.join(f'({name} == {constant(each, word)})' for each in value)})"
            return f"({name} in [{', '.join(constant(each, word) for each in value)}])"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" if _is_number(value):
            sign = {"minimum": ">=", "maximum": "<=", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}[word]
            return f"({name} {sign} {constant(value, word)})"
        case "minLength" | "maxLength" if isinstance(value, int):
            return f"(length({name}) {'>=' if word == 'minLength' else '<='} {value})"
        case "not" if isinstance(value, dict) and len(value) == 1:
            ((inner, given),) = value.items()
            return f"(not {_demand(field, inner, given)})"
    if word in _IGNORED:
        return ""
    raise Beyond(word)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def constant(value: Any, word: str) -> str:
    """Return a value as an expression has it; raise Beyond."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer() and abs(value) < 1e15):
        return str(int(value))
    if isinstance(value, float) and 1e-6 < abs(value) < 1e15:
        return f"{value:.15f}".rstrip("0")
    if isinstance(value, str) and value.strip():
        return '"' + value.replace('"', '""') + '"'
    raise Beyond(word)


def _object(said: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = said.get(key)
    return value if isinstance(value, dict) else {}
