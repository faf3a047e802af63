"""A first page for an app over a database: how many there are, and how the main figures went. Pure."""

from collections.abc import Iterator, Sequence

from dataforms.spec import AppSpec, Card, Entity, Field, View

_COUNTED = 4
_CHARTS = 6
_SUMMED = ("money", "decimal")
_PLACED = frozenset(("latitude", "longitude", "lat", "lon", "lng"))
_GROUPED = ("enum", "reference", "boolean")


def dashboard(spec: AppSpec, rows: dict[str, int]) -> View:
    """Return the dashboard of a spec whose entities have that many rows: the largest count most."""
    entities = sorted(spec.entities, key=lambda each: -rows.get(each.name, 0))
    counts = [Card(title=each.plural or each.title, entity=each.name) for each in entities[:_COUNTED]]
    charts = [chart for each in entities for chart in _charts(each)]
    return View(name="dashboard", title="Dashboard", kind="dashboard", cards=(*counts, *charts[:_CHARTS]))


def _charts(entity: Entity) -> Iterator[Card]:
    """Yield what can be told of an entity over time, and by what its records belong to."""
    moment = _first(entity.fields, ("date", "datetime"))
    number = _first(entity.fields, _SUMMED)
    called = entity.plural or entity.title
    if moment is None and number is None:
        return
    told = called if number is None else f"{number.title} of {called.lower()}"
    if moment is not None:
        yield Card(
            title=f"{told} by month", kind="line", entity=entity.name, group=moment.name, every="month",
            aggregate="sum" if number else "count", value=number.name if number else None, width=2,
        )  # fmt: skip
    group = _first(entity.fields, _GROUPED)
    if group is not None:
        yield Card(
            title=f"{told} by {group.title.lower()}", kind="bar", entity=entity.name, group=group.name,
            aggregate="sum" if number else "count", value=number.name if number else None, width=2,
        )  # fmt: skip


def _first(fields: Sequence[Field], types: Sequence[str]) -> Field | None:
    return next(
        (each for each in fields if each.type in types and not _PLACED & set(each.name.split("_"))), None
    )
