"""Which columns refer to the records of another file: values among its keys, names that agree. Pure."""

from collections.abc import Iterator, Sequence

import msgspec

from dataforms.sheets.vocabulary import word_set
from protoddfd.importers import names
from protoddfd.importers.columns import ColumnProfile, has_values, missing_in
from protoddfd.importers.table import WHOLE, Table

_GENERIC = word_set("id key code no nr num number name uuid guid pk index title value type n row column")
_MOMENTS = word_set("year month day date hour minute week quarter time decade season")
_SUFFIXES = word_set("id key code no nr num number fk ref uuid")
_ITSELF = word_set("manager parent supervisor boss reports_to lead mentor chief superior predecessor")
SAID, SAME, _PART, _WORD, _NONE = 4, 3, 2, 1, 0
"""How well names agree; SAID where the source itself says that one table refers to the other."""
_LEAST_SHARE = {SAME: 0.75, _PART: 0.9, _WORD: 0.95, _NONE: 0.9}


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Column `column` of table `source` holds keys of table `target`, which stand in its column `key`.

    A `key` of None stands for the places of the target's records in their file.
    """

    source: int
    column: int
    target: int
    key: int | None
    evidence: int
    absent: int
    """Distinct values that are no key of the target."""
    values: int
    """Distinct values."""

    @property
    def share(self) -> float:
        """Return the part of the values that are keys."""
        return 1 - self.absent / max(self.values, 1)


class Together(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of table `source` hold, together, what the columns `keys` of table `target` hold."""

    source: int
    columns: tuple[int, ...]
    target: int
    keys: tuple[int, ...]


def together(tables: Sequence[Table]) -> list[Together]:
    """Return the links by several columns that the sources of tables say there are."""
    places = {table.profile.found.label: place for place, table in enumerate(tables)}
    return [
        Together(source=source, columns=each.columns, target=places[each.table], keys=each.keys)
        for source, table in enumerate(tables)
        for each in (table.declared.together if table.declared is not None else ())
        if each.table in places
    ]


def base(header: str) -> str:
    """Return a plain header without a last word such as `id`: `customer_id` -> `customer`."""
    parts = names.plain(header).split("_")
    if len(parts) > 1 and parts[-1] in _SUFFIXES:
        parts.pop()
    return "_".join(parts)


def find(tables: Sequence[Table]) -> list[Link]:
    """Return the links between tables and of tables to themselves: at most one a column.

    Those that are found by names and values make no circle; what a source says itself is taken as it is.
    """
    best: list[Link] = []
    for source, table in enumerate(tables):
        if table.declared is not None:
            best += _said(tables, source)
        if _says_all(tables, table):
            continue
        said = {link.column for link in best if link.source == source}
        for column in set(range(len(table.columns))) - said:
            found = [
                link
                for target in range(len(tables))
                for key in sorted(tables[target].keys)
                if (link := _link(tables, source, column, target, key)) is not None
            ]
            if found:
                best.append(
                    max(found, key=lambda link: (link.evidence, link.share, -link.target, -(link.key or 0)))
                )
    return _without_circles(best)


def _says_all(tables: Sequence[Table], table: Table) -> bool:
    """Return whether a table's source says what refers to what; a database that says it nowhere does not.

    Nor is it guessed where only some rows were looked at.
    """
    source = table.profile.found.source
    if table.declared is None or not table.declared.complete:
        return False
    own = [each.declared for each in tables if each.profile.found.source == source and each.declared]
    return source.most is not None or any(each.references or each.together for each in own)


def _said(tables: Sequence[Table], source: int) -> Iterator[Link]:
    """Yield the links that the source of a table says there are."""
    declared, columns = tables[source].declared, tables[source].columns
    places = {table.profile.found.label: place for place, table in enumerate(tables)}
    for each in declared.references if declared is not None else ():
        target = places.get(each.table)
        if target is None:
            continue
        is_whole = tables[source].profile.found.source.most is None
        if each.key is None or not is_whole:
            absent, values = 0, columns[each.column].filled
        else:
            absent, values = missing_in(tables[target].columns[each.key], columns[each.column])
        yield Link(
            source=source,
            column=each.column,
            target=target,
            key=each.key,
            evidence=SAID,
            absent=absent,
            values=values,
        )


