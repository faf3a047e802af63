"""The types of columns: each storage in the form that a database has it in. Opens no connection."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from dataforms.storage import FORMS
from dataforms.typerow import Storage
from dataforms.types_number import MONEY_PLACES

_SQLITE: dict[str, TypeEngine[Any]] = {"TEXT": sa.Text(), "INTEGER": sa.Integer(), "REAL": sa.REAL()}
_OTHERS: dict[Storage, TypeEngine[Any]] = {
    "integer": sa.BigInteger(),
    "real": sa.Numeric(),
    "money": sa.Numeric(19, MONEY_PLACES),
    "boolean": sa.Boolean(),
    "date": sa.Date(),
    "time": sa.Time(),
    "datetime": sa.DateTime(),
    "duration": sa.BigInteger(),
}


class Stored(sa.types.TypeDecorator[Any]):
    """The column type of one storage: canonical values in Python, the forms of `dataforms.storage` below."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, storage: Storage) -> None:
        super().__init__()
        self.storage: Storage = storage

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the database's own type."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(_SQLITE[FORMS[self.storage].column])
        return dialect.type_descriptor(_OTHERS.get(self.storage, sa.Text()))

    def process_bind_param(self, value: Any, dialect: Dialect) -> object:
        """Return the stored form of a canonical value."""
        form = FORMS[self.storage]
        if value is None or form.store is None or (form.native and dialect.name != "sqlite"):
            return value
        return form.store(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> object:
        """Return the canonical value of a stored form."""
        form = FORMS[self.storage]
        if value is None or form.restore is None or (form.native and dialect.name != "sqlite"):
            return value
        return form.restore(value)


def stored_type(storage: Storage, *, is_sqlite: bool) -> TypeEngine[Any]:
    """Return the database's own type of a storage, for what is computed from stored forms."""
    return _SQLITE[FORMS[storage].column] if is_sqlite else _OTHERS.get(storage, sa.Text())
