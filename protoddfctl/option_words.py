"""An app's options as words of a command line: `restart=on-failure`, `env.DEBUG=1`, `after=db,redis`.

Pure. `changes` reads them, `words_of` writes them, and each understands the other.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import msgspec
from msgspec import inspect

from protoddfd.wire.options import AppOptions

_YES = ("yes", "true", "on", "1")
_NO = ("no", "false", "off", "0")
_NONE = ("default", "none")

Plain = dict[str, Any]
"""Options, or a part of them, as JSON has them."""


class WordFault(Exception):
    """What is wrong with one word."""


def changes(words: Sequence[str], resets: Sequence[str], current: AppOptions) -> Plain:
    """Return the options, whole, that `words` (KEY=VALUE) set a part of and `resets` (KEY) put back.

    Raises:
        WordFault: a word is not understood, with what was probably meant.
    """
    plain: Plain = msgspec.to_builtins(current)
    touched: dict[str, None] = {}
    for key in resets:
        touched[_reset(plain, key)] = None
    for word in words:
        key, equals, text = word.partition("=")
        if not equals:
            raise WordFault(f"{word!r} is not KEY=VALUE" + _meant(key))
        touched[_set(plain, key, text)] = None
    _judge({name: plain[name] for name in touched})
    return {name: plain[name] for name in touched}


def words_of(options: AppOptions) -> dict[str, str]:
    """Return every option as a text that `changes` would read, by its key."""
    return dict(_flatten(msgspec.to_builtins(options)))


def differing(options: AppOptions) -> dict[str, str]:
    """Return the options that are not what they are by default, as `words_of` does."""
    usual = words_of(AppOptions())
    return {key: text for key, text in words_of(options).items() if usual.get(key) != text}


def keys() -> list[str]:
    """Return every key; those of `env` and `secrets` end with a dot, and a name follows."""
    found: list[str] = []
    for name, type_ in _FIELDS.items():
        if isinstance(type_, inspect.StructType):
            found += [f"{name}.{part}" for part in _parts(type_)]
        else:
            found.append(f"{name}." if isinstance(type_, inspect.DictType) else name)
    return found


def choices(key: str) -> list[str]:
    """Return the values that can be chosen for a key; nothing where it takes any, or is none."""
    try:
        name, part = _split(key)
    except WordFault:
        return []
    type_: inspect.Type | None = _parts(_FIELDS[name]).get(part) if part else _FIELDS[name]
    types = type_.types if isinstance(type_, inspect.UnionType) else (type_,)
    found: list[str] = []
    for each in types:
        if isinstance(each, inspect.BoolType):
            found += [_YES[0], _NO[0]]
        elif isinstance(each, inspect.LiteralType):
            found += map(str, each.values)
        elif isinstance(each, inspect.NoneType):
            found.append(_NONE[0])
    return found


# Reading ------------------------------------------------------------------------------------------------


def _parts(type_: inspect.Type) -> Mapping[str, inspect.Type]:
    return {field.name: field.type for field in type_.fields} if isinstance(type_, inspect.StructType) else {}


_FIELDS = _parts(inspect.type_info(AppOptions))


def _set(plain: Plain, key: str, text: str) -> str:
    """Put what `text` means where `key` says; return the option that this is a part of."""
    name, part = _split(key)
    type_ = _FIELDS[name]
    if not part:
        plain[name] = _value(type_, text, key)
    elif isinstance(type_, inspect.DictType):
        plain[name][part] = text
    else:
        plain[name][part] = _value(_parts(type_)[part], text, key)
    return name


def _reset(plain: Plain, key: str) -> str:
    name, part = _split(key)
    usual: Plain = msgspec.to_builtins(AppOptions())
    if not part:
        plain[name] = usual[name]
    elif isinstance(_FIELDS[name], inspect.DictType):
        plain[name].pop(part, None)
    else:
        plain[name][part] = usual[name][part]
    return name


def _split(key: str) -> tuple[str, str]:
    """Return the option and the part of it that `key` names; raise WordFault when there is none such."""
    name, dot, part = key.partition(".")
    type_ = _FIELDS.get(name)
    known = type_ is not None and (
        not dot
        or (isinstance(type_, inspect.DictType) and part != "")
        or (isinstance(type_, inspect.StructType) and part in _parts(type_))
    )
    if not known:
        raise WordFault(f"there is no option {key[:60]!r}" + _meant(key))
    return name, part


def _meant(key: str) -> str:
    near = get_close_matches(key[:60], [*keys(), *_FIELDS], n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _value(type_: inspect.Type, text: str, key: str) -> Any:
    if isinstance(type_, inspect.UnionType):
        if text.lower() in _NONE:
            return None
        type_ = next(each for each in type_.types if not isinstance(each, inspect.NoneType))
    if isinstance(type_, inspect.BoolType):
        return _yes_or_no(text, key)
    if isinstance(type_, inspect.LiteralType):
        return _choice(type_, text, key)
    if _is_list_of_texts(type_):
        return _decoded(text, key) if text.startswith("[") else [word for word in text.split(",") if word]
    if isinstance(type_, inspect.VarTupleType | inspect.DictType | inspect.StructType):
        return _decoded(text, key)
    if isinstance(type_, inspect.IntType | inspect.FloatType):
        return _number(type_, text, key)
    return text


def _is_list_of_texts(type_: inspect.Type) -> bool:
    return isinstance(type_, inspect.VarTupleType) and isinstance(type_.item_type, inspect.StrType)


def _choice(type_: inspect.LiteralType, text: str, key: str) -> str:
    choices = [str(choice) for choice in type_.values]
    if text not in choices:
        near = get_close_matches(text, choices, n=1)
        helps = f"did you mean {near[0]}?" if near else f"choose of {', '.join(choices)}"
        raise WordFault(f"{key}: {text[:60]!r} cannot be chosen; {helps}")
    return text


def _yes_or_no(text: str, key: str) -> bool:
    if text.lower() not in (*_YES, *_NO):
        raise WordFault(f"{key}: {text[:60]!r} is neither yes nor no")
    return text.lower() in _YES


def _number(type_: inspect.IntType | inspect.FloatType, text: str, key: str) -> Any:
    try:
        return int(text) if isinstance(type_, inspect.IntType) else float(text)
    except ValueError:
        raise WordFault(f"{key}: {text[:60]!r} is not a number") from None


def _decoded(text: str, key: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise WordFault(f"{key}: not JSON: {error}") from None


def _judge(plain: Plain) -> None:
    """Raise WordFault when the options are not of their types or not within their bounds."""
    try:
        msgspec.convert(plain, AppOptions)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        raise WordFault(f"{place.strip('.`') or 'options'}: {message}") from None


# Writing ------------------------------------------------------------------------------------------------


def _flatten(plain: Plain) -> Iterator[tuple[str, str]]:
    for name, type_ in _FIELDS.items():
        value = plain[name]
        if isinstance(type_, inspect.DictType):
            yield from ((f"{name}.{part}", text) for part, text in value.items())
        elif isinstance(type_, inspect.StructType):
            yield from ((f"{name}.{part}", _text(each, value[part])) for part, each in _parts(type_).items())
        else:
            yield name, _text(type_, value)


def _text(type_: inspect.Type, value: Any) -> str:
    if value is None:
        return _NONE[0]
    if isinstance(value, bool):
        return _YES[0] if value else _NO[0]
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if (
        _is_list_of_texts(type_)
        and all(item and "," not in item for item in value)
        and not str(*value[:1]).startswith("[")
    ):
        return ",".join(value)
    return msgspec.json.encode(value).decode() if isinstance(value, list | tuple) else str(value)
