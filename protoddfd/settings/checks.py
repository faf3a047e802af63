"""Judges what the layers say: every value becomes a fault, with what helps, or part of the settings."""

import grp
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

import msgspec

from protoddfd.settings.describe import expected
from protoddfd.settings.layers import Entry
from protoddfd.settings.model import Settings, fields
from protoddfd.spec import Problem

_SHOWN_MOST = 60
_FILES = ("model.key_file", "model.cassette")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_REDIS = ("redis://", "rediss://", "unix://")


class Fault(Exception):
    """What is wrong with one value, and what helps."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """The values that can be used, of the strongest layer each, where they came from, and all faults."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    problems: tuple[Problem, ...]


def judge(entries: Iterable[Entry]) -> Judged:
    """Judge every entry, those too that a stronger layer overrides."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    problems: list[Problem] = []
    for entry in entries:
        try:
            value = _value(entry)
        except Fault as fault:
            path = entry.key if entry.key in fields() else _unknown_part(entry.key)
            message = f"{entry.origin}: {fault.message}"
            problems.append(Problem(path=path, message=message, hint=fault.hint))
        else:
            values[entry.key] = value
            origins[entry.key] = entry.origin
    return Judged(values=values, origins=origins, problems=tuple(problems))


def build(values: Mapping[str, Any]) -> Settings:
    """Return the settings with these values by `section.key`, already judged, and defaults for the rest."""
    sections: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, {})[name] = value
    return msgspec.convert(sections, Settings)


def _value(entry: Entry) -> Any:
    """Return the value as its type; raises Fault."""
    field = fields().get(entry.key)
    if field is None:
        raise _unknown(entry.key)
    given = entry.value
    if get_origin(field.type) is tuple and entry.is_text:  # a variable has no lists
        given = [part.strip() for part in str(given).split(",") if part.strip()]
    try:
        value = msgspec.convert(given, field.type, strict=not entry.is_text)
    except msgspec.ValidationError:
        raise _unfit(entry, field) from None
    for text in value if isinstance(value, tuple) else (value,):
        if isinstance(text, str):
            _judge_text(entry.key, text, in_file=not entry.is_text)
    return value


def _unfit(entry: Entry, field: msgspec.structs.FieldInfo) -> Fault:
    wanted = expected(field.type)
    hint = f"write for example {msgspec.json.encode(field.default).decode()}"
    if isinstance(entry.value, str) and not entry.is_text and _fits(entry.value, field.type):
        hint = f"write {entry.value} without quotes"
    if isinstance(entry.value, str) and get_origin(field.type) is Literal:
        near = get_close_matches(entry.value.lower(), get_args(field.type), n=1)
        hint = f"did you mean {near[0]}?" if near else ""
    return Fault(f"{_shown(entry.value)} is not {wanted}", hint)


def _fits(text: str, type_: Any) -> bool:
    try:
        msgspec.convert(text, type_, strict=False)
    except msgspec.ValidationError:
        return False
    return True


def _shown(value: Any) -> str:
    """Return a value as a person wrote it, cut; of a list or a table only that it is one."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN_MOST else f"{text[: _SHOWN_MOST - 1]}…"


# Unknown names ------------------------------------------------------------------------------------------


def _unknown(key: str) -> Fault:
    section, _, name = key.partition(".")
    known = Settings.__struct_fields__
    if section not in known:
        near = get_close_matches(section, known, n=1)
        helps = f"did you mean [{near[0]}]?" if near else f"sections: {', '.join(known)}"
        return Fault("there is no section of that name", helps)
    return Fault("there is no setting of that name", _nearest(section, name))


def _nearest(section: str, name: str) -> str:
    ours = [key.partition(".")[2] for key in fields() if key.startswith(f"{section}.")]
    near = get_close_matches(name, ours, n=1)
    if near:
        return f"did you mean {section}.{near[0]}?"
    elsewhere = [key for key in fields() if key.endswith(f".{name}")]
    if elsewhere:
        return f"did you mean {' or '.join(elsewhere)}?"
    return f"[{section}] has {', '.join(ours)}"


def _unknown_part(key: str) -> str:
    """Return what of a key is not known: its section, once for all keys in it, or the key."""
    section = key.partition(".")[0]
    return key if section in Settings.__struct_fields__ else section


# Texts that mean something ------------------------------------------------------------------------------


def _judge_text(key: str, text: str, *, in_file: bool) -> None:
    if "\0" in text:
        raise Fault("has a NUL character in it", "take it out")
    judges: dict[str, Callable[[str], None]] = {
        "ports.range": _judge_range,
        "apps.redis_url": _judge_redis,
        "access.read_group": _judge_group,
        "access.operator_group": _judge_group,
        "access.admin_group": _judge_group,
        "model.base_url": _judge_endpoint,
        "model.key_env": _judge_variable,
        "templates.allowed_hooks": _judge_hash,
    }
    if key in judges and (text or fields()[key].default):
        judges[key](text)
    elif (key.startswith("paths.") or key in _FILES) and in_file and text and not text.startswith("/"):
        raise Fault(
            f"{_shown(text)} is not an absolute path", "begin it with /: a file says nothing of where"
        )


def _judge_range(text: str) -> None:
    first, dash, last = (part.strip() for part in text.partition("-"))
    if not dash or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in (first, last)):
        raise Fault(f"{_shown(text)} is not a range of ports", "write for example 3000-5000")
    if not 1 <= int(first) <= int(last) <= 65535:
        raise Fault(
            f"{_shown(text)} does not lie between 1 and 65535 with the smaller port first",
            "write for example 3000-5000",
        )


def _judge_redis(text: str) -> None:
    # it may carry a password: it is not shown
    if not text.startswith(_REDIS) or text in _REDIS:
        raise Fault("is not the address of a Redis", "write for example redis://127.0.0.1:6379/0")


def _judge_group(name: str) -> None:
    try:
        grp.getgrnam(name)
    except KeyError:
        raise Fault(f"there is no group {_shown(name)} on this machine", f"groupadd {name}") from None


def _judge_endpoint(text: str) -> None:
    # it may carry a password: it is not shown
    wrong = Fault("is not the address of a model", "write for example http://127.0.0.1:11434/v1")
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        raise wrong from None
    if not known or parts.query or parts.fragment:
        raise wrong


def _judge_hash(text: str) -> None:
    if not _HASH.fullmatch(text):
        raise Fault(f"{_shown(text)} is not the hash of a template", "copy it from what refused the template")


def _judge_variable(name: str) -> None:
    # somebody may have written the key itself: it is not shown
    if not _VARIABLE.fullmatch(name):
        raise Fault("is not the name of a variable", "write a name such as OPENAI_API_KEY, never the key")
