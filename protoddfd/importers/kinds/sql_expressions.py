"""Values that dumps write as expressions: casts, and the few functions that stand for odd characters."""

import re
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from protoddfd.importers.kinds.sql_bytes import as_hex
from protoddfd.importers.kinds.sql_tape import Tape

_TOKEN = re.compile(
    rb"\s*+(?:(?P<number>[-+]?(?:0x[0-9A-Fa-f]*+|(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?))"
    rb"|(?P<quote>(?:[A-Za-z]|_\w++\s?)?(?='))|(?P<word>[A-Za-z_][\w.]*+)|(?P<mark>::|\|\||[\s\S]))"
)
_TYPE = re.compile(
    rb"\s*+[\w.\"]++(?:\s++(?:precision|varying|with(?:out)?\s++time\s++zone))?"
    rb"(?:\s*+\(\s*+\d++\s*+(?:,\s*+\d++\s*+)?\))?(?:\[\])*+",
    re.IGNORECASE,
)
_UNISTR = re.compile(r"\\(\\|u?[0-9A-Fa-f]{4}|\+[0-9A-Fa-f]{6}|U[0-9A-Fa-f]{8})")
_DEEPEST = 20
_LAST = 0x10FFFF


class NotKnown(Exception):
    """A value is computed in a way that is not known."""


class Token(msgspec.Struct, frozen=True):
    """A part of an expression: a value as a text, a word, a mark, or the prefix of a text in quotes."""

    kind: Literal["text", "word", "mark", "quote"]
    text: str


OPEN, END, COMMA = Token("mark", "("), Token("mark", ")"), Token("mark", ",")


def token_of(tape: Tape) -> Token | None:
    """Return the next part; None at the end. A cast behind a value is passed: it changes nothing here."""
    while (found := tape.match(_TOKEN)) is not None:
        text = found[0].strip().decode("utf-8", "replace")
        if found["mark"] == b"::":
            tape.match(_TYPE)
        elif found["number"]:
            return Token("text", text)
        elif found["quote"] is not None:
            return Token("quote", text)
        else:
            return Token("word" if found["word"] else "mark", text)
    return None


def computed(tokens: Sequence[Token]) -> str:
    """Return the value of an expression, empty for NULL; raise NotKnown."""
    expression = _Expression(tokens)
    try:
        value = expression.sum(0)
    except (IndexError, ValueError, OverflowError) as error:
        raise NotKnown from error
    if not expression.is_done():
        raise NotKnown
    return value


class _Expression:
    """Reads an expression from left to right."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def is_done(self) -> bool:
        return self._at == len(self._tokens)

    def sum(self, depth: int) -> str:
        """Return a value, or several that `||` joins."""
        if depth > _DEEPEST:
            raise NotKnown
        value = self._one(depth)
        while self._is_next("mark", "||"):
            value += self._one(depth)
        return value

    def _one(self, depth: int) -> str:
        token = self._take()
        if token.kind == "text":
            return token.text
        if token == OPEN:
            return self._closed(self.sum(depth + 1))
        word = token.text.casefold().removeprefix("pg_catalog.")
        if token.kind == "word" and self._is_next("mark", "("):
            return self._call(word, depth)
        if token.kind == "word" and word in _WORDS:
            return _WORDS[word]
        if (
            token.kind == "word"
            and word in ("date", "time", "timestamp")
            and self._tokens[self._at].kind == "text"
        ):
            return self._take().text
        raise NotKnown

    def _call(self, word: str, depth: int) -> str:
        if word in ("cast", "try_cast"):
            value = self.sum(depth + 1)
            self._pass_rest()
            return value
        if word in ("convert", "try_convert"):
            while self._take() != COMMA:
                pass
            value = self.sum(depth + 1)
            self._pass_rest()
            return value
        function = _FUNCTIONS.get(word)
        if function is None:
            raise NotKnown
        arguments = [self.sum(depth + 1)]
        while self._is_next("mark", ","):
            arguments.append(self.sum(depth + 1))
        return self._closed(function(arguments))

    def _pass_rest(self) -> None:
        """Pass what is left up to the bracket that closes."""
        depth = 1
        while depth:
            token = self._take()
            depth += (token == OPEN) - (token == END)

    def _closed(self, value: str) -> str:
        if not self._is_next("mark", ")"):
            raise NotKnown
        return value

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _is_next(self, kind: str, text: str) -> bool:
        """Pass a token if it is the next one."""
        is_it = not self.is_done() and self._tokens[self._at] == Token(kind, text)  # type: ignore[arg-type]
        self._at += is_it
        return is_it


def _unistr(arguments: Sequence[str]) -> str:
    return _UNISTR.sub(
        lambda found: "\\" if found[1] == "\\" else chr(int(found[1].lstrip("uU+"), 16)), arguments[0]
    )


def _chars(arguments: Sequence[str]) -> str:
    return "".join(chr(int(each)) for each in arguments)


def _replaced(arguments: Sequence[str]) -> str:
    text, old, new = arguments
    if text.count(old) * len(new) > _LAST:
        raise NotKnown
    return text.replace(old, new)


def _first(arguments: Sequence[str]) -> str:
    return arguments[0]


def _decoded(arguments: Sequence[str]) -> str:
    text, how = arguments
    return as_hex(text, how)


def _of_hex(arguments: Sequence[str]) -> str:
    return as_hex(arguments[0], "hex")


def _of_base64(arguments: Sequence[str]) -> str:
    return as_hex(arguments[0], "base64")


_WORDS = {"null": "", "default": "", "true": "true", "false": "false"}
_FUNCTIONS: dict[str, Callable[[Sequence[str]], str]] = {
    "replace": _replaced, "char": _chars, "chr": _chars, "unistr": _unistr, "concat": "".join,
    "to_date": _first, "to_timestamp": _first, "timestamp": _first, "date": _first, "datetime": _first,
    "json": _first, "jsonb": _first, "to_clob": _first, "n": _first,
    "decode": _decoded, "unhex": _of_hex, "hextoraw": _of_hex, "from_base64": _of_base64, "to_blob": _first,
}  # fmt: skip
"""Those that dumps are written with; of a date with a format, the text says enough or it stays a text."""
