"""Objects that are one of several, told apart by a property: one object with the fields of all. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from protoddfd.importers.kinds.schema_fields import types_of
from protoddfd.importers.kinds.schema_refs import Document, Schema, Unresolved

_MOST = 50
_KEPT = frozenset(
    ("type", "properties", "required", "title", "description", "additionalProperties", "example", "examples",
     "discriminator", "xml", "$comment", "$id", "$anchor", "$schema")
)  # fmt: skip


def united(document: Document, whole: Schema) -> Schema:
    """Return a schema whose `oneOf` or `anyOf` of objects is put into it; as it is where it has none.

    `x-kind` is the property that tells them apart then, `x-variants` says for which of its values there is a
    property, and `x-needed` for which it is required. Raise Unresolved.
    """
    for said in whole.get("x-said") or ():
        word, options = next(iter(said.items()))
        if len(said) == 1 and word in ("oneOf", "anyOf") and isinstance(options, list):
            some = [each for each in options if not (isinstance(each, dict) and each.get("type") == "null")]
            made = _united(document, whole, some) if 2 <= len(some) <= _MOST else None
            if made is not None:
                return {**made, "x-said": [each for each in whole["x-said"] if each is not said]}
    return whole


def variants_only(root: Schema, where: str, schemas: dict[str, Any]) -> set[str]:
    """Return the schemas below `where` that nothing refers to but one list of alternatives of objects."""
    document = Document(root)
    uses = Counter(_refs(root))
    found: set[str] = set()
    for schema in schemas.values():
        said = _object(schema)
        options = said.get("oneOf") or said.get("anyOf")
        refs = [str(_object(each).get("$ref")) for each in options] if isinstance(options, list) else []
        if refs and all(ref.startswith(where) for ref in refs) and _is_united(document, said):
            found |= {ref for ref in refs if uses[ref] == 1}
    return found


def _is_united(document: Document, schema: Schema) -> bool:
    try:
        return "x-kind" in united(document, document.whole(schema))
    except Unresolved:
        return False


def _refs(value: Any) -> Iterator[str]:
    todo = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, dict):
            if isinstance(each.get("$ref"), str):
                yield each["$ref"]
            todo += each.values()
        elif isinstance(each, list):
            todo += each


def _united(document: Document, whole: Schema, options: Sequence[Any]) -> Schema | None:
    """Return the schema with all alternatives in it; None where they are not told apart."""
    branches = [document.whole(each) for each in options]
    if not all("object" in types_of(each) and isinstance(each.get("properties"), dict) for each in branches):
        return None
    kind = _kind(whole, branches)
    values = _values(whole, kind, options, branches) if kind is not None else None
    if kind is None or values is None:
        return None
    own = dict(whole["properties"]) if isinstance(whole.get("properties"), dict) else {}
    told = _object(own.get(kind))
    made: Schema = {
        kind: {
            **{key: told[key] for key in ("title", "description") if key in told},
            "type": "string",
            "enum": values,
        }
    }
    made |= {key: each for key, each in own.items() if key != kind}
    has: dict[str, list[str]] = {}
    needed: dict[str, list[str]] = {}
    lost: list[str] = []
    for value, branch in zip(values, branches, strict=True):
        lost += [key for key in branch if key not in _KEPT | {"x-said", "x-lost"}] + list(
            branch.get("x-lost") or ()
        )
        lost += [
            key
            for said in branch.get("x-said") or ()
            if said not in (whole.get("x-said") or ())
            for key in said
        ]
        for key, schema in branch["properties"].items():
            if key not in own and key != kind:
                has.setdefault(key, []).append(value)
                lost += [f"another {key}"] if made.setdefault(key, schema) != schema else []
        for key in _names(branch):
            needed.setdefault(key, []).append(value)
    always = [key for key, some in needed.items() if len(some) == len(values)]
    return {
        **{key: each for key, each in whole.items() if key != "discriminator"},
        "type": "object",
        "properties": made,
        "required": list(dict.fromkeys((*_names(whole), kind, *always))),
        "x-lost": [*(whole.get("x-lost") or ()), *dict.fromkeys(lost)],
        "x-kind": kind,
        "x-variants": {key: some for key, some in has.items() if len(some) < len(values)},
        "x-needed": {key: some for key, some in needed.items() if key not in always and key != kind},
    }


def _kind(whole: Schema, branches: Sequence[Schema]) -> str | None:
    """Return the property that tells alternatives apart: the one said, or one that is constant in each."""
    said = _object(whole.get("discriminator")).get("propertyName")
    if isinstance(said, str) and said:
        return said
    for key in branches[0]["properties"]:
        constants = [_constant(_object(each["properties"].get(key))) for each in branches]
        if None not in constants and len(set(constants)) == len(constants):
            return str(key)
    return None


def _values(whole: Schema, kind: str, options: Sequence[Any], branches: Sequence[Schema]) -> list[str] | None:
    """Return what the property is for each alternative; None where two are the same, or one has none."""
    mapping = _object(_object(whole.get("discriminator")).get("mapping"))
    found: list[str] = []
    for option, branch in zip(options, branches, strict=True):
        ref = _object(option).get("$ref")
        name = ref.rsplit("/", 1)[-1] if isinstance(ref, str) else None
        mapped = [str(value) for value, target in mapping.items() if target in (ref, name) and ref]
        value = mapped[0] if mapped else _constant(_object(branch["properties"].get(kind))) or name
        if value is None or value in found or not value.strip() or not value.isprintable():
            return None
        found.append(value)
    return found


def _constant(schema: Schema) -> str | None:
    values = schema.get("enum") if "enum" in schema else [schema.get("const")]
    is_one = isinstance(values, list) and len(values) == 1 and isinstance(values[0], str)
    return str(values[0]) if is_one and isinstance(values, list) else None


def _names(schema: Schema) -> list[str]:
    """Return the properties that are required."""
    names = schema.get("required")
    return [each for each in names if isinstance(each, str)] if isinstance(names, list) else []


def _object(value: Any) -> Schema:
    return value if isinstance(value, dict) else {}
