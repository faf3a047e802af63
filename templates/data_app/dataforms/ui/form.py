"""The form to add and edit a record, and the question before one is deleted.

Inputs keep what is typed themselves; only `save` sends it, and the server alone says what is wrong.
"""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.forms import Form  # type: ignore[import-untyped]  # it has none

from dataforms.ui.file_input import file_input
from dataforms.ui.pickers import many_picker, picker
from dataforms.ui.shapes import Choice, Input
from dataforms.ui.state import Ui
from dataforms.ui.words import t

STAY_OPEN: rx.Var[object] = rx.Var("(event) => event.preventDefault()")
ESCAPE_CLOSES_LIST_FIRST: rx.Var[object] = rx.Var(
    "(event) => { const away = document.querySelector('.df-picker-away');"
    " if (away) { event.preventDefault(); away.click(); } }"
)
COPY_COLOR: rx.Var[object] = rx.Var(
    "(event) => { event.target.nextElementSibling.value = event.target.value; }"
)
CLEAR_RATING: rx.Var[object] = rx.Var(
    "(event) => event.currentTarget.parentElement.querySelectorAll('input')"
    ".forEach((each) => { each.checked = false; })"
)


TYPING_DELAY_MS = 150


def _what_is_typed(event: rx.Var[Any]) -> tuple[rx.Var[dict[str, Any]]]:
    """Return all that is in the form, as its submission would send it."""
    return (rx.Var(f"getFormData({event!s}.currentTarget, {{}})", _var_type=dict[str, Any]),)


class _Form(Form):  # type: ignore[misc]  # of a library without types
    """A form that tells what is typed into it."""

    on_input: rx.EventHandler[_what_is_typed]  # type: ignore[type-arg, valid-type]  # Reflex reads it


