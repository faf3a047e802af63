"""What people enter: the form's raw texts on their way to the database and back into a form. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from dataforms.errors import FieldError, Unfinished
from dataforms.forms import is_entered
from dataforms.query import Option
from dataforms.spec import Entity, Field
from dataforms.types import Value, is_empty, type_of
from dataforms.ui.shapes import Choice, Input, Picker
from dataforms.words import say

OPTIONS = 20
"""How many records a picker lists at once."""
PICKED = ("reference", "references")
"""The widgets of inputs whose value is picked from records."""


def is_entered_in_place(field: Field) -> bool:
    """Return whether the table has an input for `field`; files are for the form."""
    return is_entered(field) and not type_of(field).media


def prefilled(entity: Entity, given: Mapping[str, str]) -> dict[str, Value]:
    """Return the values that an address gives for fields of a new record; what is wrong is left out."""
    raw = {
        field.name: given[field.name] for field in entity.fields if is_entered(field) and field.name in given
    }
    return {name: value for name, value in canonical(entity, raw).items() if not is_empty(value)}


def typed_values(
    fields: Iterable[Field], typed: Mapping[str, object], fixed: Collection[str] = (), prefix: str = ""
) -> dict[str, object]:
    """Return the raw value of every input; a box that is not ticked sends nothing, and stands for false.

    Nor does an input that is `fixed`; it has no value here. `prefix` is what stands before names in a row.
    """
    return {
        field.name: raw_value(field, typed, prefix)
        for field in fields
        if is_entered(field) and field.name not in fixed
    }


def raw_value(field: Field, typed: Mapping[str, object], prefix: str = "") -> object:
    """Return what is typed into the input, or the inputs, of one field."""
    name = prefix + field.name
    match type_of(field).widget:
        case "checkbox":
            return name in typed
        case "multi_select":
            return [text for n, text in enumerate(field.choices) if choice_name(name, n) in typed]
        case _:
            return typed.get(name)


def canonical(entity: Entity, raw: Mapping[str, object]) -> dict[str, Value]:
    """Return the values of what is typed; what is wrong, or not finished, is empty."""
    values: dict[str, Value] = {}
    for field in entity.fields:
        if field.name in raw:
            try:
                values[field.name] = type_of(field).parse(raw[field.name], field)
            except FieldError:
                values[field.name] = None
    return values


def message(field: Field, raw: object, *, finished: bool) -> str:
    """Return what is wrong with a typed value; before one has `finished`, what more typing cannot mend."""
    row = type_of(field)
    try:
        row.parse(raw, field)
    except Unfinished as fault:
        return str(fault) if finished else ""
    except FieldError as fault:
        return str(fault) if finished or not row.grows else ""
    return ""


def picked_of(inputs: Iterable[Input]) -> dict[str, object]:
    """Return what is picked, which is known here before the browser has it in the form."""
    return {each["name"]: each["value"] for each in inputs if each["widget"] in PICKED}


def typed_of(inputs: Iterable[Input]) -> dict[str, object]:
    """Return what a form with these inputs would send."""
    typed: dict[str, object] = {}
    for each in inputs:
        if each["widget"] == "multi_select":
            typed |= {one["value"]: "on" for one in each["choices"] if one["picked"]}
        elif each["widget"] != "checkbox" or each["value"] == "true":
            typed[each["name"]] = each["value"]
    return typed


def restored(inputs: Sequence[Input], typed: Mapping[str, object], names: Collection[str]) -> list[Input]:
    """Return the inputs with what was typed into those of these `names`."""
    return [_restored(each, typed) if each["name"] in names else each for each in inputs]


def _restored(each: Input, typed: Mapping[str, object]) -> Input:
    name = each["name"]
    match each["widget"]:
        case "checkbox":
            return {**each, "value": "true" if name in typed else "false"}
        case "multi_select":
            return {**each, "choices": [{**one, "picked": one["value"] in typed} for one in each["choices"]]}
        case "output" | "grid":
            return each
        case "references":
            return {**each, "value": str(typed.get(name) or "")}
        case _:
            value = str(typed.get(name) or "")
            choices = [{**one, "picked": one["value"] == value} for one in each["choices"]]
            return {**each, "value": value, "choices": choices}  # type: ignore[typeddict-item]  # still choices


def choice_name(name: str, number: int) -> str:
    """Return the name of the box of choice `number` (the first is 0) of the input `name`."""
    return f"{name}:{number}"


def field_name(name: str) -> str:
    """Return the name of the input that one in the browser belongs to: a box belongs to its group."""
    return name.partition(":")[0]


def field_of(entity: Entity, name: str) -> Field:
    """Return a field that the form has an input for; raise LookupError without one."""
    for field in entity.fields:
        if field.name == name and is_entered(field):
            return field
    raise LookupError(f"{entity.name} has no input {name!r}")


def target_of(entity: Entity, name: str) -> str:
    """Return the entity that field `name` refers to; raise LookupError if it refers to none."""
    target = field_of(entity, name).target
    if target is None:
        raise LookupError(f"{entity.name} has no reference {name!r}")
    return target


def picker(name: str, found: Sequence[Option], value: str) -> Picker:
    """Return the open list of a picker; `found` may hold one more than is shown."""
    return {
        "field": name,
        "options": [
            marked({"value": str(option.id), "text": option.label, "picked": False}, value)
            for option in found[:OPTIONS]
        ],
        "more": say("Type to find more") if len(found) > OPTIONS else "" if found else say("Nothing found"),
    }


def marked(option: Choice, value: str) -> Choice:
    """Return an option, picked if it is the value of its input or, of several records, among them."""
    ids = value.strip("[]").split(",") if value.startswith("[") else [value]
    return {**option, "picked": option["value"] in ids}
