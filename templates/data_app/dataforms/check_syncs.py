"""What is wrong with the syncs of a spec: what could not run, and secrets in it. Imports no SQLAlchemy."""

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, urlsplit

from dataforms.names import FIELD_NAME, did_you_mean, title_problems, twice
from dataforms.origin import is_over
from dataforms.spec import AppSpec, Entity, Field, Problem, table_name
from dataforms.spec_sync import Sync, SyncSource
from dataforms.types import TYPES, is_given, is_stored, type_of

SYNCS_LIMIT = 50
LEAST_EVERY_S = 60
LONGEST_EVERY_S = 366 * 86_400
ID = "id"
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
_EVERY = re.compile(r"([1-9][0-9]{0,6})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SECRET = re.compile(r"(?i)(^|_|-)(key|apikey|token|secret|password|passwd|pwd|sig|signature|auth)($|_|-)")
_ELSEWHERE = "Name an environment variable that has it: env."
_ONLY_OF = {
    "authorization": ("url",),
    "files": ("file",),
    "sheet": ("file", "url"),
    "records": ("file", "url"),
    "table": ("database",),
    "schema_": ("database",),
}
"""Which kinds of source each of these says something of."""


def every_s(every: str) -> int:
    """Return the seconds of a text such as `15m`; raise ValueError for one that is none."""
    found = _EVERY.fullmatch(every)
    if found is None:
        raise ValueError(every)
    return int(found[1]) * _UNITS[found[2]]


def sync_problems(spec: AppSpec) -> Iterator[Problem]:
    """Yield what is wrong with the syncs of a spec."""
    if len(spec.syncs) > SYNCS_LIMIT:
        yield Problem(path="syncs", message=f"More than {SYNCS_LIMIT} syncs.", hint="Split the app.")
    for place, first in twice([sync.name for sync in spec.syncs]):
        yield Problem(
            path=f"syncs[{place}].name",
            message=f"The name is there already, at syncs[{first}].",
            hint="Rename one of them.",
        )
    entities = {entity.name: entity for entity in spec.entities}
    if spec.syncs and "syncs" in map(table_name, entities):
        yield Problem(
            path="syncs",
            message="An entity has the address /api/v1/syncs already.",
            hint="Rename the entity Syncs, or leave the syncs out.",
        )
    for place, sync in enumerate(spec.syncs):
        yield from _sync_problems(f"syncs[{place}]", sync, spec, entities)


def _sync_problems(path: str, sync: Sync, spec: AppSpec, entities: dict[str, Entity]) -> Iterator[Problem]:
    if not FIELD_NAME.fullmatch(sync.name):
        yield Problem(
            path=f"{path}.name",
            message=f"{sync.name[:80]!r} cannot be the name of a sync.",
            hint="Use lower case letters, digits and _, a letter first.",
        )
    yield from title_problems(f"{path}.title", sync.title)
    yield from _source_problems(f"{path}.from", sync.from_)
    yield from _every_problems(f"{path}.every", sync.every)
    if is_over(spec):
        yield Problem(
            path=path,
            message="The rows of this app are in a database that it only reads.",
            hint="Leave the syncs out.",
        )
    entity = entities.get(sync.into)
    if entity is None:
        yield Problem(
            path=f"{path}.into",
            message=f"There is no entity {sync.into[:80]!r}.",
            hint=did_you_mean(sync.into, entities),
        )
    elif all(field.type in TYPES for field in entity.fields):
        yield from _match_problems(f"{path}.match", sync, entity)
        yield from _mapping_problems(f"{path}.mapping", sync, entity, entities)
        yield from _missing_problems(path, sync, entity)
        yield from _format_problems(f"{path}.formats", sync)


def _every_problems(path: str, every: str | None) -> Iterator[Problem]:
    if every is None:
        return
    try:
        seconds = every_s(every)
    except ValueError:
        seconds = 0
    if not LEAST_EVERY_S <= seconds <= LONGEST_EVERY_S:
        yield Problem(
            path=path,
            message=f"{every[:80]!r} is no time between a minute and a year.",
            hint="Write it like 15m, 6h or 1d.",
        )


def _source_problems(path: str, source: SyncSource) -> Iterator[Problem]:
    if (source.env is None) == (source.place is None):
        yield Problem(
            path=path,
            message="It needs one of env and place, to say where the rows are.",
            hint='Such as "env": "SHOP_URL", or "place": "sources/shop.csv".',
        )
    for name in ("env", "authorization"):
        value = getattr(source, name)
        if value is not None and not _VARIABLE.fullmatch(value):
            yield Problem(
                path=f"{path}.{name}",
                message=f"{value[:80]!r} cannot be the name of an environment variable.",
                hint="Name one such as SHOP_URL; what it holds stays out of the spec.",
            )
    yield from _kind_problems(path, source)
    if source.place is None:
        return
    fault = place_fault(source.kind, source.place)
    if fault:
        yield Problem(path=f"{path}.place", message=fault, hint=_ELSEWHERE)
    elif source.authorization is not None and not source.place.startswith("https://"):
        yield Problem(
            path=f"{path}.place",
            message="The header Authorization must not go over a line that others can read.",
            hint="Use https://.",
        )


def _kind_problems(path: str, source: SyncSource) -> Iterator[Problem]:
    for name, kinds in _ONLY_OF.items():
        if getattr(source, name) is not None and source.kind not in kinds:
            key = name.rstrip("_")
            yield Problem(
                path=f"{path}.{key}", message=f"A {source.kind} has no {key}.", hint="Leave it out."
            )
    if source.kind == "database" and not source.table:
        yield Problem(path=f"{path}.table", message="Is missing.", hint="Name the table or view to read.")


def place_fault(kind: str, place: str) -> str:
    """Return why a place cannot stand in a spec; empty if it can."""
    if kind == "file":
        return "" if _is_inside(place) else "A path in the spec has to lead into the app's own folder."
    try:
        url = urlsplit(place)
        has_secret = url.password is not None or any(_SECRET.search(name) for name, _ in parse_qsl(url.query))
    except ValueError:
        return "It is no address."
    if has_secret:
        return "There is a secret in it, and everybody may read a spec."
    return _web_fault(url) if kind == "url" else _database_fault(url)


def _is_inside(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return bool(path) and not path.startswith(("/", "~")) and ".." not in parts and "\0" not in path


def _web_fault(url: SplitResult) -> str:
    if url.scheme not in ("http", "https") or not url.hostname or url.username:
        return "It is no address such as https://example.com/orders.json."
    return ""


def _database_fault(url: SplitResult) -> str:
    if url.scheme == "sqlite":
        is_right = not url.netloc and _is_inside(url.path.removeprefix("/"))
        return (
            ""
            if is_right
            else "A file in the spec has to be in the app's own folder: sqlite:///data/shop.db."
        )
    if url.scheme not in ("postgresql", "postgres"):
        return "It is no database such as sqlite:///data/shop.db or postgresql://host/name."
    return ""


def _match_problems(path: str, sync: Sync, entity: Entity) -> Iterator[Problem]:
    fields = {field.name: field for field in entity.fields}
    unique = [field.name for field in entity.fields if field.unique and _is_fillable(field)]
    field = fields.get(sync.match)
    hint = f"Name one of {', '.join(unique)}." if unique else f"Make a field of {entity.name} unique."
    if field is None:
        yield Problem(path=path, message=f"{entity.name} has no field {sync.match[:80]!r}.", hint=hint)
    elif field.name not in unique or not is_stored(field):
        yield Problem(
            path=path, message="Rows are matched by a field that is unique and that is filled in.", hint=hint
        )
    elif sync.match not in _targets(sync):
        yield Problem(path=path, message="No column goes into it.", hint=f"Map one to {sync.match}.")


def _targets(sync: Sync) -> list[str]:
    return [goal.partition(".")[0] for goal in sync.mapping.values()]


def _is_fillable(field: Field) -> bool:
    row = type_of(field)
    return is_given(field) and not field.read_only and not row.media and (is_stored(field) or row.linked)


def _mapping_problems(
    path: str, sync: Sync, entity: Entity, entities: dict[str, Entity]
) -> Iterator[Problem]:
    fields = {field.name: field for field in entity.fields}
    fillable = [field.name for field in entity.fields if _is_fillable(field)]
    for column, goal in sync.mapping.items():
        here = f"{path}.{column[:80]}"
        name, _, by = goal.partition(".")
        if name not in fields:
            yield Problem(
                path=here,
                message=f"{entity.name} has no field {name[:80]!r}.",
                hint=did_you_mean(name, fillable),
            )
        elif name not in fillable:
            yield Problem(
                path=here,
                message=f"{name} gets no value from outside: {_why_not(fields[name])}.",
                hint=did_you_mean("", fillable),
            )
        else:
            yield from _by_problems(here, fields[name], by, entities)
    targets = _targets(sync)
    for place, _ in twice(targets):
        yield Problem(path=path, message=f"Two columns go into {targets[place]}.", hint="Leave one out.")
    for field in entity.fields:
        must = field.required and field.visible_when is None and field.default is None
        if must and is_given(field) and field.name not in targets:
            yield Problem(
                path=path,
                message=f"{field.name} is required, and no column goes into it.",
                hint="Map a column to it, or give the field a default.",
            )


def _why_not(field: Field) -> str:
    if not is_given(field):
        return "it is computed or numbered"
    return "it is read-only" if field.read_only else f"it is of type {field.type}"


def _by_problems(path: str, field: Field, by: str, entities: dict[str, Entity]) -> Iterator[Problem]:
    target = entities.get(field.target or "")
    if field.type not in ("reference", "references"):
        if by:
            yield Problem(
                path=path, message=f"{field.name} is no reference.", hint=f"Write {field.name} alone."
            )
    elif target is not None:
        keys = [each.name for each in target.fields if each.unique and is_stored(each)]
        if by not in (*keys, ID):
            shown = " or ".join(f"{field.name}.{each}" for each in (*keys, ID))
            yield Problem(
                path=path,
                message=f"It has to say by which unique field of {target.name} a cell names a record.",
                hint=f"Write {shown}.",
            )


def _missing_problems(path: str, sync: Sync, entity: Entity) -> Iterator[Problem]:
    if sync.mark is None:
        if sync.missing == "mark":
            yield Problem(
                path=f"{path}.mark", message="Is missing.", hint="Name a field of type boolean to mark with."
            )
        return
    field = next((each for each in entity.fields if each.name == sync.mark), None)
    if sync.missing != "mark":
        yield Problem(path=f"{path}.mark", message="Nothing is marked.", hint='Set "missing": "mark".')
    elif field is None or field.type != "boolean" or not is_given(field):
        known = [each.name for each in entity.fields if each.type == "boolean" and is_given(each)]
        yield Problem(
            path=f"{path}.mark",
            message=f"{entity.name} has no field {sync.mark[:80]!r} of type boolean.",
            hint=did_you_mean(sync.mark, known),
        )
    elif sync.mark in _targets(sync):
        yield Problem(path=f"{path}.mark", message="A column goes into it, too.", hint="Leave one out.")


def _format_problems(path: str, sync: Sync) -> Iterator[Problem]:
    if not sync.formats:
        return
    from dataforms.sheets.formats import FORMATS  # seldom needed

    for column, name in sync.formats.items():
        if column not in sync.mapping:
            hint = did_you_mean(column, sync.mapping)
            yield Problem(path=f"{path}.{column[:80]}", message="That column is not mapped.", hint=hint)
        elif name not in FORMATS:
            yield Problem(
                path=f"{path}.{column[:80]}",
                message=f"There is no format {name[:80]!r}.",
                hint=did_you_mean(name, FORMATS),
            )
