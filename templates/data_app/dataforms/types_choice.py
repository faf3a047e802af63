"""Types whose values are picked rather than written: yes or no, one or several of a list, another record."""

import re
from typing import NoReturn

import msgspec

from dataforms.errors import FieldError
from dataforms.spec import Field
from dataforms.types_number import INTEGER_LIMIT
from dataforms.words import say

_YES = frozenset(("true", "yes", "y", "t", "on", "1", "x", "✓"))
_NO = frozenset(("false", "no", "n", "f", "off", "0"))
_NAMED = 8


def read_boolean(raw: object, field: Field) -> bool:
    """Return a truth value from true, false, 1, 0 or the words people use for them."""
    if isinstance(raw, bool | int | float) and raw in (0, 1):
        return bool(raw)
    word = raw.strip().lower() if isinstance(raw, str) else ""
    if word in _YES or word in _NO:
        return word in _YES
    raise FieldError(say("Must be yes or no."))


def read_enum(raw: object, field: Field) -> str:
    """Return one of the field's choices; blanks around it and letter case do not matter where it is clear."""
    if not isinstance(raw, str):
        raise FieldError(say("Must be one of {named}.", named=_named(field)))
    if raw in field.choices:
        return raw
    wanted = raw.strip().casefold()
    alike = [choice for choice in field.choices if choice.strip().casefold() == wanted]
    if len(alike) != 1:
        raise FieldError(say("Must be one of {named}.", named=_named(field)))
    return alike[0]


def read_multi_enum(raw: object, field: Field) -> tuple[str, ...]:
    """Return some of the field's choices in their order.

    Takes a list, a JSON array as text, or choices separated by commas, semicolons or line ends.
    """
    picked = {read_enum(item, field) for item in _items(raw, field)}
    return tuple(choice for choice in field.choices if choice in picked)


def _items(raw: object, field: Field) -> list[object]:
    if isinstance(raw, list | tuple | set | frozenset):
        return list(raw)
    if not isinstance(raw, str):
        raise FieldError(say("Must be a list out of {named}.", named=_named(field)))
    if raw in field.choices:
        return [raw]
    if raw.lstrip().startswith("["):
        try:
            return msgspec.json.decode(raw, type=list[object])
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise FieldError(say("Must be a list out of {named}.", named=_named(field))) from None
    return [item for item in re.split(r"[,;|\n]", raw) if item.strip()]


def _named(field: Field) -> str:
    more = len(field.choices) - _NAMED
    return ", ".join(field.choices[:_NAMED]) + (say(" and {count} more", count=more) if more > 0 else "")


def read_reference(raw: object, field: Field) -> int:
    """Return the id of a record; whether there is one is for the database to say."""
    text = raw.strip() if isinstance(raw, str) else raw
    if isinstance(text, str) and re.fullmatch(r"[0-9]{1,19}", text):
        text = int(text)
    if isinstance(text, bool) or not isinstance(text, int) or not 0 < text <= INTEGER_LIMIT:
        raise FieldError(say("Must be the id of a record."))
    return text


def read_references(raw: object, field: Field) -> tuple[int, ...]:
    """Return the ids of records, each once and in order.

    Takes a list, a JSON array as text, or ids separated by commas, semicolons or line ends.
    """
    items: object = raw
    if isinstance(raw, str):
        try:
            items = msgspec.json.decode(raw) if raw.lstrip().startswith("[") else re.split(r"[,;|\n]", raw)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise FieldError(say("Must be a list of the ids of records.")) from None
    elif isinstance(raw, int):
        items = [raw]
    if not isinstance(items, list | tuple | set | frozenset):
        raise FieldError(say("Must be a list of the ids of records."))
    filled = [item for item in items if not (isinstance(item, str) and not item.strip())]
    return tuple(sorted({read_reference(item, field) for item in filled}))


def refuse(raw: object, field: Field) -> NoReturn:
    """Raise FieldError: the value follows from others."""
    raise FieldError(say("Cannot be filled in: it follows from other values."))


def show_boolean(value: bool, field: Field) -> str:
    """Return Yes or No."""
    return say("Yes") if value else say("No")


def edit_boolean(value: bool, field: Field) -> str:
    """Return true or false."""
    return "true" if value else "false"


def show_multi_enum(value: tuple[str, ...], field: Field) -> str:
    """Return the choices with commas between them."""
    return ", ".join(value)


def edit_multi_enum(value: tuple[str, ...], field: Field) -> str:
    """Return the choices as a JSON array, since a choice may contain any separator."""
    return msgspec.json.encode(value).decode()


def show_reference(value: int, field: Field) -> str:
    """Return `#12`, for where a record's label is not known."""
    return f"#{value}"


def show_references(value: tuple[int, ...], field: Field) -> str:
    """Return `#3, #12`, for where the records' labels are not known."""
    return ", ".join(f"#{id}" for id in value)


def edit_references(value: tuple[int, ...], field: Field) -> str:
    """Return the ids as a JSON array."""
    return msgspec.json.encode(value).decode()
