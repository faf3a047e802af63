"""A statement of SQL as a tree: what the parser does not know of its dialect is taken out first, or apart."""

import logging
import re
from typing import Any

import msgspec
import sqlglot
from sqlglot import exp

from protoddfd.importers.kinds import tsql
from protoddfd.importers.kinds.ddl_pieces import mended

_LONGEST = 200_000
"""Characters; what is longer is data."""
_LONG = re.compile(r"(?<=[\"\w])(\s+)long(\s+raw)?(?=\s*(?:,|\)|not\b|null\b|default\b))", re.IGNORECASE)
"""Oracle's texts and bytes of old, which the parser takes for numbers."""
_TABLE = re.compile(r"\s*create\s+(?:\w+\s+){0,3}table\b", re.IGNORECASE)
_SPATIAL = {"mysql": ("point", "geometry", "linestring", "polygon", "multipoint", "multilinestring",
                      "multipolygon", "geometrycollection")}  # fmt: skip
"""Types of places, whose values are bytes in dumps."""
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
"""It would log statements, in which anything may stand; what it does not understand is said in a note."""


class Parsed(msgspec.Struct, frozen=True):
    """The tree of a statement, None where it is none, and what the tree does not say."""

    tree: Any
    types: dict[str, str] = {}
    """The types, as they are written, of columns by their names in small letters: those not known."""
    lost: tuple[str, ...] = ()
    """What was not understood, as it is written."""


def parsed(statement: str, dialect: str) -> Parsed:
    """Return what is understood of a statement."""
    text = _plain(statement, dialect)
    tree = _tree(text, dialect)
    if tree is not None:
        return Parsed(tree)
    found = mended(text, lambda piece: _tree(piece, dialect) is not None) if _TABLE.match(text) else None
    if found is None:
        return Parsed(None, lost=(statement,))
    types = {_unquoted(name).casefold(): _known(kind, dialect) for name, kind in found.types.items()}
    tree = _tree(found.statement, dialect)
    return Parsed(tree, types, found.lost) if tree is not None else Parsed(None, lost=(statement,))


def _tree(text: str, dialect: str) -> Any:
    """Return the tree of a text that the parser understands as a whole, else None."""
    if len(text) > _LONGEST:
        return None
    try:
        tree = sqlglot.parse_one(text, dialect=dialect)
    except (sqlglot.errors.SqlglotError, RecursionError, ValueError, AttributeError, TypeError):
        return None
    is_table = isinstance(tree, exp.Command) and _TABLE.match(text) is not None
    return None if is_table else tree


def _plain(statement: str, dialect: str) -> str:
    if dialect == "oracle":
        return _LONG.sub(lambda found: f"{found[1]}{'blob' if found[2] else 'clob'}", statement)
    return tsql.plain(statement) if dialect == "tsql" else statement


def _known(kind: str, dialect: str) -> str:
    return "blob" if kind.casefold().split("(")[0].strip() in _SPATIAL.get(dialect, ()) else kind


def _unquoted(name: str) -> str:
    quote, inner = name[:1], name[1:-1]
    return inner.replace(quote * 2, quote) if quote in '"`' else inner if quote == "[" else name
