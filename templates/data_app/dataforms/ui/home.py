"""The first page: every table as a card. And the page of an address that leads nowhere."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.layout import page
from dataforms.ui.parts import named_icon, notice
from dataforms.ui.shapes import TableLink
from dataforms.ui.state import Ui
from dataforms.ui.views.tabs import tabs
from dataforms.ui.words import t


def home() -> rx.Component:
    """Return the page at `/`."""
    return page(
        rx.el.div(
            rx.el.h1(Ui.head["title"]),
            rx.cond(Ui.head["description"] != "", rx.el.p(Ui.head["description"], class_name="df-lead")),
            class_name="df-head-text df-home-head",
        ),
        tabs(),
        rx.cond(
            Ui.head["title"] == "",
            rx.el.div(*(rx.el.div(class_name="df-skeleton-card") for _ in range(3)), class_name="df-cards"),
            rx.cond(
                Ui.tables.length() > 0,
                rx.el.div(rx.foreach(Ui.tables, _card), class_name="df-cards"),
                notice(
                    rx.icon("table", size=26),
                    t("No tables yet"),
                    t("Describe an entity in appspec.json and restart the app: it will appear here."),
                ),
            ),
        ),
    )


def nowhere() -> rx.Component:
    """Return the page of every address that has no page."""
    return page(
        notice(
            rx.icon("compass", size=26),
            t("There is no such page"),
            t("The address may be old, or mistyped."),
            rx.link(t("See all tables"), href="/", class_name="df-button is-solid", underline="none"),
        )
    )


def _card(table: rx.Var[TableLink]) -> rx.Component:
    return rx.link(
        rx.el.div(
            rx.el.span(named_icon(table["icon"], 20), class_name="df-tile"),
            rx.icon("arrow-up-right", size=18, class_name="df-card-go"),
            class_name="df-card-top",
        ),
        rx.el.h2(table["title"]),
        rx.cond(table["description"] != "", rx.el.p(table["description"], class_name="df-card-text")),
        rx.cond(
            table["count"] != "",
            rx.el.p(rx.el.strong(table["count"]), " ", table["noun"], class_name="df-card-count"),
        ),
        rx.cond(
            table["recent"].length() > 0,
            rx.el.ul(
                rx.foreach(table["recent"].to(list[str]), lambda label: rx.el.li(label)),
                class_name="df-card-recent",
                aria_label=t("Added last"),
            ),
            rx.cond(
                table["count"] != "",
                rx.el.p(t("Nothing here yet. Open it to add the first one."), class_name="df-card-empty"),
            ),
        ),
        href=table["href"],
        class_name="df-card",
        underline="none",
        key=table["slug"],
    )
