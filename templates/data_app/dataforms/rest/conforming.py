"""Whether a JSON value fits a schema of those that the type registry makes. Must import only msgspec's kin.

It knows the keywords that are used there and no other: what an unknown one says would pass unseen, so that
is an error of ours.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from dataforms.jsonform import JsonSchema

NAMES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_TOLD_ONLY = frozenset(("title", "description", "default", "readOnly", "additionalProperties"))
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?"
_FORMATS = {
    "date": _DATE,
    "time-local": _TIME,
    "date-time-local": f"{_DATE}T{_TIME}(Z|[+-][0-9]{{2}}:[0-9]{{2}})?",
}
"""How formats are written that types understand in other ways too; an offset makes a time one of UTC."""


def misfit(value: object, schema: JsonSchema) -> str:
    """Return what is wrong with a value, as a sentence; empty if it fits."""
    known = schema.get("properties", {})
    if schema.get("additionalProperties") is False and isinstance(value, dict) and value.keys() - known:
        return f"Must have nothing but {' and '.join(known)}."
    for keyword, expected in schema.items():
        if keyword not in _TOLD_ONLY:
            said = _KEYWORDS[keyword](value, expected)
            if said:
                return said
    return ""


def fits(value: object, name: str) -> bool:
    """Tell whether a value is of a JSON type; a number without a fraction is an integer."""
    match name:
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "integer":
            return fits(value, "number") and (isinstance(value, int) or float(value).is_integer())  # type: ignore[arg-type]  # it is a number
        case _:
            return isinstance(value, _PYTHON[name])


_PYTHON: dict[str, type | tuple[type, ...]] = {
    "string": str, "boolean": bool, "array": list, "object": dict, "null": type(None),
}  # fmt: skip


def _type(value: object, expected: Any) -> str:
    return "" if fits(value, expected) else f"Must be {NAMES[expected]}."


def _enum(value: object, expected: Any) -> str:
    return "" if value in expected else f"Must be one of {', '.join(map(str, expected))}."


def _pattern(value: object, expected: Any) -> str:
    return "" if not isinstance(value, str) or re.search(expected, value) else "Is not written as it must be."


def _format(value: object, expected: Any) -> str:
    form = _FORMATS.get(expected)
    is_right = form is None or not isinstance(value, str) or re.fullmatch(form, value)
    return "" if is_right else f"Must be a {expected} of ISO 8601."


def _longest(value: object, expected: Any) -> str:
    is_long = isinstance(value, str) and len(value) > expected
    return f"Must have at most {expected} characters." if is_long else ""


def _shortest(value: object, expected: Any) -> str:
    is_short = isinstance(value, str) and len(value) < expected
    return f"Must have at least {expected} characters." if is_short else ""


def _most(value: object, expected: Any) -> str:
    return f"Must be at most {expected}." if fits(value, "number") and value > expected else ""


def _least(value: object, expected: Any) -> str:
    return f"Must be at least {expected}." if fits(value, "number") and value < expected else ""


def _multiple(value: object, expected: Any) -> str:
    """Tell nothing: what a binary float is a multiple of is for its type to say."""
    return ""


def _most_items(value: object, expected: Any) -> str:
    return f"Choose at most {expected}." if isinstance(value, list) and len(value) > expected else ""


def _least_items(value: object, expected: Any) -> str:
    return f"Choose at least {expected}." if isinstance(value, list) and len(value) < expected else ""


def _unique(value: object, expected: Any) -> str:
    is_twice = isinstance(value, list) and any(each in value[:place] for place, each in enumerate(value))
    return "Has something twice." if is_twice else ""


def _items(value: object, expected: Any) -> str:
    return _first(misfit(each, expected) for each in value) if isinstance(value, list) else ""


def _properties(value: object, expected: Any) -> str:
    if not isinstance(value, dict):
        return ""
    return _first(misfit(value[name], schema) for name, schema in expected.items() if name in value)


def _required(value: object, expected: Any) -> str:
    return _first(f"Must have {name}." for name in expected if isinstance(value, dict) and name not in value)


def _any_of(value: object, expected: Any) -> str:
    said = [misfit(value, schema) for schema in expected]
    return "" if "" in said else said[0]


def _all_of(value: object, expected: Any) -> str:
    return _first(misfit(value, schema) for schema in expected)


def _first(said: Any) -> str:
    return next((each for each in said if each), "")


_KEYWORDS: Mapping[str, Callable[[object, Any], str]] = {
    "type": _type,
    "enum": _enum,
    "pattern": _pattern,
    "format": _format,
    "maxLength": _longest,
    "minLength": _shortest,
    "maximum": _most,
    "minimum": _least,
    "multipleOf": _multiple,
    "maxItems": _most_items,
    "minItems": _least_items,
    "uniqueItems": _unique,
    "items": _items,
    "properties": _properties,
    "required": _required,
    "anyOf": _any_of,
    "allOf": _all_of,
}
