"""Tables -> the fields and rules of entities, and how each column fills its field. Pure."""

from collections.abc import Iterator, Sequence

import msgspec

from dataforms.sheets.formats import MISSING
from dataforms.spec import Entity, Field, Rule
from dataforms.types import TYPES
from protoddfd.importers import names
from protoddfd.importers.icons import icon_for
from protoddfd.importers.plan import ColumnPlan, KeyPart, KeyReference
from protoddfd.importers.relations import SAME, Link, Together, base
from protoddfd.importers.table import Table

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


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The fields and column plans of one table; `names` is the field of each column, `id` included."""

    fields: tuple[Field, ...]
    plans: tuple[ColumnPlan, ...]
    names: dict[int, str]


def drafts(tables: Sequence[Table], links: Sequence[Link], several: Sequence[Together] = ()) -> list[Draft]:
    """Return the draft of each table; `several` are the links by several columns."""
    own = [
        _own_names(made, [link for link in links if link.source == place])
        for place, made in enumerate(tables)
    ]
    made = [
        _draft(tables, place, own, [link for link in links if link.source == place])
        for place in range(len(tables))
    ]
    for link in several:
        made[link.source] = _with_together(tables, made, link)
    return made


def _with_together(tables: Sequence[Table], made: Sequence[Draft], link: Together) -> Draft:
    """Return the draft of a table with a reference by several columns, which stay what they are."""
    own, target = made[link.source], tables[link.target]
    taken = {*own.names.values(), *(field.name for field in own.fields)}
    name = names.field_name(target.entity, taken)
    by_index = {plan.index: plan for plan in reversed(made[link.target].plans)}
    keys = [by_index[key] for key in link.keys]
    reference = KeyReference(
        entity=target.entity,
        field="",
        parts=tuple(
            KeyPart(index=index, field=key.field or "", format=key.format, missing=key.missing)
            for index, key in zip(link.columns, keys, strict=True)
        ),
    )
    headers = [tables[link.source].columns[index].header for index in link.columns]
    plan = ColumnPlan(
        index=link.columns[0], header=", ".join(headers), field=name, format="text", reference=reference
    )
    field = Field(name=name, title=names.title(target.entity), type="reference", target=target.entity)
    return msgspec.structs.replace(own, fields=(*own.fields, field), plans=(*own.plans, plan))


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
) -> Draft:
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
            plans.append(_reference_plan(made, link, target, name, own[link.target]))
    return Draft(fields=tuple(fields), plans=tuple(plans), names=field_names)


def _second_name(header: str, entity: str, found: int) -> str:
    """Return a name for a reference beside its text: `plane` for the same key, else `dest_airport`."""
    owner = names.plain(entity)
    return owner if found >= SAME or base(header) in owner else f"{base(header)}_{owner}"


def _own_field(made: Table, index: int, name: str) -> Field:
    decision, said, header = made.decisions[index], made.said(index), made.columns[index].header
    row = TYPES[decision.type]
    return Field(
        name=name,
        title=said.title or (names.title(header) if header else f"Column {index + 1}"),
        type=decision.type,
        choices=decision.choices,
        required=made.is_required(index),
        unique=made.is_unique(index),
        currency=decision.currency,
        places=decision.places,
        min=said.min if row.bounds else None,
        max=said.max if row.bounds else None,
        pattern=said.pattern if row.pattern else None,
        default=said.default,
        help=said.help,
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
    required = required or link.key is None
    seen = made.columns[link.column].distinct
    if link.key is not None and (seen is None or seen & MISSING) and not made.said(link.column).required:
        required = False
    return Field(
        name=name,
        title=title,
        type="reference",
        target=target.entity,
        required=required,
        unique=not link.absent and made.is_unique(link.column) and made.declared is not None,
        help=made.said(link.column).help,
    )


def _reference_plan(
    made: Table, link: Link, target: Table, name: str, key_names: dict[int, str]
) -> ColumnPlan:
    """Return how the cells of a column become the ids of the records that they name."""
    if link.key is None:
        return ColumnPlan(
            index=link.column,
            header=made.columns[link.column].header,
            field=name,
            format="integer",
            reference=KeyReference(entity=target.entity, field="id", complete=True, by_place=True),
        )
    keys = target.columns[link.key].distinct or set()
    return ColumnPlan(
        index=link.column,
        header=made.columns[link.column].header,
        field=name,
        format=target.decisions[link.key].format,
        reference=KeyReference(entity=target.entity, field=key_names[link.key], complete=not link.absent),
        missing=tuple(sorted(MISSING - keys)),
    )


def entity(made: Table, draft: Draft, keyed: set[str], others: Sequence[Field] = ()) -> Entity:
    """Return what a table becomes; `keyed` are the fields that are referred to, `others` come behind all."""
    fields = draft.fields
    fields = tuple(
        msgspec.structs.replace(field, unique=True)
        if field.name in keyed and TYPES[field.type].unique
        else field
        for field in fields
    )
    written = names.entity_words(made.profile.found.called)
    title = made.entity[:1] + made.entity[1:].lower() if made.entity.isascii() else made.entity
    plural = names.title(" ".join(written)) if written and not written[0].isdigit() else None
    return Entity(
        name=made.entity,
        title=title,
        plural=plural if plural is not None and plural.casefold() != title.casefold() else None,
        icon=icon_for(names.plain(made.entity).split("_")),
        display=_display(made, fields),
        description=made.declared.description if made.declared is not None else None,
        fields=(*fields, *others),
        rules=tuple(_rules(made, draft)),
    )


def _rules(made: Table, draft: Draft) -> Iterator[Rule]:
    """Yield the rules that the source of a table has over several of its columns."""
    for rule in made.declared.rules if made.declared is not None else ():
        fields = [draft.names[column] for column in rule.columns]
        if rule.expression is not None:
            yield Rule(kind="check", expression=rule.expression.format(*fields))
        elif "id" not in fields:
            yield Rule(kind="unique", fields=tuple(fields))


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
