"""SQLite's way to change a table: a new one is filled and takes the name of the old one.

It is the procedure of https://sqlite.org/lang_altertable.html#otheralter; foreign keys have to be off.
"""

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable, DropTable

from dataforms.migrate.moves import Move
from dataforms.migrate.rewrite import Rewrite, Values

_NEW = "dataforms_new"


class SqliteRewrite(Rewrite):
    """The change of one table of a SQLite database."""

    @property
    def written(self) -> list[Move]:
        """Every column: the new table has none yet; of links those that change."""
        if not self.changes_columns:
            return self.worked
        return [move for move in self.moves.moves if not move.links or move in self.worked]

    def begin(self) -> None:
        """Make the new table."""
        copies = sa.MetaData()
        for table in self.now.metadata.tables.values():
            table.to_metadata(copies)
        self._new = self.now.to_metadata(copies, name=_NEW)
        self.connection.execute(CreateTable(self._new))

    def copy(self) -> None:
        """Insert all records at once."""
        copied = (move for move in self.moves.moves if move.kind == "copy" and not move.links)
        names = ["id", *(move.now.name for move in copied)]
        selected = sa.select(*(self.was.c[name] for name in names))
        self.connection.execute(sa.insert(self._new).from_select(names, selected))

    def write(self, rows: list[tuple[int, Values]]) -> None:
        """Insert records."""
        if rows:
            self.connection.execute(sa.insert(self._new), [{"id": id, **values} for id, values in rows])

    def finish(self) -> None:
        """Let the new table be the only one; ids that were given out stay so."""
        self._carry_sequence()
        self.connection.execute(DropTable(self.was))
        quote = self.connection.dialect.identifier_preparer.quote
        self.connection.exec_driver_sql(f"ALTER TABLE {_NEW} RENAME TO {quote(self.now.name)}")

    def _carry_sequence(self) -> None:
        sequence = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))
        last = self.connection.execute(
            sa.select(sequence.c.seq).where(sequence.c.name == self.was.name)
        ).scalar_one_or_none()
        if last is not None:
            self.connection.execute(sa.delete(sequence).where(sequence.c.name == _NEW))
            self.connection.execute(sa.insert(sequence).values(name=_NEW, seq=last))
