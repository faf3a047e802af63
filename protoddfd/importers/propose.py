"""Files -> a proposal: an app's spec, and how each file fills it."""

from collections.abc import Sequence

import msgspec

from dataforms.check import ENTITIES_LIMIT, FIELDS_LIMIT
from dataforms.sheets.formats import MISSING
from dataforms.sheets.refused import ImportRefused
from dataforms.spec import AppSpec, Entity, Field
from protoddfd.importers import names, remarks
from protoddfd.importers.icons import icon_for
from protoddfd.importers.plan import ColumnPlan, KeyReference, Proposal, Source, TablePlan
from protoddfd.importers.profile import profile
from protoddfd.importers.relations import SAME, Link, base, find, load_order
from protoddfd.importers.table import Table, table

_LABEL_NAMES = (
    "name",
    "full_name",
    "display_name",
    "title",
    "label",
    "company",
    "subject",
    "headline",
    "product",
)


class _Drafted(msgspec.Struct, frozen=True, kw_only=True):
    """The fields and column plans of one table; `names` is the field of each column, `id` included."""

    fields: tuple[Field, ...]
    plans: tuple[ColumnPlan, ...]
    names: dict[int, str]


def propose(sources: Sequence[Source], *, name: str, title: str) -> Proposal:
    """Return an app for some files, after reading each of them to the end, once.

    Raises:
        ImportRefused: there is no file, or one of them is no CSV file; `hint` says what helps.
    """
    if not sources:
        raise ImportRefused("there is no file to import", "give at least one CSV file")
    if len(sources) > ENTITIES_LIMIT:
        raise ImportRefused(
            f"there are {len(sources):,} files; {ENTITIES_LIMIT:,} is the most that an app can hold",
            "take fewer",
        )
    tables: list[Table] = []
    taken: set[str] = set()
    for source in sources:
        entity = names.entity_name(source.name, taken)
        taken.add(entity)
        tables.append(table(profile(source, alone=len(sources) == 1), entity))
    links = _fitting(tables, find(tables))
    keyed = {(link.target, link.key) for link in links}
    drafts = _drafts(tables, links)
    entities = tuple(
        _entity(made, draft.fields, {draft.names[key] for target, key in keyed if target == place})
        for place, (made, draft) in enumerate(zip(tables, drafts, strict=True))
    )
    order = load_order(len(tables), links)
    notes = remarks.notes(tables, links)
    return Proposal(
        spec=AppSpec(name=name, title=title, entities=entities),
        tables=tuple(_plan(tables[place], drafts[place].plans) for place in order),
        notes=notes,
        confidence=remarks.confidence(tables, links),
    )


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


def _drafts(tables: Sequence[Table], links: Sequence[Link]) -> list[_Drafted]:
    own = [
        _own_names(made, [link for link in links if link.source == place])
        for place, made in enumerate(tables)
    ]
    return [
        _draft(tables, place, own, [link for link in links if link.source == place])
        for place in range(len(tables))
    ]


def _own_names(made: Table, links: Sequence[Link]) -> dict[int, str]:
    """Return each column's field name. A column that is wholly a reference loses an `id` at its end."""
    whole = {link.column for link in links if not link.absent}
    chosen: dict[int, str] = {}
    for index, column in enumerate(made.columns):
        if index == made.id_column:
            chosen[index] = "id"
            continue
        header = column.header if names.plain(column.header) else f"Column {index + 1}"
        chosen[index] = names.field_name(base(header) if index in whole else header, chosen.values())
    return chosen


def _draft(
    tables: Sequence[Table], place: int, own: Sequence[dict[int, str]], links: Sequence[Link]
) -> _Drafted:
    made, field_names = tables[place], own[place]
    by_column = {link.column: link for link in links}
    fields: list[Field] = []
    plans: list[ColumnPlan] = []
    taken = set(field_names.values())
    for index in range(len(made.columns)):
        link = by_column.get(index)
        if link is None or link.absent:
            plans.append(_own_plan(made, index, field_names[index]))
            if index != made.id_column:
                fields.append(_own_field(made, index, field_names[index]))
        if link is not None:
            target = tables[link.target]
            name = field_names[index]
            if link.absent:
                name = names.field_name(
                    _second_name(made.columns[index].header, target.entity, link.evidence), taken
                )
                taken.add(name)
            fields.append(_reference_field(made, link, target, name))
            plans.append(_reference_plan(made, link, target, name, own[link.target][link.key]))
    return _Drafted(fields=tuple(fields), plans=tuple(plans), names=field_names)


