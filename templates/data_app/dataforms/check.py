"""What is right: every fault of a spec: where, what, what helps. Imports neither SQLAlchemy nor Reflex."""

import re
from collections.abc import Iterator, Sequence

from dataforms.check_document import salvage
from dataforms.check_expressions import expression_problems
from dataforms.check_fields import TARGETED, field_problems
from dataforms.check_forms import form_problems
from dataforms.check_login import login_problems, permission_problems
from dataforms.check_syncs import sync_problems
from dataforms.check_tables import table_problems
from dataforms.check_theme import theme_problems
from dataforms.check_views import address_problems, view_meaning_problems, view_problems
from dataforms.computed import resolved
from dataforms.names import (
    APP_NAME,
    ENTITY_NAME,
    NAME_LENGTH,
    RESERVED_NAMES,
    RESERVED_TABLES,
    did_you_mean,
    prose_problems,
    title_problems,
    twice,
)
from dataforms.origin import origin_problems
from dataforms.relations import related
from dataforms.spec import VERSION, AppSpec, Entity, Field, Problem, Relation, Rule, View, table_name
from dataforms.types import TYPES

__all__ = ["problems", "problems_in"]
ENTITIES_LIMIT = 200
FIELDS_LIMIT = 200
_ICON = re.compile(r"[a-z][a-z0-9-]{0,59}")


def problems(spec: AppSpec) -> tuple[Problem, ...]:
    """Return every fault of a spec; none means that an app can be made of it."""
    return tuple(_app_problems(spec))


def problems_in(document: bytes | object) -> tuple[AppSpec | None, tuple[Problem, ...]]:
    """Return the spec in a JSON text (bytes) or a decoded JSON value, and all its faults of form and meaning.

    The spec is None where the document has not the form of one; its other parts are checked all the same.
    """
    spec, parts, faults = salvage(document)
    if parts is None:
        return None, faults
    shut = [fault.path for fault in faults]
    meant = [problem for problem in problems(parts) if not _follows(problem.path, shut)]
    return spec, (*faults, *meant)


def _follows(path: str, shut: Sequence[str]) -> bool:
    """Return whether a fault of meaning follows from one of form: inside, or for want of a type or kind."""
    for bad in shut:
        if not bad or path == bad or path.startswith((f"{bad}.", f"{bad}[")):
            return True
        whole = bad.removesuffix(".type").removesuffix(".kind")
        if whole != bad and path.startswith(f"{whole}.") and path not in (f"{whole}.name", f"{whole}.title"):
            return True
    return False


def _app_problems(spec: AppSpec) -> Iterator[Problem]:
    if not APP_NAME.fullmatch(spec.name):
        yield Problem(
            path="name",
            message=f"{spec.name[:80]!r} cannot be the name of an app.",
            hint="Use lower case letters, digits and _, a letter first, at most 40; titles may be anything.",
        )
    if not 1 <= spec.version <= VERSION:
        yield Problem(
            path="version",
            message=f"Version {spec.version} of the format is not known here; the newest is {VERSION}.",
            hint="Update the program that reads it." if spec.version > VERSION else f"Write {VERSION}.",
        )
    yield from title_problems("title", spec.title)
    yield from prose_problems("description", spec.description)
    if not spec.entities:
        yield Problem(path="entities", message="There is no entity.", hint="An app needs at least one.")
    if len(spec.entities) > ENTITIES_LIMIT:
        yield Problem(path="entities", message=f"More than {ENTITIES_LIMIT} entities.", hint="Split the app.")
    yield from _entity_name_problems(spec)
    for place, entity in enumerate(spec.entities):
        yield from _entity_problems(f"entities[{place}]", entity, spec)
    yield from _relation_problems(spec)
    yield from _problems_of_what_is_computed(spec)
    for place, view in enumerate(spec.views):
        yield from _app_view_problems(f"views[{place}]", view, spec)
    yield from _twice_problems("views", [view.name for view in spec.views])
    yield from address_problems("views", spec.views)
    yield from _role_problems(spec)
    yield from login_problems(spec)
    yield from theme_problems(spec)
    yield from origin_problems(spec)
    yield from sync_problems(spec)


