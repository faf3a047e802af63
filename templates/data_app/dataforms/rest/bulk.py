"""Many changes to one entity's records in one transaction: all of them, or none and every reason."""

from collections.abc import Mapping
from typing import Any

from dataforms.database import Database
from dataforms.errors import DataError
from dataforms.jsonform import JsonSchema
from dataforms.rest import records
from dataforms.rest.conforming import misfit
from dataforms.rest.problems import Fault, Refused, pointer, refusal_of
from dataforms.rest.records import Answer
from dataforms.spec import Entity
from dataforms.transaction import Transaction
from dataforms.types_number import INTEGER_LIMIT

ITEMS = 1_000
"""Changes that one request may make."""
_ID = {"type": "integer", "format": "int64", "minimum": 1, "maximum": INTEGER_LIMIT}
_TAG = {"type": "string", "description": "The entity tag that the record must still have."}


def schema(new: JsonSchema, change: JsonSchema) -> JsonSchema:
    """Return the schema of a request; `new` and `change` are those of a record's values."""
    items = {"anyOf": list(_kinds(new, change).values())}
    changes = {"type": "array", "minItems": 1, "maxItems": ITEMS, "items": items}
    return {
        "type": "object",
        "properties": {"changes": changes},
        "required": ["changes"],
        "additionalProperties": False,
    }


def _kinds(new: JsonSchema, change: JsonSchema) -> dict[str, JsonSchema]:
    kinds: dict[str, tuple[dict[str, JsonSchema], list[str]]] = {
        "create": ({"values": new}, ["values"]),
        "update": ({"id": _ID, "values": change, "if_match": _TAG}, ["id", "values"]),
        "delete": ({"id": _ID, "if_match": _TAG}, ["id"]),
    }
    return {
        kind: {
            "type": "object",
            "properties": {"do": {"type": "string", "enum": [kind]}, **properties},
            "required": ["do", *required],
            "additionalProperties": False,
        }
        for kind, (properties, required) in kinds.items()
    }


def answer_schema() -> JsonSchema:
    """Return the schema of the answer: the id of what each change made, changed or deleted."""
    ids = {"type": "array", "items": {"type": "integer", "format": "int64"}}
    return {"type": "object", "properties": {"ids": ids}, "required": ["ids"]}


_RECORD: JsonSchema = {"type": "object"}
_KINDS = _kinds(_RECORD, _RECORD)
_LIST = {**schema(_RECORD, _RECORD)["properties"]["changes"], "items": {}}


def changed(database: Database, entity: Entity, document: Mapping[str, Any]) -> Answer:
    """Make all changes of a request in their order; raise Refused with the reasons, and make none.

    A change may refer to what one before it has made; after one that failed, such reasons may follow from it.
    """
    _refuse_malformed(document)
    ids: list[int] = []
    refusals: list[tuple[str, Refused]] = []
    with database.transaction() as transaction:
        for place, change in enumerate(document["changes"]):
            at = pointer("#/changes", place)
            try:
                with transaction.attempt():
                    ids.append(_make(transaction, entity, change))
            except Refused as refused:
                refusals.append((at, refused))
            except DataError as error:
                refusals.append((at, refusal_of(error, pointer(at, "values"))))
        if refusals:
            raise _all_of(refusals)
    return Answer(body={"ids": ids})


def _make(transaction: Transaction, entity: Entity, change: Mapping[str, Any]) -> int:
    match change["do"]:
        case "create":
            return records.insert(transaction, entity, change["values"])
        case "update":
            records.update(transaction, entity, int(change["id"]), change["values"], change.get("if_match"))
        case _:
            records.delete(transaction, entity, int(change["id"]), change.get("if_match"))
    return int(change["id"])


def _refuse_malformed(document: Mapping[str, Any]) -> None:
    others = [name for name in document if name != "changes"]
    faults = [Fault(pointer=pointer("#", name), detail="There is only changes.") for name in others]
    changes = document.get("changes")
    said = misfit(changes, _LIST)
    if said:
        faults.append(Fault(pointer="#/changes", detail=said))
    for place, change in enumerate([] if said else document["changes"]):
        said = _malformed(change)
        if said:
            faults.append(Fault(pointer=pointer("#/changes", place), detail=said))
    if faults:
        raise Refused(422, "changes-invalid", "The changes are not written as they must be.", errors=faults)


def _malformed(change: object) -> str:
    """Return what is wrong with the form of one change, by the kind that it says it is."""
    kind = change.get("do") if isinstance(change, dict) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        return f"Must be an object whose do is one of {', '.join(_KINDS)}."
    return misfit(change, _KINDS[kind])


def _all_of(refusals: list[tuple[str, Refused]]) -> Refused:
    """Return one refusal for all: the status of what is the same for all of them, else 422."""
    statuses = {refused.status for _, refused in refusals}
    faults = [
        fault
        for at, refused in refusals
        for fault in (refused.errors or (Fault(pointer=at, detail=str(refused)),))
    ]
    return Refused(
        statuses.pop() if len(statuses) == 1 else 422,
        "changes-refused",
        f"{len(refusals)} of the changes cannot be made, so none was.",
        errors=faults,
    )
