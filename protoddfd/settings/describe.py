"""Says in words what a setting is: what its value may be, and what it is for."""

import ast
import inspect
import types
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import msgspec

from protoddfd.settings import model

_NAMES = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as the documentation shows it."""

    key: str
    expected: str
    default: Any
    reloads: bool
    description: str


def expected(type_: Any) -> str:
    """Return in words what fits a type: `a whole number from 1 to 64`."""
    if get_origin(type_) is tuple:
        return "a list of texts"
    if get_origin(type_) is Literal:
        *most, last = map(str, get_args(type_))
        return f"{', '.join(most)} or {last}"
    bounds = next(
        (each for each in getattr(type_, "__metadata__", ()) if isinstance(each, msgspec.Meta)), None
    )
    name = _NAMES[getattr(type_, "__origin__", type_)]
    if bounds is None:
        return name
    least = f"from {bounds.ge:,}" if bounds.ge is not None else f"above {bounds.gt:,}"
    return f"{name} {least} to {bounds.le:,}"


def rows() -> Iterator[Row]:
    """Yield every setting with the text that stands under it in the model."""
    texts = _texts(model)
    for key, field in model.fields().items():
        section, _, name = key.partition(".")
        owner = type(getattr(model.Settings(), section)).__name__
        yield Row(
            key=key,
            expected=expected(field.type),
            default=field.default,
            reloads=key not in model.NEEDS_RESTART,
            description=texts.get((owner, name), ""),
        )


def table() -> str:
    """Return all settings as a table in Markdown."""
    head = (
        "| setting | what it may be | default | changes by | what it is for |",
        "| --- | --- | --- | --- | --- |",
    )
    body = (
        f"| `{row.key}` | {row.expected} | {_default(row.default)} | {'reload' if row.reloads else 'restart'}"
        f" | {row.description} |"
        for row in rows()
    )
    return "\n".join((*head, *body))


def _default(value: Any) -> str:
    return "empty" if value in ("", ()) else f"`{msgspec.json.encode(value).decode().strip(chr(34))}`"


def _texts(module: types.ModuleType) -> dict[tuple[str, str], str]:
    """Return the text under each field of each class of a module, on one line."""
    found: dict[tuple[str, str], str] = {}
    for owner in ast.parse(inspect.getsource(module)).body:
        if not isinstance(owner, ast.ClassDef):
            continue
        for field, after in zip(owner.body, owner.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
                and isinstance(after.value.value, str)
            ):
                found[owner.name, field.target.id] = " ".join(after.value.value.split())
    return found
