"""Places in the order of records, as texts that fit an address: a lane's number and a value for each key.

Must import neither SQLAlchemy nor Reflex.
"""

import base64
from collections.abc import Sequence

import msgspec

from dataforms.errors import CursorInvalid, FieldError
from dataforms.spec import Field
from dataforms.typerow import Value
from dataforms.types import type_of

END = "end"
"""The cursor behind all records."""
VALUE_LENGTH = 300
_CURSOR_LENGTH = 8_000


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a lane. A value is None where it is too long to be carried: the record `id` has it."""

    lane: int
    values: tuple[Value, ...]
    id: int


def write_cursor(lane: int, fields: Sequence[Field | None], values: Sequence[Value]) -> str:
    """Return the cursor of a record with these values of the lane's keys, the last of which is its `id`."""
    texts = [_written(field, value) for field, value in zip(fields, values, strict=True)]
    return base64.urlsafe_b64encode(msgspec.json.encode([lane, *texts])).decode().rstrip("=")


def read_lane(cursor: str) -> int:
    """Return the number of the lane that a cursor is in. Raise CursorInvalid."""
    return _parts(cursor)[0]


def read_cursor(cursor: str, fields: Sequence[Field | None]) -> Place:
    """Return the place of a cursor in the lane whose keys are values of these fields. Raise CursorInvalid."""
    lane, texts = _parts(cursor)
    if len(texts) != len(fields):
        raise CursorInvalid
    values = [_read(field, text) for field, text in zip(fields, texts, strict=True)]
    id = values[-1]
    if not isinstance(id, int):
        raise CursorInvalid
    return Place(lane=lane, values=tuple(values), id=id)


def _written(field: Field | None, value: Value) -> str | int | None:
    if field is None:
        return value if isinstance(value, int) else None
    text = type_of(field).edit(value, field)
    return text if len(text) <= VALUE_LENGTH else None


def _read(field: Field | None, text: str | int | None) -> Value:
    if text is None or field is None:
        if field is None and not isinstance(text, int):
            raise CursorInvalid
        return text
    try:
        value: Value = type_of(field).operand(text, field)
    except FieldError:
        raise CursorInvalid from None
    return value


def _parts(cursor: str) -> tuple[int, list[str | int | None]]:
    try:
        if len(cursor) > _CURSOR_LENGTH:
            raise CursorInvalid
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=list[str | int | None])
    except (ValueError, msgspec.MsgspecError):
        raise CursorInvalid from None
    if len(parts) < 2 or not isinstance(parts[0], int) or parts[0] < 0:
        raise CursorInvalid
    return parts[0], parts[1:]
