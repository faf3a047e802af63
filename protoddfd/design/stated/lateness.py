"""When a record is late: its due date is past, and nothing says that it is done with."""

from collections.abc import Iterator

from dataforms.spec import Entity, Field
from protoddfd.design.lexicon_files import phrases
from protoddfd.design.stated.known import DAYS, Known


def quoted(text: str) -> str:
    """Return a text as it stands in an expression."""
    return '"' + text.replace('"', '""') + '"'


def is_one_of(field: Field, choices: list[str], holds: bool) -> str:
    """Return the condition that a field has one of some choices, or has none of them."""
    if field.type == "multi_enum":
        text = " or ".join(f"{quoted(each)} in {field.name}" for each in choices)
        return text if holds else f"not ({text})"
    if len(choices) == 1:
        return f"{field.name} {'==' if holds else '!='} {quoted(choices[0])}"
    listed = ", ".join(quoted(each) for each in choices)
    return f"{field.name} {'in' if holds else 'not in'} [{listed}]"


def boolean_names(field: Field) -> Iterator[str]:
    """Yield what a box is called where it is ticked: `paid`, for `is_paid` too."""
    for name in (field.name.replace("_", " "), field.title.lower()):
        yield from (name, name.removeprefix("is "), name.removeprefix("has "), f"{name}s")


def expired(known: Known, entity: Entity) -> str | None:
    """Return the condition on which a record is no longer valid: a date until which it was is past."""
    for name in ("expiry date", "end date", "due date"):
        field = known.field(entity, name)
        if field is not None and field.type in DAYS:
            return f"{_day(field)} < today"
    return None


def _day(field: Field) -> str:
    return f"date({field.name})" if field.type == "datetime" else field.name


def overdue(known: Known, entity: Entity) -> str | None:
    """Return the condition on which a record is late: its due date is past, and nothing says it is done."""
    due = (
        known.field(entity, "due date")
        or known.field(entity, "end date")
        or known.field(entity, "expiry date")
    )
    if due is None or due.type not in DAYS:
        return None
    rest = [f"{_day(due)} < today", *(open_ for open_ in (_still_open(known, entity, due),) if open_)]
    return " and ".join(rest)


def _still_open(known: Known, entity: Entity, due: Field) -> str:
    """Return the condition on which nothing says that a record is done with; `` if nothing could."""
    for name in phrases("stated.txt", "closing date"):
        field = known.field(entity, name)
        if field is not None and field.type in DAYS and field.name != due.name:
            return f"{field.name} == empty"
    ended = phrases("stated.txt", "closed")
    for field in entity.fields:
        if field.type == "boolean" and set(boolean_names(field)) & set(ended):
            return f"not {field.name}"
    for field in entity.fields:
        if field.type == "enum" and field.name.split("_")[-1] in {"status", "state", "stage"}:
            closed = [each for each in field.choices if each.lower() in ended]
            return is_one_of(field, closed, False) if closed else ""
    return ""
