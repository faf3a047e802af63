"""Tabs between the ways in which the same things are shown."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.state import Ui
from dataforms.ui.views.shapes import Tab
from dataforms.ui.words import t


def tabs() -> rx.Component:
    """Return the tabs of a page; nothing where there is one way alone."""
    return rx.cond(
        Ui.ways.length() > 1,
        rx.el.nav(rx.foreach(Ui.ways, _tab), class_name="df-ways", aria_label=t("Views")),
    )


def _tab(tab: rx.Var[Tab]) -> rx.Component:
    return rx.link(
        rx.match(
            tab["kind"],
            ("home", rx.icon("layout-grid", size=16)),
            ("table", rx.icon("table-2", size=16)),
            ("board", rx.icon("square-kanban", size=16)),
            ("calendar", rx.icon("calendar-days", size=16)),
            ("gallery", rx.icon("images", size=16)),
            rx.icon("chart-column", size=16),
        ),
        tab["title"],
        href=tab["href"],
        class_name="df-way",
        underline="none",
        aria_current=rx.cond(tab["current"], "page", "false"),
        key=tab["href"],
    )
