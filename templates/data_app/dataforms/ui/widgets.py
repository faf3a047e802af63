"""The inputs of a form: one function a widget, in `WIDGETS`. All of them keep what is typed themselves."""

# Reflex's vars stand for values that only the browser has, and its elements take them for any property:
# mypy, which sees the values' types, cannot follow either.
# mypy: disable-error-code="arg-type, attr-defined, call-arg, index, no-any-return, operator, union-attr"

import reflex as rx

from dataforms.ui.file_input import file_input
from dataforms.ui.pickers import many_picker, picker
from dataforms.ui.shapes import Choice, Input
from dataforms.ui.words import t
from dataforms.ui.writing import location, markdown

COPY_COLOR: rx.Var[object] = rx.Var(
    "(event) => { event.target.nextElementSibling.value = event.target.value; }"
)
CLEAR_RATING: rx.Var[object] = rx.Var(
    "(event) => { const all = [...event.currentTarget.parentElement.querySelectorAll('input')];"
    " const first = all.find((each) => each.checked); if (!first) return;"
    " first.checked = false; first.dispatchEvent(new Event('input', {bubbles: true})); all[0].focus(); }"
)


def widget(each: rx.Var[Input]) -> rx.Component:
    """Return the input of a field, or of a cell in a row; a line of text where `WIDGETS` has no other."""
    return rx.match(each["widget"], *((name, make(each)) for name, make in WIDGETS.items()), _line(each))


def about(each: rx.Var[Input]) -> dict[str, object]:
    """Return what ties an input to its label, its help and its error."""
    name = each["name"].to(str)
    return {
        "id": "in-" + name,
        "name": name,
        "aria_describedby": name + "-help " + name + "-error",
        "aria_invalid": each["error"] != "",
        "aria_required": each["required"],
        # in a row the column's heading stands for the label
        "aria_label": rx.cond(name.contains("."), each["label"], rx.Var("undefined")),
    }


def _output(each: rx.Var[Input]) -> rx.Component:
    return rx.el.output(
        rx.cond(each["value"] != "", each["value"], "–"),
        id="in-" + each["name"].to(str),
        class_name="df-output",
        aria_live="polite",
    )


def _line(each: rx.Var[Input]) -> rx.Component:
    kind = rx.match(each["widget"], ("datetime", "datetime-local"), ("number", "text"), each["widget"])
    return rx.el.div(
        rx.el.input(
            type=kind,
            default_value=each["value"],
            placeholder=each["placeholder"],
            input_mode=rx.cond(each["step"] != "", each["step"], rx.Var("undefined")),
            min=rx.cond(each["min"] != "", each["min"], rx.Var("undefined")),
            max=rx.cond(each["max"] != "", each["max"], rx.Var("undefined")),
            class_name="df-input",
            **about(each),
        ),
        rx.cond(each["affix"] != "", rx.el.span(each["affix"], class_name="df-affix")),
        class_name=rx.cond(each["step"] != "", "df-line is-number", "df-line"),
    )


def _textarea(each: rx.Var[Input]) -> rx.Component:
    return rx.el.textarea(
        default_value=each["value"],
        placeholder=each["placeholder"],
        rows="4",
        class_name="df-input is-tall",
        **about(each),
    )


def _checkbox(each: rx.Var[Input]) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            default_checked=each["value"] == "true",
            class_name="df-switch",
            **about(each),
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
        **about(each),
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
            **about(each),
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


def _code(each: rx.Var[Input]) -> rx.Component:
    return rx.el.textarea(
        default_value=each["value"],
        placeholder=each["placeholder"],
        rows="6",
        spell_check=False,
        class_name="df-input is-tall is-code",
        **about(each),
    )


def _markdown(each: rx.Var[Input]) -> rx.Component:
    return markdown(each, about(each))


def _location(each: rx.Var[Input]) -> rx.Component:
    return location(each, about(each))


WIDGETS = {
    "textarea": _textarea,
    "checkbox": _checkbox,
    "select": _select,
    "multi_select": _boxes,
    "color": _color,
    "rating": _rating,
    "reference": picker,
    "references": many_picker,
    "markdown": _markdown,
    "json": _code,
    "location": _location,
    "file": file_input,
    "output": _output,
}
"""What makes the input of each widget (`typerow.Widget`); a type with one of its own adds it here."""
