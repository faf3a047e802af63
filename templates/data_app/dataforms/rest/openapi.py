"""The OpenAPI 3.1 document of an app, made from its spec. Asks no database."""

from typing import Any

from dataforms.changes import EVENTS, Event
from dataforms.jsonschema import DIALECT
from dataforms.rest import ROOT, bulk, files, problems, webhooks
from dataforms.rest.forms import sent_schema, stored_schema
from dataforms.rest.listing import parameters
from dataforms.spec import AppSpec, Entity, table_name
from dataforms.types_number import INTEGER_LIMIT

VERSION = "1.0"
_JSON = "application/json"
_WHEN = {
    "400": "The request is not understood: its parameters, or its JSON.",
    "403": "It comes from a page of another origin, or the account may not do that.",
    "404": "There is no such record.",
    "409": "Other records forbid it: they refer to this one, or have the same unique value.",
    "412": "The record has changed since it was read.",
    "413": "The body is too large.",
    "415": "The body is not said to be JSON.",
    "422": "The body is JSON, and breaks rules; `errors` has a pointer to each.",
    "default": "The request is refused.",
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "Do it only while the record has this entity tag.",
    "schema": {"type": "string"},
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "Answer with 304 while the record has this entity tag.",
    "schema": {"type": "string"},
}
_ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "format": "int64", "minimum": 1, "maximum": INTEGER_LIMIT},
}
_ETAG = {"ETag": {"description": "The entity tag of the record.", "schema": {"type": "string"}}}


