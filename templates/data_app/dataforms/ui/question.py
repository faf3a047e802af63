"""The question before a record is deleted."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.state import Ui
from dataforms.ui.words import t


def delete_question() -> rx.Component:
    """Return the dialog that asks before a record is deleted."""
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title(
                t("Delete {singular}?", singular=Ui.question["singular"]), class_name="df-dialog-title"
            ),
            rx.alert_dialog.description(
                rx.el.strong(Ui.question["label"]),
                t(" will be deleted. For 30 days it can be restored under Recently deleted."),
                class_name="df-dialog-text",
            ),
            rx.cond(
                Ui.question["problem"] != "",
                rx.el.p(Ui.question["problem"], class_name="df-alert", role="alert"),
            ),
            rx.el.div(
                rx.alert_dialog.cancel(
                    rx.el.button(t("Cancel"), class_name="df-button is-soft", type="button")
                ),
                rx.el.button(
                    t("Delete"),
                    on_click=Ui.delete,
                    class_name="df-button is-danger",
                    type="button",
                ),
                class_name="df-dialog-foot",
            ),
            class_name="df-dialog is-question",
        ),
        open=Ui.question["open"],
        on_open_change=Ui.question_open_changed,
    )
