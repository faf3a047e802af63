"""The interface as an OpenRPC document, made from the METHODS table and the structs' own docstrings."""

from collections.abc import Iterable
from typing import Any

import msgspec

from protoddfd.errors import ProtoddfError, family
from protoddfd.wire.methods import Method

OPENRPC_VERSION = "1.3.2"
_REFERENCE = "#/components/schemas/{name}"


def document(methods: Iterable[Method], version: str = "") -> dict[str, Any]:
    """Return the OpenRPC document of `methods`; `version` is Proto-DDF's own unless given."""
    rows = list(methods)
    types = [type_ for method in rows for type_ in (method.params, *method.results)]
    named = [type_ for type_ in dict.fromkeys(types) if type_ is not msgspec.Raw]
    schemas, components = msgspec.json.schema_components(named, ref_template=_REFERENCE)
    by_type = dict(zip(named, schemas, strict=True))
    return {
        "openrpc": OPENRPC_VERSION,
        "info": {
            "title": "Proto-DDF",
            "description": "The local interface of protoddfd: JSON-RPC 2.0, one JSON value per line.",
            "version": version or _version(),
        },
        "methods": [_method(row, by_type, components) for row in rows],
        "components": {
            "schemas": components,
            "errors": {error.__name__: _error(error) for error in family().values()},
        },
    }


def _method(method: Method, by_type: dict[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    schema = components[method.params.__name__]
    required = schema.get("required", [])
    return {
        "name": method.name,
        "summary": method.summary,
        "description": schema.get("description", ""),
        "paramStructure": "either",
        "params": [
            {"name": name, "required": name in required, "schema": field}
            for name, field in schema["properties"].items()
        ],
        "result": {"name": "result", "schema": _result(method, by_type)},
        "errors": [{"$ref": f"#/components/errors/{error.__name__}"} for error in family().values()],
        "x-role": method.role.name.lower(),
        "x-rest": method.rest,
    }


def _result(method: Method, by_type: dict[Any, Any]) -> dict[str, Any]:
    schemas = [by_type.get(type_, {"type": "object"}) for type_ in method.results]
    return schemas[0] if len(schemas) == 1 else {"oneOf": schemas}


def _error(error: type[ProtoddfError]) -> dict[str, Any]:
    summary = (error.__doc__ or "").strip().split("\n", 1)[0]
    return {"code": error.code, "message": summary, "data": {"kind": error.kind}}


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("proto-ddf")
    except PackageNotFoundError:
        return "0"
