"""The chips of a field that names several records: which ids stand behind which labels."""

from collections.abc import Mapping, Sequence

import msgspec

from dataforms.spec import Entity
from dataforms.types import Value, type_of
from dataforms.ui.live import Live
from dataforms.ui.shapes import Choice, Input


def chipped(app: Live, entity: Entity, inputs: Sequence[Input], values: Mapping[str, Value]) -> list[Input]:
    """Return the inputs, those of several records with a choice for each that is in them."""
    targets = {field.name: field.target or "" for field in entity.fields if type_of(field).linked}
    return [
        {**each, "choices": chips(app, targets[each["name"]], values.get(each["name"]))}
        if each["name"] in targets
        else each
        for each in inputs
    ]


def chips(app: Live, target: str, value: Value) -> list[Choice]:
    """Return a choice for each of the records of `target` with these ids."""
    ids = [each for each in value if isinstance(each, int)] if isinstance(value, tuple) else []
    labels = app.database.labels(target, ids) if ids else {}
    return [{"value": str(id), "text": labels[id], "picked": True} for id in ids if id in labels]


def toggled(each: Input, value: str, text: str) -> Input:
    """Return an input of several records with one more, or with one less if it was in it.

    An empty `value` leaves none.
    """
    kept = [chip for chip in each["choices"] if value and chip["value"] != value]
    if value and len(kept) == len(each["choices"]):
        kept.append({"value": value, "text": text, "picked": True})
    ids = sorted(int(chip["value"]) for chip in kept)
    return {
        **each,
        "choices": kept,
        "value": msgspec.json.encode(ids).decode() if ids else "",
        "shown": ", ".join(chip["text"] for chip in kept),
        "error": "",
    }
