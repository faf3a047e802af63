"""A JSON file, or an OpenAPI document in YAML: a schema, or records."""

from pathlib import Path
from typing import Any

import msgspec

from dataforms.sheets.refused import ImportRefused
from protoddfd.importers.found import Finding, Source

_SCHEMA_BYTES = 16 << 20
"""A larger file is no schema."""


def find(source: Source, scratch: Path) -> Finding:
    """Return the entities of a schema, or the tables in records; raise ImportRefused."""
    document = _document(Path(source.path), source.name)
    if isinstance(document, dict):
        if "openapi" in document or "swagger" in document:
            from protoddfd.importers.kinds import openapi

            return openapi.read(source, document)
        if is_schema(document):
            from protoddfd.importers.kinds import json_schema

            return json_schema.read(source, document)
        if isinstance(document.get("entities"), list) and "version" in document and "name" in document:
            raise ImportRefused(
                "this is an AppSpec", "protoddfctl create NAME --spec FILE.json makes an app of it"
            )
    if source.name.lower().endswith((".yaml", ".yml")):
        raise ImportRefused("this is YAML, and no OpenAPI document", "give the records as JSON or CSV")
    from protoddfd.importers.kinds import json_records

    return json_records.read(source)


def is_schema(document: dict[str, Any]) -> bool:
    """Return whether a JSON object is a JSON Schema."""
    says = document.get("$schema")
    if isinstance(says, str) and "schema" in says:
        return True
    named = [word for word in ("properties", "$defs", "definitions") if isinstance(document.get(word), dict)]
    types = document.get("type") in ("object", "array") or "$id" in document or "$ref" in document
    return bool(named) and (types or "$defs" in named or "definitions" in named)


def _document(path: Path, name: str) -> object:
    """Return what is in a file that is small enough for a schema; None for anything else."""
    if path.stat().st_size > _SCHEMA_BYTES:
        return None
    content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    if content.lstrip()[:1] in (b"{", b"["):
        try:
            return msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None  # several values one behind the other, or no JSON: the reader of records says which
        except RecursionError:
            raise ImportRefused("it is nested too deeply", "flatten it") from None
    if (
        name.lower().endswith((".yaml", ".yml"))
        or b"openapi" in content[:4_096]
        or b"swagger" in content[:4_096]
    ):
        return _yaml(content)
    return None


def _yaml(content: bytes) -> object:
    import yaml  # only for this

    try:
        return yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 -- a safe one
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        said = " ".join(str(error).split())[:200]
        raise ImportRefused(f"it is no YAML: {said}", "check its indentation") from error
