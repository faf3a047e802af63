"""The search index of a large table, on SQLite: which rows hold the three-letter parts of a word.

An FTS5 table without contents, built in steps and kept current by triggers. It only narrows a search down:
whether a row really holds a word is asked of the row. A word of one or two letters begins some of the parts.
"""

from collections.abc import Iterable
from itertools import product

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dataforms.spec import Entity, Field
from dataforms.types import type_of

STATE_TABLE = "dataforms_search"
Found = sa.Select[int] | sa.CompoundSelect[int]
COMPLETE = 2**62
"""What `built` is when every row is in the index; before, the greatest `id` that is."""
COMMON = 50_000
"""Rows that hold a word of more rows than this are sooner found without the index."""
PART = 3
PARTS = 24
_STATE = f"""CREATE TABLE IF NOT EXISTS {STATE_TABLE}
 (name TEXT PRIMARY KEY NOT NULL, columns TEXT NOT NULL, built INTEGER NOT NULL) STRICT, WITHOUT ROWID"""


def is_indexed(field: Field) -> bool:
    """Tell whether a field's stored text is in the search index."""
    return field.expression is None and not field.hidden and type_of(field).searched


class SearchIndex:
    """The search indexes as one transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables: frozenset[str] | None = None

    def rows(self, table: sa.Table, word: str) -> Found | None:
        """Return the statement for the `id` of the rows that may hold `word`.

        None where no index helps: there is none, or too many rows hold the word.
        """
        if not word or table.name not in self._indexed():
            return None
        variants = {word} if word.isascii() else {word, word.lower(), word.upper(), word.title()}
        is_long = all(len(variant) >= PART for variant in variants)
        found = _matching(table, variants) if is_long else _begun(table, variants)
        counted = sa.select(sa.func.count()).select_from(found.limit(COMMON + 1).subquery())
        return found if self._connection.execute(counted).scalar_one() <= COMMON else None

    def _indexed(self) -> frozenset[str]:
        if self._tables is None:
            self._tables = indexed_tables(self._connection)
        return self._tables


def _matching(table: sa.Table, variants: Iterable[str]) -> Found:
    match = " OR ".join(f"({' AND '.join(map(_quoted, _parts(each)))})" for each in sorted(variants))
    index = sa.table(index_name(table.name), sa.column("rowid", sa.BigInteger()))
    return sa.select(index.c.rowid).where(sa.column(index.name).op("MATCH")(match))


def _begun(table: sa.Table, variants: Iterable[str]) -> Found:
    terms = sa.table(_terms_name(table.name), sa.column("term", sa.Text()), sa.column("doc", sa.BigInteger()))
    starts = {start for variant in variants for start in _in_index(variant[: PART - 1])}
    found = [
        sa.select(terms.c.doc).where(terms.c.term >= start, terms.c.term <= start + chr(0x10FFFF) * PART)
        for start in sorted(starts)
    ]
    return sa.union_all(*found) if len(found) > 1 else found[0]


def _in_index(letters: str) -> set[str]:
    """Return what letters may be in the index: SQLite folds each for itself, by tables of its own."""
    return {"".join(each) for each in product(*map(folded, letters))}


def folded(letter: str) -> set[str]:
    """Return the letters of which one is what SQLite's index has in place of a letter."""
    if letter in "\ufffe\uffff":  # not meant for texts
        return {"\ufffd"}
    return {each for each in (letter, letter.lower(), letter.casefold()) if len(each) == 1}


def indexed_tables(connection: Connection) -> frozenset[str]:
    """Return the names of the tables that have a complete search index."""
    if not _exists(connection, "table", STATE_TABLE):
        return frozenset()
    rows = connection.exec_driver_sql(
        f"SELECT name FROM {STATE_TABLE} AS state WHERE built = {COMPLETE} AND EXISTS (SELECT 1 FROM"  # noqa: S608 - ours
        " sqlite_master AS there WHERE there.type = 'trigger'"
        " AND there.name = 'dataforms_fts_' || state.name || '_text_update')"
    )
    return frozenset(row[0] for row in rows)


def index_name(table: str) -> str:
    """Return the name of a table's search index."""
    return f"dataforms_fts_{table}_text"  # behind it, SQLite puts the names of tables that it makes for it


def _terms_name(table: str) -> str:
    return f"dataforms_fts_{table}_terms"


def pause(connection: Connection, table: str) -> None:
    """Leave the rows that come now, above those there are, to later steps: a bulk load is faster alone."""
    if _exists(connection, "table", STATE_TABLE):
        connection.exec_driver_sql(
            f'UPDATE {STATE_TABLE} SET built = min(built, (SELECT coalesce(max(id), 0) FROM "{table}"))'  # noqa: S608 - ours
            " WHERE name = ?",
            (table,),
        )


