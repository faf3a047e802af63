"""A CREATE TABLE that the parser does not know as a whole, in parts: an odd column costs no table. Pure."""

import re
from collections.abc import Callable, Iterator

import msgspec

_HEAD = re.compile(
    r"\s*CREATE\s+(?:\w+\s+){0,3}?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    r"(?:(?:\"[^\"]+\"|`[^`]+`|\[[^\]]+\]|[\w$#]+)\s*\.?\s*){1,4}(?=\()",
    re.IGNORECASE,
)
_PARTS = re.compile(
    r"'(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`|\[[^\]]*\]|[(),]|[^'\"`\[(),]+", re.DOTALL
)
_COLUMN = re.compile(
    r"\s*(\"(?:[^\"]|\"\")+\"|`(?:[^`]|``)+`|\[[^\]]+\]|[A-Za-z_][\w$#]*)\s+(\w+(?:\s*\([^()]*\))?)?(.*)",
    re.DOTALL,
)
_NO_COLUMN = re.compile(
    r"\s*(?:CONSTRAINT|PRIMARY|FOREIGN|UNIQUE|CHECK|KEY|INDEX|FULLTEXT|SPATIAL|EXCLUDE|LIKE|PERIOD)\b(?!\s+\w+\s*,)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"\bCOMMENT\s*=?\s*('(?:[^'\\]|''|\\.)*')", re.IGNORECASE)
_NOT_NULL = re.compile(r"\bNOT\s+NULL\b", re.IGNORECASE)


class Mended(msgspec.Struct, frozen=True):
    """A statement that says as much of a table as is understood."""

    statement: str
    types: dict[str, str]
    """The columns whose type is not known to the parser, as they are written, with their types."""
    lost: tuple[str, ...]
    """What else was not understood."""


def mended(statement: str, is_understood: Callable[[str], bool]) -> Mended | None:
    """Return a CREATE TABLE in which only what `is_understood` is left; None for what is none."""
    head = _HEAD.match(statement)
    if head is None:
        return None
    pieces, tail = _pieces(statement[head.end() :])
    kept: list[str] = []
    types: dict[str, str] = {}
    lost: list[str] = []
    for piece in pieces:
        column = None if _NO_COLUMN.match(piece) else _COLUMN.fullmatch(piece)
        if is_understood(f"CREATE TABLE x ({piece if column else f'a int, {piece}'})"):
            kept.append(piece)
        elif column is not None:
            types[column[1]] = column[2] or ""
            kept.append(f"{column[1]} VARCHAR(4000){' NOT NULL' if _NOT_NULL.search(column[3]) else ''}")
        else:
            lost.append(" ".join(piece.split()))
    comment = _COMMENT.search(tail)
    after = (
        f" COMMENT={comment[1]}"
        if comment and is_understood(f"CREATE TABLE x (a int) COMMENT={comment[1]}")
        else ""
    )
    return Mended(f"{head[0]}({', '.join(kept)}){after}", types, tuple(lost)) if kept else None


def _pieces(body: str) -> tuple[list[str], str]:
    """Return what stands between the outer brackets, parted at the outer commas, and what follows them."""
    pieces: list[str] = []
    piece: list[str] = []
    depth, end = 0, 0
    for part, end in _parts(body):
        depth += (part == "(") - (part == ")")
        if depth == 0:
            break
        if part == "," and depth == 1:
            pieces.append("".join(piece))
            piece = []
        elif not (part == "(" and depth == 1 and not piece and not pieces and end == 1):
            piece.append(part)
    pieces.append("".join(piece))
    return [each for each in pieces if each.strip()], body[end:]


def _parts(body: str) -> Iterator[tuple[str, int]]:
    for found in _PARTS.finditer(body):
        yield found[0], found.end()
