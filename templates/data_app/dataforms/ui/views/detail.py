"""The page of one record: its fields, and the records that refer to it."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.cells import value
from dataforms.ui.form import record_form
from dataforms.ui.layout import page
from dataforms.ui.parts import notice
from dataforms.ui.question import delete_question
from dataforms.ui.rows import comparing
from dataforms.ui.state import Ui
from dataforms.ui.views.frame import skeleton, unknown
from dataforms.ui.views.shapes import Fact, Line, Related, RelatedRow
from dataforms.ui.words import local, t


def detail() -> rx.Component:
    """Return the page at `/t/<entity>/<record>`."""
    return page(
        rx.match(
            Ui.vista["state"],
            ("unknown", unknown()),
            ("loading", skeleton()),
            ("gone", _gone()),
            rx.fragment(
                _head(),
                rx.el.div(
                    rx.el.dl(rx.foreach(Ui.detail["facts"].to(list[Fact]), _fact), class_name="df-facts"),
                    class_name="df-panel",
                ),
                rx.foreach(Ui.detail["related"].to(list[Related]), _related),
            ),
        ),
        record_form(),
        delete_question(),
        comparing(),
    )


def _gone() -> rx.Component:
    return notice(
        rx.icon("file-x", size=26),
        t("There is no such record"),
        t("It may have been deleted."),
        rx.link(
            t("See all {plural}", plural=Ui.vista["plural"]),
            href=Ui.vista["href"],
            class_name="df-button is-solid",
            underline="none",
        ),
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.link(
                rx.icon("arrow-left", size=14),
                Ui.vista["lead"],
                href=Ui.vista["href"],
                class_name="df-crumb",
                underline="none",
            ),
            rx.el.h1(Ui.detail["label"]),
            class_name="df-head-text",
        ),
        rx.el.div(
            _step("chevron-up", t("Record before"), Ui.detail["before"]),
            _step("chevron-down", t("Record after"), Ui.detail["after"]),
            rx.cond(
                Ui.detail["may_delete"],
                rx.el.button(
                    rx.icon("trash-2", size=16),
                    on_click=Ui.delete_shown,
                    class_name="df-ghost is-framed is-danger",
                    aria_label=t("Delete"),
                    title=t("Delete"),
                    type="button",
                ),
            ),
            rx.cond(
                Ui.vista["may_change"],
                rx.el.button(
                    rx.icon("pencil", size=16),
                    t("Edit"),
                    on_click=Ui.edit_shown,
                    class_name="df-button is-solid",
                    type="button",
                ),
            ),
            class_name="df-tools",
        ),
        class_name="df-head",
    )


def _step(icon: str, label: rx.Var[str], href: rx.Var[str]) -> rx.Component:
    return rx.cond(
        href != "",
        rx.link(
            rx.icon(icon, size=16),
            href=href,
            class_name="df-ghost is-framed",
            aria_label=label,
            title=label,
            underline="none",
        ),
        rx.el.span(rx.icon(icon, size=16), class_name="df-ghost is-framed is-off", aria_hidden="true"),
    )


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(fact["label"]),
        rx.el.dd(
            rx.cond(
                fact["href"] != "",
                rx.link(fact["cell"]["text"], href=fact["href"], class_name="df-link", underline="none"),
                value(fact["cell"]),
            )
        ),
        class_name=fact["look"],
        key=fact["label"],
    )


def _related(related: rx.Var[Related]) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(related["title"], rx.el.span(related["count"], class_name="df-lane-count")),
            rx.cond(
                related["may_add"],
                rx.el.button(
                    rx.icon("plus", size=15),
                    t("Add {singular}", singular=related["singular"].to(str)),
                    on_click=Ui.add_related(related["key"]),
                    class_name="df-button is-soft",
                    type="button",
                ),
            ),
            class_name="df-related-head",
        ),
        rx.el.div(
            rx.cond(
                related["rows"].to(list[RelatedRow]).length() > 0,
                rx.el.ul(rx.foreach(related["rows"].to(list[RelatedRow]), _row)),
                rx.el.p(t("None yet."), class_name="df-note"),
            ),
            rx.cond(related["more"] != "", rx.el.p(related["more"], class_name="df-note")),
            class_name="df-panel df-related",
        ),
        key=related["key"],
    )


def _row(row: rx.Var[RelatedRow]) -> rx.Component:
    return rx.el.li(
        rx.link(
            rx.el.span(row["label"], class_name="df-item-name"),
            rx.foreach(
                row["lines"].to(list[Line]),
                lambda line: rx.el.span(
                    rx.el.span(line["label"], class_name="df-related-label"),
                    local(line["local"].to(str), line["text"].to(str)),
                    key=line["label"],
                ),
            ),
            href=row["href"],
            underline="none",
        ),
        key=row["href"],
    )
