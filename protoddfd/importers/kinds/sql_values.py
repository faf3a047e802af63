"""The values of rows that are written in SQL, as texts: plain ones at once, expressions one by one."""

import re
from collections.abc import Callable, Mapping

from protoddfd.importers.kinds.cells import bounded
from protoddfd.importers.kinds.sql_bytes import bytes_of, digits
from protoddfd.importers.kinds.sql_expressions import COMMA, END, OPEN, NotKnown, Token, computed, token_of
from protoddfd.importers.kinds.sql_tape import Tape

_STANDARD = r"'(?:[^']++|'')*+"
_BACKSLASH = r"'(?:[^'\\]++|''|\\[\s\S])*+"
_BACKSLASHED = re.compile(_BACKSLASH.encode() + rb"(?:'|\Z)")
_PREFIX = r"(?:[NnXxBb]|_\w++[ ]?)?"
_BARE = r"NULL|null|0x[0-9A-Fa-f]*+|[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?|TRUE|true|FALSE|false"
_NOTHING = frozenset(("NULL", "null"))
_MYSQL_ESCAPED = re.compile(r"\\([\s\S])")
_BITS = {"\0": "0", "\x01": "1"}
"""How mysqldump writes a column of type BIT."""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a", "f": "\f", "v": "\v"}
_LONGEST_EXPRESSION = 1_000
_MOST_HEADS = 300
_ESCAPED = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-7]{1,3}|[\s\S])")

Keep = Callable[[bytes, bool], str]
"""Keeps bytes, and returns the cell that stands for them; is told whether they are a number as written."""
Keeps = Mapping[int, Keep]
"""For places in a row that hold bytes, what keeps these."""
_NO_KEEPS: Keeps = {}