def document(spec: AppSpec) -> dict[str, Any]:
    """Return the document for what of a spec an account gets to see."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"problem": _problem()}
    for entity in spec.entities:
        key = table_name(entity.name)
        schemas[key] = stored_schema(entity)
        schemas[f"{key}-new"] = sent_schema(entity, is_new=True)
        schemas[f"{key}-change"] = sent_schema(entity, is_new=False)
        schemas[f"{key}-changes"] = bulk.schema(_ref(f"{key}-new"), _ref(f"{key}-change"))
        paths[f"{ROOT}/{key}"] = _collection(entity, key)
        paths[f"{ROOT}/{key}/bulk"] = _bulk(entity, key)
        paths[f"{ROOT}/{key}/import"] = _import(entity, key)
        paths[f"{ROOT}/{key}/{{id}}"] = _single(entity, key)
    paths |= _webhooks(schemas, spec)
    if spec.syncs:
        from dataforms.rest import openapi_syncs  # of no use to apps without any

        openapi_syncs.add(paths, schemas)
    info = {"title": spec.title, "version": VERSION}
    return {
        "openapi": "3.1.0",
        "info": {**info, "description": spec.description} if spec.description else info,
        "jsonSchemaDialect": DIALECT,
        "servers": [{"url": "/"}],
        "tags": [_tag(entity) for entity in spec.entities],
        "paths": paths,
        "webhooks": {
            f"{table_name(entity.name)}.{event}": _event(entity, event)
            for entity in spec.entities
            for event in EVENTS
        },
        "components": {
            "schemas": schemas,
            "responses": {code: _refusal(told) for code, told in _WHEN.items()},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token that an account made; an app without login needs none.",
                }
            },
        },
        "security": [{"token": []}, {}],
    }


def _tag(entity: Entity) -> dict[str, str]:
    tag = {"name": entity.plural or entity.title}
    return {**tag, "description": entity.description} if entity.description else tag


def _collection(entity: Entity, key: str) -> dict[str, Any]:
    page = {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": _ref(key)},
            "total": {"type": "integer", "minimum": 0, "description": "How many match in all."},
            "next": {"type": ["string", "null"], "description": "The address of the next page."},
        },
        "required": ["items", "total", "next"],
    }
    link = {"Link": {"description": "The next page (RFC 8288).", "schema": {"type": "string"}}}
    place = {"Location": {"description": "Where the record is.", "schema": {"type": "string"}}}
    title = entity.title
    return {
        "get": {
            **_operation(entity, f"list_{key}", f"List {entity.plural or title}"),
            "parameters": parameters(entity),
            "responses": {"200": _answer("A page of records.", page, link), **_refusals("400", "403")},
        },
        "post": {
            **_operation(entity, f"create_{key}", f"Add one {title}"),
            "requestBody": _body(f"{key}-new"),
            "responses": {
                "201": {
                    **_answer("The new record.", _ref(key), {**_ETAG, **place}),
                    "links": _links(key),
                },
                **_refusals("400", "403", "409", "413", "415", "422"),
            },
        },
    }


def _webhooks(schemas: dict[str, Any], spec: AppSpec) -> dict[str, Any]:
    """Return the paths of subscriptions, and add what they speak of to `schemas`."""
    schemas["webhook"] = webhooks.stored_schema()
    schemas["webhook-new"] = webhooks.sent_schema(spec)
    schemas["webhook-delivery"] = webhooks.delivery_schema()
    one = f"{ROOT}/webhooks/{{id}}"
    tag = {"tags": ["Webhooks"]}
    gone = {"204": {"description": "Done."}, **_refusals("403", "404")}
    place = {"Location": {"description": "Where it is.", "schema": {"type": "string"}}}
    added = _answer("The subscription and its secret.", _ref("webhook"), place)
    verbs = {"get": "get_webhook", "delete": "delete_webhook"}
    added["links"] = {
        verb: {"operationId": name, "parameters": {"id": "$response.body#/id"}}
        for verb, name in verbs.items()
    }
    return {
        f"{ROOT}/webhooks": {
            "get": {
                "operationId": "list_webhooks", "summary": "List subscriptions to events", **tag,
                "responses": {"200": _answer("All of them.", _items("webhook"), {}), **_refusals("403")},
            },
            "post": {
                "operationId": "create_webhook", "summary": "Subscribe to events", **tag,
                "requestBody": _body("webhook-new"),
                "responses": {"201": added, **_refusals("400", "403", "409", "413", "415", "422")},
            },
        },
        one: {
            "parameters": [_ID],
            "get": {
                "operationId": "get_webhook", "summary": "Read one subscription", **tag,
                "responses": {"200": _answer("It.", _ref("webhook"), {}), **_refusals("403", "404")},
            },
            "delete": {
                "operationId": "delete_webhook", "summary": "Delete one subscription", **tag,
                "responses": gone,
            },
        },
        f"{one}/deliveries": {
            "parameters": [_ID],
            "get": {
                "operationId": "list_deliveries", "summary": "List what was not accepted, or not yet", **tag,
                "responses": {
                    "200": _answer("The newest first.", _items("webhook-delivery"), {}),
                    **_refusals("403", "404"),
                },
            },
        },
        f"{one}/retry": {
            "parameters": [_ID],
            "post": {
                "operationId": "retry_deliveries", "summary": "Deliver what was not accepted again", **tag,
                "requestBody": {"required": True, "content": {_JSON: {"schema": {
                    "type": "object", "additionalProperties": False,
                }}}},
                "responses": {**gone, **_refusals("400", "413", "415", "422")},
            },
        },
    }  # fmt: skip


def _event(entity: Entity, event: Event) -> dict[str, Any]:
    key = table_name(entity.name)
    only_id = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
    message = {
        "type": "object",
        "properties": {
            "type": {"const": f"{key}.{event}"},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": only_id if event == "deleted" else _ref(key),
        },
        "required": ["type", "timestamp", "data"],
    }
    return {
        "post": {
            "summary": f"One {entity.title} was {event}",
            "requestBody": {"content": {_JSON: {"schema": message}}},
            "responses": {"2XX": {"description": "It was accepted."}},
        }
    }


def _items(schema: str) -> dict[str, Any]:
    items = {"type": "array", "items": _ref(schema)}
    return {"type": "object", "properties": {"items": items}, "required": ["items"]}


def _bulk(entity: Entity, key: str) -> dict[str, Any]:
    told = "What each change has made, changed or deleted."
    return {
        "post": {
            **_operation(entity, f"bulk_{key}", f"Add, change and delete {entity.plural or entity.title}"),
            "description": "All changes are made in their order, or none.",
            "requestBody": _body(f"{key}-changes"),
            "responses": {
                "200": _answer(told, bulk.answer_schema(), {}),
                **_refusals("400", "403", "404", "409", "412", "413", "415", "422"),
            },
        },
    }


def _import(entity: Entity, key: str) -> dict[str, Any]:
    told = "What each row has come to, or would have."
    return {
        "post": {
            **_operation(entity, f"import_{key}", f"Import a file of {entity.plural or entity.title}"),
            "description": "Rows that break rules are left out and told; all others are kept, or none.",
            "parameters": files.parameters(entity),
            "requestBody": {"required": True, "content": {kind: {} for kind in files.MEDIA_TYPES}},
            "responses": {
                "200": _answer(told, files.report_schema(), {}),
                **_refusals("400", "403", "413", "415", "422"),
            },
        },
    }


def _single(entity: Entity, key: str) -> dict[str, Any]:
    title = entity.title
    one = _answer("The record.", _ref(key), _ETAG)
    return {
        "parameters": [_ID],
        "get": {
            **_operation(entity, f"get_{key}", f"Read one {title}"),
            "parameters": [_IF_NONE_MATCH],
            "responses": {
                "200": one,
                "304": {"description": "It is as it was.", "headers": _ETAG},
                **_refusals("403", "404"),
            },
        },
        "patch": {
            **_operation(entity, f"update_{key}", f"Change fields of one {title}"),
            "parameters": [_IF_MATCH],
            "requestBody": _body(f"{key}-change"),
            "responses": {
                "200": one,
                **_refusals("400", "403", "404", "409", "412", "413", "415", "422"),
            },
        },
        "delete": {
            **_operation(entity, f"delete_{key}", f"Delete one {title}"),
            "parameters": [_IF_MATCH],
            "responses": {
                "204": {"description": "It is gone."},
                **_refusals("403", "404", "409", "412"),
            },
        },
    }


def _links(key: str) -> dict[str, Any]:
    return {
        verb: {"operationId": f"{verb}_{key}", "parameters": {"id": "$response.body#/id"}}
        for verb in ("get", "update", "delete")
    }


def _operation(entity: Entity, name: str, summary: str) -> dict[str, Any]:
    return {"operationId": name, "summary": summary, "tags": [entity.plural or entity.title]}


def _body(schema: str) -> dict[str, Any]:
    return {"required": True, "content": {_JSON: {"schema": _ref(schema)}}}


def _answer(told: str, schema: dict[str, Any], headers: dict[str, Any]) -> dict[str, Any]:
    return {"description": told, "headers": headers, "content": {_JSON: {"schema": schema}}}


def _ref(schema: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{schema}"}


def _refusals(*codes: str) -> dict[str, Any]:
    return {code: {"$ref": f"#/components/responses/{code}"} for code in (*codes, "default")}


def _refusal(told: str) -> dict[str, Any]:
    return {"description": told, "content": {problems.MEDIA_TYPE: {"schema": _ref("problem")}}}


def _problem() -> dict[str, Any]:
    text = {"type": "string"}
    fault = {
        "type": "object",
        "properties": {"detail": text, "pointer": text, "parameter": text},
        "required": ["detail"],
    }
    properties = {
        "type": {"type": "string", "format": "uri"},
        "title": text,
        "status": {"type": "integer"},
        "detail": text,
        "hint": text,
        "errors": {"type": "array", "items": fault},
    }
    required = ["type", "title", "status", "detail"]
    return {"type": "object", "properties": properties, "required": required}
