"""The rows in a form: a table of inputs, on a phone a card each."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.pickers import TYPED
from dataforms.ui.shapes import Grid, GridColumn, GridRow, Input
from dataforms.ui.state import Ui
from dataforms.ui.widgets import widget
from dataforms.ui.words import t


def grid(each: rx.Var[Input]) -> rx.Component:
    """Return the rows of a field of children."""
    name = each["name"].to(str)
    rows = Ui.grids[name].to(Grid)
    each_row = rows["rows"].to(list[GridRow])
    return rx.el.div(
        rx.el.input(type="hidden", name=name + ".", value=rows["keys"], read_only=True),
        rx.cond(
            rows["more"].to(int) > 0,
            rx.el.p(
                t("There are too many to change them here. "),
                rx.link(t("Open their table"), href=rows["href"]),
                class_name="df-help",
            ),
            rx.cond(
                each_row.length() > 0,
                rx.el.table(
                    rx.el.thead(
                        rx.el.tr(
                            rx.foreach(rows["columns"].to(list[GridColumn]), _column),
                            rx.el.th(rx.el.span(t("Actions"), class_name="df-hidden")),
                        )
                    ),
                    rx.el.tbody(rx.foreach(each_row, lambda row: _row(name, rows, row))),
                    class_name="df-rows",
                    aria_label=rows["label"],
                ),
                rx.el.p(t("None yet"), class_name="df-help"),
            ),
        ),
        rx.cond(
            rows["may_add"],
            rx.el.button(
                rx.icon("plus", size=15),
                t("Add {singular}", singular=rows["singular"].to(str)),
                on_click=Ui.add_row(name, TYPED),
                type="button",
                class_name="df-button is-soft is-small",
            ),
        ),
        class_name="df-grid",
        id="in-" + name,
        role="group",
        aria_labelledby=name + "-label",
    )


def _column(column: rx.Var[GridColumn]) -> rx.Component:
    return rx.el.th(
        column["title"],
        rx.cond(column["required"], rx.el.span(" *", class_name="df-star", aria_hidden="true")),
        scope="col",
        class_name="align-" + column["align"].to(str),
        key=column["name"],
    )


def _row(name: rx.Var[str], rows: rx.Var[Grid], row: rx.Var[GridRow]) -> rx.Component:
    key = row["key"].to(str)
    return rx.el.tr(
        rx.foreach(row["cells"].to(list[Input]), _cell),
        rx.el.td(
            rx.cond(
                rows["may_remove"] | key.startswith("n"),
                rx.el.button(
                    rx.icon("trash-2", size=15),
                    on_click=Ui.remove_row(name, key, TYPED),
                    type="button",
                    class_name="df-ghost is-small is-danger",
                    aria_label=t("Remove this {singular}", singular=rows["singular"].to(str)),
                    title=t("Remove"),
                ),
            ),
            rx.cond(row["error"] != "", _error("", row["error"].to(str))),
            class_name="df-rows-end",
        ),
        custom_attrs={"data-row": name + "." + key},
        key=key,
    )


def _cell(each: rx.Var[Input]) -> rx.Component:
    name = each["name"].to(str)
    return rx.el.td(
        rx.el.fieldset(
            widget(each),
            rx.el.div(rx.cond(each["error"] != "", _error(name, each["error"].to(str))), aria_live="polite"),
            class_name="df-cell-field",
            custom_attrs={"hidden": each["hidden"]},
            disabled=each["fixed"],
        ),
        custom_attrs={"data-label": each["label"]},
        class_name="is-" + each["widget"].to(str),
        key=name,
    )


def _error(name: rx.Var[str] | str, text: rx.Var[str]) -> rx.Component:
    return rx.el.p(rx.icon("circle-alert", size=14), text, id=name + "-error", class_name="df-error")
