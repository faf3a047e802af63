"""Wishes for charts as cards of a dashboard, where it is certain what is counted and by what."""

import re
from collections.abc import Sequence

from dataforms.spec import Aggregate, Card, CardKind, Entity, Field, Period, View
from protoddfd.design.lexicon import singular
from protoddfd.importers import names

MOST_CARDS = 8
_CHART = re.compile(
    r"\b(charts?|graphs?|dashboards?|diagram|pie|bar|line|histogram|trend|count|totals?|sum|average)\b",
    re.IGNORECASE,
)
_BY = re.compile(r"\b(?:per|by|for each|over(?: the)?)\s+([a-z]+(?: [a-z]+)?)", re.IGNORECASE)
_PERIODS: dict[str, Period] = {
    "day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year", "time": "month",
    "months": "month", "weeks": "week", "years": "year",
}  # fmt: skip
_SUMMED = frozenset(("money", "integer", "decimal"))
_GROUPING = frozenset(("enum", "reference", "boolean"))


def dashboard(wishes: Sequence[str], entities: Sequence[Entity]) -> tuple[View, ...]:
    """Return a dashboard with a card for each wish that is certain enough; none without such."""
    cards: dict[str, Card] = {}
    for wish in wishes:
        for part in re.split(r"[,;]| and (?=\w+ (?:per|by)\b)| plus ", wish):
            card = _card(part, wish, entities)
            if card is not None:
                cards.setdefault(card.title, card)
    if not cards:
        return ()
    view = View(
        name="dashboard", title="Dashboard", kind="dashboard", cards=tuple(cards.values())[:MOST_CARDS]
    )
    return (view,)


def _card(part: str, wish: str, entities: Sequence[Entity]) -> Card | None:
    by = _BY.search(part)
    if by is None or not _CHART.search(wish):
        return None
    words = {singular(word) for word in re.findall(r"[a-z]+", part.lower())}
    entity = _spoken_of(words, by, entities)
    if entity is None:
        return None
    group, every = _group(by.group(1).lower().split(), entity)
    if group is None:
        return None
    value = _value(words, entity, group)
    aggregate: Aggregate = "average" if value and "average" in words else "sum" if value else "count"
    counted = f"{aggregate.title()} of {value.title.lower()}" if value else entity.plural or entity.title
    return Card(
        title=f"{counted} by {every or group.title.lower()}",
        kind=_kind(wish, every),
        entity=entity.name,
        aggregate=aggregate,
        value=value.name if value else None,
        group=group.name,
        every=every,
        width=2,
    )


def _spoken_of(words: set[str], by: re.Match[str], entities: Sequence[Entity]) -> Entity | None:
    """Return the entity that a wish names other than as what it is told by."""
    group = {singular(word) for word in by.group(1).lower().split()}
    for entity in entities:
        own = names.plain(entity.name).split("_")
        if own[-1] in words - group:
            return entity
    return None


def _group(by: Sequence[str], entity: Entity) -> tuple[Field | None, Period | None]:
    """Return the field that tells the figures apart, and the span for dates."""
    period = _PERIODS.get(by[0])
    if period is not None:
        dates = [field for field in entity.fields if field.type in {"date", "datetime"}]
        return (dates[0] if dates else None), period
    wanted = {"_".join(by), by[0], singular(by[0])}
    found = [field for field in entity.fields if field.type in _GROUPING and field.name in wanted]
    return (found[0] if found else None), None


def _value(words: set[str], entity: Entity, group: Field) -> Field | None:
    """Return the number that is to be summed: one that the wish names."""
    for field in entity.fields:
        if field.type in _SUMMED and field.name != group.name and field.name.split("_")[-1] in words:
            return field
    return None


def _kind(wish: str, every: Period | None) -> CardKind:
    said = wish.lower()
    if "pie" in said and every is None:
        return "pie"
    if "line" in said or ("bar" not in said and every is not None):
        return "line" if every is not None else "bar"
    return "bar"
