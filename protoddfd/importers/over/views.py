"""Which columns tell the rows of a view apart, and which name records: no view says so, its rows do."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from protoddfd.importers.kinds.sql_schema import SqlColumn, SqlReference, SqlTable
from protoddfd.importers.kinds.sql_types import said_by

Ask = Callable[[str], Sequence[Sequence[object]] | None]
"""Returns the rows of a question; None where the database has no answer, or none in time."""
MOST_S = 20
"""How long a question about a view may take."""
_LOOKED_AT = 12
_TOGETHER = 4


class Views(msgspec.Struct, frozen=True, kw_only=True):
    """The views that can be read like tables, with the keys that their rows have today, and remarks."""

    views: tuple[SqlTable, ...] = ()
    notes: tuple[str, ...] = ()


def readable(
    views: Sequence[SqlTable], tables: Sequence[SqlTable], ask: Ask, path: Callable[[str], str]
) -> Views:
    """Return the views whose rows something tells apart; `path` returns how a table is called in SQL."""
    found: list[SqlTable] = []
    notes: list[str] = []
    for view in views:
        look = _Look(view, tables, ask, path)
        key, why = look.key()
        if not key:
            notes.append(f"{view.name} is a view {why}, so it was left out.")
            continue
        found.append(msgspec.structs.replace(view, key=key, references=tuple(look.references(key))))
        notes.append(
            f"{view.name} is a view: its rows are told apart by {', '.join(key)}, as none has the same today."
        )
    return Views(views=tuple(found), notes=tuple(notes))


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


class _Look:
    """A look at one view."""

    def __init__(
        self, view: SqlTable, tables: Sequence[SqlTable], ask: Ask, path: Callable[[str], str]
    ) -> None:
        self._view, self._tables, self._ask, self._path = view, tables, ask, path
        self._keys = {each.key[0].casefold() for each in tables if len(each.key) == 1}

    def key(self) -> tuple[tuple[str, ...], str]:
        """Return the columns that tell the rows apart; without any, why there are none."""
        columns = sorted(filter(_can_tell, self._view.columns), key=self._rank)[:_LOOKED_AT]
        if not columns:
            return (), "without a column that could tell its rows apart"
        counted = ", ".join(f"count({quoted(c.name)}), count(DISTINCT {quoted(c.name)})" for c in columns)
        answer = self._ask(f"SELECT count(*), {counted} FROM {self._path(self._view.name)}")  # noqa: S608 -- names, in quotes
        if not answer:
            return (), f"that cannot be read within {MOST_S} seconds"
        rows, *counts = (int(str(each)) for each in answer[0])
        if not rows:
            return (), "without rows, which would show what tells them apart"
        filled = [place for place in range(len(columns)) if counts[2 * place] == rows]
        alone = next((place for place in filled if counts[2 * place + 1] == rows), None)
        if alone is not None:
            return (columns[alone].name,), ""
        names = {columns[place].name for place in filled}
        together = self._together([each.name for each in self._view.columns if each.name in names], rows)
        return together, "" if together else "and nothing tells its rows apart"

    def _rank(self, column: SqlColumn) -> tuple[bool, bool, bool, int]:
        name = column.name.casefold()
        is_whole = said_by(column.type).types[:1] == ("integer",)
        place = self._view.columns.index(column)
        return name not in self._keys, not name.endswith("id"), not is_whole, place

    def _together(self, names: Sequence[str], rows: int) -> tuple[str, ...]:
        for count in range(2, min(_TOGETHER, len(names)) + 1):
            listed = ", ".join(map(quoted, names[:count]))
            distinct = f"SELECT DISTINCT {listed} FROM {self._path(self._view.name)}"  # noqa: S608 -- names, in quotes
            answer = self._ask(f"SELECT count(*) FROM ({distinct}) AS once")  # noqa: S608 -- the same
            if answer and int(str(answer[0][0])) == rows:
                return tuple(names[:count])
        return ()

    def references(self, key: tuple[str, ...]) -> Iterator[SqlReference]:
        """Yield what columns refer to that are called as the key of a table, or as what refers to one."""
        for column in self._view.columns:
            target = self._target(column.name.casefold())
            if target is not None and (column.name,) != key and self._all_there(column.name, target):
                yield SqlReference(columns=(column.name,), table=target.name, keys=target.key)

    def _target(self, name: str) -> SqlTable | None:
        if name in ("id", "code", "name", "key", "no"):
            return None
        called = {each.name for each in self._tables if [one.casefold() for one in each.key] == [name]}
        called = called or {
            reference.table
            for table in self._tables
            for reference in table.references
            if [one.casefold() for one in reference.columns] == [name]
        }
        target = next((each for each in self._tables if called == {each.name}), None)
        return target if target is not None and len(target.key) == 1 else None

    def _all_there(self, column: str, target: SqlTable) -> bool:
        own, key = quoted(column), quoted(target.key[0])
        answer = self._ask(
            f"SELECT count(*) FROM {self._path(self._view.name)} AS own WHERE own.{own} IS NOT NULL "  # noqa: S608 -- names, in quotes
            f"AND NOT EXISTS (SELECT 1 FROM {self._path(target.name)} AS other WHERE other.{key} = own.{own})"
        )
        return answer is not None and [str(each) for each in answer[0]] == ["0"]


def _can_tell(column: SqlColumn) -> bool:
    said = said_by(column.type)
    return not said.binary and said.types[:1] not in (("json",), ("decimal",)) and "[]" not in column.type