def _link(tables: Sequence[Table], source: int, column: int, target: int, key: int) -> Link | None:
    own, other = tables[source], tables[target]
    if (source == target and column == key) or column == own.id_column:
        return None
    if not _same_kind(own, column, other, key):
        return None
    found = evidence(
        own.columns[column].header, other.columns[key].header, other.entity, itself=source == target
    )
    if (source == target or _is_database(own)) and found < _PART:
        return None
    if _is_database(other) and key not in (other.id_column, other.declared and other.declared.key):
        return None
    if column in own.keys and not _owns(other, key, own, found):
        return None
    if not _is_worth_a_look(own.columns[column], other, key, found):
        return None
    absent, values = missing_in(other.columns[key], own.columns[column])
    if not values or 1 - absent / values < _least_share(found, values):
        return None
    return Link(
        source=source, column=column, target=target, key=key, evidence=found, absent=absent, values=values
    )


def _is_database(table: Table) -> bool:
    return table.declared is not None and table.declared.complete


def _least_share(found: int, values: int) -> float:
    return 1.0 if values < 5 and found < _PART else _LEAST_SHARE[found]


def _same_kind(own: Table, column: int, other: Table, key: int) -> bool:
    if not has_values(own.columns[column]) or not has_values(other.columns[key]):
        return False
    mine, theirs = own.decisions[column], other.decisions[key]
    if theirs.type == "integer":
        return mine.format in WHOLE
    return mine.type in ("text", "enum", "email")


def _owns(other: Table, key: int, own: Table, found: int) -> bool:
    """Return whether, of two tables with the same key, the other is the one that the key is called after."""
    owner = base(other.columns[key].header).split("_")[-1]
    return found >= _PART and owner == names.plain(other.entity).split("_")[-1] and owner not in names.plain(
        own.entity
    ).split("_")[-1:]  # fmt: skip


def _is_worth_a_look(column: ColumnProfile, other: Table, key: int, found: int) -> bool:
    """Return whether the names alone, or the kind of values, justify comparing the values."""
    name = names.plain(column.header)
    if name.split("_")[-1] in _MOMENTS and found < _PART:
        return False
    if found >= _PART:
        return True
    if other.decisions[key].type == "integer":
        return found == _WORD and name.split("_")[-1] in _SUFFIXES
    enough = column.distinct is None or len(column.distinct) >= 3
    return enough and column.longest >= 2 and other.is_unique(key)


def evidence(header: str, key: str, entity: str, *, itself: bool = False) -> int:
    """Return how well a column's name agrees with a key and its entity: SAME, a part, a word, not at all."""
    name, key_name, owner = names.plain(header), names.plain(key), names.plain(entity)
    stem = base(header)
    if itself:
        return _PART if stem in _ITSELF or stem.startswith(("parent_", "reports_")) else _NONE
    if name.replace("_", "") == key_name.replace("_", "") and name not in _GENERIC | _MOMENTS:
        return SAME
    same = {owner, owner.split("_")[-1], names.singular(owner)}
    flat = {text.replace("_", "") for text in same}
    whole = {f"{text}{key_name.replace('_', '')}" for text in flat}
    singular = names.singular(stem.split("_")[-1])
    if stem.replace("_", "") in flat or name.replace("_", "") in whole | flat:
        return SAME
    if singular in same or any(stem.endswith(f"_{text}") for text in same):
        return _PART
    shared = set(name.split("_")) & (set(key_name.split("_")) | set(owner.split("_")))
    return _WORD if shared - _GENERIC - _MOMENTS else _NONE


def _without_circles(links: list[Link]) -> list[Link]:
    """Return the links less those that would make tables wait for each other, the weakest being left out."""
    kept: list[Link] = []
    for link in sorted(links, key=lambda link: (-link.evidence, -link.share, link.source, link.column)):
        if (
            link.evidence == SAID
            or link.source == link.target
            or not _reaches(kept, link.target, link.source)
        ):
            kept.append(link)
    return sorted(kept, key=lambda link: (link.source, link.column))


def _reaches(links: Sequence[Link], start: int, goal: int) -> bool:
    seen, todo = {start}, [start]
    while todo:
        place = todo.pop()
        if place == goal:
            return True
        ahead = {link.target for link in links if link.source == place} - seen
        seen |= ahead
        todo.extend(ahead)
    return False


def load_order(count: int, links: Sequence[Link | Together]) -> list[int]:
    """Return the tables' places so that each comes after those that it refers to, as far as that can be."""
    needs: dict[int, set[int]] = {place: set() for place in range(count)}
    for link in links:
        needs[link.source].add(link.target)
    order: list[int] = []
    while len(order) < count:
        left = [place for place in range(count) if place not in order]
        order.append(min(left, key=lambda place: (len(needs[place] - {place, *order}), place)))
    return order
