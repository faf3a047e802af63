"""One property of JSON Schema as a field: its type and the rules that a field has words for. Pure."""

from decimal import Decimal
from typing import Any

import msgspec

from dataforms.spec import Field, FieldType, Scalar

_FORMATS: dict[str, FieldType] = {
    "email": "email", "idn-email": "email", "uri": "url", "url": "url", "iri": "url", "date": "date",
    "date-time": "datetime", "time": "time", "duration": "duration", "phone": "phone", "color": "color",
}  # fmt: skip
_PLAIN_FORMATS = frozenset(
    ("uuid", "int32", "int64", "float", "double", "password", "string", "textarea", "multiline")
)
"""Formats that change nothing here."""
_LONG = 255
_CHOICE = 200
_CHOICES = 1_000
_PLACES = 15
_HELP = 2_000
SILENT = frozenset(
    ("$schema", "$id", "id", "$anchor", "$comment", "$defs", "definitions", "title", "description", "default",
     "examples", "example", "type", "enum", "const", "format", "required", "properties", "readOnly",
     "deprecated", "nullable",
     "additionalProperties", "$vocabulary", "xml", "externalDocs", "enumNames", "writeOnly", "discriminator",
     "x-said", "x-kind", "x-variants", "x-needed", "uniqueItems")
)  # fmt: skip
"""Keywords that are understood where they stand, or that demand nothing of a form."""
_OF_TYPE: dict[str, frozenset[str]] = {
    "string": frozenset(("minLength", "maxLength", "pattern")),
    "integer": frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
    "number": frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
    "array": frozenset(("items", "minItems", "maxItems")),
}


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A field, conditions with `{0}` for it, and the keywords that were not understood."""

    field: Field
    checks: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    nullable: bool = False


def types_of(schema: dict[str, Any]) -> list[str]:
    """Return the types that a schema allows, `null` among them, from what it says or from its keywords."""
    said = schema.get("type")
    if isinstance(said, str):
        return [said] + (["null"] if schema.get("nullable") is True else [])
    if isinstance(said, list):
        return [str(each) for each in said]
    if isinstance(schema.get("properties"), dict):
        return ["object"]
    if "items" in schema:
        return ["array"]
    values = schema.get("enum") if isinstance(schema.get("enum"), list) else [schema.get("const")]
    found = {_type_of(each) for each in values or ()} if "enum" in schema or "const" in schema else set()
    for name in ("string", "number"):
        if _OF_TYPE[name] & schema.keys() or (name == "string" and "format" in schema):
            found.add(name)
    return sorted(found)


def _type_of(value: object) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


def field_of(schema: dict[str, Any], name: str, title: str) -> Made:
    """Return the field of a property whose schema stands alone, with nothing that it refers to."""
    types = types_of(schema)
    nullable = "null" in types
    kinds = [each for each in types if each != "null"]
    if set(kinds) == {"integer", "number"}:
        kinds = ["number"]
    lost = sorted(
        schema.keys() - SILENT - {key for kind in kinds for key in _OF_TYPE.get(kind, ())} - {"x-lost"}
    )
    lost += [str(each) for each in schema.get("x-lost") or ()]
    if "type" not in schema and kinds and not ("enum" in schema or "const" in schema):
        lost.append(f"no type, taken for {kinds[0]}")
    base = Field(
        name=name,
        title=title,
        type="json",
        help=str(schema["description"]).strip()[:_HELP] or None if schema.get("description") else None,
    )
    kind = kinds[0] if len(kinds) == 1 else ""
    maker = {
        "string": _string,
        "integer": _number,
        "number": _number,
        "boolean": _boolean,
        "array": _array,
    }.get(kind)
    if maker is None:
        unchecked = [f"type {kind}" if kind else "type"] if "type" in schema else []
        checked = [key for key in ("enum", "const") if key in schema]
        return Made(field=base, lost=(*lost, *unchecked, *checked), nullable=nullable)
    made = maker(schema, base)
    default = _default(schema.get("default"), made.field)
    read_only = schema.get("readOnly") is True
    field = msgspec.structs.replace(made.field, default=default, read_only=read_only)
    return Made(field=field, checks=made.checks, lost=(*lost, *made.lost), nullable=nullable)


def _default(value: object, field: Field) -> Scalar:
    if field.type == "json" or not isinstance(value, str | int | float | bool):
        return None
    return None if value == "" else value


def _choices(schema: dict[str, Any]) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values = schema.get("enum")
    return [each for each in values if each is not None] if isinstance(values, list) else None


def _string(schema: dict[str, Any], base: Field) -> Made:
    values = _choices(schema)
    if values is not None:
        fine = [
            each
            for each in values
            if isinstance(each, str) and each.strip() == each and each and each.isprintable()
        ]
        if (
            len(fine) == len(values)
            and 0 < len(fine) <= _CHOICES
            and all(len(each) <= _CHOICE for each in fine)
        ):
            return Made(field=msgspec.structs.replace(base, type="enum", choices=tuple(dict.fromkeys(fine))))
        return Made(field=msgspec.structs.replace(base, type="text"), lost=("enum",))
    low, high = schema.get("minLength"), schema.get("maxLength")
    said = schema.get("format")
    kind: FieldType = _FORMATS.get(str(said), "text")
    lost = [] if said is None or kind != "text" or str(said) in _PLAIN_FORMATS else [f"format {said}"]
    if kind == "text" and ((isinstance(high, int) and high > _LONG) or said in ("textarea", "multiline")):
        kind = "long_text"
    bounded = kind in ("text", "long_text", "email", "url", "phone")
    if not bounded:
        lost += [key for key in ("minLength", "maxLength", "pattern") if key in schema]
    pattern = schema.get("pattern") if bounded else None
    field = msgspec.structs.replace(
        base,
        type=kind,
        min=_length(low) if bounded and low != 0 else None,
        max=_length(high) if bounded else None,
        pattern=anywhere(pattern) if isinstance(pattern, str) else None,
    )
    return Made(field=field, lost=tuple(lost))


def _length(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or value < 0:
        return None
    return int(value)


def anywhere(pattern: str) -> str:
    """Return a pattern that matches a whole text where the given one matches a part of it."""
    if (
        pattern.startswith("^")
        and pattern.endswith("$")
        and "|" not in pattern
        and not pattern.endswith("\\$")
    ):
        return pattern[1:-1]
    return rf"[\s\S]*(?:{pattern})[\s\S]*"


def _number(schema: dict[str, Any], base: Field) -> Made:
    whole = "number" not in types_of(schema)
    low, high = _bound(schema.get("minimum"), whole=whole), _bound(schema.get("maximum"), whole=whole)
    checks = []
    for word, sign, end in (("exclusiveMinimum", ">", "minimum"), ("exclusiveMaximum", "<", "maximum")):
        edge = schema.get(word)
        edge = schema.get(end) if edge is True else edge  # as in draft 4
        if _is_number(edge):
            checks.append(f"{{0}} {sign} {_plain(edge)}")
    values = _choices(schema)
    lost = []
    if values is not None and all(_is_number(each) for each in values) and values:
        checks.append(f"({{0}} in [{', '.join(map(_plain, values))}] or {{0}} == empty)")
    elif values is not None:
        lost.append("enum")
    step, places = schema.get("multipleOf"), None
    if step is not None:
        places = _places(step)
        if whole and isinstance(step, int) and step > 0:
            checks += [f"{{0}} % {step} == 0 or {{0}} == empty"]
        elif places is None:
            lost.append("multipleOf")
    field = msgspec.structs.replace(
        base, type="integer" if whole else "decimal", min=low, max=high, places=None if whole else places
    )
    return Made(field=field, checks=tuple(checks), lost=tuple(lost))


def _bound(value: object, *, whole: bool) -> int | float | None:
    if not _is_number(value) or not isinstance(value, int | float) or abs(value) > 1e15:
        return None
    return int(value) if float(value).is_integer() else (None if whole else value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _plain(value: Any) -> str:
    text = format(Decimal(repr(value)) if isinstance(value, float) else Decimal(value), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _places(step: object) -> int | None:
    """Return how many digits after the point a step of 0.1, 0.01 and so on leaves."""
    if not isinstance(step, int | float) or isinstance(step, bool) or step <= 0:
        return None
    exponent = Decimal(repr(step)).normalize().as_tuple()
    places = -exponent.exponent if isinstance(exponent.exponent, int) else 0
    return places if exponent.digits == (1,) and 0 <= places <= _PLACES else None


def _boolean(schema: dict[str, Any], base: Field) -> Made:
    lost = (
        ("enum",) if _choices(schema) is not None and len(set(map(str, _choices(schema) or ()))) < 2 else ()
    )
    return Made(field=msgspec.structs.replace(base, type="boolean"), lost=lost)


def _array(schema: dict[str, Any], base: Field) -> Made:
    items = schema.get("items")
    values = _choices(items) if isinstance(items, dict) and "enum" in items else None
    if values and all(
        isinstance(each, str) and each.strip() == each and each.isprintable() and each for each in values
    ):
        field = msgspec.structs.replace(
            base,
            type="multi_enum",
            choices=tuple(dict.fromkeys(values)),
            min=_length(schema.get("minItems")) or None,
            max=_length(schema.get("maxItems")),
        )
        return Made(field=field)
    lost = [
        key for key in ("items", "minItems", "maxItems", "uniqueItems", "enum", "const") if schema.get(key)
    ]
    return Made(field=base, lost=tuple(lost))
