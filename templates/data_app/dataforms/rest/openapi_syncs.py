"""The part of the OpenAPI document that is about syncs. Imported for apps that have some."""

from typing import Any

from dataforms.rest import ROOT, syncs

_JSON = "application/json"
_TAG = {"tags": ["Syncs"]}
_NAME = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
_BEGAN = {
    "type": "object",
    "properties": {"id": {"type": "integer", "format": "int64"}, "href": {"type": "string"}},
    "required": ["id"],
}


def add(paths: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Add the paths of syncs, and what they speak of."""
    schemas |= {
        "sync": syncs.sync_schema(), "sync-run": syncs.run_schema(), "sync-run-new": syncs.sent_schema(),
    }  # fmt: skip
    one = f"{ROOT}/syncs/{{name}}"
    listed = {"type": "object", "properties": {"items": {"type": "array", "items": _ref("sync")}}}
    place = {"Location": {"description": "Where it tells how it goes.", "schema": {"type": "string"}}}
    paths |= {
        f"{ROOT}/syncs": {"get": _operation("list_syncs", "List syncs", "200", listed)},
        one: {"parameters": [_NAME], "get": _operation("get_sync", "Read a sync", "200", _ref("sync"))},
        f"{one}/runs": {
            "parameters": [_NAME],
            "post": {
                **_operation("run_sync", "Run a sync", "202", _BEGAN, place),
                "requestBody": {
                    "required": True, "content": {_JSON: {"schema": _ref("sync-run-new")}},
                },
            },
        },
        f"{one}/runs/{{id}}": {
            "parameters": [_NAME, _ID],
            "get": _operation("get_sync_run", "Read how a run goes", "200", _ref("sync-run")),
            "delete": _operation("cancel_sync_run", "End a run; nothing of it is kept", "202", _BEGAN),
        },
    }  # fmt: skip


def _operation(
    name: str, summary: str, status: str, schema: dict[str, Any], headers: dict[str, Any] | None = None
) -> dict[str, Any]:
    answer = {"description": summary, "content": {_JSON: {"schema": schema}}, "headers": headers or {}}
    codes = ("400", "403", "404", "409", "413", "415", "422", "default")
    refusals = {code: {"$ref": f"#/components/responses/{code}"} for code in codes}
    return {"operationId": name, "summary": summary, **_TAG, "responses": {status: answer, **refusals}}


def _ref(schema: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{schema}"}
