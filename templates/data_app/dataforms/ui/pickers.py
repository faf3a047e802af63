"""The inputs of references: a line of text with a list of records below it, searched on the server."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.scripted import Combobox
from dataforms.ui.shapes import Input
from dataforms.ui.state import Ui
from dataforms.ui.words import t

TYPED: rx.Var[dict[str, object]] = rx.Var("(globalThis.dfForm?.typed() ?? {})", _var_type=dict[str, object])
"""What is in the form that is shown, at the moment of an event."""


def picker(each: rx.Var[Input]) -> rx.Component:
    """Return the input of a field that refers to another record."""
    return _combobox(each, is_many=False)


def many_picker(each: rx.Var[Input]) -> rx.Component:
    """Return the input of a field that names several records: a chip for each, and what adds more."""
    return _combobox(each, is_many=True)


def _combobox(each: rx.Var[Input], *, is_many: bool) -> rx.Component:
    name = each["name"].to(str)
    target = each["target"].to(str)
    words = {
        "choose": t("Choose…"),
        "none": t("None"),
        "remove": t("Remove"),
        "label": rx.cond(name.contains("."), each["label"], ""),
    }
    return Combobox.create(
        field=name,
        value=each["value"],
        shown=each["shown"],
        many=is_many,
        chips=each["choices"],
        options=Ui.picker["options"],
        open=Ui.picker["field"] == name,
        more=Ui.picker["more"],
        required=each["required"],
        invalid=each["error"] != "",
        make=rx.cond(target != "", t("New {entity}…", entity=target), ""),
        words=rx.Var.create(words),
        on_search=lambda text: Ui.pick_search(name, text),
        on_pick=lambda value, text: Ui.pick(name, value, text),
        on_make=lambda text: Ui.make(name, text, TYPED),
        on_close=Ui.pick_close,
    )