def _problems_of_what_is_computed(spec: AppSpec) -> Iterator[Problem]:
    """Yield the faults of expressions, then those of tables, which may be about what expressions give.

    Expressions are checked in a spec in which every name that they may follow leads somewhere.
    """
    entities = {entity.name for entity in spec.entities}
    fields = [field for entity in spec.entities for field in entity.fields]
    leads = all(
        field.type in TYPES
        and (TYPES[field.type].kind not in ("record", "records") or field.target in entities)
        for field in fields
    ) and all(relation.to in entities for relation in spec.relations)
    if not leads:
        yield from table_problems(spec)
        return
    whole = related(spec)
    faults = [
        fault
        for place, entity in enumerate(spec.entities)
        for fault in expression_problems(f"entities[{place}]", entity, whole)
    ]
    yield from faults
    for place, entity in enumerate(spec.entities):
        for number, view in enumerate(entity.views):
            yield from view_meaning_problems(f"entities[{place}].views[{number}]", view, entity, whole)
    by_name = {entity.name: entity for entity in whole.entities}
    for place, view in enumerate(spec.views):
        yield from view_meaning_problems(f"views[{place}]", view, by_name.get(view.entity or ""), whole)
    yield from permission_problems(whole)
    yield from table_problems(whole if faults else resolved(spec))


def _entity_name_problems(spec: AppSpec) -> Iterator[Problem]:
    yield from _twice_problems("entities", [entity.name for entity in spec.entities])
    first: dict[str, str] = {}
    for place, entity in enumerate(spec.entities):
        path, table = f"entities[{place}].name", table_name(entity.name)
        if not ENTITY_NAME.fullmatch(entity.name):
            yield Problem(
                path=path,
                message=f"{entity.name[:80]!r} cannot be the name of an entity.",
                hint=f"Use Title Case, such as 'Order Item': letters A-Z, digits and single spaces, at most "
                f"{NAME_LENGTH}; the title may be anything.",
            )
        elif table.startswith(RESERVED_TABLES) or table in RESERVED_NAMES:
            yield Problem(
                path=path, message=f"The name {entity.name!r} is reserved.", hint="Choose another one."
            )
        elif first.setdefault(table, entity.name) != entity.name:
            yield Problem(
                path=path,
                message=f"{entity.name!r} and {first[table]!r} would share the table {table}.",
                hint="Rename one of them.",
            )


def _entity_problems(path: str, entity: Entity, spec: AppSpec) -> Iterator[Problem]:
    yield from title_problems(f"{path}.title", entity.title)
    yield from title_problems(f"{path}.plural", entity.plural)
    yield from prose_problems(f"{path}.description", entity.description)
    if entity.icon is not None and not _ICON.fullmatch(entity.icon):
        yield Problem(
            path=f"{path}.icon",
            message=f"{entity.icon[:80]!r} cannot be the name of an icon.",
            hint="Use one of Lucide's, such as package.",
        )
    if not entity.fields:
        yield Problem(
            path=f"{path}.fields", message="There is no field.", hint="An entity needs at least one."
        )
    if len(entity.fields) > FIELDS_LIMIT:
        yield Problem(path=f"{path}.fields", message=f"More than {FIELDS_LIMIT} fields.", hint="Split it.")
    yield from _twice_problems(f"{path}.fields", [field.name for field in entity.fields])
    for place, field in enumerate(entity.fields):
        yield from field_problems(f"{path}.fields[{place}]", field)
        yield from _target_problems(f"{path}.fields[{place}]", field, entity, spec)
    yield from _display_problems(f"{path}.display", entity)
    for place, rule in enumerate(entity.rules):
        yield from _rule_problems(f"{path}.rules[{place}]", rule, entity)
    for place, view in enumerate(entity.views):
        yield from _entity_view_problems(f"{path}.views[{place}]", view, entity, spec)
        yield from view_problems(f"{path}.views[{place}]", view, entity, spec)
    yield from _twice_problems(f"{path}.views", [view.name for view in entity.views])
    yield from address_problems(f"{path}.views", entity.views)


