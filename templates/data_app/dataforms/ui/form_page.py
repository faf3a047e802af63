"""The page of a form with an address of its own, to be linked and opened in a tab."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.form import form_body, form_title, leave_question
from dataforms.ui.layout import page
from dataforms.ui.parts import notice
from dataforms.ui.rows import comparing
from dataforms.ui.state import Ui
from dataforms.ui.words import t


def form_page() -> rx.Component:
    """Return the page at `/t/<entity>/new` and `/t/<entity>/<id>/edit`."""
    table = "/t/" + Ui.view["slug"].to(str)
    return page(
        rx.cond(
            Ui.view["state"] == "unknown",
            notice(
                rx.icon("compass", size=26),
                t("There is nothing to fill in here"),
                t("The address may be old, or the record was deleted."),
                rx.link(t("See all tables"), href="/", class_name="df-button is-solid", underline="none"),
            ),
            rx.cond(Ui.view["state"] == "thanks", _thanks(), rx.cond(Ui.form["page"], _form(table))),
        )
    )


def _form(table: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        rx.cond(
            Ui.visiting,
            rx.el.div(
                rx.el.h1(Ui.head["title"]),
                rx.cond(Ui.view["description"] != "", rx.el.p(Ui.view["description"], class_name="df-lead")),
                class_name="df-head-text",
            ),
            rx.el.div(
                rx.link(Ui.view["title"], href=table, class_name="df-crumb"),
                rx.el.h1(form_title()),
                class_name="df-head-text",
            ),
        ),
        rx.el.div(form_body(table), class_name="df-panel df-form-panel"),
        leave_question(),
        comparing(),
        class_name=rx.cond(Ui.form["wide"], "df-form-page is-broad", "df-form-page"),
    )


def _thanks() -> rx.Component:
    return rx.el.div(
        notice(
            rx.icon("circle-check", size=26),
            t("Thank you"),
            Ui.thanks,
            rx.el.button(
                t("Fill in another one"), on_click=Ui.load_form, type="button", class_name="df-button is-soft"
            ),
        ),
        id="thanks",
        role="status",
        tab_index=-1,
    )
