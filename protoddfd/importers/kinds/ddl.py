"""SQL statements that make tables: CREATE TABLE, ALTER TABLE, CREATE INDEX, CREATE TYPE, COMMENT ON."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlglot import exp

from dataforms.sheets.csv_file import Chunk
from protoddfd.importers.kinds import tsql
from protoddfd.importers.kinds.ddl_parsing import parsed
from protoddfd.importers.kinds.sql_schema import SqlColumn, SqlReference, SqlTable

_MOST_WAITING = 10_000
_WANTED = re.compile(
    r"\s*(create\s+(?:or\s+replace\s+)?(?:(?:global|local|temp|temporary|unlogged)\s+)*(?:table|type|unique\s+(?:(?:non)?clustered\s+)?index|view|"
    r"materialized\s+view)|alter\s+table|comment\s+on|insert|replace|update|delete)\b",
    re.IGNORECASE,
)
_ENUM = re.compile(r'create\s+type\s+(?:"?\w+"?\.)?"?(\w+)"?\s+as\s+enum\s*\(([^)]*)\)', re.IGNORECASE)
_VIEW = re.compile(r'view\s+(?:if\s+not\s+exists\s+)?([\w."`\[\]]+)', re.IGNORECASE)
_JSON = re.compile(r"\(?json_valid\(`?[^`()]+`?\)\)?", re.IGNORECASE)
_QUOTED = re.compile(r"'((?:[^']|'')*)'")


class NoRows(msgspec.Struct, frozen=True, kw_only=True, tag="none"):
    """How a table is read that is only described."""

    weight: int = 1

    def chunks(self) -> Iterator[Chunk]:
        """Yield nothing."""
        return iter(())


def checks_in(sql: str, dialect: str) -> tuple[str, ...]:
    """Return the CHECK conditions of one CREATE TABLE; none where it is not understood."""
    reading = Statements(dialect)
    reading.take(sql)
    return tuple(check for table in reading.tables() for check in table.checks)


class _Table(msgspec.Struct):
    """A table as far as the statements have told."""

    name: str
    columns: list[SqlColumn] = []
    key: tuple[str, ...] = ()
    unique: list[tuple[str, ...]] = []
    references: list[SqlReference] = []
    checks: list[str] = []
    comment: str | None = None


class Statements:
    """Takes statements one after the other."""

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect
        self._tables: dict[str, _Table] = {}
        self._enums: dict[str, tuple[str, ...]] = {}
        self._views: list[str] = []
        self._faulty: list[str] = []
        self._changes = 0
        self._made: list[str] = []
        self._waiting: list[Any] = []

    def made(self) -> set[str]:
        """Return the tables made since this was asked last, in small letters."""
        made, self._made = set(self._made), []
        return made

    def tables(self) -> list[SqlTable]:
        """Return the tables in the order of their statements."""
        waiting, self._waiting = self._waiting, []
        for tree in waiting:  # what changes a table may stand before what makes it, as in a file of its own
            self._understand(tree)
        return [
            SqlTable(
                name=table.name,
                columns=tuple(table.columns),
                key=table.key,
                unique=tuple(table.unique),
                references=tuple(table.references),
                checks=tuple(table.checks),
                comment=table.comment,
            )
            for table in self._tables.values()
            if table.columns
        ]

    def notes(self) -> list[str]:
        """Return what was left out."""
        notes = [f"{name} is a view, so it was left out." for name in self._views]
        notes += [f"This statement was not understood, and left out: {text}" for text in self._faulty[:10]]
        if self._changes:
            notes.append(
                f"{self._changes:,} statements change rows in a way of databases, so they were left out."
            )
        return notes

    def take(self, statement: str) -> None:
        """Learn from a statement; one that is not understood is noted."""
        wanted = _WANTED.match(statement)
        if wanted is None:
            return
        word = " ".join(wanted[1].casefold().split())
        if word in ("insert", "replace", "update", "delete"):
            self._changes += "sqlite_" not in statement[:40]
        elif word.endswith("view"):
            found = _VIEW.search(statement)
            self._views.append(found[1][:80] if found else "It")
        elif word.endswith("type"):
            enum = _ENUM.match(statement)
            if enum is not None:
                self._enums[enum[1].casefold()] = tuple(
                    each.replace("''", "'") for each in _QUOTED.findall(enum[2])
                )
        else:
            self._parse(statement)

    def _parse(self, statement: str) -> None:
        if self._dialect == "tsql":
            statement, given = tsql.defaults(statement)
            for name, column, value in given:
                self._default(name, column, value)
        if not statement:
            return
        found = parsed(statement, self._dialect)
        self._faulty += [" ".join(each.split())[:100] for each in found.lost]
        if found.tree is None:
            return
        if not self._understand(found.tree) and len(self._waiting) < _MOST_WAITING:
            self._waiting.append(found.tree)
        if found.types:
            table = self._tables[str(found.tree.this.this.name).casefold()]
            table.columns = [
                msgspec.structs.replace(each, type=found.types.get(each.name.casefold(), each.type))
                for each in table.columns
            ]

    def _understand(self, tree: Any) -> bool:
        """Learn from a statement; return False if it is about a table that is not there."""
        match tree:
            case exp.Create() if tree.kind == "TABLE" and isinstance(tree.this, exp.Schema):
                self._create(tree)
            case exp.Create() if tree.kind == "INDEX":
                return self._index(tree)
            case exp.Alter():
                return self._alter(tree)
            case exp.Comment():
                return self._comment(tree)
        return True

    def _default(self, name: str, column: str, value: str) -> None:
        table = self._tables.get(name.casefold())
        if table is not None:
            table.columns = [
                msgspec.structs.replace(each, default=value)
                if each.name.casefold() == column.casefold()
                else each
                for each in table.columns
            ]

    def _table(self, node: Any) -> _Table | None:
        return self._tables.get(str(node.name).casefold())

    def _create(self, tree: Any) -> None:
        schema = tree.this
        name = str(schema.this.name)
        if not name:
            return
        table = self._tables[name.casefold()] = _Table(name=name)
        self._made.append(name.casefold())
        for each in tree.args["properties"].expressions if tree.args.get("properties") is not None else ():
            if isinstance(each, exp.SchemaCommentProperty):
                table.comment = str(each.this.name) or None
        for each in schema.expressions:
            if isinstance(each, exp.ColumnDef):
                table.columns.append(self._column(table, each))
            elif isinstance(each, exp.Identifier):  # SQLite's columns need no type
                table.columns.append(SqlColumn(name=str(each.name), type=""))
            else:
                self._constraint(table, each)

    def _column(self, table: _Table, node: Any) -> SqlColumn:
        kind = node.args.get("kind")
        written = kind.sql(dialect=self._dialect) if kind is not None else ""
        made = SqlColumn(
            name=node.name,
            type=written,
            choices=_choices(kind) or self._enums.get(written.strip('"').casefold().split(".")[-1], ()),
        )
        for each in node.args.get("constraints") or ():
            made = self._of_column(table, made, each.args.get("kind"))
        return made

    def _of_column(self, table: _Table, column: SqlColumn, kind: Any) -> SqlColumn:
        """Return a column with what a constraint says of it; what is the table's is noted there."""
        match kind:
            case exp.PrimaryKeyColumnConstraint():
                table.key = (column.name,)
            case exp.UniqueColumnConstraint():
                table.unique.append((column.name,))
            case exp.CheckColumnConstraint():
                check = kind.this.sql(dialect=self._dialect)
                if _JSON.fullmatch(check) is not None:  # how MariaDB writes a column of JSON
                    return msgspec.structs.replace(column, type="json")
                table.checks.append(check)
            case exp.Reference():
                self._reference(table, (column.name,), kind)
        return msgspec.structs.replace(column, **self._said(kind))

    def _said(self, kind: Any) -> dict[str, Any]:
        match kind:
            case exp.NotNullColumnConstraint():
                return {"not_null": not kind.args.get("allow_null")}
            case exp.DefaultColumnConstraint():
                value = kind.this.this if isinstance(kind.this, exp.Cast) else kind.this
                return {"default": value.sql(dialect=self._dialect)}
            case exp.CommentColumnConstraint():
                return {"comment": str(kind.this.name)}
            case exp.ComputedColumnConstraint():
                return {"computed": True}
        return {}

    def _constraint(self, table: _Table, node: Any) -> None:
        match node:
            case exp.Constraint() | exp.AddConstraint():
                for each in node.expressions:
                    self._constraint(table, each)
            case exp.PrimaryKey():
                table.key = tuple(_name(each) for each in node.expressions)
            case exp.ForeignKey():
                columns = tuple(_name(each) for each in node.expressions)
                self._reference(table, columns, node.args.get("reference"))
            case exp.UniqueColumnConstraint():
                inside = node.this.expressions if isinstance(node.this, exp.Schema) else node.expressions
                columns = tuple(_name(each) for each in inside)
                if columns:
                    table.unique.append(columns)
            case exp.CheckColumnConstraint():
                table.checks.append(node.this.sql(dialect=self._dialect))

    def _reference(self, table: _Table, columns: tuple[str, ...], node: Any) -> None:
        target = node.this if node is not None else None
        keys: tuple[str, ...] = ()
        if isinstance(target, exp.Schema):
            keys, target = tuple(_name(each) for each in target.expressions), target.this
        if target is not None and columns:
            table.references.append(SqlReference(columns=columns, table=str(target.name), keys=keys))

    def _index(self, tree: Any) -> bool:
        index = tree.this
        params = index.args.get("params")
        is_plain = params is not None and params.args.get("where") is None and tree.args.get("unique")
        if index.args.get("table") is None or not is_plain:
            return True
        table = self._table(index.args["table"])
        columns = tuple(_name(each) for each in params.args.get("columns") or ())
        if table is not None and columns and all(columns):
            table.unique.append(columns)
        return table is not None

    def _alter(self, tree: Any) -> bool:
        table = self._table(tree.this)
        if table is None:
            return False
        for action in tree.args.get("actions") or ():
            if isinstance(action, exp.ColumnDef):
                table.columns.append(self._column(table, action))
            else:
                self._constraint(table, action)
        return True

    def _comment(self, tree: Any) -> bool:
        text = str(tree.expression.name) if tree.expression is not None else ""
        kind = str(tree.args.get("kind") or "").upper()
        if kind == "TABLE":
            table = self._table(tree.this)
            if table is not None:
                table.comment = text
            return table is not None
        if kind != "COLUMN" or not isinstance(tree.this, exp.Column):
            return True
        table = self._tables.get(str(tree.this.table).casefold())
        if table is not None:
            table.columns = [
                msgspec.structs.replace(each, comment=text) if each.name == tree.this.name else each
                for each in table.columns
            ]
        return table is not None


def _choices(kind: Any) -> tuple[str, ...]:
    """Return the choices of a type that lists them; an empty one is none."""
    if not isinstance(kind, exp.DataType) or kind.this != exp.DataType.Type.ENUM:
        return ()
    return tuple(text for each in kind.expressions if (text := str(each.name).strip()))


def _name(node: Any) -> str:
    """Return the column that a part of a constraint names."""
    while isinstance(node, exp.Ordered | exp.ColumnPrefix):
        node = node.this
    return str(node.name)
