"""Where a statement of SQL ends: not at a semicolon in a text, a comment, a function or a trigger."""

import re

from protoddfd.importers.kinds.sql_tape import Tape
from protoddfd.importers.kinds.sql_values import Written

LONGEST_STATEMENT = 200_000
"""Bytes that are kept of a statement; what is longer makes no table."""
_BODY = re.compile(
    rb"CREATE\s++(?:OR\s++\w++\s++)?(?:\w++\s*+=\s*+\S++\s++)?(?:(?:TEMP|TEMPORARY|CONSTRAINT|EDITIONABLE)\s++)*+"
    rb"(?:TRIGGER|PROCEDURE|PROC|FUNCTION|PACKAGE|EVENT)\b|ALTER\s++(?:PROC|PROCEDURE|FUNCTION|TRIGGER)\b",
    re.IGNORECASE,
)
"""How statements begin that have others in them."""
_STOPS = re.compile(
    rb"--|/\*|'|\"|`|\$\w{0,60}+\$|;|^[ \t]{0,40}+GO[ \t]{0,40}+\r?$"
    rb"|\b(?:BEGIN|CASE|END)\b(?:\s{1,40}+(?:IF|LOOP|WHILE|REPEAT)\b)?"
    rb"|^(?:INSERT|CREATE[ \t]{1,40}+TABLE|ALTER[ \t]{1,40}+TABLE)\b",
    re.IGNORECASE | re.MULTILINE,
)
_TAIL = 256
"""Bytes that the longest of them has."""
_PIECES = {
    b"--": re.compile(rb"--[^\n]*+"),
    b"/*": re.compile(rb"/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)"),
    b'"': re.compile(rb'"(?:[^"]++|"")*+(?:"|\Z)'),
    b"`": re.compile(rb"`[^`]*+(?:`|\Z)"),
}


class Endings:
    """Takes statements from a tape."""

    def __init__(self, tape: Tape, written: Written) -> None:
        self._tape, self._written = tape, written
        self._is_tsql = written.dialect == "tsql"
        self._kept: list[bytes] = []
        self._size = 0

    def statement(self) -> bytes:
        """Return the statement that is next, without its comments, and leave what ends it behind."""
        tape = self._tape
        self._kept, self._size = [], 0
        is_body = _BODY.match(tape.buffer, tape.at) is not None
        depth, first = 0, tape.place
        while (found := self._next_stop()) is not None:
            stop = found[0].upper()
            if stop == b";" and (not is_body or (depth <= 0 and not self._is_tsql)):
                tape.at = found.end()
                break
            if stop.strip() == b"GO":
                tape.at = found.end()
                break
            if _begins(stop) and self._is_tsql and not is_body and tape.place > first:
                break
            depth += _depth(stop)
            self._keep(self._piece(found))
        return b"".join(self._kept)

    def _next_stop(self) -> re.Match[bytes] | None:
        """Return what may end the statement, or begin what cannot; keep what stands before it."""
        tape = self._tape
        while not tape.is_done():
            found = _STOPS.search(tape.buffer, tape.at)
            is_whole = found is not None and (found.end() + _TAIL < len(tape.buffer) or tape.ended)
            if found is not None and is_whole:
                self._keep(tape.buffer[tape.at : found.start()])
                tape.at = found.start()
                return found
            end = len(tape.buffer) if tape.ended else max(tape.at, len(tape.buffer) - 2 * _TAIL)
            end = end if found is None else min(end, found.start())
            self._keep(tape.buffer[tape.at : end])
            tape.at = end
            tape.fill(len(tape.buffer) - end + 1)
        return None

    def _piece(self, found: re.Match[bytes]) -> bytes:
        """Return the text or the word that a statement goes on with; a blank for a comment."""
        tape, begin = self._tape, found[0]
        pattern = self._written.quoted if begin == b"'" else _PIECES.get(begin)
        if begin[:1] == b"$" and self._written.dialect == "postgres":
            pattern = re.compile(rb"%s[\s\S]*?(?:%s|\Z)" % (re.escape(begin), re.escape(begin)))
        matched = tape.match(pattern) if pattern is not None else None
        if matched is None:
            tape.at = found.end()
            return begin
        return b" " if begin in (b"--", b"/*") else matched[0]

    def _keep(self, piece: bytes) -> None:
        if self._size <= LONGEST_STATEMENT:
            self._kept.append(piece[: LONGEST_STATEMENT + 1])
        self._size += len(piece)


def _begins(stop: bytes) -> bool:
    """Return whether it is how a statement begins."""
    return stop.startswith((b"INSERT", b"CREATE", b"ALTER"))


def _depth(stop: bytes) -> int:
    """Return how much deeper a word leads into the body of a function."""
    return {b"BEGIN": 1, b"CASE": 1, b"END": -1}.get(stop, 0)
