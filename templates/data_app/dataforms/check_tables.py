"""What is right in a view of kind table: filter, group, totals. Imports neither SQLAlchemy nor Reflex."""

from collections.abc import Iterator

from dataforms.errors import FilterInvalid
from dataforms.filters import filter_of, understood
from dataforms.spec import AppSpec, Entity, Problem, View
from dataforms.types import TYPES


def table_problems(spec: AppSpec) -> Iterator[Problem]:
    """Yield what is wrong with what views leave out, put together and sum up.

    Filters and totals on computed fields are checked in a spec that is `resolved`, and let through otherwise.
    """
    entities = {entity.name: entity for entity in spec.entities}
    for place, entity in enumerate(spec.entities):
        for number, view in enumerate(entity.views):
            yield from _view_problems(f"entities[{place}].views[{number}]", view, entity)
    for place, view in enumerate(spec.views):
        if view.entity in entities:
            yield from _view_problems(f"views[{place}]", view, entities[view.entity])


def _view_problems(path: str, view: View, entity: Entity) -> Iterator[Problem]:
    fields = {field.name: field for field in entity.fields if field.type in TYPES}
    if view.filter is not None and not any(field.type == "computed" for field in entity.fields):
        try:
            understood(filter_of(view.filter), entity)
        except FilterInvalid as error:
            yield Problem(path=f"{path}.filter", message=str(error), hint=error.hint)
    if view.group is not None and view.group not in fields:
        yield Problem(path=f"{path}.group", message=f"{entity.name} has no field {view.group[:80]!r}.")
    for place, total in enumerate(view.totals):
        name, _, function = total.partition(":")
        field = fields.get(name)
        known = () if field is None else TYPES[field.type].totals
        if field is None or (field.type != "computed" and function not in known):
            yield Problem(
                path=f"{path}.totals[{place}]",
                message=f"There is no total {total[:80]!r}.",
                hint="Write a field and a function, such as amount:sum; or count, average, min, max.",
            )