def record_form() -> rx.Component:
    """Return the dialog with the form in it."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(Ui.form["title"], class_name="df-dialog-title"),
            _Form.create(
                rx.el.div(
                    rx.cond(
                        Ui.form["error"] != "",
                        rx.el.p(Ui.form["error"], class_name="df-alert", role="alert"),
                    ),
                    rx.el.div(rx.foreach(Ui.inputs, field), class_name="df-fields"),
                    class_name="df-dialog-body",
                ),
                rx.el.div(
                    rx.el.button(
                        t("Cancel"), on_click=Ui.close, class_name="df-button is-soft", type="button"
                    ),
                    rx.cond(
                        (Ui.form["record"] == "") | Ui.may["update"],
                        rx.el.button(Ui.form["action"], class_name="df-button is-solid", type="submit"),
                    ),
                    class_name="df-dialog-foot",
                ),
                on_submit=Ui.save,
                on_input=Ui.typing.debounce(TYPING_DELAY_MS),
                no_validate=True,
                auto_complete="off",
                key=Ui.form["key"],
            ),
            rx.el.button(
                rx.icon("x", size=18),
                on_click=Ui.close,
                class_name="df-ghost df-dialog-close",
                aria_label=t("Close"),
                type="button",
            ),
            class_name="df-dialog",
            custom_attrs={
                "onInteractOutside": STAY_OPEN,
                "onEscapeKeyDown": ESCAPE_CLOSES_LIST_FIRST,
                "aria-describedby": rx.Var("undefined"),
            },
        ),
        open=Ui.form["open"],
        on_open_change=Ui.form_open_changed,
    )


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


def field(each: rx.Var[Input]) -> rx.Component:
    """Return an input with its label, its help and its error."""
    name = each["name"].to(str)
    return rx.el.fieldset(
        rx.cond(each["widget"] == "checkbox", rx.fragment(), _label(each)),
        control(each),
        rx.cond(each["help"] != "", rx.el.p(each["help"], id=name + "-help", class_name="df-help")),
        rx.cond(
            each["error"] != "",
            rx.el.p(
                rx.icon("circle-alert", size=14), each["error"], id=name + "-error", class_name="df-error"
            ),
        ),
        class_name=each["look"],
        custom_attrs={"hidden": each["hidden"]},  # as a property Reflex would take it for a style
        disabled=each["fixed"],
        key=name,
    )


def control(each: rx.Var[Input]) -> rx.Component:
    """Return the input itself, without its label."""
    return rx.match(
        each["widget"],
        ("textarea", _textarea(each)),
        ("checkbox", _checkbox(each)),
        ("select", _select(each)),
        ("multi_select", _boxes(each)),
        ("color", _color(each)),
        ("rating", _rating(each)),
        ("reference", picker(each)),
        ("references", many_picker(each)),
        ("file", file_input(each)),
        ("output", _output(each)),
        _line(each),
    )


def _output(each: rx.Var[Input]) -> rx.Component:
    return rx.el.output(
        rx.cond(each["value"] != "", each["value"], "–"),
        id="in-" + each["name"].to(str),
        class_name="df-output",
        aria_live="polite",
    )


def _label(each: rx.Var[Input]) -> rx.Component:
    return rx.el.label(
        each["label"],
        rx.cond(each["required"], rx.el.span(" *", class_name="df-star", aria_hidden="true")),
        html_for="in-" + each["name"].to(str),
        id=each["name"].to(str) + "-label",
        class_name="df-label",
    )


def _about(each: rx.Var[Input]) -> dict[str, object]:
    """Return what ties an input to its label, its help and its error."""
    name = each["name"].to(str)
    return {
        "id": "in-" + name,
        "name": name,
        "aria_describedby": name + "-help " + name + "-error",
        "aria_invalid": each["error"] != "",
        "aria_required": each["required"],
    }


def _line(each: rx.Var[Input]) -> rx.Component:
    kind = rx.match(each["widget"], ("datetime", "datetime-local"), each["widget"])
    return rx.el.div(
        rx.el.input(
            type=kind,
            default_value=each["value"],
            placeholder=each["placeholder"],
            step=rx.cond(each["step"] != "", each["step"], rx.Var("undefined")),
            class_name="df-input",
            **_about(each),
        ),
        rx.cond(each["affix"] != "", rx.el.span(each["affix"], class_name="df-affix")),
        class_name="df-line",
    )


def _textarea(each: rx.Var[Input]) -> rx.Component:
    return rx.el.textarea(
        default_value=each["value"],
        placeholder=each["placeholder"],
        rows="4",
        class_name="df-input is-tall",
        **_about(each),
    )


def _checkbox(each: rx.Var[Input]) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            default_checked=each["value"] == "true",
            class_name="df-switch",
            **_about(each),
        ),
        rx.el.span(each["label"]),
        class_name="df-check-line",
    )


def _select(each: rx.Var[Input]) -> rx.Component:
    return rx.el.select(
        rx.el.option(t("Choose…"), value=""),
        rx.foreach(
            each["choices"].to(list[Choice]),
            lambda choice: rx.el.option(choice["text"], value=choice["value"], key=choice["value"]),
        ),
        default_value=each["value"],
        class_name="df-input is-select",
        **_about(each),
    )


def _boxes(each: rx.Var[Input]) -> rx.Component:
    return rx.el.div(
        rx.foreach(
            each["choices"].to(list[Choice]),
            lambda choice: rx.el.label(
                rx.el.input(type="checkbox", name=choice["value"], default_checked=choice["picked"]),
                rx.el.span(choice["text"]),
                class_name="df-box",
                key=choice["value"],
            ),
        ),
        class_name="df-boxes",
        role="group",
        aria_labelledby=each["name"].to(str) + "-label",
        aria_invalid=each["error"] != "",
    )


def _color(each: rx.Var[Input]) -> rx.Component:
    return rx.el.div(
        rx.el.input(
            type="color",
            default_value=rx.cond(each["value"] != "", each["value"], "#8b8d98"),
            aria_label=t("Pick {field}", field=each["label"].to(str)),
            class_name="df-well",
            custom_attrs={"onInput": COPY_COLOR},
        ),
        rx.el.input(
            type="text",
            default_value=each["value"],
            placeholder=each["placeholder"],
            class_name="df-input",
            **_about(each),
        ),
        class_name="df-color-line",
    )


def _rating(each: rx.Var[Input]) -> rx.Component:
    name = each["name"].to(str)
    return rx.el.div(
        rx.foreach(
            each["choices"].to(list[Choice]),
            lambda choice: rx.el.label(
                rx.el.input(
                    type="radio",
                    name=name,
                    value=choice["value"],
                    default_checked=choice["picked"],
                    aria_label=choice["text"],
                ),
                rx.icon("star", size=22),
                key=choice["value"],
            ),
        ),
        rx.el.button(
            t("Clear"), type="button", class_name="df-text-button", custom_attrs={"onClick": CLEAR_RATING}
        ),
        class_name="df-rating",
        role="radiogroup",
        aria_labelledby=name + "-label",
        aria_invalid=each["error"] != "",
    )
