"""How one value of a table looks."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.cell_editor import cell_editor
from dataforms.ui.shapes import Cell, Chip
from dataforms.ui.state import Ui
from dataforms.ui.words import local, t


def table_cell(cell: rx.Var[Cell], record: rx.Var[str]) -> rx.Component:
    """Return the table cell of a value, drawn by its kind, or the input in its place."""
    is_edited = (Ui.spot["record"] == record) & (Ui.spot["name"] == cell["name"])
    return rx.el.td(
        rx.cond(is_edited & (cell["name"] != ""), cell_editor(), value(cell)),
        class_name=cell["look"].to(str) + rx.cond(is_edited & (cell["name"] != ""), " is-edited", ""),
        data_label=cell["label"],
        data_field=cell["name"],
        tab_index=rx.cond(cell["name"] != "", -1, rx.Var("undefined")),
    )


def value(cell: rx.Var[Cell]) -> rx.Component:
    """Return a value, drawn by its kind."""
    return rx.match(
        cell["kind"],
        ("none", rx.el.span("–", class_name="df-none", aria_label=t("empty"))),
        ("chips", rx.el.span(rx.foreach(cell["chips"], _chip), class_name="df-chips")),
        (
            "yes",
            rx.el.span(rx.icon("check", size=16), class_name="df-yes", role="img", aria_label=t("Yes")),
        ),
        ("no", rx.el.span("–", class_name="df-none", role="img", aria_label=t("No"))),
        ("link", _link(cell)),
        ("color", _color(cell)),
        ("file", _link(cell)),
        ("picture", _picture(cell)),
        ("stars", rx.el.span(cell["extra"], class_name="df-stars", role="img", aria_label=cell["text"])),
        ("local", rx.el.span(local(cell["extra"].to(str), cell["text"].to(str)))),
        ("long", rx.el.span(cell["text"], class_name="df-long", title=cell["text"])),
        rx.el.span(cell["text"]),
    )


def _chip(chip: rx.Var[Chip]) -> rx.Component:
    return rx.el.span(chip["text"], class_name=chip["look"])


def _link(cell: rx.Var[Cell]) -> rx.Component:
    return rx.el.a(
        cell["text"],
        href=cell["extra"],
        target="_blank",
        rel="noopener noreferrer",
        class_name="df-link",
        on_click=rx.stop_propagation,
    )


def _picture(cell: rx.Var[Cell]) -> rx.Component:
    return rx.el.a(
        rx.el.img(
            src=cell["extra"], alt=cell["text"], title=cell["text"], loading="lazy", class_name="df-thumb"
        ),
        href=cell["extra"],
        target="_blank",
        rel="noopener noreferrer",
        class_name="df-thumb-link",
        on_click=rx.stop_propagation,
    )


def _color(cell: rx.Var[Cell]) -> rx.Component:
    return rx.el.span(
        rx.el.span(class_name="df-swatch", style={"background": cell["extra"]}, aria_hidden="true"),
        cell["text"],
        class_name="df-color",
    )