def _target_problems(path: str, field: Field, entity: Entity, spec: AppSpec) -> Iterator[Problem]:
    if field.type not in TARGETED:
        return
    if field.target is None:
        yield Problem(
            path=f"{path}.target",
            message=f"A field of type {field.type} needs a target.",
            hint="Name the entity that it points at.",
        )
        return
    unknown = list(_unknown_entity(f"{path}.target", field.target, spec))
    yield from unknown
    if field.type == "children" and not unknown:
        yield from _via_problems(f"{path}.via", field, entity, spec.entity(field.target))


def _via_problems(path: str, field: Field, entity: Entity, target: Entity) -> Iterator[Problem]:
    kinds = ("reference", "references")
    back = [each.name for each in target.fields if each.type in kinds and each.target == entity.name]
    if field.via is None or field.via not in back:
        yield Problem(
            path=path,
            message=f"Children need the reference of {target.name} that points back at {entity.name}.",
            hint=f"Name it: {' or '.join(back)}."
            if back
            else f"Give {target.name} a field of type reference with the target {entity.name}.",
        )


def _display_problems(path: str, entity: Entity) -> Iterator[Problem]:
    if entity.display is None:
        return
    yield from _unknown_field(path, entity.display, entity)
    for field in entity.fields:
        if field.name == entity.display and field.type in TYPES and not TYPES[field.type].names:
            yield Problem(
                path=path,
                message=f"A field of type {field.type} cannot stand for a record.",
                hint="Choose a field of type text.",
            )


def _rule_problems(path: str, rule: Rule, entity: Entity) -> Iterator[Problem]:
    if rule.kind == "unique" and not rule.fields:
        yield Problem(path=f"{path}.fields", message="There is no field.", hint="Name those unique together.")
    yield from _unknown_fields(f"{path}.fields", rule.fields, entity)
    types = {field.name: field.type for field in entity.fields}
    for place, name in enumerate(rule.fields):
        if rule.kind == "unique" and types.get(name) in ("computed", "children", "references"):
            yield Problem(
                path=f"{path}.fields[{place}]",
                message=f"A field of type {types[name]} is not stored, so it cannot be unique.",
                hint="Name fields that people fill in.",
            )
    for place, first in twice(rule.fields):
        yield Problem(
            path=f"{path}.fields[{place}]", message=f"Is the same as number {first + 1}.", hint="Remove it."
        )
    if rule.kind == "unique":
        yield from title_problems(f"{path}.message", rule.message)
        if rule.expression is not None:
            yield Problem(
                path=f"{path}.expression",
                message="A rule of kind unique has no expression.",
                hint="Remove it, or make it a check.",
            )


def _entity_view_problems(path: str, view: View, entity: Entity, spec: AppSpec) -> Iterator[Problem]:
    yield from title_problems(f"{path}.name", view.name)
    yield from title_problems(f"{path}.title", view.title)
    if view.entity not in (None, entity.name):
        yield Problem(
            path=f"{path}.entity", message=f"This is a view of {entity.name}.", hint="Leave the entity out."
        )
    yield from _unknown_fields(f"{path}.fields", view.fields, entity)
    yield from form_problems(path, view, entity, spec)
    if view.sort is not None:
        yield from _sort_problems(f"{path}.sort", view.sort, entity)


def _sort_problems(path: str, sort: str, entity: Entity) -> Iterator[Problem]:
    name = sort.removeprefix("-")
    if name == "id":
        return
    yield from _unknown_field(path, name, entity)
    for field in entity.fields:
        if field.name == name and field.type in TYPES and not _is_sortable(field):
            yield Problem(
                path=path, message=f"A field of type {field.type} cannot be sorted by.", hint="Remove it."
            )


