"""Faults of form: what is not JSON, or has not the keys and types of an AppSpec. Sees each part by itself."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin

import msgspec

from dataforms.names import did_you_mean
from dataforms.spec import AppSpec, Problem

_EXPECTED = re.compile(r"Expected `(?P<wanted>.+?)`, got `(?P<given>.+?)`")
_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_PLACEHOLDERS: dict[Any, object] = {str: "?", int: 0, bool: False}


def salvage(document: bytes | object) -> tuple[AppSpec | None, AppSpec | None, tuple[Problem, ...]]:
    """Return the spec, what could be kept of it, and the faults of form.

    What was kept has every list at its full length, so that paths into it are paths into the document.
    """
    if isinstance(document, bytes):
        try:
            document = msgspec.json.decode(document)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            hint = "Check commas, quotes and brackets, and that it is UTF-8."
            return None, None, (Problem(path="", message=f"Is not JSON: {error}.", hint=hint),)
    found: list[Problem] = []
    kept = _struct(document, AppSpec, "", found)
    if found:
        return None, msgspec.convert(kept, AppSpec), tuple(found)
    spec = msgspec.convert(document, AppSpec)
    return spec, spec, ()


def _struct(value: object, kind: type[msgspec.Struct], path: str, found: list[Problem]) -> dict[str, object]:
    """Return what of `value` fits a struct, with placeholders for required keys that do not."""
    fields = _fields_of(kind)
    given: dict[Any, object] = value if isinstance(value, dict) else {}
    if not isinstance(value, dict):
        found.append(Problem(path=path, message=f"Must be an object with keys such as {next(iter(fields))}."))
    for key in given:
        if key not in fields:
            shown = str(key)[:80]
            hint = did_you_mean(shown, fields)
            found.append(
                Problem(path=_join(path, shown), message=f"The key {shown!r} is not known.", hint=hint)
            )
    kept: dict[str, object] = {}
    for key, field in fields.items():
        inside = _join(path, key)
        if key in given:
            kept.update((key, part) for part in _part(given[key], field.type, inside, found))
        elif field.required and isinstance(value, dict):
            found.append(Problem(path=inside, message="Is missing.", hint=f"Add the key {key!r}."))
        if field.required and key not in kept:
            kept[key] = _placeholder(field.type)
    return kept


@lru_cache(maxsize=64)
def _fields_of(kind: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def _part(value: object, kind: Any, path: str, found: list[Problem]) -> Iterator[object]:
    """Yield what of `value` fits a type, if anything does."""
    inner = get_args(kind)[0] if get_origin(kind) is tuple else None
    if _is_struct(kind):
        yield _struct(value, kind, path, found)
    elif inner is not None and _is_struct(inner) and isinstance(value, list | tuple):
        yield [_struct(item, inner, f"{path}[{place}]", found) for place, item in enumerate(value)]
    else:
        fault = _fault(value, kind, path)
        if fault is None:
            yield value
        else:
            found.append(fault)


def _fault(value: object, kind: Any, path: str) -> Problem | None:
    if get_origin(kind) is Literal:
        known = get_args(kind)
        if value in known:
            return None
        shown = str(value)[:80]
        return Problem(path=path, message=f"{shown!r} is not known here.", hint=did_you_mean(shown, known))
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$")
        return Problem(path=path + where.rstrip("`"), message=_sentence(message))
    return None


def _sentence(message: str) -> str:
    said = _EXPECTED.fullmatch(message)
    if said is None:
        return message if message.endswith(".") else f"{message}."
    wanted = " or ".join(_WORDS.get(word.strip(), word.strip()) for word in said["wanted"].split("|"))
    return f"Must be {wanted}, and is {_WORDS.get(said['given'], said['given'])}."


def _placeholder(kind: Any) -> object:
    if get_origin(kind) is tuple:
        return []
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    return _PLACEHOLDERS[kind]


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
