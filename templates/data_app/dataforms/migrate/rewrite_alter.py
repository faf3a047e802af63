"""How databases with a full ALTER TABLE change a table: new columns are filled and replace old ones."""

import sqlalchemy as sa

from dataforms.migrate.moves import Move
from dataforms.migrate.rewrite import Rewrite, Values
from dataforms.types import type_of

_NEW = "dataforms_new_"


class AlterRewrite(Rewrite):
    """The change of one table of a PostgreSQL database."""

    @property
    def written(self) -> list[Move]:
        """The fields whose values have to be looked at."""
        return self.worked

    def begin(self) -> None:
        """Add a column for each that gets new values."""
        columns = [move.now.name for move in self.worked if not move.links]
        self._names = {name: f"{_NEW}{place}" for place, name in enumerate(columns)}
        for name, new in self._names.items():
            kind = self.now.c[name].type.compile(self.connection.dialect)
            self._alter(f"ADD COLUMN {new} {kind}")

    def copy(self) -> None:
        """Leave the records where they are."""

    def write(self, rows: list[tuple[int, Values]]) -> None:
        """Fill the new columns."""
        if not rows or not self._names:
            return
        table = sa.table(
            self.now.name,
            sa.column("id"),
            *(sa.column(new, self.now.c[name].type) for name, new in self._names.items()),
        )
        statement = (
            sa.update(table)
            .where(table.c.id == sa.bindparam("of_id"))
            .values({new: sa.bindparam(new) for new in self._names.values()})
        )
        self.connection.execute(
            statement,
            [
                {"of_id": id, **{self._names[name]: value for name, value in values.items()}}
                for id, values in rows
            ],
        )

    def finish(self) -> None:
        """Drop the old columns, give the new ones their names, and say which may be empty."""
        quote = self.connection.dialect.identifier_preparer.quote
        gone = [field.name for field in self.moves.removed if not type_of(field).linked]
        for name in (*gone, *(move.column for move in self.worked if move.column is not None)):
            self._alter(f"DROP COLUMN {quote(name)}")
        for move in (move for move in self.worked if not move.links):
            self._alter(f"RENAME COLUMN {self._names[move.now.name]} TO {quote(move.now.name)}")
            is_blocked = self.report.is_blocked(f"{self.entity.name}.{move.now.name}")
            if not self.now.c[move.now.name].nullable and not is_blocked:
                self._alter(f"ALTER COLUMN {quote(move.now.name)} SET NOT NULL")
        for move in self.moves.moves:
            if move.loosened and move not in self.worked:
                self._alter(f"ALTER COLUMN {quote(move.now.name)} DROP NOT NULL")

    def _alter(self, what: str) -> None:
        quote = self.connection.dialect.identifier_preparer.quote
        self.connection.exec_driver_sql(f"ALTER TABLE {quote(self.now.name)} {what}")