def _second_name(header: str, entity: str, found: int) -> str:
    """Return a name for a reference beside its text: `plane` for the same key, else `dest_airport`."""
    owner = names.plain(entity)
    return owner if found >= SAME or base(header) in owner else f"{base(header)}_{owner}"


def _own_field(made: Table, index: int, name: str) -> Field:
    decision = made.decisions[index]
    return Field(
        name=name,
        title=names.title(made.columns[index].header)
        if made.columns[index].header
        else f"Column {index + 1}",
        type=decision.type,
        choices=decision.choices,
        required=made.is_required(index),
        unique=made.is_unique(index),
        currency=decision.currency,
        places=decision.places,
    )


def _own_plan(made: Table, index: int, name: str) -> ColumnPlan:
    decision = made.decisions[index]
    return ColumnPlan(
        index=index,
        header=made.columns[index].header,
        field=name,
        format=decision.format,
        missing=decision.missing,
    )


def _reference_field(made: Table, link: Link, target: Table, name: str) -> Field:
    header = made.columns[link.column].header
    title = names.title(name if link.absent else base(header) or target.entity)
    if not link.absent and base(header) == names.plain(header):
        title = names.title(header)
    required = not link.absent and made.is_required(link.column) and link.source != link.target
    seen = made.columns[link.column].distinct
    if seen is None or seen & MISSING:
        required = False
    return Field(name=name, title=title, type="reference", target=target.entity, required=required)


def _reference_plan(made: Table, link: Link, target: Table, name: str, key_name: str) -> ColumnPlan:
    keys = target.columns[link.key].distinct or set()
    return ColumnPlan(
        index=link.column,
        header=made.columns[link.column].header,
        field=name,
        format=target.decisions[link.key].format,
        reference=KeyReference(entity=target.entity, field=key_name, complete=not link.absent),
        missing=tuple(sorted(MISSING - keys)),
    )


def _entity(made: Table, fields: tuple[Field, ...], keyed: set[str]) -> Entity:
    fields = tuple(
        msgspec.structs.replace(field, unique=True) if field.name in keyed else field for field in fields
    )
    written = names.entity_words(made.profile.source.name)
    title = made.entity[:1] + made.entity[1:].lower() if made.entity.isascii() else made.entity
    plural = names.title(" ".join(written)) if written and not written[0].isdigit() else None
    return Entity(
        name=made.entity,
        title=title,
        plural=plural if plural is not None and plural.casefold() != title.casefold() else None,
        icon=icon_for(names.plain(made.entity).split("_")),
        display=_display(made, fields),
        fields=fields,
    )


def _display(made: Table, fields: Sequence[Field]) -> str | None:
    """Return the field that a person would call a record by: a name or a title, else a text of its own."""
    texts = {field.name: field for field in fields if field.type in ("text", "email")}
    owner = names.plain(made.entity)
    for wanted in (*_LABEL_NAMES, f"{owner}_name", f"{owner}_title", f"{owner.split('_')[-1]}_name", owner):
        if wanted in texts:
            return wanted
    for part in ("name", "title"):
        found = next((name for name in texts if part in name.split("_")), None)
        if found is not None:
            return found
    unique = next((name for name, field in texts.items() if field.unique), None)
    return unique or next(iter(texts), None)


def _plan(made: Table, columns: tuple[ColumnPlan, ...]) -> TablePlan:
    form = made.profile.layout.form
    return TablePlan(
        source=made.profile.source,
        entity=made.entity,
        encoding=form.encoding,
        delimiter=form.delimiter,
        quote=form.quote,
        escape=form.escape,
        skip_initial_space=form.skip_initial_space,
        strip_controls=form.strip_controls,
        first_row=made.profile.layout.first_row,
        columns=columns,
        rows=made.profile.rows,
    )
