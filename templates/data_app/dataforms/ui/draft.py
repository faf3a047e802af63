"""A filter while it is being made: lines of a panel, in groups, and what tells them in words. Pure."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from dataforms.filters import Condition, Filter
from dataforms.operators import OPERATORS, Operator
from dataforms.spec import Entity, Field
from dataforms.types import type_of
from dataforms.ui.shapes import Choice, FilterChip, FilterLine
from dataforms.words import say

_INPUTS = {"date": "date", "time": "time", "datetime": "datetime-local", "number": "number", "color": "color"}
Join = Literal["all", "any"]
Labels = Callable[[Field, Sequence[str]], dict[str, str]]
"""Return what the records that a field names are called, by their ids as texts."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One condition in the making; `texts` are what is typed, `picked` what is ticked."""

    field: str
    operator: str
    texts: tuple[str, str] = ("", "")
    picked: tuple[str, ...] = ()
    group: int = 0
    """The number of the group that it is in; 0 is the whole."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A filter in the making: for the whole and each group, whether all must hold or any."""

    joins: tuple[str, ...] = ("all",)
    lines: tuple[Line, ...] = ()
    kept: tuple[Filter, ...] = ()
    """Groups with groups in them, which the panel leaves as they are."""


def filtered_fields(entity: Entity) -> list[Field]:
    """Return the fields that a filter can be made of."""
    return [field for field in entity.fields if type_of(field).filters and not field.hidden]


def new_line(field: Field, group: int = 0, operator: str = "") -> Line:
    """Return an empty condition on a field."""
    possible = type_of(field).filters
    return Line(field=field.name, operator=operator if operator in possible else possible[0], group=group)


def draft_of(filter: Filter) -> Draft:
    """Return a filter, to be changed."""
    joins, lines, kept = [str(filter.join)], [], []
    for part in filter.parts:
        if isinstance(part, Condition):
            lines.append(_line(part, 0))
        elif all(isinstance(each, Condition) for each in part.parts):
            joins.append(part.join)
            lines += [_line(each, len(joins) - 1) for each in part.parts if isinstance(each, Condition)]
        else:
            kept.append(part)
    return Draft(joins=tuple(joins), lines=tuple(lines), kept=tuple(kept))


def filter_of_draft(draft: Draft) -> Filter:
    """Return the filter that a draft makes; a group that is empty is left out."""
    parts: list[Condition | Filter] = [_condition(line) for line in draft.lines if line.group == 0]
    for number in range(1, len(draft.joins)):
        inner = tuple(_condition(line) for line in draft.lines if line.group == number)
        if inner:
            parts.append(Filter(join=_join(draft.joins[number]), parts=inner))
    return Filter(join=_join(draft.joins[0]), parts=(*parts, *draft.kept))


def line_number(draft: Draft, place: tuple[int, ...]) -> int | None:
    """Return the number of the line that stands at a place of the filter that a draft makes."""
    groups = [
        number for number in range(len(draft.joins)) if any(each.group == number for each in draft.lines)
    ]
    own = [number for number, line in enumerate(draft.lines) if line.group == 0]
    if len(place) == 1 and place[0] < len(own):
        return own[place[0]]
    inner = [number for number in groups if number]
    if len(place) == 2 and 0 <= place[0] - len(own) < len(inner):
        group = inner[place[0] - len(own)]
        those = [number for number, line in enumerate(draft.lines) if line.group == group]
        return those[place[1]] if place[1] < len(those) else None
    return None


def shown_line(number: int, line: Line, entity: Entity, choices: Sequence[Choice], error: str) -> FilterLine:
    """Return a line as the panel shows it."""
    field = next(each for each in entity.fields if each.name == line.field)
    operator = OPERATORS[line.operator]  # type: ignore[index]  # one of the field's
    return {
        "number": number,
        "key": f"{number}-{line.field}-{line.operator}",
        "group": line.group,
        "title": field.title,
        "field": line.field,
        "operator": line.operator,
        "operators": [
            {"value": name, "text": say(OPERATORS[name].title), "picked": name == line.operator}
            for name in type_of(field).filters
        ],
        "takes": _takes(operator, field),
        "input": "number" if operator.takes == "days" else _input(operator, field),
        "first": line.texts[0],
        "second": line.texts[1],
        "choices": list(choices),
        "error": error,
    }


