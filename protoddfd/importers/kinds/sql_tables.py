"""Tables of SQL as tables to import: keys, references, rules, and which only join two others."""

from collections.abc import Callable, Collection, Iterator, Sequence

import msgspec

from dataforms.spec import FieldType
from protoddfd.importers.found import (
    Declared,
    DeclaredColumn,
    DeclaredReference,
    DeclaredRule,
    DeclaredTogether,
    Finding,
    Found,
    Reading,
    Source,
)
from protoddfd.importers.kinds.sql_schema import SqlColumn, SqlReference, SqlTable
from protoddfd.importers.kinds.sql_types import Said, default_of, said_by

Reader = Callable[[SqlTable, tuple[str, ...]], Reading]
"""Returns how some columns of a table are read."""
_HELP_LENGTH = 1_000


def finding(
    source: Source,
    tables: Sequence[SqlTable],
    reader: Reader,
    *,
    dialect: str | None,
    loose: bool = False,
    notes: Sequence[str] = (),
    files: Collection[tuple[str, str]] = (),
) -> Finding:
    """Return tables as they are imported; what an app has no place for is said in a note.

    `files` are the tables and columns with binary data that is kept.
    """
    told = list(notes)
    found = [
        made
        for table in tables
        if (
            made := _Table(source, tables, table, told, dialect=dialect, loose=loose, files=files).found(
                reader
            )
        )
        is not None
    ]
    return Finding(
        tables=tuple(_without_orphans(found)), notes=tuple(f"{source.name}: {note}" for note in told)
    )


def _without_orphans(found: Sequence[Found]) -> Iterator[Found]:
    """Yield the tables; one that joins others that are not there, or that others refer to, is no join."""
    there = {each.label for each in found if each.declared is None or not each.declared.is_join}
    said = [each.declared for each in found if each.declared is not None]
    referred = {ref.table for each in said for ref in each.references}
    referred |= {ref.table for each in said for ref in each.together}
    for each in found:
        declared = each.declared
        if declared is not None and declared.is_join:
            ends = {reference.table for reference in declared.references}
            if not ends <= there or each.label in referred:
                each = msgspec.structs.replace(
                    each, declared=msgspec.structs.replace(declared, is_join=False)
                )
        yield each


