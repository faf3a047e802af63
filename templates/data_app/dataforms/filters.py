"""Filters: which records are wanted, as a tree of conditions, and as a JSON text that fits an address.

`{"all": [["state", "any_of", ["Open"]], {"any": [["total", ">", 100], ["total", "empty"]]}]}`: a group is an
object, a condition a list of the field, the operator and what it is compared with. Must import neither
SQLAlchemy nor Reflex.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from dataforms.errors import FieldError, FilterInvalid
from dataforms.names import did_you_mean
from dataforms.operators import DAYS_LIMIT, OPERATORS, Operator
from dataforms.spec import Entity, Field
from dataforms.types import is_empty, type_of
from dataforms.types_text import read_line
from dataforms.words import say

DEPTH = 4
CONDITIONS = 50
VALUES = 200
TEXT_LENGTH = 16_000
Place = tuple[int, ...]
"""Where in a filter something stands: its number in each group on the way, the first being 0."""


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One condition; `value` is raw, as it was typed or came in JSON, and None where none is needed."""

    field: str
    operator: str
    value: object = None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """A group, of which every part must hold, or any; one without parts holds for all records."""

    join: Literal["all", "any"] = "all"
    parts: tuple["Condition | Filter", ...] = ()


class Test(msgspec.Struct, frozen=True, kw_only=True):
    """A condition understood: its field, its operator, and canonical values to compare with."""

    field: Field
    operator: Operator
    value: object


class Tests(msgspec.Struct, frozen=True, kw_only=True):
    """A group of conditions understood."""

    join: Literal["all", "any"]
    parts: tuple["Test | Tests", ...]


def read_filter(text: str) -> Filter:
    """Return the filter in a JSON text; an empty one lets everything through. Raise FilterInvalid."""
    if not text.strip():
        return Filter()
    if len(text) > TEXT_LENGTH:
        raise FilterInvalid(
            say("The filter is too long: {most:,} characters are possible.", most=TEXT_LENGTH)
        )
    try:
        document = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise FilterInvalid(say("The filter is no JSON: {error}.", error=error)) from None
    return filter_of(document)


def filter_of(document: object) -> Filter:
    """Return the filter in a decoded JSON value. Raise FilterInvalid."""
    found = _group(document, ())
    if sum(1 for _ in conditions(found)) > CONDITIONS:
        raise FilterInvalid(say("The filter has more than {most} conditions.", most=CONDITIONS))
    return found


def document_of(filter: Filter) -> dict[str, list[object]]:
    """Return a filter as a JSON value."""
    return {filter.join: [_written(part) for part in filter.parts]}


def write_filter(filter: Filter) -> str:
    """Return the JSON text of a filter; an empty one is empty."""
    return msgspec.json.encode(document_of(filter)).decode() if filter.parts else ""


def conditions(filter: Filter) -> Iterator[Condition]:
    """Yield every condition, however deep."""
    for part in filter.parts:
        if isinstance(part, Condition):
            yield part
        else:
            yield from conditions(part)


def understood(filter: Filter, entity: Entity) -> Tests:
    """Return what a filter means for the fields of an entity.

    Raises:
        FilterInvalid: a condition is wrong: `place` says which, the message why.
    """
    return _tests(filter, {field.name: field for field in entity.fields}, entity.title, ())


def _written(part: Condition | Filter) -> object:
    if isinstance(part, Filter):
        return document_of(part)
    return [part.field, part.operator, *([] if part.value is None else [part.value])]


def _group(document: object, place: Place) -> Filter:
    if not isinstance(document, dict) or len(document) != 1 or next(iter(document)) not in ("all", "any"):
        raise FilterInvalid(say('A group is {"all": [...]} or {"any": [...]}.'), place)
    ((join, parts),) = document.items()
    if not isinstance(parts, list | tuple):
        raise FilterInvalid(say("A group holds a list of conditions and groups."), place)
    if len(place) >= DEPTH:
        raise FilterInvalid(say("Groups can be {depth} deep.", depth=DEPTH), place)
    return Filter(join=join, parts=tuple(_part(each, (*place, n)) for n, each in enumerate(parts)))


def _part(document: object, place: Place) -> Condition | Filter:
    if isinstance(document, dict):
        return _group(document, place)
    if isinstance(document, list | tuple) and 2 <= len(document) <= 3:
        field, operator = document[:2]
        if isinstance(field, str) and isinstance(operator, str):
            return Condition(field=field, operator=operator, value=document[2] if document[2:] else None)
    raise FilterInvalid(say("A condition is [field, operator] or [field, operator, value]."), place)


def _tests(filter: Filter, fields: Mapping[str, Field], title: str, place: Place) -> Tests:
    found: list[Test | Tests] = []
    for number, part in enumerate(filter.parts):
        here = (*place, number)
        if isinstance(part, Filter):
            found.append(_tests(part, fields, title, here))
            continue
        field = fields.get(part.field)
        if field is None:
            raise FilterInvalid(
                say("{entity} has no field {name}.", entity=title, name=repr(part.field[:80])), here
            )
        try:
            found.append(_test(part, field))
        except FieldError as error:
            raise FilterInvalid(f"{field.title}: {error}", here, error.hint) from None
    return Tests(join=filter.join, parts=tuple(found))


def _test(condition: Condition, field: Field) -> Test:
    possible = type_of(field).filters
    if condition.operator not in possible:
        raise FieldError(
            say("cannot be compared by {operator}.", operator=repr(condition.operator[:40])),
            did_you_mean(condition.operator, possible),
        )
    operator = OPERATORS[condition.operator]
    return Test(field=field, operator=operator, value=_operand(operator, condition.value, field))


def _operand(operator: Operator, raw: object, field: Field) -> object:
    row = type_of(field)
    match operator.takes:
        case "nothing":
            return None
        case "text":
            return read_line(_filled(raw), field)
        case "value" | "choices":
            return row.operand(_filled(raw), field)
        case "range":
            first, last = (row.operand(_filled(each), field) for each in _items(raw, 2, 2))
            return first, last
        case "values":
            return tuple(row.operand(_filled(each), field) for each in _items(raw, 1, VALUES))
        case "days":
            return _days(raw)


def _filled(raw: object) -> object:
    if is_empty(raw):
        raise FieldError(say("What to compare with is missing."))
    return raw


def _items(raw: object, least: int, most: int) -> list[object]:
    items = list(raw) if isinstance(raw, list | tuple) else []
    if not least <= len(items) <= most:
        raise FieldError(
            say("Needs a list of two values.")
            if most == 2
            else say("Needs a list of {least} to {most} values.", least=least, most=most)
        )
    return items


def _days(raw: object) -> int:
    text = str(raw).strip()
    if isinstance(raw, bool) or not text.isascii() or not text.isdigit() or not 1 <= int(text) <= DAYS_LIMIT:
        raise FieldError(say("Needs a number of days, from 1 to {most:,}.", most=DAYS_LIMIT))
    return int(text)
