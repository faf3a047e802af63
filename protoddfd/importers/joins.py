"""Tables that only link two others: they become a field of several records. Pure."""

from collections.abc import Sequence

import msgspec

from dataforms.check import FIELDS_LIMIT
from dataforms.spec import Field
from protoddfd.importers import names
from protoddfd.importers.draft import Draft
from protoddfd.importers.found import DeclaredReference, Found
from protoddfd.importers.plan import ColumnPlan, JoinPlan, KeyReference
from protoddfd.importers.table import Table


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that link records, each with the place of its table, how they are filled, and remarks."""

    fields: tuple[tuple[int, Field], ...] = ()
    plans: tuple[JoinPlan, ...] = ()
    notes: tuple[str, ...] = ()


def joined(found: Sequence[Found], tables: Sequence[Table], drafted: Sequence[Draft]) -> Joined:
    """Return what becomes of the tables that only link others; both ends of each are among `tables`."""
    places = {table.profile.found.label: place for place, table in enumerate(tables)}
    taken = [set(draft.names.values()) | {field.name for field in draft.fields} for draft in drafted]
    fields: list[tuple[int, Field]] = []
    plans: list[JoinPlan] = []
    notes: list[str] = []
    for each in found:
        declared = each.declared
        if declared is None:
            continue
        one, other = declared.references
        from_, to = places[one.table], places[other.table]
        if len(taken[from_]) >= FIELDS_LIMIT:
            notes.append(
                f"{each.label}: {tables[from_].entity} has too many fields for another, so it was left out."
            )
            continue
        plural = " ".join(names.entity_words(tables[to].profile.found.called))
        name = names.field_name(plural, taken[from_])
        taken[from_].add(name)
        title = names.title(plural)
        target = tables[to].entity
        fields.append((from_, Field(name=name, title=title, type="references", target=target)))
        plans.append(
            JoinPlan(
                source=each.source,
                label=each.label,
                entity=tables[from_].entity,
                field=name,
                reading=each.reading,
                ends=(
                    _end(each, one, tables[from_], drafted[from_], "from"),
                    _end(each, other, tables[to], drafted[to], "to"),
                ),
                rows=0,
            )
        )
        notes.append(f"{each.label}: It links {tables[from_].entity} and {target}: {title} of the former.")
    return Joined(fields=tuple(fields), plans=tuple(plans), notes=tuple(notes))


def _end(found: Found, reference: DeclaredReference, target: Table, draft: Draft, field: str) -> ColumnPlan:
    key = reference.key
    return ColumnPlan(
        index=reference.column,
        header=found.header[reference.column],
        field=field,
        format="integer" if key is None else target.decisions[key].format,
        reference=KeyReference(
            entity=target.entity, field="id" if key is None else draft.names[key], by_place=key is None
        ),
    )
