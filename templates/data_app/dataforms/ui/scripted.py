"""Components of our own scripts: their code stands in the bundles of the pages that use them alone."""

# Reflex reads the event handlers' functions, which are no types.
# mypy: disable-error-code="type-arg, valid-type"

from pathlib import Path
from typing import Any

import reflex as rx
from reflex.utils.imports import ImportDict, ImportVar

_SCRIPTS = Path(__file__).parent / "scripts"
_USED = ("createElement", "useEffect", "useRef", "useState")
_REACT: ImportDict = {"react": [ImportVar(tag=tag) for tag in _USED]}


def _typed(
    typed: rx.Var[dict[str, Any]], name: rx.Var[str], finished: rx.Var[bool]
) -> tuple[rx.Var[dict[str, Any]], rx.Var[str], rx.Var[bool]]:
    return typed, name, finished


def _all(typed: rx.Var[dict[str, Any]]) -> tuple[rx.Var[dict[str, Any]]]:
    return (typed,)


def _draft(
    typed: rx.Var[dict[str, Any]], names: rx.Var[list[str]], at: rx.Var[str]
) -> tuple[rx.Var[dict[str, Any]], rx.Var[list[str]], rx.Var[str]]:
    return typed, names, at


def _away(is_typed: rx.Var[bool], href: rx.Var[str]) -> tuple[rx.Var[bool], rx.Var[str]]:
    return is_typed, href


def _text(text: rx.Var[str]) -> tuple[rx.Var[str]]:
    return (text,)


def _picked(value: rx.Var[str], text: rx.Var[str]) -> tuple[rx.Var[str], rx.Var[str]]:
    return value, text


class _Scripted(rx.Component):
    """A component whose code is a file of ours."""

    def add_imports(self) -> ImportDict:
        """Return what the code takes from React."""
        return _REACT


class DataForm(_Scripted):
    """A form that tells what is typed, field by field or whole, keeps drafts and guards what is typed."""

    tag = "DfForm"
    lively: rx.Var[bool]
    draft: rx.Var[str]
    restored: rx.Var[str]
    page: rx.Var[bool]
    no_validate: rx.Var[bool]
    auto_complete: rx.Var[str]
    on_typed: rx.EventHandler[_typed]
    on_save: rx.EventHandler[_all]
    on_draft: rx.EventHandler[_draft]
    on_leave: rx.EventHandler[_away]

    def add_custom_code(self) -> list[str]:
        """Return the code of the component."""
        return [(_SCRIPTS / name).read_text() for name in ("form.js", "writing.js")]


class Combobox(_Scripted):
    """A text input with a list to pick from, one or `many`; these are its `chips`."""

    tag = "DfCombobox"
    field: rx.Var[str]
    value: rx.Var[str]
    shown: rx.Var[str]
    many: rx.Var[bool]
    chips: rx.Var[list[Any]]
    options: rx.Var[list[Any]]
    open: rx.Var[bool]
    more: rx.Var[str]
    required: rx.Var[bool]
    invalid: rx.Var[bool]
    make: rx.Var[str]
    words: rx.Var[dict[str, str]]
    on_search: rx.EventHandler[_text]
    on_pick: rx.EventHandler[_picked]
    on_make: rx.EventHandler[_text]
    on_close: rx.EventHandler[rx.event.no_args_event_spec]

    def add_custom_code(self) -> list[str]:
        """Return the code of the component."""
        return [(_SCRIPTS / "combobox.js").read_text()]
