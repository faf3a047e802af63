"""A file of SQL, one statement after the other, in little memory: those that make tables, and rows.

Knows where a statement ends in each dialect; what the values of a row are, `sql_values` knows.
"""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from protoddfd.importers.kinds.sql_endings import Endings
from protoddfd.importers.kinds.sql_tape import AHEAD, Tape
from protoddfd.importers.kinds.sql_values import Keeps, Written

_NAME = rb'(?:"(?:[^"]|"")*+"|`(?:[^`]|``)*+`|\[[^\]]*+\]|[A-Za-z_\x80-\xff][\w$#@\x80-\xff]*+)'
_PATH = rb"(?:%s\s*+\.\s*+){0,3}(%s)" % (_NAME, _NAME)
_LIST = rb"(\(\s*+%s(?:\s*+,\s*+%s)*+\s*+\))?\s*+" % (_NAME, _NAME)
_INSERT = re.compile(
    rb"(?:INSERT|REPLACE)\s++(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE|OR\s++\w++)\s++)*+(?:INTO\s++)?"
    + _PATH + rb"\s*+" + _LIST + rb"(?:OVERRIDING\s++\w++\s++VALUE\s++)?VALUES?\s*+(?=\()",
    re.IGNORECASE,
)  # fmt: skip
_COPY = re.compile(
    rb"COPY\s++" + _PATH + rb"\s*+" + _LIST + rb"FROM\s++stdin\b([^;\n]*+);[ \t\r]*+\n", re.IGNORECASE
)
_NAMES = re.compile(_NAME)
_BLANK = rb"\s++|--[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)|;|(?:GO|/)[ \t]*+\r?(?:\n|\Z)"
_BLANKS = {
    "mysql": re.compile(rb"(?:%s|\#[^\n]*+)*+" % _BLANK, re.IGNORECASE),
    "postgres": re.compile(rb"(?:%s|\\[^\n]*+)*+" % _BLANK, re.IGNORECASE),
}
_PLAIN_BLANKS = re.compile(rb"(?:%s)*+" % _BLANK, re.IGNORECASE)
_DELIMITER = re.compile(rb"DELIMITER[ \t]++(\S++)[^\n]*+", re.IGNORECASE)
_NEXT = re.compile(rb"(?:INSERT|CREATE|ALTER|SET|GO|COMMIT|BEGIN|PRINT|USE)\b", re.IGNORECASE)
_OPEN = ord("(")
_END_OF_COPY = re.compile(rb"^\\\.\r?$", re.MULTILINE)


class Statement(msgspec.Struct, frozen=True):
    """A statement that brings no rows, as far as it is kept."""

    text: bytes


class Rows(msgspec.Struct, frozen=True):
    """The head of a statement with rows; they are taken from the script before its next statement."""

    how: Literal["values", "copy", "odd"]
    """In brackets, as lines with tabs, or in a way that is not read."""
    table: str
    columns: tuple[str, ...] | None
    start: int
    """Where the statement begins in the file."""
    head: bytes
    """What stands before its rows."""


