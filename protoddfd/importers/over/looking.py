"""What is asked of a database that an app is to be over: what tells rows apart, how values are written."""

from typing import Protocol

from dataforms.spec import Field
from dataforms.spec_origin import Form, TableOrigin
from protoddfd.importers.kinds.sql_schema import SqlTable


class Looking(Protocol):
    """A look into one database; nothing is changed by it."""

    tables: dict[str, SqlTable]
    """By name."""

    def origin(self, table: SqlTable) -> TableOrigin | None:
        """Return where a table's rows are; None where nothing tells them apart."""

    def form(self, table: SqlTable, column: str, field: Field) -> Form | None:
        """Return how a column's values are written; None where they cannot be read as the field's type."""

    def seconds(self, table: SqlTable, column: str) -> Form | None:
        """Return how whole numbers in a column that is declared to hold moments are such."""
