"""What a list is asked for: the parameters of its address, read and described. Imports no HTTP server."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from dataforms.errors import FilterInvalid
from dataforms.filters import TEXT_LENGTH, Filter, read_filter, understood
from dataforms.query import PAGE_SIZE, PAGE_SIZE_LIMIT, SEARCH_LENGTH, Query
from dataforms.rest.problems import Fault, Refused
from dataforms.spec import Entity
from dataforms.types import type_of

PAGE_LIMIT = 1_000_000
_REFUSED = ("parameters-invalid", "The list cannot be asked for like that.")


FILTER = "filter"
_PARTS = {"type": "array", "items": {"type": ["object", "array"]}}
_GROUP: dict[str, Any] = {
    "type": "object",
    "properties": {"all": _PARTS, "any": _PARTS},
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
}
"""What a filter looks like in JSON; what its conditions may be depends on the types of their fields."""


class _Parameter(NamedTuple):
    name: str
    description: str
    schema: Callable[[Entity], dict[str, Any]]


def _sorts(entity: Entity) -> list[str]:
    names = ["id", *(field.name for field in entity.fields if type_of(field).sort is not None)]
    return [*names, *(f"-{name}" for name in names)]


_PARAMETERS = (
    _Parameter(
        "search",
        "Words that a record must all hold, in any of its texts.",
        lambda entity: {"type": "string", "maxLength": SEARCH_LENGTH},
    ),
    _Parameter(
        FILTER,
        "Conditions on fields as JSON, the ones in the address of the app's own pages: "
        '`{"all": [["total", ">", 100], {"any": [["state", "is", "Open"], ["state", "empty"]]}]}`.',
        lambda entity: {"type": "string", "maxLength": TEXT_LENGTH},
    ),
    _Parameter(
        "sort",
        "The field to sort by; a minus before it turns the order round.",
        lambda entity: {"type": "string", "enum": _sorts(entity), "default": "id"},
    ),
    _Parameter(
        "size",
        "How many records a page has.",
        lambda entity: {"type": "integer", "minimum": 1, "maximum": PAGE_SIZE_LIMIT, "default": PAGE_SIZE},
    ),
    _Parameter(
        "page",
        "The number of the page, from 1.",
        lambda entity: {"type": "integer", "minimum": 1, "maximum": PAGE_LIMIT, "default": 1},
    ),
)


def parameters(entity: Entity) -> list[dict[str, Any]]:
    """Return the parameters as OpenAPI describes them."""
    return [
        {"name": each.name, "in": "query", "description": each.description, **_form(each, entity)}
        for each in _PARAMETERS
    ]


def _form(parameter: _Parameter, entity: Entity) -> dict[str, Any]:
    """Return how a parameter is written: all but the filter as they are."""
    if parameter.name == FILTER:
        return {"content": {"application/json": {"schema": _GROUP}}}
    return {"schema": parameter.schema(entity)}


def query_of(entity: Entity, given: Iterable[tuple[str, str]]) -> Query:
    """Return the question that the parameters of an address ask; raise Refused."""
    schemas = {each.name: each.schema(entity) for each in _PARAMETERS}
    values: dict[str, Any] = {}
    faults = []
    for name, text in given:
        if name not in schemas:
            faults.append(Fault(parameter=name, detail=f"There are only {', '.join(schemas)}."))
        elif name in values:
            faults.append(Fault(parameter=name, detail="Is given twice."))
        else:
            values[name] = _value(text, schemas[name])
            said = "" if values[name] is not None else _expected(schemas[name])
            faults += [Fault(parameter=name, detail=said)] if said else []
    if faults:
        raise Refused(400, *_REFUSED, errors=faults)
    return Query(**{**values, FILTER: _filter(entity, values.get(FILTER, ""))})


def _filter(entity: Entity, text: str) -> Filter:
    """Return the filter in a text; raise Refused."""
    try:
        found = read_filter(text)
        understood(found, entity)
    except FilterInvalid as error:
        fault = Fault(parameter=FILTER, detail=f"{error} {error.hint}".strip())
        raise Refused(400, *_REFUSED, errors=[fault]) from error
    return found


def _value(text: str, schema: Mapping[str, Any]) -> object:
    if schema["type"] == "integer":
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
        return number if schema["minimum"] <= number <= schema["maximum"] else None
    if len(text) > schema.get("maxLength", len(text)) or text not in schema.get("enum", (text,)):
        return None
    return text


def _expected(schema: Mapping[str, Any]) -> str:
    if schema["type"] == "integer":
        return f"Must be a whole number from {schema['minimum']} to {schema['maximum']}."
    if "enum" in schema:
        return f"Must be one of {', '.join(schema['enum'])}."
    return f"Must have at most {schema['maxLength']} characters."