def _is_sortable(field: Field) -> bool:
    return field.type == "computed" or TYPES[field.type].sort is not None


def _app_view_problems(path: str, view: View, spec: AppSpec) -> Iterator[Problem]:
    if view.entity is None:
        yield from title_problems(f"{path}.name", view.name)
        yield from title_problems(f"{path}.title", view.title)
        if view.kind != "dashboard":
            yield Problem(path=f"{path}.entity", message="A view needs an entity.", hint="Name one.")
        yield from view_problems(path, view, None, spec)
        return
    unknown = list(_unknown_entity(f"{path}.entity", view.entity, spec))
    yield from unknown
    if not unknown:
        yield from _entity_view_problems(path, view, spec.entity(view.entity), spec)
        yield from view_problems(path, view, spec.entity(view.entity), spec)


def _relation_problems(spec: AppSpec) -> Iterator[Problem]:
    links: set[tuple[str, str, str]] = set()
    for place, relation in enumerate(spec.relations):
        path = f"relations[{place}]"
        unknown = [
            *_unknown_entity(f"{path}.from", relation.from_, spec),
            *_unknown_entity(f"{path}.to", relation.to, spec),
        ]
        yield from unknown
        yield from title_problems(f"{path}.name", relation.name)
        if relation.kind == "m2o" and not unknown:
            yield from _reference_problems(path, relation, spec)
        link = (table_name(relation.from_), table_name(relation.to), table_name(relation.name or ""))
        if relation.kind == "m2m":
            if relation.name is not None and not link[2]:
                yield Problem(path=f"{path}.name", message="Has no letter from A to Z.", hint="Add one.")
            if link in links:
                yield Problem(
                    path=path, message="The same relation is there already.", hint="Give it another name."
                )
            links.add(link)


def _reference_problems(path: str, relation: Relation, spec: AppSpec) -> Iterator[Problem]:
    fields = spec.entity(relation.from_).fields
    if not any(field.type == "reference" and field.target == relation.to for field in fields):
        yield Problem(
            path=path,
            message=f"{relation.from_} has no reference to {relation.to}.",
            hint=f"Give {relation.from_} a field of type reference with the target {relation.to}.",
        )


def _role_problems(spec: AppSpec) -> Iterator[Problem]:
    yield from _twice_problems("roles", [role.name for role in spec.roles])
    for place, role in enumerate(spec.roles):
        yield from title_problems(f"roles[{place}].name", role.name)
        yield from title_problems(f"roles[{place}].title", role.title)
        for number, permission in enumerate(role.permissions):
            path = f"roles[{place}].permissions[{number}]"
            unknown = list(_unknown_entity(f"{path}.entity", permission.entity, spec))
            yield from unknown
            if not unknown:
                entity = spec.entity(permission.entity)
                yield from _unknown_fields(f"{path}.hidden", permission.hidden, entity)
                yield from _unknown_fields(f"{path}.read_only", permission.read_only, entity)


def _unknown_entity(path: str, name: str, spec: AppSpec) -> Iterator[Problem]:
    names = [entity.name for entity in spec.entities]
    if name not in names:
        yield Problem(path=path, message=f"There is no entity {name[:80]!r}.", hint=did_you_mean(name, names))


def _unknown_fields(path: str, names: Sequence[str], entity: Entity) -> Iterator[Problem]:
    for place, name in enumerate(names):
        yield from _unknown_field(f"{path}[{place}]", name, entity)


def _unknown_field(path: str, name: str, entity: Entity) -> Iterator[Problem]:
    names = [field.name for field in entity.fields]
    if name not in names:
        yield Problem(
            path=path, message=f"{entity.name} has no field {name[:80]!r}.", hint=did_you_mean(name, names)
        )


def _twice_problems(path: str, names: Sequence[str]) -> Iterator[Problem]:
    for place, first in twice(names):
        yield Problem(
            path=f"{path}[{place}].name",
            message=f"The name {names[place][:80]!r} is there already, at {path}[{first}].",
            hint="Rename one of them.",
        )
