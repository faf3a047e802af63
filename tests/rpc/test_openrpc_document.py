"""rpc.discover describes every method in OpenRPC's terms."""

from typing import Any

import jsonschema
import msgspec
import pytest

from protoddfd.rpc.discover import document
from protoddfd.wire.methods import METHODS

# The parts of the OpenRPC 1.3 meta-schema that are required, and the shapes that we use.
META: dict[str, Any] = {
    "type": "object",
    "required": ["openrpc", "info", "methods"],
    "additionalProperties": False,
    "properties": {
        "openrpc": {"type": "string", "pattern": r"^1\.3\.\d+$"},
        "info": {
            "type": "object",
            "required": ["title", "version"],
            "properties": {"title": {"type": "string"}, "version": {"type": "string", "minLength": 1}},
        },
        "methods": {"type": "array", "items": {"$ref": "#/definitions/method"}},
        "components": {"type": "object", "propertyNames": {"enum": ["schemas", "errors"]}},
    },
    "definitions": {
        "content": {
            "type": "object",
            "required": ["name", "schema"],
            "properties": {"name": {"type": "string", "minLength": 1}, "required": {"type": "boolean"}},
        },
        "method": {
            "type": "object",
            "required": ["name", "params"],
            "patternProperties": {"^x-": {}},
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string", "minLength": 1},
                "summary": {"type": "string"},
                "description": {"type": "string"},
                "paramStructure": {"enum": ["by-name", "by-position", "either"]},
                "params": {"type": "array", "items": {"$ref": "#/definitions/content"}},
                "result": {"$ref": "#/definitions/content"},
                "errors": {"type": "array", "items": {"type": "object", "required": ["$ref"]}},
            },
        },
    },
}


@pytest.fixture(scope="module")
def discovered() -> Any:
    return msgspec.json.decode(msgspec.json.encode(document(METHODS.values())))


def test_the_document_is_valid(discovered: Any) -> None:
    jsonschema.validate(discovered, META)


def test_every_method_is_described(discovered: Any) -> None:
    assert [method["name"] for method in discovered["methods"]] == list(METHODS)
    assert all(method["summary"] for method in discovered["methods"])


def test_every_reference_leads_somewhere(discovered: Any) -> None:
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                _, *steps = node["$ref"].split("/")
                target = discovered
                for step in steps:
                    target = target[step]
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(discovered)


def test_every_schema_is_a_json_schema(discovered: Any) -> None:
    for schema in discovered["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_required_parameters_come_before_optional_ones(discovered: Any) -> None:
    for method in discovered["methods"]:
        required = [param["required"] for param in method["params"]]
        assert required == sorted(required, reverse=True), method["name"]
