"""The patch that a model answers with: a flat list of small changes, so that weak models manage.

Owns the structs, their JSON Schema and reading them from a text; what a change does is in `applying`.
"""

import re
from typing import Any, Literal

import msgspec

from dataforms.spec import Aggregate, CardKind, FieldType, Period

CHANGES_MOST = 200
"""Changes in one patch."""
ANSWER_BYTES_MOST = 256 * 1024
"""What an answer may have; no app needs as much."""

Operation = Literal[
    "add_entity", "change_entity", "rename_entity", "remove_entity",
    "add_field", "change_field", "rename_field", "remove_field", "set_choices",
    "add_rule", "remove_rules", "add_relation", "remove_relation",
    "add_view", "remove_view", "add_card",
]  # fmt: skip
ViewKind = Literal["table", "board", "calendar", "gallery", "dashboard"]

_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change. Everything but `op` is empty where the operation has no use for it."""

    op: Operation
    entity: str | None = None
    field: str | None = None
    to: str | None = None
    """The new name of what is renamed, or the other end of a relation."""
    title: str | None = None
    plural: str | None = None
    icon: str | None = None
    description: str | None = None
    display: str | None = None
    type: FieldType | None = None
    target: str | None = None
    choices: tuple[str, ...] | None = None
    required: bool | None = None
    unique: bool | None = None
    min: float | None = None
    max: float | None = None
    default: str | float | bool | None = None
    help: str | None = None
    unit: str | None = None
    currency: str | None = None
    expression: str | None = None
    """Of a computed field or of a check."""
    visible_when: str | None = None
    required_when: str | None = None
    fields: tuple[str, ...] | None = None
    """Unique together, or shown by a view."""
    message: str | None = None
    view: str | None = None
    kind: ViewKind | CardKind | None = None
    by: str | None = None
    start: str | None = None
    end: str | None = None
    sort: str | None = None
    color: str | None = None
    image: str | None = None
    aggregate: Aggregate | None = None
    value: str | None = None
    group: str | None = None
    every: Period | None = None
    filter: str | None = None


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different, in order, and a sentence that says why."""

    summary: str = ""
    changes: tuple[Change, ...]


class PatchUnreadable(Exception):
    """An answer that is no patch; the text says where, for the model to mend."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a patch, without references, for servers that know few keywords."""
    kinds = {"string": {"type": "string"}, "boolean": {"type": "boolean"}, "number": {"type": "number"}}
    properties: dict[str, Any] = {}
    for field in msgspec.structs.fields(Change):
        properties[field.name] = _property(field.type, kinds)
    change = {
        "type": "object", "properties": properties, "required": ["op"], "additionalProperties": False,
    }  # fmt: skip
    return {
        "type": "object",
        "properties": {
            "summary": {"type": "string", "description": "one sentence: what the changes are for"},
            "changes": {"type": "array", "items": change, "maxItems": CHANGES_MOST},
        },
        "required": ["summary", "changes"],
        "additionalProperties": False,
    }


def _property(type_: Any, kinds: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the schema of one part of a change; what is left out needs no null."""
    described = msgspec.json.schema(type_)
    options = [each for each in described.get("anyOf", [described]) if each.get("type") != "null"]
    words = [word for each in options for word in each.get("enum", ()) if word is not None]
    if words:
        return {"type": "string", "enum": list(dict.fromkeys(words))}
    if any(each.get("type") == "array" for each in options):
        return {"type": "array", "items": {"type": "string"}}
    chosen = [kinds[each["type"]] for each in options if each["type"] in kinds]
    return chosen[0] if len(chosen) == 1 else {"anyOf": chosen}


def read(answer: str) -> Patch:
    """Return the patch in a model's answer: JSON, or JSON between other words.

    Keys that no change has are left out: nothing but what is known here has any effect.

    Raises:
        PatchUnreadable: there is none, or it is too large; the text says what is wrong with it.
    """
    if len(answer.encode("utf-8", "replace")) > ANSWER_BYTES_MOST:
        raise PatchUnreadable(f"the answer has more than {ANSWER_BYTES_MOST // 1024} KiB")
    text = _json_in(answer)
    try:
        patch = msgspec.json.decode(text.encode("utf-8", "surrogatepass"), type=Patch, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PatchUnreadable(f"the answer is not the JSON that was asked for: {error}"[:300]) from None
    if len(patch.changes) > CHANGES_MOST:
        raise PatchUnreadable(f"there are {len(patch.changes)} changes; {CHANGES_MOST} is the most")
    return patch


def _json_in(answer: str) -> str:
    """Return the part of an answer that looks like a JSON object: models like to talk around it."""
    text = answer.strip()
    if text.startswith("{"):
        return text
    if fenced := _FENCE.search(text):
        return fenced[1]
    first, last = text.find("{"), text.rfind("}")
    return text[first : last + 1] if 0 <= first < last else text
