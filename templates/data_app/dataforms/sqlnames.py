"""Names of tables and indexes that every database takes whole. Imports nothing of this package."""

import hashlib

_NAME_LENGTH = 63
_DIGEST_LENGTH = 8


def sql_name(name: str) -> str:
    """Return a name that every database takes whole: PostgreSQL keeps 63 bytes of one."""
    if len(name) <= _NAME_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{name[: _NAME_LENGTH - _DIGEST_LENGTH - 1]}_{digest}"
