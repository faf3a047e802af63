"""Questions to one table: search, sort and page, as SQLAlchemy Core statements. Runs none of them."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from dataforms.computing import Computing
from dataforms.computing_forms import any_alphabet, lowered
from dataforms.errors import UnknownName
from dataforms.limits import Limits
from dataforms.pairs import gathered
from dataforms.schema import Schema
from dataforms.spec import AppSpec, Entity, Field
from dataforms.typerow import Value
from dataforms.types import display_field, type_of

PAGE_SIZE = 25
PAGE_SIZE_LIMIT = 1_000
SEARCH_LENGTH = 200
SEARCH_WORDS = 10


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which records of an entity: `search` in any text, `sort` by a field (`-field` descending)."""

    search: str = ""
    sort: str | None = None
    page: int = 1
    """The first is 1."""
    size: int = PAGE_SIZE


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record: canonical values by field name, and by reference field the label of what it points at.

    The labels of several records have commas between them. `version` changes with any stored value.
    """

    id: int
    values: dict[str, Value]
    labels: dict[str, str]
    version: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """The records of one page, and how many match in all."""

    rows: list[Record]
    total: int


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A record to pick, in a reference field."""

    id: int
    label: str


class Selection:
    """Makes the statements for what `limits` leave of a spec; raises UnknownName.

    Every row and every field that anybody gets goes through `_select` and `_column`.
    """

    def __init__(
        self, spec: AppSpec, schema: Schema, computing: Computing, limits: Limits, *, is_sqlite: bool
    ) -> None:
        self._spec = spec
        self._schema = schema
        self._is_sqlite = is_sqlite
        self._computing = computing
        self._limits = limits

    def record(self, entity: Entity, id: int) -> sa.Select[Any]:
        """Return the statement for one record: its `id`, then every field in the spec's order."""
        return self._records(entity).where(self._schema.tables[entity.name].c.id == id)

    def counts(self) -> dict[str, sa.Select[int]]:
        """Return the statements for the number of records of every entity that may be read."""
        return {
            entity.name: self._select(entity, sa.func.count())
            for entity in self._spec.entities
            if self._limits.rights.may("read", entity.name)
        }

    def page(self, entity: Entity, query: Query) -> tuple[sa.Select[Any], sa.Select[int]]:
        """Return the statements for the rows of a page and for the number of all that match."""
        found = self._found(entity, query.search)
        size = min(max(query.size, 1), PAGE_SIZE_LIMIT)
        offset = min((max(query.page, 1) - 1) * size, 2**62)
        rows = self.all(entity, query).limit(size).offset(offset)
        return rows, self._select(entity, sa.func.count()).where(*found)

    def all(self, entity: Entity, query: Query) -> sa.Select[Any]:
        """Return the statement for the rows of all pages, in their order."""
        found = self._records(entity).where(*self._found(entity, query.search))
        return self._sorted(found, entity, query.sort)

    def matching(self, entity: Entity, query: Query, limit: int) -> sa.Select[Any]:
        """Return the statement for the `id` of up to `limit` of all records that match, in their order."""
        key = self._schema.tables[entity.name].c.id
        return self.all(entity, query).with_only_columns(key).limit(limit)

    def keys(self, entity: Entity, name: str, *, among: Sequence[Value] | None = None) -> sa.Select[Any]:
        """Return the statement for a field and the `id` of the records where it is filled, the last first.

        Those alone where it has one of some values, if they are given.
        """
        field = next((field for field in entity.fields if field.name == name), None)
        if field is None:
            raise UnknownName(f"{entity.title} has no field {name!r}.")
        column, key = self._column(entity, field), self._schema.tables[entity.name].c.id
        filled = column.is_not(None) if among is None else column.in_(among)
        return self._select(entity, column, key).where(filled).order_by(key.desc())

    def options(self, entity: Entity, search: str, limit: int) -> sa.Select[Any]:
        """Return the statement for `id` and the display value of records whose label matches, by label."""
        display = display_field(entity)
        statement = self._labels(entity)
        if display is None:
            return statement.order_by(self._schema.tables[entity.name].c.id).limit(limit)
        found = [self._holds(self._column(entity, display), word) for word in words(search)]
        return self._sorted(statement.where(*found), entity, display.name).limit(limit)

    def labels(self, entity: Entity, ids: Sequence[int]) -> sa.Select[Any]:
        """Return the statement for the `id` of those records and, if they have one, their display value."""
        return self._labels(entity).where(self._schema.tables[entity.name].c.id.in_(ids))

    def _labels(self, entity: Entity) -> sa.Select[Any]:
        key = self._schema.tables[entity.name].c.id
        display = display_field(entity)
        return self._select(entity, key, *([] if display is None else [self._column(entity, display)]))

    def _records(self, entity: Entity) -> sa.Select[Any]:
        columns = [self._column(entity, field).label(field.name) for field in entity.fields]
        return self._select(entity, self._schema.tables[entity.name].c.id, *columns)

    def _select(self, entity: Entity, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
        """Return the statement for these columns of the records that may be read."""
        table = self._schema.tables[entity.name]
        return sa.select(*columns).select_from(table).where(*self._limits.visible(entity))

    def _found(self, entity: Entity, search: str) -> list[sa.ColumnElement[bool]]:
        return [sa.or_(sa.false(), *self._places(entity, word)) for word in words(search)]

    def _places(self, entity: Entity, word: str) -> list[sa.ColumnElement[bool]]:
        places = [
            self._holds(self._column(entity, field), word)
            for field in entity.fields
            if type_of(field).searched and not field.hidden
        ]
        for field in entity.fields:
            target = None if field.hidden or type_of(field).computed else self._target(field)
            if target is not None:
                display = display_field(target)
                if display is not None and type_of(display).searched:
                    labelled = self._select(target, self._schema.tables[target.name].c.id)
                    labelled = labelled.where(self._holds(self._column(target, display), word)).correlate(
                        None
                    )
                    places.append(self._refers(entity, field, labelled))
        return places

    def _refers(self, entity: Entity, field: Field, to: sa.Select[Any]) -> sa.ColumnElement[bool]:
        """Return what must hold for a field to name one of the records whose ids are `to`."""
        if not type_of(field).linked:
            return self._column(entity, field).in_(to)
        link = self._schema.links[entity.name, field.name].alias()
        key = self._schema.tables[entity.name].c.id
        found = key.in_(sa.select(link.source).where(link.target.in_(to)).correlate(None))
        return sa.func.coalesce(self._limits.shown(entity, field, found), sa.false())

    def _column(self, entity: Entity, field: Field) -> sa.ColumnElement[Any]:
        return self._limits.shown(entity, field, self._whole_column(entity, field))

    def _whole_column(self, entity: Entity, field: Field) -> sa.ColumnElement[Any]:
        table = self._schema.tables[entity.name]
        if field.expression is not None:
            meaning = self._limits.meaning(entity, field.expression)
            return self._computing.column(entity, meaning, self._limits.asker())
        if type_of(field).linked:
            link = self._schema.links[entity.name, field.name].alias()
            conditions = self._readable(field.target or "", link.target)
            return gathered(link, table.c.id, conditions, is_sqlite=self._is_sqlite)
        if field.type == "children":
            many = self._schema.many(entity.name, field.name, table.c.id)
            conditions = [*many.conditions, *self._readable(many.entity, many.table.c.id)]
            counted = sa.select(sa.func.count()).select_from(many.table).where(*conditions)
            return counted.correlate(table).scalar_subquery()
        return table.c[field.name]

    def _target(self, field: Field) -> Entity | None:
        """Return the entity that a field refers to, if anything of it may be read."""
        if field.target is None or not self._limits.rights.may("read", field.target):
            return None
        return self._spec.entity(field.target)

    def _readable(self, entity: str, id: sa.ColumnElement[Any]) -> list[sa.ColumnElement[bool]]:
        """Return what must hold for an `id` to be one of a record of `entity` that may be read."""
        if not self._limits.rights.is_limited:
            return []
        target = self._spec.entity(entity)
        return [id.in_(self._select(target, self._schema.tables[entity].c.id).correlate(None))]

    def _holds(self, column: sa.ColumnElement[Any], word: str) -> sa.ColumnElement[bool]:
        text = sa.cast(column, sa.Text()) if not _is_text(column) else sa.type_coerce(column, sa.Text())
        if not self._is_sqlite:
            lettered = text if word.isascii() else any_alphabet(text)
            return lettered.ilike(like_pattern(word), escape="\\")
        variants = {word} if word.isascii() else {word, word.lower(), word.upper(), word.title()}
        return sa.or_(*(text.like(like_pattern(variant), escape="\\") for variant in sorted(variants)))

    def _sorted(self, statement: sa.Select[Any], entity: Entity, sort: str | None) -> sa.Select[Any]:
        key = self._schema.tables[entity.name].c.id
        name = (sort or "id").removeprefix("-")
        is_descending = (sort or "").startswith("-")
        if name == "id":
            return statement.order_by(key.desc() if is_descending else key)
        field = next((field for field in entity.fields if field.name == name), None)
        if field is None or type_of(field).sort is None:
            raise UnknownName(f"{entity.title} cannot be sorted by {name!r}.")
        order = self._order(self._column(entity, field), field)
        if type_of(field).sort == "label":
            statement, order = self._by_label(statement, entity, field)
        return statement.order_by((order.desc() if is_descending else order.asc()).nulls_last(), key)

    def _by_label(
        self, statement: sa.Select[Any], entity: Entity, field: Field
    ) -> tuple[sa.Select[Any], sa.ColumnElement[Any]]:
        reference = self._column(entity, field)
        target = self._target(field)
        display = None if target is None else display_field(target)
        if target is None or display is None or self._limits.is_shown_on_some(target, display):
            return statement, reference
        alias = self._schema.tables[target.name].alias()
        there = sa.and_(alias.c.id == reference, *self._readable(target.name, alias.c.id))
        joined = statement.outerjoin_from(self._schema.tables[entity.name], alias, there)
        return joined, self._order(alias.c[display.name], display)

    def _order(self, column: sa.ColumnElement[Any], field: Field) -> sa.ColumnElement[Any]:
        match type_of(field).sort:
            case "text":
                return lowered(column, is_sqlite=self._is_sqlite)
            case "choice":
                return sa.case(
                    {choice: place for place, choice in enumerate(field.choices)},
                    value=sa.type_coerce(column, sa.Text()),
                    else_=sa.null() if not field.choices else len(field.choices),
                )
            case _:
                return column


def _is_text(column: sa.ColumnElement[Any]) -> bool:
    return getattr(column.type, "storage", "text") in ("text", "choices", "json")


def words(search: str) -> list[str]:
    """Return the words that a search must all find; what cannot be in a text is left out."""
    clean = search[:SEARCH_LENGTH].replace("\0", " ").encode(errors="ignore").decode()
    return clean.split()[:SEARCH_WORDS]


def like_pattern(word: str) -> str:
    r"""Return the LIKE pattern of texts that hold `word` literally; the escape character is `\`."""
    for special in "\\%_":
        word = word.replace(special, f"\\{special}")
    return f"%{word}%"