class Script:
    """A walk over a script. A caller takes the rows of a `Rows`, skips them, or leaves them to be skipped."""

    def __init__(self, tape: Tape, written: Written) -> None:
        self.tape, self.written = tape, written
        self._blanks = _BLANKS.get(written.dialect, _PLAIN_BLANKS)
        self._endings = Endings(tape, written)
        self._delimiter = b";"
        self._heads: dict[bytes, tuple[str, tuple[str, ...] | None]] = {}
        self._open: Rows | None = None

    def __iter__(self) -> Iterator[Statement | Rows]:
        """Yield the statements."""
        tape = self.tape
        while True:
            tape.match(self._blanks)
            if tape.is_done():
                return
            start = tape.place
            head = tape.buffer[tape.at : tape.at + 1].upper()
            found = self._rows(start) if head in b"IRC" else None
            if found is not None:
                self._open = found
                yield found
                self.skip()
            elif (delimiter := tape.match(_DELIMITER)) is not None:
                self._delimiter = delimiter[1]
            elif self._delimiter != b";":
                self._to_delimiter()
            else:
                yield Statement(self._endings.statement())

    def _rows(self, start: int) -> Rows | None:
        found = self.tape.match(_INSERT)
        if found is not None:
            return Rows("values", *self._head(found), start, found[0])
        copy = self.tape.match(_COPY)
        if copy is None:
            return None
        is_text = not re.search(rb"csv|binary|delimiter|null", copy[3], re.IGNORECASE)
        return Rows("copy" if is_text else "odd", *self._head(copy), start, copy[0])

    def _head(self, found: re.Match[bytes]) -> tuple[str, tuple[str, ...] | None]:
        head = found[0]
        if head not in self._heads:
            if len(self._heads) > 1_000:
                self._heads.clear()
            columns = tuple(map(name_of, _NAMES.findall(found[2]))) if found[2] else None
            self._heads[head] = (name_of(found[1]), columns)
        return self._heads[head]

    # -- rows --------------------------------------------------------------------------------------------

    def values(self, keeps: Keeps) -> Iterator[list[str]]:
        """Yield the rows of the statement that was yielded last, as they are written there."""
        rows, self._open = self._open, None
        if rows is None:
            return
        if rows.how == "values":
            yield from self._values(rows.head, keeps)
        elif rows.how == "copy":
            yield from self._lines(keeps)
        else:
            self._to_end_of_copy()

    def skip(self) -> None:
        """Pass the rows of the statement that was yielded last."""
        rows, self._open = self._open, None
        if rows is not None and rows.how == "values":
            self.written.pass_rows(self.tape, rows.head)
            while self._is_at_row(rows.head) and self.written.pass_row(self.tape):
                self.written.pass_rows(self.tape, rows.head)
            self._leave_rows()
        elif rows is not None:
            self._to_end_of_copy()

    def _values(self, head: bytes, keeps: Keeps) -> Iterator[list[str]]:
        while self._is_at_row(head) and (row := self.written.row(self.tape, keeps)) is not None:
            yield row
        self._leave_rows()

    def _is_at_row(self, head: bytes) -> bool:
        """Pass what stands between two rows; tell whether another one follows."""
        tape, written = self.tape, self.written
        tape.match(written.between)
        return not tape.is_done() and (tape.buffer[tape.at] == _OPEN or written.goes_on(tape, head))

    def _leave_rows(self) -> None:
        tape = self.tape
        if tape.buffer[tape.at : tape.at + 1] != b";" and not _NEXT.match(tape.buffer, tape.at):
            self._endings.statement()

    def _lines(self, keeps: Keeps) -> Iterator[list[str]]:
        tape = self.tape
        while not tape.is_done():
            end = tape.buffer.rfind(b"\n", tape.at)
            if end < 0 and not tape.ended:
                tape.extend()
                continue
            lines = tape.buffer[tape.at : end if end >= 0 else len(tape.buffer)].split(b"\n")
            for line in lines:
                tape.at += len(line) + 1
                if line.rstrip(b"\r") == b"\\.":
                    return
                yield self.written.line(line, keeps)
            tape.at = min(tape.at, len(tape.buffer))

    def _to_end_of_copy(self) -> None:
        tape = self.tape
        while not tape.is_done():
            found = _END_OF_COPY.search(tape.buffer, tape.at)
            if found is not None and (found.end() < len(tape.buffer) or tape.ended):
                tape.at = found.end()
                return
            last = tape.buffer.rfind(b"\n", tape.at) + 1
            if tape.ended or not last:
                tape.at = len(tape.buffer)
            elif last > tape.at:
                tape.at = last
                tape.fill(len(tape.buffer) - last + 1)
            else:
                tape.fill(len(tape.buffer) - tape.at + 1)

    # -- statements --------------------------------------------------------------------------------------

    def _to_delimiter(self) -> None:
        tape = self.tape
        while not tape.is_done():
            found = tape.buffer.find(self._delimiter, tape.at)
            if found >= 0:
                tape.at = found + len(self._delimiter)
                return
            tape.at = len(tape.buffer) if tape.ended else max(tape.at, len(tape.buffer) - 100)
            tape.fill(AHEAD)


def name_of(written: bytes) -> str:
    """Return a name without what quotes it."""
    text = written.decode("utf-8", "replace")
    if text[:1] == '"':
        return text[1:-1].replace('""', '"')
    if text[:1] == "`":
        return text[1:-1].replace("``", "`")
    return text[1:-1] if text[:1] == "[" else text