class Written:
    """How values are written in one file: its dialect, and the encoding of what is not UTF-8."""

    def __init__(self, dialect: str, encoding: str) -> None:
        self.dialect = dialect
        self.odd = 0
        """How many values were computed in ways that are not known; they are empty."""
        self._encoding = encoding
        self._has_backslash = dialect == "mysql"
        string = _BACKSLASH if self._has_backslash else _STANDARD
        value = rf"(?:{_PREFIX}{string}'|{_BARE})"
        row = rf"\(\s*+(?:{value}\s*+,\s*+)*+{value}\s*+\)"
        self.quoted = re.compile(string.encode() + rb"(?:'|\Z)")
        self.between = re.compile(rb"(?:\s++|,|--[^\n]*+)*+")
        self._row = re.compile(row.encode())
        self._plain_row = row.encode()
        self._heads: dict[bytes, tuple[re.Pattern[bytes], re.Pattern[bytes]]] = {}
        self._cells = re.compile(rf"({_PREFIX})({string})'|({_BARE})")

    def pass_rows(self, tape: Tape, head: bytes) -> None:
        """Pass the rows with plain values in the window, of all statements that begin with `head`."""
        rows, _ = self._with_head(head)
        while tape.fill() and (found := rows.match(tape.buffer, tape.at)) is not None:
            tape.at = found.end()

    def goes_on(self, tape: Tape, head: bytes) -> bool:
        """Return whether another statement with the same head follows; pass what is before its rows."""
        found = self._with_head(head)[1].match(tape.buffer, tape.at)
        if found is not None:
            tape.at = found.end()
        return found is not None

    def _with_head(self, head: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
        if head not in self._heads:
            if len(self._heads) >= _MOST_HEADS:
                self._heads.clear()
            again = rb";\s*+" + re.escape(head)
            rows = re.compile(rb"(?:%s\s*+(?:,\s*+|%s)?)++" % (self._plain_row, again))
            self._heads[head] = (rows, re.compile(again))
        return self._heads[head]

    def pass_row(self, tape: Tape) -> bool:
        """Pass the row that is next, however long; tell whether there was one."""
        return (
            tape.match(self._row) is not None
            or self._slow_row(tape, dict.fromkeys(range(1_000), _no_text)) is not None
        )

    def row(self, tape: Tape, keeps: Keeps = _NO_KEEPS) -> list[str] | None:
        """Return the values of the row that is next, in brackets; None where it is none."""
        found = tape.match(self._row)
        if found is None:
            return self._slow_row(tape, keeps)
        text = found[0].decode("utf-8", "surrogateescape")
        if keeps:
            return [
                keeps[place](self._bytes(prefix, string, bare), bare[:1].isdigit() and bare[:2] != "0x")
                if place in keeps
                else self._plain(prefix, string)
                if string
                else self._bare(bare)
                for place, (prefix, string, bare) in enumerate(self._cells.findall(text))
            ]
        return [
            self._plain(prefix, string) if string else self._bare(bare)
            for prefix, string, bare in self._cells.findall(text)
        ]

    def line(self, line: bytes, keeps: Keeps = _NO_KEEPS) -> list[str]:
        """Return the values of a line of COPY."""
        cells = line.decode("utf-8", "surrogateescape").removesuffix("\r").split("\t")
        return [
            keeps[place](b"" if cell == "\\N" else bytes_of(unescaped(cell), self.dialect), False)
            if place in keeps
            else self._shown(cell)
            if "\\" not in cell
            else ""
            if cell == "\\N"
            else self._shown(unescaped(cell))
            for place, cell in enumerate(cells)
        ]

    def _bare(self, bare: str) -> str:
        if bare[:2] == "0x" and self.dialect == "mysql":
            return bounded(_of_digits("X", bare[2:]))
        return "" if bare in _NOTHING else bare

    def _bytes(self, prefix: str, string: str, bare: str) -> bytes:
        if not string:
            return b"" if bare in _NOTHING else bytes_of(bare, self.dialect)
        text = digits(prefix, string[1:]) if prefix and prefix in "XxBb" else self._unquoted(string[1:])
        return bytes_of(text, self.dialect)

    def _plain(self, prefix: str, string: str) -> str:
        text = string[1:]
        if prefix and prefix in "XxBb":
            return bounded(_of_digits(prefix, text))
        text = self._unquoted(text)
        return _BITS[text] if prefix and text in _BITS else self._shown(text)

    def _unquoted(self, text: str) -> str:
        if self._has_backslash and "\\" in text:
            return _MYSQL_ESCAPED.sub(_escaped_in_mysql, text.replace("''", "'"))
        return text.replace("''", "'") if "'" in text else text

    def _shown(self, text: str) -> str:
        """Return a text as it is kept, of whatever encoding it is."""
        if text.isprintable():
            return bounded(text)
        if not text.isascii():
            content = text.encode("utf-8", "surrogateescape")
            try:
                text = content.decode()
            except UnicodeDecodeError:
                text = content.decode(self._encoding, "replace")
        return bounded(text)

    # -- values that are computed ------------------------------------------------------------------------

    def _slow_row(self, tape: Tape, keeps: Keeps) -> list[str] | None:
        if self._token(tape) != OPEN:
            return None
        values: list[str] = []
        while True:
            value, end = self._value(tape, keeps.get(len(values)))
            values.append(value)
            if end != COMMA:
                return values if end is not None else None

    def _value(self, tape: Tape, keep: Keep | None) -> tuple[str, Token | None]:
        """Return the value of an expression, and the mark that ends it: a comma or a bracket."""
        tokens: list[Token] = []
        depth = 0
        while (token := self._token(tape, is_binary=keep is not None)) is not None:
            if token in (COMMA, END) and not depth:
                break
            depth += (token == OPEN) - (token == END)
            if len(tokens) < _LONGEST_EXPRESSION:
                tokens.append(token)
        try:
            value = computed(tokens)
        except NotKnown:
            self.odd += 1
            return "", token
        if keep is None:
            return self._shown(value), token
        return keep(bytes_of(value, self.dialect), value.isdigit()), token

    def _token(self, tape: Tape, *, is_binary: bool = False) -> Token | None:
        """Return what is next in an expression; None at the end of all."""
        token = token_of(tape)
        if token is None or token.kind != "quote":
            is_number = token is not None and token.kind == "text" and not is_binary
            return Token("text", self._bare(token.text)) if token is not None and is_number else token
        is_escaped = token.text in ("E", "e")
        found = tape.match(_BACKSLASHED if is_escaped else self.quoted)
        text = found[0][1:].removesuffix(b"'").decode("utf-8", "surrogateescape") if found is not None else ""
        if is_escaped:
            text = unescaped(text.replace("''", "'"))
        elif token.text in ("X", "x", "B", "b"):
            text = digits(token.text, text) if is_binary else _of_digits(token.text, text)
        else:
            text = self._unquoted(text)
        return Token("text", text)


def _no_text(_content: bytes, _is_number: bool) -> str:
    return ""


def unescaped(text: str) -> str:
    """Return a text with what backslashes stand for."""
    return _ESCAPED.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    what = found[1]
    if what[0] in "uU" and len(what) > 1:
        code = int(what[1:], 16)
        return chr(code) if code < 0x110000 else ""
    if what[0] == "x" and len(what) > 1:
        return bytes((int(what[1:], 16),)).decode("utf-8", "surrogateescape")
    if what[0] in "01234567":
        return bytes((int(what, 8) & 255,)).decode("utf-8", "surrogateescape")
    return _ESCAPES.get(what, what)


def _escaped_in_mysql(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[1], found[1])


def _of_digits(prefix: str, digits: str) -> str:
    """Return what hexadecimal or binary digits stand for: a text where they are one."""
    if prefix in "Bb":
        return str(int(digits, 2)) if digits and not digits.strip("01") else digits
    try:
        content = bytes.fromhex(digits)
    except ValueError:
        return digits
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"0x{content.hex()}"
