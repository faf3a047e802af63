"""Lets follow what names fields beside the tables: deleted records that can be restored, and saved views.

What they were is kept, and comes back with the way back unless they were changed since.
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.errors import DataError, FieldError
from dataforms.filters import Condition, Filter, conditions, read_filter, understood, write_filter
from dataforms.migrate.convert import Conversion
from dataforms.migrate.difference import Difference
from dataforms.migrate.kept import Keeper
from dataforms.schema import TRASH_TABLE
from dataforms.spec import AppSpec, Entity, Field
from dataforms.types import is_kept, type_of

_VIEWS_TABLE = "dataforms_views"
_LISTS = ("columns", "totals")
_SINGLE = ("sort", "group")
_CURSORS = ("after", "before", "page")


class _Deleted(msgspec.Struct, kw_only=True):
    values: dict[str, str]
    linked: dict[str, dict[str, tuple[int, ...]]] = {}


class _Following:
    """What one entity's fields are called from now on, and what becomes of their values."""

    def __init__(self, before: Entity, was: Entity, now: Entity) -> None:
        fields = {field.name: field for field in now.fields}
        self.entity = now
        self.names = {
            old.name: new.name
            for old, new in zip(before.fields, was.fields, strict=True)
            if new.name in fields
        }
        self.fields = {
            old.name: (new, fields[new.name])
            for old, new in zip(before.fields, was.fields, strict=True)
            if new.name in fields and is_kept(new) and is_kept(fields[new.name])
        }
        self.names_files = any(
            type_of(was).media and was.type != now.type for was, now in self.fields.values()
        )
        """Whether values named files, which would be unused from now on and then deleted."""


def let_follow(connection: Connection, way: Difference, now: AppSpec, keeper: Keeper) -> None:
    """Change what stands beside the tables as the tables were changed; `now` is the new spec, resolved."""
    after = {entity.name: entity for entity in now.entities}
    followed = {
        before.name: _Following(before, was, after[was.name])
        for before, was in zip(way.before.entities, way.renamed.entities, strict=True)
        if was.name in after
    }
    for table, column, made in (
        (TRASH_TABLE, "document", _deleted),
        (_VIEWS_TABLE, "parameters", _parameters),
    ):
        if sa.inspect(connection).has_table(table):
            _change(connection, table, column, followed, keeper, made)


def _change(
    connection: Connection,
    table: str,
    column: str,
    followed: Mapping[str, _Following],
    keeper: Keeper,
    made: Callable[[str, _Following, Mapping[str, _Following]], str],
) -> None:
    rows = sa.table(table, *(sa.column(name) for name in ("id", "entity", column)))
    text = rows.c[column]
    for id, entity, old in connection.execute(sa.select(rows.c.id, rows.c.entity, text)).all():
        if entity not in followed:
            keeper.keep(table, column, id, _quoted(old), _quoted(old))  # with the files that it names
            continue
        kept = keeper.of(table, column, id, id).get(id)
        is_kept_one = kept is not None and kept.became == _quoted(old)
        follow = followed[entity]
        new = (
            msgspec.json.decode(kept.value, type=str)
            if kept is not None and is_kept_one
            else made(old, follow, followed)
        )
        if new != old or follow.names_files:
            keeper.keep(table, column, id, _quoted(old), _quoted(new))
        if new != old or follow.entity.name != entity:
            values = {"entity": follow.entity.name, column: new}
            connection.execute(sa.update(rows).where(rows.c.id == id).values(values))


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _deleted(text: str, follow: _Following, followed: Mapping[str, _Following]) -> str:
    """Return a deleted record: its values are converted, and go where they cannot be."""
    document = msgspec.json.decode(text, type=_Deleted)
    values: dict[str, str] = {}
    for name, raw in document.values.items():
        if name in follow.fields:
            was, now = follow.fields[name]
            shown = _converted(raw, was, now)
            if shown:
                values[now.name] = shown
    linked: dict[str, dict[str, tuple[int, ...]]] = {}
    for entity, fields in document.linked.items():
        if entity in followed:
            other = followed[entity]
            kept = {
                other.fields[name][1].name: ids
                for name, ids in fields.items()
                if name in other.fields and other.fields[name][1].target == follow.entity.name
            }
            linked[other.entity.name] = {name: ids for name, ids in kept.items() if ids}
    return msgspec.json.encode(_Deleted(values=values, linked=linked)).decode()


def _converted(raw: str, was: Field, now: Field) -> str:
    if (was.type, was.target, was.choices) == (now.type, now.target, now.choices):
        return raw
    if None not in (was.target, now.target) and was.target != now.target:
        return ""
    try:
        value = type_of(was).read(raw, was)
    except FieldError:
        return ""
    made = Conversion(was, now).of(value).value
    return type_of(now).edit(made, now)


def _parameters(text: str, follow: _Following, followed: Mapping[str, _Following]) -> str:
    """Return a view's parameters; what is about a field that went goes."""
    given = msgspec.json.decode(text, type=dict[str, str])
    made = {name: value for name, value in given.items() if name not in (*_LISTS, *_SINGLE, "filter")}
    for name in _SINGLE:
        if name in given:
            made[name] = next(_named([given[name]], follow), "")
    for name in _LISTS:
        if name in given:
            made[name] = ",".join(_named(given[name].split(","), follow))
    if "filter" in given:
        made["filter"] = _filter(given["filter"], follow)
    made = {name: value for name, value in made.items() if value}
    if made != given:
        made = {name: value for name, value in made.items() if name not in _CURSORS}
    return msgspec.json.encode(made).decode() if made != given else text


def _named(words: list[str], follow: _Following) -> Iterator[str]:
    """Yield such words as `-due` and `amount:sum` with the new names of their fields."""
    for word in words:
        name, colon, more = word.removeprefix("-").partition(":")
        known = name if name == "id" else follow.names.get(name)
        if known is not None:
            yield f"{'-' if word.startswith('-') else ''}{known}{colon}{more}"


def _filter(text: str, follow: _Following) -> str:
    try:
        found = _followed(read_filter(text), follow)
    except DataError:
        return ""
    return write_filter(found)


def _followed(filter: Filter, follow: _Following) -> Filter:
    parts: list[Condition | Filter] = []
    for part in filter.parts:
        if isinstance(part, Filter):
            inner = _followed(part, follow)
            if any(conditions(inner)):
                parts.append(inner)
        elif part.field in follow.names:
            named = msgspec.structs.replace(part, field=follow.names[part.field])
            if _makes_sense(named, follow.entity):
                parts.append(named)
    return msgspec.structs.replace(filter, parts=tuple(parts))


def _makes_sense(condition: Condition, entity: Entity) -> bool:
    try:
        understood(Filter(parts=(condition,)), entity)
    except DataError:
        return False
    return True
