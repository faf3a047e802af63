"""The JSON Schema of the AppSpec, made from the structs: editors complete and check a spec by it.

It says the form alone; `dataforms.check` says the rest.
"""

import ast
import inspect
from typing import Any

import msgspec

from dataforms import spec, spec_login, spec_origin, spec_sync
from dataforms.names import APP_NAME, ENTITY_NAME, FIELD_NAME, TITLE_LENGTH
from dataforms.spec import VERSION, AppSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODULES = (spec, spec_login, spec_origin, spec_sync)
"""What owns the structs of an AppSpec."""
_PATTERNS = {"AppSpec": APP_NAME, "Entity": ENTITY_NAME, "Field": FIELD_NAME, "Sync": FIELD_NAME}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of an AppSpec, with a description wherever the structs have one."""
    reference = msgspec.json.schema(AppSpec)
    definitions: dict[str, Any] = reference["$defs"]
    for name, told in _told().items():
        for key, text in told.items():
            properties = definitions[name]["properties"]
            properties[_key(name, key)]["description"] = text
    for name, pattern in _PATTERNS.items():
        properties = definitions[name]["properties"]
        properties["name"]["pattern"] = f"^({pattern.pattern})$"
        properties["title"] |= {"minLength": 1, "maxLength": TITLE_LENGTH}
    definitions["AppSpec"]["properties"]["version"] |= {"minimum": 1, "maximum": VERSION}
    definitions["AppSpec"]["properties"]["entities"]["minItems"] = 1
    definitions["Entity"]["properties"]["fields"]["minItems"] = 1
    root = definitions.pop("AppSpec")
    return {"$schema": DIALECT, **root, "$defs": definitions}


def _key(struct: str, attribute: str) -> str:
    owner = next(getattr(module, struct) for module in _MODULES if hasattr(module, struct))
    fields = msgspec.structs.fields(owner)
    return next(field.encode_name for field in fields if field.name == attribute)


def _told() -> dict[str, dict[str, str]]:
    """Return the text that follows each attribute of each struct, by struct and attribute."""
    told: dict[str, dict[str, str]] = {}
    for node in (node for module in _MODULES for node in ast.parse(inspect.getsource(module)).body):
        if not isinstance(node, ast.ClassDef):
            continue
        pairs = zip(node.body, node.body[1:], strict=False)
        texts = {attribute: text for pair in pairs for attribute, text in _pair(*pair)}
        if texts and node.name != "Problem":
            told[node.name] = texts
    return told


def _pair(first: ast.stmt, second: ast.stmt) -> list[tuple[str, str]]:
    if not (isinstance(first, ast.AnnAssign) and isinstance(first.target, ast.Name)):
        return []
    if not (isinstance(second, ast.Expr) and isinstance(second.value, ast.Constant)):
        return []
    return [(first.target.id, inspect.cleandoc(str(second.value.value)))]
