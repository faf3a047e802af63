"""The tables of many-to-many relations: their names and columns. Imports only the spec of this package."""

import hashlib

from dataforms.spec import Relation, table_name

_NAME_LENGTH = 63
_DIGEST_LENGTH = 8


def link_name(relation: Relation) -> str:
    """Return the name of a many-to-many relation's table: `student__course`, and its own name."""
    parts = [table_name(relation.from_), table_name(relation.to)]
    return sql_name("__".join([*parts, table_name(relation.name)] if relation.name else parts))


def link_columns(relation: Relation) -> tuple[str, str]:
    """Return the names of its two columns."""
    left, right = table_name(relation.from_), table_name(relation.to)
    return f"{left}_id", f"{right}_id" if left != right else f"related_{right}_id"


def sql_name(name: str) -> str:
    """Return a name that every database takes whole: PostgreSQL keeps 63 bytes of one."""
    if len(name) <= _NAME_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{name[: _NAME_LENGTH - _DIGEST_LENGTH - 1]}_{digest}"
