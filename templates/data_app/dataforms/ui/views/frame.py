"""What all pages of views have: the heading, what stands there when there is nothing, lines to come."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.parts import named_icon, notice
from dataforms.ui.state import Ui
from dataforms.ui.views.tabs import tabs
from dataforms.ui.words import t


def head(*tools: rx.Component) -> rx.Component:
    """Return the heading of a view of a table, with tools beside it, and its tabs."""
    return rx.fragment(
        rx.el.div(
            rx.el.div(rx.el.h1(Ui.vista["lead"]), class_name="df-head-text"),
            rx.el.div(*tools, add_button(), class_name="df-tools"),
            class_name="df-head",
        ),
        tabs(),
    )


def add_button() -> rx.Component:
    """Return the button that opens the form for a new record."""
    return rx.cond(
        Ui.vista["may_add"],
        rx.el.button(
            rx.icon("plus", size=16),
            rx.el.span(t("Add"), rx.el.span(" ", Ui.vista["singular"], class_name="df-wide-only")),
            on_click=Ui.add_shown,
            class_name="df-button is-solid",
            type="button",
        ),
    )


def empty(text: rx.Var[str]) -> rx.Component:
    """Return what stands there while there are no records, and what to do."""
    return rx.el.div(
        notice(
            named_icon(Ui.vista["icon"], 26),
            t("No {plural} yet", plural=Ui.vista["plural"]),
            text,
            rx.cond(
                Ui.vista["may_add"],
                rx.el.button(
                    rx.icon("plus", size=16),
                    t("Add {singular}", singular=Ui.vista["singular"]),
                    on_click=Ui.add_shown,
                    class_name="df-button is-solid",
                    type="button",
                ),
            ),
        ),
        class_name="df-panel",
    )


def unknown() -> rx.Component:
    """Return what stands there where an address names no view."""
    return notice(
        rx.icon("compass", size=26),
        t("There is no such view"),
        t("The address may be old, or the view was renamed."),
        rx.link(t("See all tables"), href="/", class_name="df-button is-solid", underline="none"),
    )


def skeleton() -> rx.Component:
    """Return lines to come."""
    lines = [rx.el.div(class_name="df-skeleton-line") for _ in range(9)]
    return rx.el.div(*lines, class_name="df-panel df-skeleton", aria_busy="true", aria_label=t("Loading"))