def build(connection: Connection, entity: Entity, table: str, *, rows: int) -> bool:
    """Take up to `rows` more rows into the index, made if there is none; return whether it is complete."""
    columns = [field.name for field in entity.fields if is_indexed(field)]
    if not columns:
        return True
    connection.exec_driver_sql(_STATE)
    built = _built(connection, table, columns)
    if built is None:
        _make(connection, table, columns)
        built = 0
    if built == COMPLETE:
        return True
    index = index_name(table)
    last = connection.exec_driver_sql(
        f'SELECT max(id) FROM (SELECT id FROM "{table}" WHERE id > ? ORDER BY id LIMIT ?)',  # noqa: S608 - the spec's names
        (built, rows),
    ).scalar_one()
    if last is not None:
        connection.exec_driver_sql(
            f'INSERT INTO "{index}"(rowid, text) SELECT id, {_text(columns, "")} FROM "{table}"'  # noqa: S608
            " WHERE id > ? AND id <= ?",
            (built, last),
        )
    connection.exec_driver_sql(
        f"UPDATE {STATE_TABLE} SET built = ? WHERE name = ?",  # noqa: S608 - ours
        (COMPLETE if last is None else last, table),
    )
    return last is None


def drop(connection: Connection, table: str) -> None:
    """Remove a table's search index, if it has one."""
    for event in ("insert", "delete", "update"):
        connection.exec_driver_sql(f'DROP TRIGGER IF EXISTS "{index_name(table)}_{event}"')
    connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{_terms_name(table)}"')
    connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{index_name(table)}"')
    if _exists(connection, "table", STATE_TABLE):
        connection.exec_driver_sql(f"DELETE FROM {STATE_TABLE} WHERE name = ?", (table,))  # noqa: S608 - ours


def _built(connection: Connection, table: str, columns: list[str]) -> int | None:
    """Return the greatest `id` in the index; None if there is no index of just these columns."""
    row = connection.exec_driver_sql(
        f"SELECT columns, built FROM {STATE_TABLE} WHERE name = ?",  # noqa: S608 - ours
        (table,),
    ).one_or_none()
    is_kept = _exists(connection, "trigger", f"{index_name(table)}_update")
    return int(row[1]) if row is not None and is_kept and row[0] == _text(columns, "") else None


def _make(connection: Connection, table: str, columns: list[str]) -> None:
    drop(connection, table)
    index = index_name(table)
    options = "content='', columnsize=0, detail='none', tokenize='trigram'"
    connection.exec_driver_sql(f'CREATE VIRTUAL TABLE "{index}" USING fts5(text, {options})')
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE \"{_terms_name(table)}\" USING fts5vocab('{index}', 'instance')"
    )
    connection.exec_driver_sql(
        f"INSERT INTO {STATE_TABLE} (name, columns, built) VALUES (?, ?, 0)",  # noqa: S608 - ours
        (table, _text(columns, "")),
    )
    named = ", ".join(f'"{name}"' for name in columns)
    out = (
        f'INSERT INTO "{index}"("{index}", rowid, text) VALUES (\'delete\', old.id, {_text(columns, "old.")})'  # noqa: S608
    )
    into = f'INSERT INTO "{index}"(rowid, text) VALUES (new.id, {_text(columns, "new.")})'  # noqa: S608
    for event, row, steps in (
        ("insert", "new", into),
        ("delete", "old", out),
        (f"update OF {named}", "old", f"{out}; {into}"),
    ):
        kept = f"{row}.id <= (SELECT built FROM {STATE_TABLE} WHERE name = '{table}')"  # noqa: S608
        name = f"{index}_{event.split()[0]}"
        connection.exec_driver_sql(
            f'CREATE TRIGGER "{name}" AFTER {event} ON "{table}" WHEN {kept} BEGIN {steps}; END'
        )


def _text(columns: Iterable[str], row: str) -> str:
    """Return the SQL of a row's text: all its columns, a line each, so that every letter begins a part."""
    lines = [f"coalesce({row}\"{name}\", '')" for name in columns]
    return " || char(10) || ".join(lines) + " || char(10, 10)"


def _parts(word: str) -> list[str]:
    return [word[place : place + PART] for place in range(len(word) - PART + 1)][:PARTS]


def _quoted(part: str) -> str:
    return '"' + part.replace('"', '""') + '"'


def _exists(connection: Connection, kind: str, name: str) -> bool:
    question = "SELECT 1 FROM sqlite_master WHERE type = ? AND name = ?"
    return connection.exec_driver_sql(question, (kind, name)).first() is not None