def picks_records(field: Field) -> bool:
    """Tell whether a field is compared with records, which are looked for by their labels."""
    return type_of(field).widget in ("reference", "references")


def picks_of(field: Field, line: Line) -> list[Choice]:
    """Return the choices of a field, to tick."""
    return [{"value": text, "text": text, "picked": text in line.picked} for text in field.choices]


def is_picked(line: Line, field: Field) -> bool:
    """Tell whether the values of a line are ticked, not typed."""
    return _takes(OPERATORS[line.operator], field) in ("choices", "records")  # type: ignore[index]  # the field's


def chips(filter: Filter, entity: Entity, labels: Labels) -> list[FilterChip]:
    """Return what stands for each part of a filter above the table."""
    return [
        {"number": number, "text": _told(part, entity, labels)} for number, part in enumerate(filter.parts)
    ]


def without(filter: Filter, number: int) -> Filter:
    """Return a filter without one of its parts."""
    parts = tuple(part for place, part in enumerate(filter.parts) if place != number)
    return msgspec.structs.replace(filter, parts=parts)


def _told(part: Condition | Filter, entity: Entity, labels: Labels) -> str:
    if isinstance(part, Filter):
        between = f" {say('and') if part.join == 'all' else say('or')} "
        return f"({between.join(_told(each, entity, labels) for each in part.parts)})"
    field = next((each for each in entity.fields if each.name == part.field), None)
    operator = OPERATORS.get(part.operator)  # type: ignore[call-overload]  # it may be none
    if field is None or operator is None:
        return f"{part.field} {part.operator}"
    return f"{field.title} {say(operator.title)} {_values(part.value, field, labels)}".strip()


def _values(value: object, field: Field, labels: Labels) -> str:
    texts = [str(each) for each in value] if isinstance(value, list | tuple) else [str(value or "")]
    if picks_records(field):
        known = labels(field, texts)
        texts = [known.get(text, f"#{text}") for text in texts]
    return ", ".join(texts)


def _line(condition: Condition, group: int) -> Line:
    value = condition.value
    texts = [str(each) for each in value] if isinstance(value, list | tuple) else []
    operator = OPERATORS.get(condition.operator)  # type: ignore[call-overload]  # it may be none
    takes = operator.takes if operator is not None else "nothing"
    if takes in ("values", "choices"):
        return Line(field=condition.field, operator=condition.operator, picked=tuple(texts), group=group)
    first, second = (*texts, "", "")[:2] if texts else ("" if value is None else str(value), "")
    return Line(field=condition.field, operator=condition.operator, texts=(first, second), group=group)


def _condition(line: Line) -> Condition:
    match OPERATORS[line.operator].takes:  # type: ignore[index]  # one of the field's
        case "nothing":
            value: object = None
        case "values" | "choices":
            value = list(line.picked)
        case "range":
            value = list(line.texts)
        case _:
            value = line.texts[0]
    return Condition(field=line.field, operator=line.operator, value=value)


def _join(text: str) -> Join:
    return "any" if text == "any" else "all"


def _takes(operator: Operator, field: Field) -> str:
    if operator.takes in ("values", "choices"):
        return "records" if picks_records(field) else "choices"
    return operator.takes


def _input(operator: Operator, field: Field) -> str:
    if operator.takes == "text":
        return "text"
    widget = type_of(field).widget
    is_number = widget in ("number", "rating") or field.type in ("auto_number", "children")
    return "number" if is_number else _INPUTS.get(widget, "text")