class _Table:
    """One table on its way."""

    def __init__(
        self,
        source: Source,
        tables: Sequence[SqlTable],
        table: SqlTable,
        notes: list[str],
        *,
        dialect: str | None,
        loose: bool,
        files: Collection[tuple[str, str]],
    ) -> None:
        self._source, self._table, self._notes, self._dialect = source, table, notes, dialect
        self._tables = {each.name.casefold(): each for each in tables}
        self._said = [said_by(column.type, loose=loose) for column in table.columns]
        self._loose = loose
        self._files = files
        self._kept = _kept(table, files)
        self._places = {column.name.casefold(): place for place, column in enumerate(self._kept)}

    def found(self, reader: Reader) -> Found | None:
        table = self._table
        lost = [column.name for column in table.columns if column not in self._kept]
        if not self._kept:
            return None
        references = tuple(self._references())
        together = tuple(self._together())
        columns, rules = self._columns_and_rules()
        key = self._places.get(table.key[0].casefold()) if len(table.key) == 1 else None
        names = tuple(column.name for column in self._kept)
        return Found(
            source=self._source,
            called=table.name.replace("/", " ").replace("\\", " "),
            label=f"{self._source.name}, {table.name}",
            header=names,
            reading=reader(table, names),
            declared=Declared(
                columns=columns,
                key=key,
                references=references,
                together=together,
                rules=(*self._unique_rules(), *rules),
                description=table.comment[:_HELP_LENGTH] if table.comment else None,
                is_join=not lost and len(names) == 2 and {each.column for each in references} == {0, 1},
            ),
        )

    def _references(self) -> Iterator[DeclaredReference]:
        taken: set[int] = set()
        for reference in self._table.references:
            if len(reference.columns) > 1:
                continue
            made = self._reference(reference)
            if isinstance(made, str):
                self._notes.append(made)
            elif made.column not in taken:
                taken.add(made.column)
                yield made

    def _reference(self, reference: SqlReference) -> DeclaredReference | str:
        """Return a reference as it is imported, or why it is not."""
        said = f"{self._table.name}: {', '.join(reference.columns)} refers to {reference.table}"
        target = self._tables.get(reference.table.casefold())
        if target is None:
            return f"{said}, which is not there, so it stayed as it is."
        keys = reference.keys or target.key
        if len(keys) != 1:
            return f"{said}, whose key is not one column, so it stayed as it is."
        column = self._places.get(reference.columns[0].casefold())
        columns = list(_kept_places(target, self._files))
        if column is None or keys[0].casefold() not in columns:
            return f"{said} by a column that is not there, so it stayed as it is."
        key = columns.index(keys[0].casefold())
        return DeclaredReference(column=column, table=f"{self._source.name}, {target.name}", key=key)

    def _together(self) -> Iterator[DeclaredTogether]:
        """Yield the references by several columns; what cannot be one is said in a note."""
        for reference in self._table.references:
            target = self._tables.get(reference.table.casefold())
            keys = reference.keys or (target.key if target is not None else ())
            if len(reference.columns) < 2:
                continue
            own = [self._places.get(name.casefold()) for name in reference.columns]
            there = _kept_places(target, self._files)
            others = [there.get(name.casefold()) for name in keys]
            if target is None or len(own) != len(others) or None in own or None in others:
                said = f"{self._table.name}: {', '.join(reference.columns)} refers to {reference.table}"
                why = "which is not there" if target is None else "whose columns do not fit"
                self._notes.append(f"{said}, {why}, so these stayed as they are.")
                continue
            yield DeclaredTogether(
                columns=tuple(place for place in own if place is not None),
                table=f"{self._source.name}, {target.name}",
                keys=tuple(place for place in others if place is not None),
            )

    def _unique_rules(self) -> Iterator[DeclaredRule]:
        for columns in (self._table.key, *self._table.unique):
            places = tuple(
                self._places[name.casefold()] for name in columns if name.casefold() in self._places
            )
            if len(columns) > 1 and len(places) == len(columns):
                yield DeclaredRule(columns=places)

    def _columns_and_rules(self) -> tuple[tuple[DeclaredColumn, ...], list[DeclaredRule]]:
        said = {column.name: self._said[place] for place, column in enumerate(self._table.columns)}
        columns = [self._column(column, said[column.name]) for column in self._kept]
        rules: list[DeclaredRule] = []
        if self._table.checks:
            from protoddfd.importers.kinds import sql_checks  # its parser takes half a second to load

            for check in self._table.checks:
                try:
                    parts = list(sql_checks.understood(check, self._dialect))
                    for part in parts:
                        self._apply(part, check, columns, rules)
                except (sql_checks.NotUnderstood, KeyError):
                    self._notes.append(
                        f"{self._table.name}: the condition {check[:200]!r} was not understood."
                    )
        return tuple(columns), rules

    def _apply(
        self, part: object, check: str, columns: list[DeclaredColumn], rules: list[DeclaredRule]
    ) -> None:
        from protoddfd.importers.kinds.sql_checks import Formula, Limits, NotUnderstood

        if isinstance(part, Formula):
            places = tuple(self._places[name.casefold()] for name in part.columns)
            rules.append(DeclaredRule(columns=places, expression=part.expression, written=check))
        elif isinstance(part, Limits):
            place = self._places[part.column.casefold()]
            if part.length != is_text(columns[place]) and not part.choices:
                raise NotUnderstood(check)
            columns[place] = _limited(columns[place], part)

    def _column(self, column: SqlColumn, said: Said) -> DeclaredColumn:
        unique = column.name.casefold() in [
            each[0].casefold() for each in (self._table.key, *self._table.unique) if len(each) == 1
        ]
        types: tuple[FieldType, ...] = ("image", "file") if said.binary else said.types
        kind: FieldType | None = types[0] if types else None
        return DeclaredColumn(
            types=types,
            required=column.not_null or column.name in self._table.key,
            unique=unique,
            choices=column.choices or said.choices,
            max=said.max,
            default=None if column.computed else default_of(column.default, kind),
            places=said.places,
            help=column.comment[:_HELP_LENGTH] if column.comment else None,
        )


def binary_columns(table: SqlTable) -> list[str]:
    """Return the columns of a table that hold bytes."""
    return [each.name for each in table.columns if said_by(each.type).binary]


def _kept(table: SqlTable, files: Collection[tuple[str, str]]) -> list[SqlColumn]:
    return [
        each for each in table.columns if not said_by(each.type).binary or (table.name, each.name) in files
    ]


def _kept_places(table: SqlTable | None, files: Collection[tuple[str, str]]) -> dict[str, int]:
    """Return the place of each column of a table, by its name in small letters, less those left out."""
    kept = _kept(table, files) if table is not None else []
    return {each.name.casefold(): place for place, each in enumerate(kept)}


def is_text(column: DeclaredColumn) -> bool:
    """Return whether the least and greatest of a column are lengths."""
    return column.types[:1] in (("text",), ("long_text",))


def _limited(column: DeclaredColumn, limits: object) -> DeclaredColumn:
    """Return a column with what a condition says of it."""
    from protoddfd.importers.kinds.sql_checks import Limits

    if not isinstance(limits, Limits):
        return column
    if limits.choices:
        return msgspec.structs.replace(column, choices=limits.choices, max=None)
    low = column.min if limits.min is None else limits.min
    high = column.max if limits.max is None else limits.max
    return msgspec.structs.replace(column, min=low, max=high)
