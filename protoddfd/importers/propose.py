"""Sources -> a proposal: an app's spec, and how each table fills it."""

from collections.abc import Sequence
from pathlib import Path

from dataforms.check import ENTITIES_LIMIT, FIELDS_LIMIT
from dataforms.sheets.refused import ImportRefused
from dataforms.spec import AppSpec, Entity
from protoddfd.importers import names, remarks
from protoddfd.importers.draft import Draft, drafts, entity
from protoddfd.importers.fitting import fitted
from protoddfd.importers.found import Found, Source
from protoddfd.importers.joins import Joined, joined
from protoddfd.importers.kinds.registry import find_in
from protoddfd.importers.plan import Proposal, TablePlan
from protoddfd.importers.profile import profile
from protoddfd.importers.relations import Link, Together, find, load_order, together
from protoddfd.importers.table import Table, table


def propose(
    sources: Sequence[Source], *, name: str, title: str, scratch: Path | None = None, thorough: bool = False
) -> Proposal:
    """Return an app for some sources, after reading each of them to the end.

    Unless it is `thorough`, only some values of a long table are tested for what they are.

    What is packed is unpacked into the folder `scratch`, and read from there as long as the proposal is used.

    Raises:
        ImportRefused: there is none, or one of them cannot be read; `hint` says what helps.
    """
    if not sources:
        raise ImportRefused("there is no file to import", "give at least one file, such as a CSV file")
    finding = find_in(sources, scratch)
    _refuse_many(len(finding.tables) + len(finding.drafted.entities))
    records = [found for found in finding.tables if found.declared is None or not found.declared.is_join]
    tables = _tables(records, {each.name for each in finding.drafted.entities}, thorough=thorough)
    links = _fitting(tables, find(tables))
    several = _with_room(tables, links, together(tables))
    drafted = drafts(tables, links, several)
    between = joined([found for found in finding.tables if found not in records], tables, drafted)
    spec, faults = fitted(
        AppSpec(
            name=name,
            title=title,
            entities=(*_entities(tables, links, drafted, between), *finding.drafted.entities),
            relations=finding.drafted.relations,
        )
    )
    return Proposal(
        spec=spec,
        tables=tuple(
            _plan(tables[place], drafted[place]) for place in load_order(len(tables), [*links, *several])
        ),
        joins=between.plans,
        notes=(*finding.notes, *remarks.notes(tables, links, several), *between.notes, *faults),
        confidence=remarks.confidence(tables, links, len(finding.notes) + len(faults)),
    )


def _refuse_many(count: int) -> None:
    if count > ENTITIES_LIMIT:
        raise ImportRefused(
            f"there are {count:,} tables; {ENTITIES_LIMIT:,} is the most that an app can hold", "take fewer"
        )
    if not count:
        raise ImportRefused("there is no table in it", "give a file with records, such as a CSV file")


def _tables(found: Sequence[Found], taken: set[str], *, thorough: bool) -> list[Table]:
    tables: list[Table] = []
    for each in found:
        name = names.entity_name(each.called, taken)
        taken.add(name)
        alone = len(found) == 1 and not (each.declared is not None and each.declared.references)
        tables.append(table(profile(each, alone=alone, thorough=thorough), name))
    return tables


def _entities(
    tables: Sequence[Table], links: Sequence[Link], drafted: Sequence[Draft], between: Joined
) -> list[Entity]:
    keyed = {(link.target, link.key) for link in links if link.key is not None}
    return [
        entity(
            made,
            draft,
            {draft.names[key] for target, key in keyed if target == place},
            [field for at, field in between.fields if at == place],
        )
        for place, (made, draft) in enumerate(zip(tables, drafted, strict=True))
    ]


def _fitting(tables: Sequence[Table], links: Sequence[Link]) -> list[Link]:
    """Return the links less those that would add more fields than an entity can have."""
    room = [FIELDS_LIMIT - len(made.columns) for made in tables]
    kept: list[Link] = []
    for link in links:
        if link.absent:
            room[link.source] -= 1
        if not link.absent or room[link.source] >= 0:
            kept.append(link)
    return kept


def _with_room(tables: Sequence[Table], links: Sequence[Link], several: Sequence[Together]) -> list[Together]:
    """Return the links by several columns less those that would add too many fields."""
    room = [FIELDS_LIMIT - len(made.columns) for made in tables]
    for link in links:
        room[link.source] -= link.absent > 0
    kept = []
    for each in several:
        room[each.source] -= 1
        if room[each.source] >= 0:
            kept.append(each)
    return kept


def _plan(made: Table, draft: Draft) -> TablePlan:
    found = made.profile.found
    return TablePlan(
        source=found.source,
        entity=made.entity,
        reading=found.reading,
        columns=draft.plans,
        rows=made.profile.rows,
        is_sampled=made.profile.is_sampled,
    )
