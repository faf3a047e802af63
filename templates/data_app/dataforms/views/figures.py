"""Which field shows a figure, and how figures are put in order for a chart. Pure."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal

import msgspec

from dataforms.computed import RESULTS
from dataforms.errors import ExpressionInvalid
from dataforms.meaning import understand
from dataforms.scope import SpecScope
from dataforms.spec import Aggregate, AppSpec, Entity, Field, FieldType, Period
from dataforms.types import Value, type_of
from dataforms.views.periods import shifted, spans
from dataforms.views.questions import Figure

AVERAGE_PLACES = 2
ADDED: tuple[Aggregate, ...] = ("count", "sum")


def figure_field(spec: AppSpec, entity: Entity, aggregate: Aggregate, value: str | None) -> Field:
    """Return a field that the figures of an aggregate are shown like.

    Raises:
        ExpressionInvalid: `value` is none of the entity's fields, and means nothing.
    """
    if aggregate == "count" or value is None:
        return Field(name="value", title="", type="integer")
    found = next((field for field in entity.fields if field.name == value), None)
    if found is None:
        given = understand(value, SpecScope(spec, entity)).kind
        if given.name not in RESULTS:
            raise ExpressionInvalid("It gives nothing that can be shown.")
        found = Field(name="value", title="", type=RESULTS[given.name], currency=given.currency)
    kind = type_of(found).kind
    if aggregate == "average" and kind in ("integer", "real"):
        places = found.places if found.places is not None else AVERAGE_PLACES
        name: FieldType = "percent" if found.type == "percent" else "decimal"
        return Field(name="value", title="", type=name, places=places, unit=found.unit)
    return Field(name="value", title="", type="integer", unit=found.unit) if kind == "integer" else found


def shown_figure(figure: Figure, field: Field) -> str:
    """Return the text of a figure; an average has no more digits than its field keeps."""
    return type_of(field).show(_rounded(figure, field), field) or "–"


def local_figure(figure: Figure, field: Field) -> str:
    """Return a figure for a browser to write as its reader does; empty where all write it alike."""
    return type_of(field).locally(_rounded(figure, field), field)


def _rounded(figure: Figure, field: Field) -> Value:
    value = figure.value
    return round(value, field.places) if isinstance(value, Decimal) and field.places is not None else value


def no_figure(aggregate: Aggregate, field: Field) -> Figure:
    """Return the figure of no records at all, as `field` shows it: nothing of what is added up, else none."""
    return Figure(value=type_of(field).read(0, field) if aggregate in ADDED else None)


def in_time(figures: Sequence[Figure], every: Period, limit: int, nothing: Figure) -> list[Figure]:
    """Return the figures of spans in their order, with `nothing` for each span between that has none.

    At most `limit`, the latest; those without a date are left out.
    """
    found = {figure.key: figure for figure in figures if isinstance(figure.key, date)}
    if not found:
        return []
    last = max(found)
    first = min(found)
    with suppress(OverflowError):
        first = max(first, shifted(last, every, 1 - limit))
    return [found.get(day, msgspec.structs.replace(nothing, key=day)) for day in spans(first, last, every)]


def in_choices(figures: Sequence[Figure], choices: Sequence[str]) -> list[Figure]:
    """Return the figures of an enum in the order of its choices, the others behind them."""
    place = {choice: number for number, choice in enumerate(choices)}
    return sorted(figures, key=lambda figure: place.get(str(figure.key), len(place)))
