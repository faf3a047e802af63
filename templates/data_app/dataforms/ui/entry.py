"""What people enter: the form's raw texts on their way to the database, and what pickers offer. Pure."""

from collections.abc import Collection, Mapping, Sequence

from dataforms.errors import FieldError
from dataforms.query import Option
from dataforms.spec import Entity, Field
from dataforms.types import Value, type_of
from dataforms.ui.shapes import Choice, Picker

OPTIONS = 20
"""How many records a picker lists at once."""
FOCUS_FIRST_ERROR = (
    "requestAnimationFrame(() => document.querySelector('[role=dialog] [aria-invalid=true]')?.focus())"
)


def is_entered(field: Field) -> bool:
    """Return whether the form has an input for `field`."""
    return not field.hidden and not field.read_only and type_of(field).widget != "readonly"


def is_entered_in_place(field: Field) -> bool:
    """Return whether the table has an input for `field`; files are for the form."""
    return is_entered(field) and not type_of(field).media


def is_shown(field: Field) -> bool:
    """Return whether the form has a place for `field`: an input, or what follows from the inputs."""
    return is_entered(field) or (field.expression is not None and not field.hidden)


def typed_values(
    entity: Entity, typed: Mapping[str, object], fixed: Collection[str] = ()
) -> dict[str, object]:
    """Return the raw value of every input; a box that is not ticked sends nothing, and stands for false.

    Nor does an input that is `fixed`; it has no value here.
    """
    return {
        field.name: _typed(field, typed)
        for field in entity.fields
        if is_entered(field) and field.name not in fixed
    }


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


def _typed(field: Field, typed: Mapping[str, object]) -> object:
    match type_of(field).widget:
        case "checkbox":
            return field.name in typed
        case "multi_select":
            return [text for n, text in enumerate(field.choices) if choice_name(field, n) in typed]
        case _:
            return typed.get(field.name)


def choice_name(field: Field, number: int) -> str:
    """Return the name of the box of choice `number` (the first is 0) in the form."""
    return f"{field.name}:{number}"


def target_of(entity: Entity, name: str) -> str:
    """Return the entity that field `name` refers to; raise LookupError if it refers to none."""
    for field in entity.fields:
        if field.name == name and field.target is not None:
            return field.target
    raise LookupError(f"{entity.name} has no reference {name!r}")


def picker(name: str, found: Sequence[Option], value: str) -> Picker:
    """Return the open list of a picker; `found` may hold one more than is shown."""
    return {
        "field": name,
        "options": [
            marked({"value": str(option.id), "text": option.label, "picked": False}, value)
            for option in found[:OPTIONS]
        ],
        "more": "Type to find more" if len(found) > OPTIONS else "" if found else "Nothing found",
    }


def marked(option: Choice, value: str) -> Choice:
    """Return an option, picked if it is the value of its input or, of several records, among them."""
    ids = value.strip("[]").split(",") if value.startswith("[") else [value]
    return {**option, "picked": option["value"] in ids}
