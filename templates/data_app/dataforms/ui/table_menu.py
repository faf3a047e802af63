"""The menu of a table's looks: columns, groups and totals, and keeping them as a view."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.shapes import Choice
from dataforms.ui.state import Ui
from dataforms.ui.words import t

CLOSES: rx.Var[object] = rx.Var(
    "(event) => { const menu = event.currentTarget;"
    " if (event.key === 'Escape' && menu.open)"
    " { menu.open = false; menu.querySelector('summary').focus(); } }"
)
LEAVES: rx.Var[object] = rx.Var(
    "(event) => { if (event.relatedTarget && !event.currentTarget.contains(event.relatedTarget))"
    " event.currentTarget.open = false; }"
)


def looks_menu() -> rx.Component:
    """Return the button and what it opens."""
    return rx.el.details(
        rx.el.summary(
            rx.icon("settings-2", size=16),
            rx.el.span(t("View"), class_name="df-wide-only"),
            class_name="df-button is-soft",
            aria_label=t("Columns, groups and totals"),
        ),
        rx.el.div(
            _columns(),
            rx.el.label(
                rx.el.span(t("Group by"), class_name="df-label"),
                rx.el.select(
                    rx.foreach(
                        Ui.group_choices, lambda each: rx.el.option(each["text"], value=each["value"])
                    ),
                    value=Ui.grouped,
                    on_change=Ui.group_by,
                    class_name="df-input is-small",
                ),
                class_name="df-looks-part",
            ),
            rx.cond(Ui.total_choices.length() > 0, _totals()),
            rx.el.button(
                rx.icon("bookmark", size=15),
                t("Save as a view"),
                on_click=Ui.view_ask(True),
                class_name="df-button is-soft is-small",
                type="button",
            ),
            class_name="df-looks-list",
        ),
        class_name="df-looks",
        custom_attrs={"onKeyDown": CLOSES, "onBlur": LEAVES},
    )


def _columns() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(t("Columns"), class_name="df-label"),
        rx.foreach(
            Ui.column_choices, lambda each: _tick(each, lambda shown: Ui.show_column(each["value"], shown))
        ),
        class_name="df-looks-part",
    )


def _totals() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(t("Totals"), class_name="df-label"),
        rx.foreach(
            Ui.total_choices, lambda each: _tick(each, lambda shown: Ui.show_total(each["value"], shown))
        ),
        class_name="df-looks-part",
    )


def _tick(each: rx.Var[Choice], change: object) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", checked=each["picked"], on_change=change),
        each["text"],
        class_name="df-tick",
        key=each["value"],
    )
