"""What a database, or the statements that make one, say of its tables: plain structs."""

import msgspec

AN_APP_OVER_IT = ": an app over the database shows it (--template dashboard)"
"""How to have a view."""


class SqlColumn(msgspec.Struct, frozen=True, kw_only=True):
    """One column; `type` is written as in SQL, `VARCHAR(160)`, or is empty."""

    name: str
    type: str
    not_null: bool = False
    default: str | None = None
    """As in SQL: `'new'`, `0`, `CURRENT_TIMESTAMP`."""
    choices: tuple[str, ...] = ()
    comment: str | None = None
    computed: bool = False


class SqlReference(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign key; without `keys` it means the primary key of `table`."""

    columns: tuple[str, ...]
    table: str
    keys: tuple[str, ...] = ()


class SqlTable(msgspec.Struct, frozen=True, kw_only=True):
    """One table."""

    name: str
    columns: tuple[SqlColumn, ...]
    key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    references: tuple[SqlReference, ...] = ()
    checks: tuple[str, ...] = ()
    """Conditions, as in SQL."""
    comment: str | None = None

    def column(self, name: str) -> SqlColumn | None:
        """Return the column of that name, in whatever letter case; None without one."""
        return next((each for each in self.columns if each.name.casefold() == name.casefold()), None)
