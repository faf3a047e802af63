"""Questions to one table: search, sort and page, as SQLAlchemy Core statements. Runs none of them."""

from typing import Any

import msgspec
import sqlalchemy as sa

from dataforms.computing import Asker, Computing
from dataforms.errors import UnknownName
from dataforms.meaning import understand
from dataforms.schema import Schema
from dataforms.scope import SpecScope
from dataforms.spec import AppSpec, Entity, Field
from dataforms.typerow import Value
from dataforms.types import display_field, type_of
from dataforms.types_time import wall_clock

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
    """One record: canonical values by field name, and by reference field the label of what it points at."""

    id: int
    values: dict[str, Value]
    labels: dict[str, str]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """The records of one page, and how many match in all."""

    rows: list[Record]
    total: int


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A record to pick, in a reference field."""

    id: int
    label: str


class Selection:
    """Makes the statements for the entities of one spec; raises UnknownName."""

    def __init__(self, spec: AppSpec, schema: Schema, *, is_sqlite: bool) -> None:
        self._spec = spec
        self._schema = schema
        self._is_sqlite = is_sqlite
        self._computing = Computing(schema, is_sqlite=is_sqlite)
        self._meanings = {
            (entity.name, field.name): understand(field.expression, SpecScope(spec, entity))
            for entity in spec.entities
            for field in entity.fields
            if field.expression is not None
        }

    def columns(self, entity: Entity) -> list[sa.ColumnElement[Any]]:
        """Return what to select for an entity's records: the `id`, then every field in the spec's order."""
        table = self._schema.tables[entity.name]
        return [table.c.id, *(self._column(entity, field).label(field.name) for field in entity.fields)]

    def page(self, entity: Entity, query: Query) -> tuple[sa.Select[Any], sa.Select[int]]:
        """Return the statements for the rows of a page and for the number of all that match."""
        table = self._schema.tables[entity.name]
        found = self._found(entity, query.search)
        size = min(max(query.size, 1), PAGE_SIZE_LIMIT)
        offset = min((max(query.page, 1) - 1) * size, 2**62)
        rows = (
            self._sorted(sa.select(*self.columns(entity)).where(*found), entity, query.sort)
            .limit(size)
            .offset(offset)
        )
        return rows, sa.select(sa.func.count()).select_from(table).where(*found)

    def options(self, entity: Entity, search: str, limit: int) -> sa.Select[Any]:
        """Return the statement for `id` and the display value of records whose label matches, by label."""
        display = display_field(entity)
        statement = self.labels(entity)
        if display is None:
            return statement.order_by(self._schema.tables[entity.name].c.id).limit(limit)
        found = [self._holds(self._column(entity, display), word) for word in words(search)]
        return self._sorted(statement.where(*found), entity, display.name).limit(limit)

    def labels(self, entity: Entity) -> sa.Select[Any]:
        """Return the statement for every record's `id` and, if it has one, display value."""
        table = self._schema.tables[entity.name]
        display = display_field(entity)
        return sa.select(table.c.id) if display is None else sa.select(table.c.id, table.c[display.name])

    def _found(self, entity: Entity, search: str) -> list[sa.ColumnElement[bool]]:
        return [sa.or_(sa.false(), *self._places(entity, word)) for word in words(search)]

    def _places(self, entity: Entity, word: str) -> list[sa.ColumnElement[bool]]:
        places = [
            self._holds(self._column(entity, field), word)
            for field in entity.fields
            if type_of(field).searched and not field.hidden
        ]
        for field in entity.fields:
            if field.type == "reference" and field.target is not None and not field.hidden:
                target = self._spec.entity(field.target)
                display = display_field(target)
                if display is not None and type_of(display).searched:
                    alias = self._schema.tables[target.name].alias()
                    labelled = sa.select(alias.c.id).where(self._holds(alias.c[display.name], word))
                    places.append(self._column(entity, field).in_(labelled))
        return places

    def _column(self, entity: Entity, field: Field) -> sa.ColumnElement[Any]:
        table = self._schema.tables[entity.name]
        if field.expression is not None:
            meaning = self._meanings[entity.name, field.name]
            return self._computing.column(entity, meaning, Asker(now=wall_clock()))
        if field.type == "children":
            many = self._schema.many(entity.name, field.name, table.c.id)
            counted = sa.select(sa.func.count()).select_from(many.table).where(*many.conditions)
            return counted.correlate(table).scalar_subquery()
        return table.c[field.name]

    def _holds(self, column: sa.ColumnElement[Any], word: str) -> sa.ColumnElement[bool]:
        text = sa.cast(column, sa.Text()) if not _is_text(column) else sa.type_coerce(column, sa.Text())
        if not self._is_sqlite:
            return text.ilike(like_pattern(word), escape="\\")
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
        target = self._spec.entity(str(field.target))
        alias = self._schema.tables[target.name].alias()
        reference = self._column(entity, field)
        joined = statement.outerjoin_from(self._schema.tables[entity.name], alias, alias.c.id == reference)
        display = display_field(target)
        return joined, reference if display is None else self._order(alias.c[display.name], display)

    def _order(self, column: sa.ColumnElement[Any], field: Field) -> sa.ColumnElement[Any]:
        match type_of(field).sort:
            case "text":
                return sa.collate(column, "NOCASE") if self._is_sqlite else sa.func.lower(column)
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
