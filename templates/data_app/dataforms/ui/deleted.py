"""The page of what was deleted lately from one table, and can be restored."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.layout import page
from dataforms.ui.parts import notice
from dataforms.ui.shapes_rows import DeletedRow
from dataforms.ui.state import Ui
from dataforms.ui.words import t


def deleted() -> rx.Component:
    """Return the page at `/t/<entity>/deleted`."""
    return page(
        rx.el.div(
            rx.el.div(
                rx.link(
                    rx.icon("arrow-left", size=15),
                    Ui.view["title"],
                    href="/t/" + Ui.view["slug"].to(str),
                    class_name="df-back",
                    underline="none",
                ),
                rx.el.h1(t("Recently deleted")),
                rx.el.p(t("What is deleted stays here for 30 days."), class_name="df-lead"),
                class_name="df-head-text",
            ),
            class_name="df-head",
        ),
        rx.el.div(
            rx.cond(
                Ui.deleted.length() > 0,
                rx.el.ul(rx.foreach(Ui.deleted, _row), class_name="df-deleted"),
                notice(
                    rx.icon("history", size=26),
                    t("Nothing was deleted"),
                    t("What you delete from this table can be restored here."),
                ),
            ),
            class_name="df-panel",
        ),
    )


def _row(row: rx.Var[DeletedRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(rx.el.strong(row["label"]), rx.el.small(row["about"])),
        rx.el.button(
            rx.icon("undo-2", size=15),
            t("Restore"),
            on_click=Ui.restore(row["id"]),
            type="button",
            class_name="df-button is-soft",
            aria_label=t("Restore {record}", record=row["label"].to(str)),
        ),
        key=row["id"],
    )
