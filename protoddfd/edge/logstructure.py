"""Recognises structured lines: JSON objects and logfmt, as programs write them for other programs."""

import re
from typing import Any, NamedTuple

import msgspec

LEVEL_KEYS = ("level", "lvl", "severity", "levelname")
MESSAGE_KEYS = ("msg", "message", "event")

_LINE_MAX = 64 * 1024
_LEVEL_MAX = 40
_BARE = r"[^\s\"]*"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PAIR = re.compile(rf"([A-Za-z_@][\w.@/-]*)=({_QUOTED}|{_BARE})(?:[ \t]+|$)", re.ASCII)
_ESCAPE = re.compile(r"\\(.)")
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Structure(NamedTuple):
    """What a structured line says: all its members, and its level as the program named it."""

    level: str | None
    fields: dict[str, Any]


def structure_of(text: str) -> Structure | None:
    """Return what a structured line says, None for any other line."""
    if len(text) > _LINE_MAX:
        return None
    fields = _json(text) if text.startswith("{") else _logfmt(text)
    return Structure(_level(fields), fields) if fields else None


def _json(text: str) -> dict[str, Any] | None:
    try:
        fields = _decode(text)
        msgspec.json.encode(fields)  # numbers may be read that cannot be written
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return None
    return fields


def _logfmt(text: str) -> dict[str, Any] | None:
    """Return the pairs of a line that is nothing but pairs; a level or a message must be among them."""
    fields: dict[str, Any] = {}
    at = 0
    text = text.strip()
    while at < len(text):
        pair = _PAIR.match(text, at)
        if pair is None:
            return None
        key, value = pair.groups()
        fields[key] = _ESCAPE.sub(_unescaped, value[1:-1]) if value.startswith('"') else value
        at = pair.end()
    named = len(fields) > 1 and any(key in fields for key in (*LEVEL_KEYS, *MESSAGE_KEYS))
    return fields if named else None


def _unescaped(escape: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r"}.get(escape[1], escape[1])


def _level(fields: dict[str, Any]) -> str | None:
    for key in LEVEL_KEYS:
        value = fields.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value)[:_LEVEL_MAX]
    return None
